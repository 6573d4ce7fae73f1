//! Prebuilt PTX: tracing Rust to it, baking plans into it, and a device that runs it anywhere.

mod bake;
mod emit;
mod kernels;
#[cfg(all(test, feature = "reference"))]
mod random_loops;

pub use crate::trace::{Fragment, TraceWorkspace, Traced, TracedMask, trace};
pub use bake::{BakeError, Baker, Constant};
#[cfg(feature = "reference")]
#[cfg_attr(docsrs, doc(cfg(feature = "reference")))]
#[doc(inline)]
pub use bakelite_device as device;
pub use emit::declarations;
pub use kernels::{
    Baked, BakedIntegrator, BakedKernel, CommonArguments, Component, KernelFamily, Launched,
    LoopedArguments, MAX_STATES, UnrolledArguments, bake_component, bake_integrator, bake_launched,
    bake_looped,
};
#[cfg(feature = "reference")]
pub(crate) use kernels::{argument_structures, field_type};

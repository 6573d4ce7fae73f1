//! Prebuilt PTX: tracing Rust to it, baking plans into it, and a device that runs it anywhere.

mod arguments;
mod bake;
mod component;
mod emit;
mod erk;
mod launched;
mod looped;
#[cfg(all(test, feature = "reference"))]
mod random_loops;

pub use crate::trace::{Fragment, TraceWorkspace, Traced, TracedMask, trace};
pub use arguments::{CommonArguments, ErkArguments, LoopedArguments, MAX_STATES};
pub use bake::{BakeError, Baker, Constant};
#[cfg(feature = "reference")]
#[cfg_attr(docsrs, doc(cfg(feature = "reference")))]
#[doc(inline)]
pub use bakelite_device as device;
pub use component::{Component, KernelFamily, bake_component};
pub use emit::declarations;
pub use erk::{BakedIntegrator, BakedKernel, bake_integrator, bake_launched, bake_looped};
pub use launched::{Baked, Launched};

//! Prebuilt PTX: tracing Rust to it, baking plans into it, and a device that runs it anywhere.

mod arguments;
mod bake;
mod erk;
mod launched;
mod looped;
mod trace;

pub use arguments::{CommonArguments, ErkArguments, LoopedArguments, MAX_STATES};
pub use bake::{BakeError, Baker, Constant};
#[cfg(feature = "reference")]
#[cfg_attr(docsrs, doc(cfg(feature = "reference")))]
#[doc(inline)]
pub use bakelite_device as device;
pub use erk::{BakedIntegrator, BakedKernel, bake_integrator, bake_launched, bake_looped};
pub use launched::{Baked, Launched};
pub use trace::{Fragment, TraceWorkspace, Traced, TracedMask, declarations, trace};

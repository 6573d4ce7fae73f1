//! Prebuilt PTX: tracing Rust to it, baking plans into it, and a device that runs it anywhere.

mod bake;
pub mod device;
mod erk;
mod looped;
mod trace;

pub use bake::{BakeError, Baker, Constant};
pub use erk::{
    BakedIntegrator, BakedKernel, ErkArguments, MAX_STATES, bake_integrator, bake_looped,
};
pub use looped::LoopedArguments;
pub use trace::{Fragment, TraceWorkspace, Traced, TracedMask, declarations, trace};

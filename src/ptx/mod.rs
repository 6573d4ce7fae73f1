//! Prebuilt PTX: tracing Rust to it, baking plans into it, and a device that runs it anywhere.

mod bake;
pub mod device;
mod erk;
mod trace;

pub use bake::{BakeError, Baker, Constant};
pub use erk::{BakedIntegrator, BakedKernel, ErkArguments, MAX_STATES, bake_integrator};
pub use trace::{Fragment, TraceWorkspace, Traced, TracedMask, declarations, trace};

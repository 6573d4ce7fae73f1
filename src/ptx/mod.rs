//! Prebuilt PTX: tracing Rust to it, and baking plans into it.

mod bake;
mod trace;

pub use bake::{BakeError, Baker, Constant};
pub use trace::{Fragment, TraceWorkspace, Traced, TracedMask, declarations, trace};

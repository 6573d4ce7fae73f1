//! The prebuilt kernels, of integrators and of components, and how a plan is baked into them.

mod arguments;
mod baked;
mod component;
mod fragments;
mod integrator;
mod launched;
mod looped;
mod templates;
mod unrolled;

pub use arguments::{CommonArguments, LoopedArguments, MAX_STATES, UnrolledArguments};
#[cfg(feature = "reference")]
pub(crate) use arguments::{argument_structures, field_type};
pub use baked::{BakedIntegrator, BakedKernel};
pub use component::{Component, KernelFamily, bake_component};
pub use integrator::{bake_integrator, bake_launched, bake_looped};
pub use launched::{Baked, Launched};

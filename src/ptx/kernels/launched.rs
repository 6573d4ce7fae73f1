//! When it is fixed where a kernel's shared buffers lie: when it is baked, or at each launch.

use crate::trace::lowered::Lowered;
use std::sync::Arc;

/// Marks a [`BakedIntegrator`](crate::ptx::BakedIntegrator) whose layout is in its text, for one plan.
/// [`bake_integrator`](crate::ptx::bake_integrator) makes it.
///
/// ```
/// use bakelite::{consts::*, prelude::*, ptx::{Baked, BakedIntegrator, bake_integrator}};
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// type Rk4 = Explicit<Decay, ClassicalRk4, Fixed>;
/// plan! { struct Layout for <Rk4 as Method>::Buffers = on(Sm80).block(64).sequential(); }
/// let baked: BakedIntegrator<Rk4, Baked> = bake_integrator(&Layout::VIEW).unwrap();
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Baked;

/// Marks a [`BakedIntegrator`](crate::ptx::BakedIntegrator) whose layout is given at launch, for every plan with one
/// placement. [`bake_launched`](crate::ptx::bake_launched) makes it.
///
/// ```
/// use bakelite::{consts::*, prelude::*, ptx::{BakedIntegrator, Launched, bake_launched}};
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// type Rk4 = Explicit<Decay, ClassicalRk4, Fixed>;
/// plan! { struct Layout for <Rk4 as Method>::Buffers = on(Sm80).block(64).sequential(); }
/// let baked: BakedIntegrator<Rk4, Launched> = bake_launched(&Layout::VIEW).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Launched {
    /// The placement.
    #[cfg_attr(
        not(feature = "reference"),
        allow(dead_code, reason = "a launch needs a device")
    )]
    pub(crate) lowered: Arc<Lowered>,
}

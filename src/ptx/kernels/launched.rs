//! When a kernel is told where its shared buffers lie: when it is baked, or at each launch.

use crate::trace::lowered::Lowered;
use std::sync::Arc;

/// Of a [`BakedIntegrator`](crate::ptx::BakedIntegrator) whose layout is in its text: one plan, from [`bake_integrator`](crate::ptx::bake_integrator).
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

/// Of a [`BakedIntegrator`](crate::ptx::BakedIntegrator) that is told its layout at launch: every plan with one placement, from
/// [`bake_launched`](crate::ptx::bake_launched).
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
    pub(crate) lowered: Arc<Lowered>,
}

//! Baked kernels.

use super::launched::Baked;
#[cfg(feature = "reference")]
use super::templates;
use crate::layout::LaunchPlan;
use core::marker::PhantomData;
use std::fmt;

/// A kernel with every constant in place, ready for the driver's assembler or the reference device.
/// [`bake_component`](crate::ptx::bake_component) returns one, and a [`BakedIntegrator`] contains one.
/// `examples/custom_registry.rs` launches one.
///
/// ```
/// use bakelite::{consts::*, prelude::*, ptx::{BakedKernel, bake_integrator}};
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// type Rk4 = Explicit<Decay, ClassicalRk4, Fixed>;
/// plan! { struct Layout for <Rk4 as Method>::Buffers = on(Sm80).block(64).sequential(); }
/// let kernel: BakedKernel = bake_integrator::<Rk4>(&Layout::VIEW).unwrap().kernel().clone();
/// assert_eq!((kernel.entry(), kernel.launch().dynamic_shared_bytes), ("integrate", 0));
/// assert!(kernel.ptx().contains(".visible .entry integrate("));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct BakedKernel {
    pub(crate) ptx: String,
    pub(crate) entry: &'static str,
    pub(crate) launch: LaunchPlan,
}

impl BakedKernel {
    /// The PTX text.
    #[must_use]
    pub fn ptx(&self) -> &str {
        &self.ptx
    }
    /// Whether it is the looped kernel of an integrator.
    #[cfg(feature = "reference")]
    pub(crate) fn is_looped(&self) -> bool {
        self.entry == templates::LOOPED
    }
    /// The name of its entry.
    #[must_use]
    pub fn entry(&self) -> &'static str {
        self.entry
    }
    /// Block size and shared memory.
    #[must_use]
    pub fn launch(&self) -> LaunchPlan {
        self.launch
    }
}

/// The kernel of the method `M`. [`bake_integrator`](crate::ptx::bake_integrator) returns it or,
/// with `L` = [`Launched`](crate::ptx::Launched), [`bake_launched`](crate::ptx::bake_launched) does.
/// Its type names the method, so it cannot be used for another method, or with the states or parameters of another.
/// With feature `cuda` or `reference` it can be loaded on a device.
///
/// ```
/// use bakelite::{consts::*, prelude::*, ptx::{BakedIntegrator, bake_integrator}};
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// type Rk4 = Explicit<Decay, ClassicalRk4, Fixed>;
/// plan! { struct Layout for <Rk4 as Method>::Buffers = on(Sm80).block(64).sequential(); }
/// let baked: BakedIntegrator<Rk4> = bake_integrator(&Layout::VIEW).unwrap();
/// assert_eq!(baked.kernel().entry(), "integrate");
/// ```
pub struct BakedIntegrator<M, L = Baked> {
    kernel: BakedKernel,
    pub(crate) layout: L,
    method: PhantomData<fn() -> M>,
}

impl<M, L> BakedIntegrator<M, L> {
    pub(super) fn new(kernel: BakedKernel, layout: L) -> Self {
        let method = PhantomData;
        BakedIntegrator {
            kernel,
            layout,
            method,
        }
    }

    /// Text, entry and launch.
    #[must_use]
    pub fn kernel(&self) -> &BakedKernel {
        &self.kernel
    }
}

// A derive would require `M: Clone` too.
impl<M, L: Clone> Clone for BakedIntegrator<M, L> {
    fn clone(&self) -> Self {
        BakedIntegrator {
            kernel: self.kernel.clone(),
            layout: self.layout.clone(),
            method: PhantomData,
        }
    }
}

impl<M, L> fmt::Debug for BakedIntegrator<M, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kernel.fmt(f)
    }
}

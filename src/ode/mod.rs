//! What is integrated, and how.

mod controller;
pub mod dense;
mod elementary;
mod explicit;
mod float;
pub mod integration;
mod output;
mod pack;
pub mod power;
mod scalar;
mod solve;
mod system;
mod tableau;
mod tableaus;
mod two_step_controllers;
mod workspace;

pub use controller::*;
pub use explicit::{Erk, ErkBuffers, ErkPlaces, MOST_WEIGHTS, Stepper, Weights, erk};
pub use float::{HostScalar, Real};
pub use integration::{
    Attempt, Explicit, Integrator, IntegratorBuffers, Interpolant, LoopBuffers, LoopPath,
    LoopPlaces, Method, Placement, Settings,
};
pub use output::{DenseOutput, EndState, Output, StopAtSaves};
pub use pack::{Pack, PackMask};
pub use scalar::{Mask, Scalar};
pub use solve::{Options, Status, times};
pub use system::{Dimension, System};
pub use tableau::{Embedded, Tableau};
pub use tableaus::*;
pub use two_step_controllers::*;
pub use workspace::{Repeat, Sweep, Workspace, load, store, store_where};

/// An array with the same value everywhere.
#[inline(always)]
pub(crate) fn splat<R: Copy, N: generic_array::ArrayLength>(
    value: R,
) -> generic_array::GenericArray<R, N> {
    use generic_array::sequence::GenericSequence;
    generic_array::GenericArray::generate(
        #[inline(always)]
        |_| value,
    )
}

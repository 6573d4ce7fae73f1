//! Systems of equations, and their integration.

mod control;
mod error;
mod frame;
pub mod integration;
mod job;
pub mod methods;
mod number;
mod problem;
mod solvers;
mod steps;
mod view;
mod workspace;

pub use control::*;
pub use error::Error;
pub(crate) use error::fail;
pub use frame::{Frame, Lanes, States, Time, Values};
pub use integration::{
    Attempt, DenseOutput, EndState, Explicit, Integrator, IntegratorBuffers, Interpolant,
    LoopBuffers, LoopPath, LoopPlaces, Method, Options, Output, Placement, Settings, Status,
    StopAtSaves, times,
};
pub(crate) use job::UNREACHED;
#[cfg(feature = "reference")]
pub(crate) use job::UNREACHED_BYTE;
pub use job::{Job, Outcome};
pub use number::*;
pub use problem::*;
pub use solvers::newton::newton;
pub use solvers::*;
// the keys of a step's buffers, not its folder
pub use steps::dirk::step::dirk;
pub use steps::erk::dense;
pub use steps::erk::step::erk;
pub use steps::firk::step::firk;
pub use steps::rosenbrock::step::rosenbrock;
pub use steps::{
    Adaptive, Here, MOST_WEIGHTS, Parts, Polynomials, Scheme, Stepper, Trial, Weights,
};
pub use view::{Vector, View};
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

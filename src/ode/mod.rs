//! What is integrated, and how.

mod controller;
mod coupled;
mod damped;
pub mod dense;
// a closure is not compiled for the SIMD level of its caller
#[allow(clippy::manual_map)]
mod derivative;
mod diagonal;
mod dirk_tableau;
// likewise
#[allow(clippy::manual_map)]
mod dual;
mod elementary;
mod error;
mod explicit;
mod firk_tableau;
mod float;
mod implicit_parts;
pub mod integration;
mod job;
mod linear;
mod named_time;
mod nonlinear;
mod output;
mod pack;
pub mod power;
mod ratio;
mod rosenbrock_step;
mod rosenbrock_tableau;
// likewise
#[allow(clippy::manual_map)]
mod rounded_late;
mod scalar;
mod sensitivities;
mod solve;
mod step;
mod system;
mod tableau;
mod tableaus;
mod two_step_controllers;
mod workspace;

pub use controller::*;
pub use coupled::{Firk, FirkBuffers, FirkPlaces, firk};
pub use damped::{DampedNewton, DampedNewtonBuffers, DampedNewtonPlaces, damped_newton};
pub use diagonal::{Dirk, DirkBuffers, DirkPlaces, dirk};
pub use dirk_tableau::{DirkTableau, EmbeddedDirk};
pub use dual::Dual;
pub use error::Error;
pub(crate) use error::fail;
pub use explicit::{Erk, ErkBuffers, ErkPlaces, erk};
pub use firk_tableau::{EmbeddedFirk, FirkTableau};
pub use float::{HostScalar, Real};
pub use integration::{
    Attempt, Explicit, Integrator, IntegratorBuffers, Interpolant, LoopBuffers, LoopPath,
    LoopPlaces, Method, Placement, Settings,
};
pub(crate) use job::UNREACHED;
#[cfg(feature = "cuda")]
pub(crate) use job::UNREACHED_BYTE;
pub use job::{Job, Outcome};
pub use linear::*;
#[doc(hidden)]
pub use named_time::{Named, TimeName, is_named};
pub use nonlinear::{Equations, Newton, NewtonBuffers, NewtonPlaces, NonlinearSolver, newton};
pub use output::{DenseOutput, EndState, Output, StopAtSaves};
pub use pack::{Pack, PackMask};
pub use ratio::{BelowOne, Ratio};
pub use rosenbrock_step::{Rosenbrock, RosenbrockBuffers, RosenbrockPlaces, rosenbrock};
pub use rosenbrock_tableau::{EmbeddedRosenbrock, RosenbrockTableau};
pub use scalar::{Mask, Scalar};
pub use sensitivities::{
    ByInitialState, ByInitialStates, ByParameter, ByParameters, Direction, Directions,
    Sensitivities,
};
pub use solve::{Options, Status, times};
pub use step::{Adaptive, MOST_WEIGHTS, Scheme, Stepper, Weights};
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

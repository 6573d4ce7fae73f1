//! Systems of equations, and what is computed from their right-hand sides.

// a closure is not compiled for the SIMD level of its caller
#[allow(clippy::manual_map)]
pub(super) mod derivative;
pub(super) mod evaluate;
mod named_time;
// likewise
#[allow(clippy::manual_map)]
pub(super) mod rounded_late;
mod sensitivities;
mod system;

#[doc(hidden)]
pub use named_time::{Named, TimeName, is_named};
pub use sensitivities::{
    ByInitialState, ByInitialStates, ByParameter, ByParameters, Direction, Directions,
    Sensitivities,
};
pub use system::{Dimension, System};

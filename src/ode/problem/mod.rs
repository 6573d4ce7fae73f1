//! Systems of equations, and what is computed from their right-hand sides.

#[allow(
    clippy::manual_map,
    reason = "a closure is not compiled for the SIMD level of its caller"
)]
pub(super) mod derivative;
pub(super) mod evaluate;
mod named_time;
#[allow(
    clippy::manual_map,
    reason = "a closure is not compiled for the SIMD level of its caller"
)]
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

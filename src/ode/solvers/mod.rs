//! Solvers of the equations of implicit steps.

mod damped;
pub(super) mod linear;
pub(super) mod newton;
mod ratio;

pub use damped::{DampedNewton, DampedNewtonBuffers, DampedNewtonPlaces, damped_newton};
pub use linear::*;
pub use newton::{Equations, Newton, NewtonBuffers, NewtonPlaces, NewtonView, NonlinearSolver};
pub use ratio::{BelowOne, Ratio};

//! Rosenbrock steps.

pub(in crate::ode) mod step;
mod tableau;
mod tableaus;

pub use step::{Rosenbrock, RosenbrockBuffers, RosenbrockPlaces};
pub use tableau::{EmbeddedRosenbrock, RosenbrockTableau};
pub use tableaus::*;

//! Fully implicit Runge-Kutta steps.

pub(in crate::ode) mod step;
mod tableau;
mod tableaus;

pub use step::{Firk, FirkBuffers, FirkPlaces};
pub use tableau::{EmbeddedFirk, FirkTableau};
pub use tableaus::*;

//! Diagonally implicit Runge-Kutta steps.

pub(in crate::ode) mod step;
mod tableau;
mod tableaus;

pub use step::{Dirk, DirkBuffers, DirkPlaces};
pub use tableau::{DirkTableau, EmbeddedDirk};
pub use tableaus::*;

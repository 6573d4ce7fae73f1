//! Explicit Runge-Kutta steps.

pub mod dense;
pub(in crate::ode) mod step;
mod tableau;
pub(in crate::ode) mod tableaus;

pub use step::{Erk, ErkBuffers, ErkPlaces};
pub use tableau::{Embedded, Tableau};

//! One-step methods: what the loop needs from them, and a folder for each kind, with its step and its tableaus.

mod checks;
pub(super) mod dirk;
pub(super) mod erk;
pub(super) mod firk;
mod polynomials;
pub(super) mod rosenbrock;
mod scheme;
mod stepper;

pub use polynomials::{MOST_WEIGHTS, Polynomials, Weights};
pub use scheme::{Adaptive, Scheme};
pub use stepper::{Here, Parts, Stepper, Trial};

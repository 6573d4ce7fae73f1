//! How steps are chosen.

mod controller;
mod two_steps;

pub use controller::*;
pub use two_steps::*;

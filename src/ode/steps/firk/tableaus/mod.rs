//! The fully implicit tableaus that come with the crate, one family in each file.
//!
//! Coefficients follow from the collocation conditions. They are the nearest `f64` to values of 60 digits.

mod gauss;
mod radau;

pub use gauss::{GaussLegendre2, GaussLegendre3};
pub use radau::{Radau, Radau5, RadauIia3, RadauIia5};

// a mistake in a tableau of the crate does not build
const _: () = {
    use crate::ode::steps::firk::tableau::check;
    check::<GaussLegendre2>();
    check::<GaussLegendre3>();
    check::<RadauIia3>();
    check::<RadauIia5>();
};

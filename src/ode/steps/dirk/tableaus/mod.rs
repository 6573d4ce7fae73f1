//! The diagonally implicit tableaus that come with the crate, one family of authors in each file.
//!
//! Coefficients that are roots, or follow from a root, are the nearest `f64` to values of 60 digits.

mod alexander;
mod backward_euler;
mod hairer_wanner;
mod kennedy_carpenter;
mod kvaerno;
mod midpoint;
mod tr_bdf2;
mod trapezoidal;

pub use alexander::{LStableDirk3, Sdirk22};
pub use backward_euler::{BackwardEuler, ImplicitEuler};
pub use hairer_wanner::{LStableSdirk4, Sdirk4};
pub use kennedy_carpenter::{Esdirk324L2SA, KenCarp4};
pub use kvaerno::{Kvaerno3, Kvaerno5};
pub use midpoint::ImplicitMidpoint;
pub use tr_bdf2::{Ode23tb, TrBdf2};
pub use trapezoidal::{CrankNicolson, Ode23t, Trapezoidal};

// a mistake in a tableau of the crate does not build
const _: () = {
    use crate::ode::steps::dirk::tableau::check;
    check::<LStableDirk3>();
    check::<Sdirk22>();
    check::<BackwardEuler>();
    check::<LStableSdirk4>();
    check::<Esdirk324L2SA>();
    check::<KenCarp4>();
    check::<Kvaerno3>();
    check::<Kvaerno5>();
    check::<ImplicitMidpoint>();
    check::<TrBdf2>();
    check::<Trapezoidal>();
};

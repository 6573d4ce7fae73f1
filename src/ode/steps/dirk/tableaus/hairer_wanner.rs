//! The method of Hairer and Wanner.

use crate::consts::{B0, B1, U5};
use crate::ode::methods::{DirkTableau, EmbeddedDirk};

/// The method of five stages and order 4 with `γ = 1/4` and an embedded method of order 3: A-stable and L-stable, of
/// stage order 1. Source: E. Hairer, G. Wanner, *Solving ODEs II*, table IV.6.5. Its interpolant of order 3 is that of
/// the same section and of Hairer's code `sdirk4.f`. So are the first guesses of the stages, written here for
/// derivatives. `R̂(∞) = 10/3`.
///
/// ```
/// use bakelite::ode::methods::{DirkTableau, LStableSdirk4};
/// assert_eq!(LStableSdirk4::GAMMA, 0.25);
/// ```
#[doc(alias = "SDIRK4")]
#[doc(alias = "Hairer4")]
#[doc(alias = "l_stable_sdirk_4")]
#[derive(Clone, Copy, Debug)]
pub struct LStableSdirk4;
impl DirkTableau for LStableSdirk4 {
    const NAME: &'static str = "l-stable-sdirk-4";
    const ORDER: u32 = 4;
    const A: &'static [&'static [f64]] = &[
        &[0.25],
        &[0.5, 0.25],
        &[0.34, -0.04, 0.25],
        &[371.0 / 1_360.0, -137.0 / 2_720.0, 15.0 / 544.0, 0.25],
        &[25.0 / 24.0, -49.0 / 48.0, 7.8125, -85.0 / 12.0, 0.25],
    ];
    const B: &'static [f64] = &[25.0 / 24.0, -49.0 / 48.0, 7.8125, -85.0 / 12.0, 0.25];
    const C: &'static [f64] = &[0.25, 0.75, 0.55, 0.5, 1.0];
    const GAMMA: f64 = 0.25;
    const STIFFLY_ACCURATE: bool = true;
    const ERROR: &'static [f64] = &[-0.1875, -0.843_75, 0.781_25, 0.0, 0.25];
    const DENSE: &'static [&'static [f64]] = &[
        &[11.0 / 3.0, -463.0 / 72.0, 217.0 / 36.0, -20.0 / 9.0],
        &[5.5, -24.0625, 661.0 / 24.0, -10.0],
        &[
            -125.0 / 18.0,
            20_125.0 / 432.0,
            -8_875.0 / 216.0,
            250.0 / 27.0,
        ],
        &[0.0, -21.25, 85.0 / 6.0],
        &[-11.0 / 9.0, 557.0 / 108.0, -359.0 / 54.0, 80.0 / 27.0],
    ];
    const PREDICTOR: &'static [&'static [f64]] = &[
        &[],
        &[1.0],
        &[0.4, 0.6],
        &[159.0 / 748.0, 103.0 / 1_496.0, 1_075.0 / 1_496.0],
        &[],
    ];
    const DENSE_ORDER: u32 = 3;
    type StoredStages = U5;
    type HasError = B1;
    type StiffFirst = B0;
}
impl EmbeddedDirk for LStableSdirk4 {
    const EMBEDDED_ORDER: u32 = 3;
}

/// Hairer's name for [`LStableSdirk4`].
///
/// ```
/// use bakelite::ode::methods::{DirkTableau, Sdirk4};
/// assert_eq!(Sdirk4::NAME, "l-stable-sdirk-4");
/// ```
pub type Sdirk4 = LStableSdirk4;

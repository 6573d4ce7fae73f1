//! The L-stable methods of Alexander.

use crate::consts::{B0, U2, U3};
use crate::ode::methods::DirkTableau;
use core::f64::consts::{FRAC_1_SQRT_2, SQRT_2};

/// Alexander's method of two stages and order 2 with `γ = 1 - 1/√2`: A-stable and L-stable, of stage order 1. Source:
/// R. Alexander, SIAM J. Numer. Anal. 14 (1977) 1006. Its interpolant is ours: the only one of order 2 that weighs the
/// two stages and nothing else. It has no embedded method.
///
/// ```
/// use bakelite::ode::methods::{DirkTableau, Sdirk22};
/// assert_eq!(Sdirk22::C, [Sdirk22::GAMMA, 1.0]);
/// ```
#[doc(alias = "SDIRK2")]
#[doc(alias = "sdirk_2_2")]
#[derive(Clone, Copy, Debug)]
pub struct Sdirk22;
impl DirkTableau for Sdirk22 {
    const NAME: &'static str = "sdirk-2-2";
    const ORDER: u32 = 2;
    const A: &'static [&'static [f64]] = &[
        &[0.292_893_218_813_452_5],
        &[FRAC_1_SQRT_2, 0.292_893_218_813_452_5],
    ];
    const B: &'static [f64] = &[FRAC_1_SQRT_2, 0.292_893_218_813_452_5];
    const C: &'static [f64] = &[0.292_893_218_813_452_5, 1.0];
    const GAMMA: f64 = 0.292_893_218_813_452_5;
    const STIFFLY_ACCURATE: bool = true;
    const DENSE: &'static [&'static [f64]] = &[
        &[SQRT_2, -FRAC_1_SQRT_2],
        &[-0.414_213_562_373_095_03, FRAC_1_SQRT_2],
    ];
    type StoredStages = U2;
    type HasError = B0;
    type StiffFirst = B0;
}

/// Alexander's method of three stages and order 3: A-stable and L-stable, of stage order 1. `γ` is the root
/// 0.43586652... of `6γ³ - 18γ² + 9γ - 1`. Source: R. Alexander, SIAM J. Numer. Anal. 14 (1977) 1006. It has no
/// embedded method. Its interpolant, of order 2, is ours: the integral of the quadratic polynomial through the
/// derivatives of the stages.
///
/// ```
/// use bakelite::ode::methods::{DirkTableau, LStableDirk3};
/// assert!(LStableDirk3::STIFFLY_ACCURATE);
/// ```
#[doc(alias = "l_stable_dirk_3")]
#[doc(alias = "Alexander3")]
#[derive(Clone, Copy, Debug)]
pub struct LStableDirk3;
impl DirkTableau for LStableDirk3 {
    const NAME: &'static str = "l-stable-dirk-3";
    const ORDER: u32 = 3;
    const A: &'static [&'static [f64]] = &[
        &[0.435_866_521_508_459],
        &[0.282_066_739_245_770_5, 0.435_866_521_508_459],
        &[
            1.208_496_649_176_01,
            -0.644_363_170_684_469,
            0.435_866_521_508_459,
        ],
    ];
    const B: &'static [f64] = &[
        1.208_496_649_176_01,
        -0.644_363_170_684_469,
        0.435_866_521_508_459,
    ];
    const C: &'static [f64] = &[0.435_866_521_508_459, 0.717_933_260_754_229_5, 1.0];
    const GAMMA: f64 = 0.435_866_521_508_459;
    const STIFFLY_ACCURATE: bool = true;
    const DENSE: &'static [&'static [f64]] = &[
        &[
            4.511_805_011_361_806,
            -5.398_120_075_195_581,
            2.094_811_713_009_785_4,
        ],
        &[
            -5.478_349_767_388_51,
            9.023_610_022_723_611,
            -4.189_623_426_019_571,
        ],
        &[
            1.966_544_756_026_703_5,
            -3.625_489_947_528_03,
            2.094_811_713_009_785_4,
        ],
    ];
    const DENSE_ORDER: u32 = 2;
    type StoredStages = U3;
    type HasError = B0;
    type StiffFirst = B0;
}

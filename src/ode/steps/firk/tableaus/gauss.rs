//! The methods of Gauss: collocation at the zeros of Legendre polynomials.

use crate::consts::{B1, U2, U3};
use crate::ode::methods::{EmbeddedFirk, FirkTableau};

/// The Gauss method of two stages and order 4: A-stable with `R(∞) = 1`, not L-stable, symplectic, of stage order 2.
/// Source: E. Hairer, G. Wanner, *Solving ODEs II*, table IV.5.1.
///
/// No error estimate is published for it. Ours, of order 2, is made in the way of Hairer and Wanner for Radau IIA (eq.
/// IV.8.19): the derivative at the step's start has the weight `γ0`, and the weights of the stages give the embedded
/// method the highest order. `A` has no real eigenvalue, so `γ0` is the geometric mean `√(det A)` of the two, `1/√12`.
/// The filter needs a factorisation of its own.
///
/// ```
/// use bakelite::ode::methods::{FirkTableau, GaussLegendre2};
/// assert_eq!(GaussLegendre2::B, [0.5, 0.5]);
/// ```
#[doc(alias = "firk_gauss_legendre_2")]
#[doc(alias = "GaussLegendre4")]
#[doc(alias = "Gauss4")]
#[doc(alias = "HammerHollingsworth")]
#[derive(Clone, Copy, Debug)]
pub struct GaussLegendre2;
impl FirkTableau for GaussLegendre2 {
    const NAME: &'static str = "gauss-legendre-2";
    const ORDER: u32 = 4;
    const A: &'static [&'static [f64]] = &[
        &[0.25, -0.038_675_134_594_812_88],
        &[0.538_675_134_594_812_9, 0.25],
    ];
    const B: &'static [f64] = &[0.5, 0.5];
    const C: &'static [f64] = &[0.211_324_865_405_187_1, 0.788_675_134_594_812_9];
    const STIFFLY_ACCURATE: bool = false;
    const ERROR: &'static [f64] = &[0.394_337_567_297_406_43, -0.105_662_432_702_593_55];
    const ERROR_START: f64 = -0.288_675_134_594_812_87;
    const FILTER_GAMMA: f64 = 0.288_675_134_594_812_87;
    const DENSE: &'static [&'static [f64]] = &[
        &[1.366_025_403_784_438_6, -0.866_025_403_784_438_6],
        &[-0.366_025_403_784_438_65, 0.866_025_403_784_438_6],
    ];
    const DENSE_ORDER: u32 = 2;
    type Stages = U2;
    type HasError = B1;
}
impl EmbeddedFirk for GaussLegendre2 {
    const EMBEDDED_ORDER: u32 = 2;
}

/// The Gauss method of three stages and order 6: A-stable with `R(∞) = -1`, not L-stable, symplectic, of stage order 3.
/// Source: E. Hairer, G. Wanner, *Solving ODEs II*, table IV.5.2.
///
/// No error estimate is published for it. Ours, of order 3, is made in the way of Hairer and Wanner for Radau IIA (eq.
/// IV.8.19), with the real eigenvalue of `A` as `γ0`.
///
/// ```
/// use bakelite::ode::methods::{FirkTableau, GaussLegendre3};
/// assert_eq!(GaussLegendre3::C[1], 0.5);
/// ```
#[doc(alias = "firk_gauss_legendre_3")]
#[doc(alias = "GaussLegendre6")]
#[doc(alias = "Gauss6")]
#[doc(alias = "Kuntzmann")]
#[derive(Clone, Copy, Debug)]
pub struct GaussLegendre3;
impl FirkTableau for GaussLegendre3 {
    const NAME: &'static str = "gauss-legendre-3";
    const ORDER: u32 = 6;
    const A: &'static [&'static [f64]] = &[
        &[
            5.0 / 36.0,
            -0.035_976_667_524_938_9,
            0.009_789_444_015_308_325,
        ],
        &[
            0.300_263_194_980_864_57,
            2.0 / 9.0,
            -0.022_485_417_203_086_815,
        ],
        &[
            0.267_988_333_762_469_44,
            0.480_421_111_969_383_36,
            5.0 / 36.0,
        ],
    ];
    const B: &'static [f64] = &[5.0 / 18.0, 4.0 / 9.0, 5.0 / 18.0];
    const C: &'static [f64] = &[0.112_701_665_379_258_31, 0.5, 0.887_298_334_620_741_7];
    const STIFFLY_ACCURATE: bool = false;
    const ERROR: &'static [f64] = &[
        0.318_413_548_417_920_1,
        -0.143_542_948_744_074_78,
        0.040_443_823_442_266_86,
    ];
    const ERROR_START: f64 = -0.215_314_423_116_112_18;
    const FILTER_GAMMA: f64 = 0.215_314_423_116_112_18;
    const DENSE: &'static [&'static [f64]] = &[
        &[
            1.478_830_557_701_236_2,
            -2.312_163_891_034_569_7,
            10.0 / 9.0,
        ],
        &[-2.0 / 3.0, 10.0 / 3.0, -20.0 / 9.0],
        &[
            0.187_836_108_965_430_51,
            -1.021_169_442_298_763_8,
            10.0 / 9.0,
        ],
    ];
    const DENSE_ORDER: u32 = 3;
    type Stages = U3;
    type HasError = B1;
}
impl EmbeddedFirk for GaussLegendre3 {
    const EMBEDDED_ORDER: u32 = 3;
}

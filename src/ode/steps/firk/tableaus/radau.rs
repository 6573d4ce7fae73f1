//! The methods Radau IIA: collocation with a node at the end of the step.

use crate::consts::{B1, U2, U3};
use crate::ode::methods::{EmbeddedFirk, FirkTableau};

/// The method Radau IIA of two stages and order 3: A-stable and L-stable, of stage order 2. Source: E. Hairer, G.
/// Wanner, *Solving ODEs II*, table IV.5.5.
///
/// The error estimate of Hairer and Wanner needs a real eigenvalue of `A`, and this matrix has none. Ours, of order 2,
/// is made in the same way: `γ0` is the geometric mean `√(det A)` of the two eigenvalues, `1/√6`, and the estimate is
/// `-γ0 h (f(t, y) - 3/2 k_1 + 1/2 k_2)`. The filter needs a factorisation of its own.
///
/// ```
/// use bakelite::ode::methods::{FirkTableau, RadauIia3};
/// assert_eq!(RadauIia3::B, [0.75, 0.25]);
/// ```
#[doc(alias = "RadauIIA3")]
#[doc(alias = "Ehle")]
#[derive(Clone, Copy, Debug)]
pub struct RadauIia3;
impl FirkTableau for RadauIia3 {
    const NAME: &'static str = "radau-iia-3";
    const ORDER: u32 = 3;
    const A: &'static [&'static [f64]] = &[&[5.0 / 12.0, -1.0 / 12.0], &[0.75, 0.25]];
    const B: &'static [f64] = &[0.75, 0.25];
    const C: &'static [f64] = &[1.0 / 3.0, 1.0];
    const STIFFLY_ACCURATE: bool = true;
    const ERROR: &'static [f64] = &[0.612_372_435_695_794_5, -0.204_124_145_231_931_5];
    const ERROR_START: f64 = -0.408_248_290_463_863;
    const FILTER_GAMMA: f64 = 0.408_248_290_463_863;
    const DENSE: &'static [&'static [f64]] = &[&[1.5, -0.75], &[-0.5, 0.75]];
    const DENSE_ORDER: u32 = 2;
    type Stages = U2;
    type HasError = B1;
}
impl EmbeddedFirk for RadauIia3 {
    const EMBEDDED_ORDER: u32 = 2;
}

/// The method Radau IIA of three stages and order 5: A-stable and L-stable, of stage order 3. Source: E. Hairer, G.
/// Wanner, *Solving ODEs II*, table IV.5.6. The error estimate, of order 3, is that of eq. (IV.8.19), with the real
/// eigenvalue of `A` as `γ0`. So the filter's matrix is one that the step has factored, as in their code `radau5.f`,
/// which weighs the stages by way of `A`.
///
/// ```
/// use bakelite::ode::methods::{FirkTableau, RadauIia5};
/// assert_eq!(RadauIia5::FILTER_GAMMA, -RadauIia5::ERROR_START);
/// ```
#[doc(alias = "RadauIIA5")]
#[derive(Clone, Copy, Debug)]
pub struct RadauIia5;
impl FirkTableau for RadauIia5 {
    const NAME: &'static str = "radau-iia-5";
    const ORDER: u32 = 5;
    const A: &'static [&'static [f64]] = &[
        &[
            0.196_815_477_223_660_4,
            -0.065_535_425_850_198_39,
            0.023_770_974_348_220_15,
        ],
        &[
            0.394_424_314_739_087_3,
            0.292_073_411_665_228_5,
            -0.041_548_752_125_997_93,
        ],
        &[0.376_403_062_700_467_25, 0.512_485_826_188_421_6, 1.0 / 9.0],
    ];
    const B: &'static [f64] = &[0.376_403_062_700_467_25, 0.512_485_826_188_421_6, 1.0 / 9.0];
    const C: &'static [f64] = &[0.155_051_025_721_682_2, 0.644_948_974_278_317_8, 1.0];
    const STIFFLY_ACCURATE: bool = true;
    const ERROR: &'static [f64] = &[
        0.428_298_294_115_368_13,
        -0.245_039_074_384_916_54,
        0.091_629_609_865_225_8,
    ];
    const ERROR_START: f64 = -0.274_888_829_595_677_34;
    const FILTER_GAMMA: f64 = 0.274_888_829_595_677_34;
    const DENSE: &'static [&'static [f64]] = &[
        &[
            1.558_078_204_724_922_4,
            -1.986_947_221_348_443,
            0.805_272_079_323_987_8,
        ],
        &[
            -0.891_411_538_058_255_7,
            3.320_280_554_681_776_4,
            -1.916_383_190_435_099,
        ],
        &[1.0 / 3.0, -4.0 / 3.0, 10.0 / 9.0],
    ];
    const DENSE_ORDER: u32 = 3;
    type Stages = U3;
    type HasError = B1;
}
impl EmbeddedFirk for RadauIia5 {
    const EMBEDDED_ORDER: u32 = 3;
}

/// Hairer's name for [`RadauIia5`].
///
/// ```
/// use bakelite::ode::methods::{FirkTableau, Radau5};
/// assert_eq!(Radau5::NAME, "radau-iia-5");
/// ```
pub type Radau5 = RadauIia5;

/// SciPy's name for [`RadauIia5`].
///
/// ```
/// use bakelite::ode::methods::{FirkTableau, Radau};
/// assert_eq!(Radau::NAME, "radau-iia-5");
/// ```
pub type Radau = RadauIia5;

//! The pair of Dormand and Prince.

use crate::consts::{B1, U0, U5};
use crate::ode::methods::{Embedded, Tableau};

/// The 5(4) pair of Dormand and Prince, first same as last. Source: J. R. Dormand, P. J. Prince, J. Comput. Appl. Math.
/// 6 (1980) 19, table 2; Hairer, Nørsett, Wanner, *Solving ODEs I*, table II.5.2. The interpolant of order 4 with a
/// continuous derivative is that of Hairer's `dopri5.f` (`CONTD5`), multiplied out exactly; L. F. Shampine, Math. Comp.
/// 46 (1986) 135.
///
/// ```
/// use bakelite::ode::methods::{DormandPrince54, Embedded};
/// assert_eq!(DormandPrince54::EMBEDDED_ORDER, 4);
/// ```
#[doc(alias = "DP5")]
#[doc(alias = "RKDP")]
#[derive(Clone, Copy, Debug)]
pub struct DormandPrince54;
impl Tableau for DormandPrince54 {
    const NAME: &'static str = "dormand-prince-54";
    const ORDER: u32 = 5;
    const A: &'static [&'static [f64]] = &[
        &[],
        &[0.2],
        &[0.075, 0.225],
        &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
        &[
            19_372.0 / 6_561.0,
            -25_360.0 / 2_187.0,
            64_448.0 / 6_561.0,
            -212.0 / 729.0,
        ],
        &[
            9_017.0 / 3_168.0,
            -355.0 / 33.0,
            46_732.0 / 5_247.0,
            49.0 / 176.0,
            -5_103.0 / 18_656.0,
        ],
        &[
            35.0 / 384.0,
            0.0,
            500.0 / 1_113.0,
            125.0 / 192.0,
            -2_187.0 / 6_784.0,
            11.0 / 84.0,
        ],
    ];
    const B: &'static [f64] = &[
        35.0 / 384.0,
        0.0,
        500.0 / 1_113.0,
        125.0 / 192.0,
        -2_187.0 / 6_784.0,
        11.0 / 84.0,
        0.0,
    ];
    const C: &'static [f64] = &[0.0, 0.2, 0.3, 0.8, 8.0 / 9.0, 1.0, 1.0];
    const ERROR: &'static [f64] = &[
        71.0 / 57_600.0,
        0.0,
        -71.0 / 16_695.0,
        71.0 / 1_920.0,
        -17_253.0 / 339_200.0,
        22.0 / 525.0,
        -0.025,
    ];
    const DENSE_ORDER: u32 = 4;
    const DENSE: &'static [&'static [f64]] = &[
        &[
            1.0,
            -8_048_581_381.0 / 2_820_520_608.0,
            8_663_915_743.0 / 2_820_520_608.0,
            -12_715_105_075.0 / 11_282_082_432.0,
        ],
        &[],
        &[
            0.0,
            131_558_114_200.0 / 32_700_410_799.0,
            -68_118_460_800.0 / 10_900_136_933.0,
            87_487_479_700.0 / 32_700_410_799.0,
        ],
        &[
            0.0,
            -1_754_552_775.0 / 470_086_768.0,
            14_199_869_525.0 / 1_410_260_304.0,
            -10_690_763_975.0 / 1_880_347_072.0,
        ],
        &[
            0.0,
            127_303_824_393.0 / 49_829_197_408.0,
            -318_862_633_887.0 / 49_829_197_408.0,
            3.521_932_367_920_791_2,
        ],
        &[
            0.0,
            -282_668_133.0 / 205_662_961.0,
            2_019_193_451.0 / 616_988_883.0,
            -1_453_857_185.0 / 822_651_844.0,
        ],
        &[
            0.0,
            40_617_522.0 / 29_380_423.0,
            -110_615_467.0 / 29_380_423.0,
            69_997_945.0 / 29_380_423.0,
        ],
    ];
    type DenseStages = U0;
    type Fsal = B1;
    type StoredStages = U5;
    type HasError = B1;
}
impl Embedded for DormandPrince54 {
    const EMBEDDED_ORDER: u32 = 4;
}

/// Hairer's name for [`DormandPrince54`].
///
/// ```
/// use bakelite::ode::methods::{Dopri5, Tableau};
/// assert_eq!(Dopri5::NAME, "dormand-prince-54");
/// ```
pub type Dopri5 = DormandPrince54;

/// SciPy's name for [`DormandPrince54`].
///
/// ```
/// use bakelite::ode::methods::{Rk45, Tableau};
/// assert_eq!(Rk45::NAME, "dormand-prince-54");
/// ```
pub type Rk45 = DormandPrince54;

/// MATLAB's name for [`DormandPrince54`].
///
/// ```
/// use bakelite::ode::methods::{Ode45, Tableau};
/// assert_eq!(Ode45::NAME, "dormand-prince-54");
/// ```
pub type Ode45 = DormandPrince54;

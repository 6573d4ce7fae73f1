//! The pairs of Kennedy and Carpenter.

use crate::consts::{B1, U3, U5};
use crate::ode::methods::{DirkTableau, EmbeddedDirk};

/// The implicit half of the additive pair ARK4(3)6L\[2\]SA of Kennedy and Carpenter, an ESDIRK 4(3) pair of six stages
/// with `γ = 1/4`: A-stable and L-stable, of stage order 2; `R̂(∞) = -0.15`. Source: C. A. Kennedy, M. H. Carpenter,
/// Appl. Numer. Math. 44 (2003) 139, with its interpolant of order 3. The first guesses of the stages are those of
/// OrdinaryDiffEq.jl: they extrapolate Hermite cubics of earlier stages.
///
/// ```
/// use bakelite::ode::methods::{DirkTableau, KenCarp4};
/// assert_eq!(KenCarp4::GAMMA, 0.25);
/// ```
#[doc(alias = "ARK436L2SA")]
#[doc(alias = "ARK4(3)6L[2]SA")]
#[derive(Clone, Copy, Debug)]
pub struct KenCarp4;
impl DirkTableau for KenCarp4 {
    const NAME: &'static str = "kencarp4";
    const ORDER: u32 = 4;
    const A: &'static [&'static [f64]] = &[
        &[0.0],
        &[0.25, 0.25],
        &[0.137_776, -0.055_776, 0.25],
        &[
            5_012_029.0 / 34_652_500.0,
            -654_441.0 / 2_922_500.0,
            174_375.0 / 388_108.0,
            0.25,
        ],
        &[
            15_267_082_809.0 / 155_376_265_600.0,
            -71_443_401.0 / 120_774_400.0,
            730_878_875.0 / 902_184_768.0,
            2_285_395.0 / 8_070_912.0,
            0.25,
        ],
        &[
            82_889.0 / 524_892.0,
            0.0,
            15_625.0 / 83_664.0,
            69_875.0 / 102_672.0,
            -2_260.0 / 8_211.0,
            0.25,
        ],
    ];
    const B: &'static [f64] = &[
        82_889.0 / 524_892.0,
        0.0,
        15_625.0 / 83_664.0,
        69_875.0 / 102_672.0,
        -2_260.0 / 8_211.0,
        0.25,
    ];
    const C: &'static [f64] = &[0.0, 0.5, 0.332, 0.62, 0.85, 1.0];
    const GAMMA: f64 = 0.25;
    const STIFFLY_ACCURATE: bool = true;
    const ERROR: &'static [f64] = &[
        31_666_707.0 / 9_881_966_720.0,
        0.0,
        -256_875.0 / 105_007_616.0,
        -2_768_025.0 / 128_864_768.0,
        169_839.0 / 3_864_644.0,
        -5_247.0 / 225_920.0,
    ];
    const DENSE: &'static [&'static [f64]] = &[
        &[
            6_943_876_665_148.0 / 7_220_017_795_957.0,
            -54_480_133.0 / 30_881_146.0,
            6_818_779_379_841.0 / 7_100_303_317_025.0,
        ],
        &[],
        &[
            7_640_104_374_378.0 / 9_702_883_013_639.0,
            -11_436_875.0 / 14_766_696.0,
            2_173_542_590_792.0 / 12_501_825_683_035.0,
        ],
        &[
            -20_649_996_744_609.0 / 7_521_556_579_894.0,
            174_696_575.0 / 18_121_608.0,
            -31_592_104_683_404.0 / 5_083_833_661_969.0,
        ],
        &[
            8_854_892_464_581.0 / 2_390_941_311_638.0,
            -12_120_380.0 / 966_161.0,
            61_146_701_046_299.0 / 7_138_195_549_469.0,
        ],
        &[
            -11_397_109_935_349.0 / 6_675_773_540_249.0,
            3_843.0 / 706.0,
            -17_219_254_887_155.0 / 4_939_391_667_607.0,
        ],
    ];
    const PREDICTOR: &'static [&'static [f64]] = &[
        &[],
        &[1.0],
        &[0.336, 0.664],
        &[-0.24, 1.24],
        &[
            914_470_432.0 / 2_064_665_255.0,
            798_813.0 / 724_780.0,
            -824_765_625.0 / 372_971_788.0,
            49_640.0 / 29_791.0,
        ],
        &[
            288_521_442_795.0 / 954_204_491_116.0,
            2_224_881.0 / 2_566_456.0,
            -1_074_821_875.0 / 905_317_354.0,
            -3_360_875.0 / 8_098_936.0,
            7_040.0 / 4_913.0,
        ],
    ];
    const DENSE_ORDER: u32 = 3;
    type StoredStages = U5;
    type HasError = B1;
    type StiffFirst = B1;
}
impl EmbeddedDirk for KenCarp4 {
    const EMBEDDED_ORDER: u32 = 3;
}

/// ESDIRK3(2)4L\[2\]SA, a pair of four stages: A-stable and L-stable, of stage order 2; `R̂(∞) = 0.218`. Source: C. A.
/// Kennedy, M. H. Carpenter, *Diagonally Implicit Runge-Kutta Methods for Ordinary Differential Equations. A Review*,
/// NASA/TM-2016-219173, from its formulas in `γ`, the root 0.43586652... of `6γ³ - 18γ² + 9γ - 1`. The method is the
/// implicit half of ARK3(2)4L\[2\]SA (KenCarp3); the embedded method is another one. The first guesses of the stages
/// extrapolate the first two stages, as in OrdinaryDiffEq.jl for KenCarp3.
///
/// ```
/// use bakelite::ode::methods::{DirkTableau, Esdirk324L2SA};
/// assert_eq!(Esdirk324L2SA::C[2], 0.6);
/// ```
#[doc(alias = "ESDIRK324L2SA")]
#[doc(alias = "ESDIRK3(2)4L[2]SA")]
#[doc(alias = "KenCarp3")]
#[derive(Clone, Copy, Debug)]
pub struct Esdirk324L2SA;
impl DirkTableau for Esdirk324L2SA {
    const NAME: &'static str = "esdirk324l2sa";
    const ORDER: u32 = 3;
    const A: &'static [&'static [f64]] = &[
        &[0.0],
        &[0.435_866_521_508_459, 0.435_866_521_508_459],
        &[
            0.257_648_246_066_427_2,
            -0.093_514_767_574_886_25,
            0.435_866_521_508_459,
        ],
        &[
            0.187_641_024_346_723_83,
            -0.595_297_473_576_955,
            0.971_789_927_721_772_1,
            0.435_866_521_508_459,
        ],
    ];
    const B: &'static [f64] = &[
        0.187_641_024_346_723_83,
        -0.595_297_473_576_955,
        0.971_789_927_721_772_1,
        0.435_866_521_508_459,
    ];
    const C: &'static [f64] = &[0.0, 0.871_733_043_016_918, 0.6, 1.0];
    const GAMMA: f64 = 0.435_866_521_508_459;
    const STIFFLY_ACCURATE: bool = true;
    const ERROR: &'static [f64] = &[
        0.078_744_406_730_859_38,
        0.320_028_338_293_757_8,
        -0.299_483_669_580_380_03,
        -0.099_289_075_444_237_14,
    ];
    const PREDICTOR: &'static [&'static [f64]] = &[
        &[],
        &[1.0],
        &[0.311_715_891_916_287_46, 0.688_284_108_083_712_5],
        &[-0.147_140_180_139_520_85, 1.147_140_180_139_521],
    ];
    type StoredStages = U3;
    type HasError = B1;
    type StiffFirst = B1;
}
impl EmbeddedDirk for Esdirk324L2SA {
    const EMBEDDED_ORDER: u32 = 2;
}

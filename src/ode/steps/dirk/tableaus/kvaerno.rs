//! The pairs of Kværnø.

use crate::consts::{B1, U3, U6};
use crate::ode::methods::{DirkTableau, EmbeddedDirk};

/// Kværnø's ESDIRK 3(2) pair of four stages: A-stable and L-stable, of stage order 2. Both methods are stiffly
/// accurate: the embedded one is the argument of the third stage, with `R̂(∞) = -0.957`. Source: A. Kværnø, BIT 44
/// (2004) 489, with `γ = 0.4358665215`. Here `γ` is the exact root of `6γ³ - 18γ² + 9γ - 1`, and the other coefficients
/// follow from it. The first guess of the third stage extrapolates the Hermite cubic of the two stages before, as Hosea
/// and Shampine do for [`TrBdf2`](crate::ode::methods::TrBdf2). The last stage starts from the third, at the same node.
///
/// ```
/// use bakelite::ode::methods::{DirkTableau, Kvaerno3};
/// assert_eq!(Kvaerno3::C, [0.0, 2.0 * Kvaerno3::GAMMA, 1.0, 1.0]);
/// ```
#[doc(alias = "kvaerno423")]
#[derive(Clone, Copy, Debug)]
pub struct Kvaerno3;
impl DirkTableau for Kvaerno3 {
    const NAME: &'static str = "kvaerno3";
    const ORDER: u32 = 3;
    const A: &'static [&'static [f64]] = &[
        &[0.0],
        &[0.435_866_521_508_459, 0.435_866_521_508_459],
        &[
            0.490_563_388_421_780_54,
            0.073_570_090_069_760_42,
            0.435_866_521_508_459,
        ],
        &[
            0.308_809_969_976_746_53,
            1.490_563_388_421_780_6,
            -1.235_239_879_906_986_1,
            0.435_866_521_508_459,
        ],
    ];
    const B: &'static [f64] = &[
        0.308_809_969_976_746_53,
        1.490_563_388_421_780_6,
        -1.235_239_879_906_986_1,
        0.435_866_521_508_459,
    ];
    const C: &'static [f64] = &[0.0, 0.871_733_043_016_918, 1.0, 1.0];
    const GAMMA: f64 = 0.435_866_521_508_459;
    const STIFFLY_ACCURATE: bool = true;
    const ERROR: &'static [f64] = &[
        -0.181_753_418_445_034_04,
        1.416_993_298_352_020_1,
        -1.671_106_401_415_445,
        0.435_866_521_508_459,
    ];
    const PREDICTOR: &'static [&'static [f64]] = &[
        &[],
        &[1.0],
        &[-0.147_140_180_139_520_85, 1.147_140_180_139_521],
        &[0.0, 0.0, 1.0],
    ];
    type StoredStages = U3;
    type HasError = B1;
    type StiffFirst = B1;
}
impl EmbeddedDirk for Kvaerno3 {
    const EMBEDDED_ORDER: u32 = 2;
}

/// Kværnø's ESDIRK 5(4) pair of seven stages with `γ = 0.26`: A-stable and L-stable, of stage order 2. Both methods are
/// stiffly accurate: the embedded one is the argument of the sixth stage, with `R̂(∞) = -0.748`. Source: A. Kværnø, BIT
/// 44 (2004) 489. Digits beyond those given there are from SUNDIALS (`ARKODE_KVAERNO_7_4_5`); with them all conditions
/// hold to 1e-40. The first guesses of the stages extrapolate the Hermite cubic up to the second, then the third stage,
/// as in OrdinaryDiffEq.jl. The last stage starts from the sixth, at the same node.
///
/// **The third stage is beyond the end of the step**, at 1.23, so the right-hand side is evaluated up to 0.23 of the
/// last step beyond the end of the span. If it is not finite there, the step is rejected and tried again with half its
/// size. If a right-hand side is finite only inside the span, the run ends a few units in the last place before the
/// end, with [`Status::StepTooSmall`](crate::ode::Status). Then use [`KenCarp4`](crate::ode::methods::KenCarp4) or any
/// other method: all others stay inside their step.
///
/// ```
/// use bakelite::ode::methods::{DirkTableau, Kvaerno5};
/// assert_eq!(Kvaerno5::GAMMA, 0.26);
/// ```
#[doc(alias = "kvaerno745")]
#[derive(Clone, Copy, Debug)]
pub struct Kvaerno5;
impl DirkTableau for Kvaerno5 {
    const NAME: &'static str = "kvaerno5";
    const ORDER: u32 = 5;
    const A: &'static [&'static [f64]] = &[
        &[0.0],
        &[0.26, 0.26],
        &[0.13, 0.840_333_209_967_908_1, 0.26],
        &[
            0.223_719_614_783_205_07,
            0.476_755_323_197_997,
            -0.064_708_953_631_126_15,
            0.26,
        ],
        &[
            0.166_485_643_232_483_22,
            0.104_500_188_415_917_2,
            0.036_314_822_720_987_15,
            -0.130_907_044_510_739_98,
            0.26,
        ],
        &[
            0.138_556_402_312_682_24,
            0.0,
            -0.042_453_372_017_520_43,
            0.024_466_578_980_031_42,
            0.619_430_390_724_806_8,
            0.26,
        ],
        &[
            0.136_597_511_776_402_92,
            0.0,
            -0.054_969_087_965_383_766,
            -0.041_186_267_283_210_47,
            0.629_933_048_990_164,
            0.069_624_794_482_027_28,
            0.26,
        ],
    ];
    const B: &'static [f64] = &[
        0.136_597_511_776_402_92,
        0.0,
        -0.054_969_087_965_383_766,
        -0.041_186_267_283_210_47,
        0.629_933_048_990_164,
        0.069_624_794_482_027_28,
        0.26,
    ];
    const C: &'static [f64] = &[
        0.0,
        0.52,
        1.230_333_209_967_908,
        0.895_765_984_350_075_9,
        0.436_393_609_858_647_56,
        1.0,
        1.0,
    ];
    const GAMMA: f64 = 0.26;
    const STIFFLY_ACCURATE: bool = true;
    const ERROR: &'static [f64] = &[
        -0.001_958_890_536_279_335,
        0.0,
        -0.012_515_715_947_863_337,
        -0.065_652_846_263_241_89,
        0.010_502_658_265_357_27,
        -0.190_375_205_517_972_7,
        0.26,
    ];
    const PREDICTOR: &'static [&'static [f64]] = &[
        &[],
        &[1.0],
        &[-1.366_025_403_784_438_6, 2.366_025_403_784_439],
        &[
            -0.196_505_526_131_221_94,
            0.811_357_954_649_662_4,
            0.385_147_571_481_559_5,
        ],
        &[
            0.103_753_043_699_587_52,
            0.937_994_698_066_430_5,
            -0.041_747_741_766_018_05,
        ],
        &[
            -0.172_811_128_738_980_63,
            0.623_578_448_102_584_7,
            0.549_232_680_636_396,
        ],
        &[0.0, 0.0, 0.0, 0.0, 0.0, 1.0],
    ];
    type StoredStages = U6;
    type HasError = B1;
    type StiffFirst = B1;
}
impl EmbeddedDirk for Kvaerno5 {
    const EMBEDDED_ORDER: u32 = 4;
}

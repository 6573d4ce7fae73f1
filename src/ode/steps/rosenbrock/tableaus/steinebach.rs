//! The pairs of Steinebach.

use crate::consts::{B1, U5, U8};
use crate::ode::methods::{EmbeddedRosenbrock, RosenbrockTableau};

/// Rodas3P, of order 3 and five stages with `γ = 1/3`, for semi-discretised parabolic equations: A-stable, L-stable and
/// stiffly accurate. So is the embedded method, which is of order 2 with any matrix in place of the Jacobian. The first
/// and the third stage share an evaluation of the right-hand side, and so do the last two. Source: G. Steinebach,
/// *Rosenbrock methods within OrdinaryDiffEq.jl - Overview, recent developments and applications*, Proc. JuliaCon Conf.
/// 6 (2024), and OrdinaryDiffEq.jl, with its interpolant of order 3 multiplied out.
///
/// ```
/// use bakelite::ode::methods::{Rodas3p, RosenbrockTableau};
/// assert_eq!(Rodas3p::A[3], Rodas3p::A[4]);
/// ```
#[doc(alias = "Rodas3P")]
#[derive(Clone, Copy, Debug)]
pub struct Rodas3p;
impl RosenbrockTableau for Rodas3p {
    const NAME: &'static str = "rodas3p";
    const ORDER: u32 = 3;
    const A: &'static [&'static [f64]] = &[
        &[],
        &[4.0 / 3.0],
        &[],
        &[2.906_25, 3.375, 0.406_25],
        &[2.906_25, 3.375, 0.406_25],
    ];
    const C: &'static [&'static [f64]] = &[
        &[],
        &[-4.0],
        &[8.25, 6.75],
        &[1.218_75, -5.0625, -1.968_75],
        &[4.031_25, -15.1875, -4.031_25, 6.0],
    ];
    const M: &'static [f64] = &[2.906_25, 3.375, 0.406_25, 0.0, 1.0];
    const ALPHA: &'static [f64] = &[0.0, 4.0 / 9.0, 0.0, 1.0, 1.0];
    const GAMMAS: &'static [f64] = &[1.0 / 3.0, -1.0 / 9.0, 1.0, 0.0, 0.0];
    const GAMMA: f64 = 1.0 / 3.0;
    const ERROR: &'static [f64] = &[0.0, 0.0, 0.0, -1.0, 1.0];
    const DENSE: &'static [&'static [f64]] = &[
        &[4.6875, 2.4375, -4.218_75],
        &[10.125, -21.9375, 15.1875],
        &[0.5625, -3.25, 3.093_75],
        &[-6.0, 15.0, -9.0],
        &[0.0, 1.0],
    ];
    const W_METHOD: bool = false;
    const DENSE_ORDER: u32 = 3;
    type Stages = U5;
    type HasError = B1;
}
impl EmbeddedRosenbrock for Rodas3p {
    const EMBEDDED_ORDER: u32 = 2;
}

/// Rodas5P, of order 5 and eight stages, with an embedded method of order 4, for semi-discretised parabolic equations.
/// Both are A-stable, L-stable and stiffly accurate. Source: G. Steinebach, BIT 63 (2023) 27, and OrdinaryDiffEq.jl,
/// with its interpolant of order 4 multiplied out.
///
/// ```
/// use bakelite::ode::methods::{Rodas5p, RosenbrockTableau};
/// assert_eq!(Rodas5p::M[7], 1.0);
/// ```
#[doc(alias = "Rodas5P")]
#[derive(Clone, Copy, Debug)]
pub struct Rodas5p;
impl RosenbrockTableau for Rodas5p {
    const NAME: &'static str = "rodas5p";
    const ORDER: u32 = 5;
    const A: &'static [&'static [f64]] = &[
        &[],
        &[3.0],
        &[2.849_394_379_747_939, 0.458_422_422_044_639_23],
        &[
            -6.954_028_509_809_101,
            2.489_845_061_869_568,
            -10.358_996_098_473_584,
        ],
        &[
            2.802_998_627_562_896_4,
            0.507_246_473_622_820_6,
            -0.398_831_254_177_052_4,
            -0.047_211_872_304_046_41,
        ],
        &[
            -7.502_846_399_306_121,
            2.561_846_144_803_919,
            -11.627_539_656_261_098,
            -0.182_687_676_599_422_56,
            0.030_198_172_008_377_946,
        ],
        &[
            -7.502_846_399_306_121,
            2.561_846_144_803_919,
            -11.627_539_656_261_098,
            -0.182_687_676_599_422_56,
            0.030_198_172_008_377_946,
            1.0,
        ],
        &[
            -7.502_846_399_306_121,
            2.561_846_144_803_919,
            -11.627_539_656_261_098,
            -0.182_687_676_599_422_56,
            0.030_198_172_008_377_946,
            1.0,
            1.0,
        ],
    ];
    const C: &'static [&'static [f64]] = &[
        &[],
        &[-14.155_112_264_123_755],
        &[-17.972_960_358_859_52, -2.859_693_295_451_294],
        &[
            147.121_502_757_117_16,
            -1.412_214_027_182_13,
            71.689_402_513_023_58,
        ],
        &[
            165.435_170_248_716_76,
            -0.459_282_345_649_112_6,
            42.909_383_369_586_03,
            -5.961_986_721_573_306,
        ],
        &[
            24.854_864_614_690_072,
            -3.000_922_700_283_218_6,
            47.493_111_002_076_8,
            5.581_419_782_155_812_5,
            -0.661_069_182_524_947_1,
        ],
        &[
            30.912_732_140_285_99,
            -3.120_824_334_993_797_4,
            77.799_546_460_708_92,
            34.286_460_282_947_83,
            -19.097_331_116_725_623,
            -28.087_943_162_872_662,
        ],
        &[
            37.802_771_233_905_63,
            -3.257_196_902_907_227_6,
            112.269_188_494_963_27,
            66.934_723_124_404_7,
            -40.066_189_370_910_02,
            -54.667_802_628_779_68,
            -9.488_616_523_096_27,
        ],
    ];
    const M: &'static [f64] = &[
        -7.502_846_399_306_121,
        2.561_846_144_803_919,
        -11.627_539_656_261_098,
        -0.182_687_676_599_422_56,
        0.030_198_172_008_377_946,
        1.0,
        1.0,
        1.0,
    ];
    const ALPHA: &'static [f64] = &[
        0.0,
        0.635_812_689_582_870_4,
        0.409_579_839_339_753_5,
        0.976_930_672_506_071_6,
        0.428_840_360_955_866_4,
        1.0,
        1.0,
        1.0,
    ];
    const GAMMAS: &'static [f64] = &[
        0.211_937_563_194_290_14,
        -0.423_875_126_388_580_27,
        -0.338_462_712_623_592_4,
        1.804_645_287_288_273_4,
        2.325_825_639_765_069,
        0.0,
        0.0,
        0.0,
    ];
    const GAMMA: f64 = 0.211_937_563_194_290_14;
    const ERROR: &'static [f64] = &[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0];
    const DENSE: &'static [&'static [f64]] = &[
        &[
            18.445_940_457_357_736,
            -35.864_475_363_615_57,
            21.335_592_082_873_973,
            -11.419_903_575_922_262,
        ],
        &[
            0.003_873_660_219_295_5,
            1.588_978_025_173_108,
            3.856_958_974_025_215,
            -2.887_964_514_613_699_4,
        ],
        &[
            -1.193_724_251_372_219,
            -7.390_011_680_591_034,
            69.877_576_235_662_45,
            -72.921_379_959_960_29,
        ],
        &[
            -2.550_612_778_867_943,
            -22.127_299_463_947_274,
            104.620_342_912_442_23,
            -80.125_118_346_226_43,
        ],
        &[
            0.555_146_713_329_451,
            19.651_189_793_387_97,
            -72.249_009_700_861_69,
            52.072_871_366_152_654,
        ],
        &[
            2.124_108_831_045_040_4,
            14.856_554_783_201_469,
            -75.770_599_866_913_8,
            59.789_936_252_667_29,
        ],
        &[
            1.427_287_619_443_187_4,
            -7.216_327_922_863_061,
            6.633_213_460_592_355,
            0.155_826_842_827_519_13,
        ],
        &[
            0.827_977_789_298_445_1,
            -6.538_213_859_221_817,
            11.593_323_255_637_094,
            -4.883_087_185_713_722,
        ],
    ];
    const W_METHOD: bool = false;
    const DENSE_ORDER: u32 = 4;
    type Stages = U8;
    type HasError = B1;
}
impl EmbeddedRosenbrock for Rodas5p {
    const EMBEDDED_ORDER: u32 = 4;
}

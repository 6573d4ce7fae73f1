//! Two tableaus that CuBIE has and the library has not, as a user would add them.

use bakelite::consts::*;
use bakelite::ode::methods::{DirkTableau, EmbeddedDirk, FirkTableau};

/// The trapezoidal rule with the error that backward Euler's method sees. CuBIE's `crank_nicolson` solves a second
/// system for it; from the derivatives at both ends, it is a sum.
pub struct WithBackwardEuler;
impl DirkTableau for WithBackwardEuler {
    const NAME: &'static str = "trapezoidal-backward-euler";
    const ORDER: u32 = 2;
    const A: &'static [&'static [f64]] = &[&[0.0], &[0.5, 0.5]];
    const B: &'static [f64] = &[0.5, 0.5];
    const C: &'static [f64] = &[0.0, 1.0];
    const GAMMA: f64 = 0.5;
    const STIFFLY_ACCURATE: bool = true;
    const ERROR: &'static [f64] = &[0.5, -0.5];
    type StoredStages = U1;
    type HasError = B1;
    type StiffFirst = B1;
}
impl EmbeddedDirk for WithBackwardEuler {
    const EMBEDDED_ORDER: u32 = 1;
}

/// The Gauss method of four stages and order 8: collocation at the zeros of the Legendre polynomial of degree 4 (E.
/// Hairer, G. Wanner, *Solving ODEs II*, section IV.5), from integrals of the Lagrange polynomials, computed with 50
/// digits.
pub struct Gauss4;
impl FirkTableau for Gauss4 {
    const NAME: &'static str = "gauss-legendre-4";
    const ORDER: u32 = 8;
    #[rustfmt::skip]
    const A: &'static [&'static [f64]] = &[
        &[0.086_963_711_284_363_46, -0.026_604_180_084_998_794, 0.012_627_462_689_404_725, -0.003_555_149_685_795_683_3],
        &[0.188_118_117_499_868_06, 0.163_036_288_715_636_52, -0.027_880_428_602_470_895, 0.006_735_500_594_538_156],
        &[0.167_191_921_974_188_78, 0.353_953_006_033_743_97, 0.163_036_288_715_636_52, -0.014_190_694_931_141_144],
        &[0.177_482_572_254_522_6, 0.313_445_114_741_868_37, 0.352_676_757_516_271_87, 0.086_963_711_284_363_46],
    ];
    #[rustfmt::skip]
    const B: &'static [f64] = &[0.173_927_422_568_726_92, 0.326_072_577_431_273_05, 0.326_072_577_431_273_05, 0.173_927_422_568_726_92];
    #[rustfmt::skip]
    const C: &'static [f64] = &[0.069_431_844_202_973_71, 0.330_009_478_207_571_87, 0.669_990_521_792_428_1, 0.930_568_155_797_026_3];
    const STIFFLY_ACCURATE: bool = false;
    #[rustfmt::skip]
    const DENSE: &'static [&'static [f64]] = &[
        &[1.526_788_125_457_266_8, -4.273_011_803_936_099, 4.775_286_118_057_296, -1.855_135_017_009_736_5],
        &[-0.813_632_449_486_927_3, 6.903_583_462_844_788_5, -10.462_740_787_815_353, 4.698_862_351_888_765],
        &[0.400_761_520_311_650_4, -3.708_535_210_731_319_4, 8.332_708_619_739_707, -4.698_862_351_888_765],
        &[-0.113_917_196_281_989_93, 1.077_963_551_822_630_5, -2.645_253_949_981_65, 1.855_135_017_009_736_5],
    ];
    const DENSE_ORDER: u32 = 4;
    type Stages = U4;
    type HasError = B0;
}

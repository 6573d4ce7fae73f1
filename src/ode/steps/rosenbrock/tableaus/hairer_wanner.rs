//! The method of the code RODAS.

use crate::consts::{B1, U6};
use crate::ode::methods::{EmbeddedRosenbrock, RosenbrockTableau};

/// The method of order 4 and six stages of the code RODAS, with an embedded method of order 3. Both are A-stable,
/// L-stable and stiffly accurate. Source: E. Hairer, G. Wanner, *Solving ODEs II*, section VI.4, and `rodas.f`
/// (`METH = 1`), with its interpolant of order 3 multiplied out.
///
/// ```
/// use bakelite::ode::methods::{Rodas4, RosenbrockTableau};
/// assert_eq!(Rodas4::GAMMA, 0.25);
/// ```
#[doc(alias = "RODAS")]
#[doc(alias = "RODAS4")]
#[derive(Clone, Copy, Debug)]
pub struct Rodas4;
impl RosenbrockTableau for Rodas4 {
    const NAME: &'static str = "rodas4";
    const ORDER: u32 = 4;
    const A: &'static [&'static [f64]] = &[
        &[],
        &[1.544],
        &[0.946_678_528_081_582_6, 0.255_701_169_898_328_4],
        &[
            3.314_825_187_068_521,
            2.896_124_015_972_201,
            0.998_641_913_997_781_7,
        ],
        &[
            1.221_224_509_226_641,
            6.019_134_481_288_629,
            12.537_083_329_320_87,
            -0.687_886_036_105_895,
        ],
        &[
            1.221_224_509_226_641,
            6.019_134_481_288_629,
            12.537_083_329_320_87,
            -0.687_886_036_105_895,
            1.0,
        ],
    ];
    const C: &'static [&'static [f64]] = &[
        &[],
        &[-5.6688],
        &[-2.430_093_356_833_875, -0.206_359_915_709_191_5],
        &[
            -0.107_352_905_815_137_5,
            -9.594_562_251_023_355,
            -20.470_286_148_096_16,
        ],
        &[
            7.496_443_313_967_647,
            -10.246_804_314_643_52,
            -33.999_903_528_199_05,
            11.708_908_932_061_6,
        ],
        &[
            8.083_246_795_921_522,
            -7.981_132_988_064_893,
            -31.521_594_328_743_71,
            16.319_305_431_231_36,
            -6.058_818_238_834_054,
        ],
    ];
    const M: &'static [f64] = &[
        1.221_224_509_226_641,
        6.019_134_481_288_629,
        12.537_083_329_320_87,
        -0.687_886_036_105_895,
        1.0,
        1.0,
    ];
    const ALPHA: &'static [f64] = &[0.0, 0.386, 0.21, 0.63, 1.0, 1.0];
    const GAMMAS: &'static [f64] = &[0.25, -0.1043, 0.1035, -0.0362, 0.0, 0.0];
    const GAMMA: f64 = 0.25;
    const ERROR: &'static [f64] = &[0.0, 0.0, 0.0, 0.0, 0.0, 1.0];
    const DENSE: &'static [&'static [f64]] = &[
        &[
            11.347_459_592_672_5,
            -10.802_515_422_725_985,
            0.676_280_339_280_125_3,
        ],
        &[
            -1.468_861_396_321_538,
            13.575_710_529_290_182,
            -6.087_714_651_680_015,
        ],
        &[
            -22.263_835_286_236_6,
            51.231_761_824_482_25,
            -16.430_843_208_924_78,
        ],
        &[
            -8.680_657_743_674_718,
            32.759_996_821_752_69,
            -24.767_225_114_183_86,
        ],
        &[
            2.025_137_723_295_662,
            -7.619_526_849_012_534,
            6.594_389_125_716_872,
        ],
        &[1.0],
    ];
    const W_METHOD: bool = false;
    const DENSE_ORDER: u32 = 3;
    type Stages = U6;
    type HasError = B1;
}
impl EmbeddedRosenbrock for Rodas4 {
    const EMBEDDED_ORDER: u32 = 3;
}

/// Hairer's name for [`Rodas4`].
///
/// ```
/// use bakelite::ode::methods::{Rodas, RosenbrockTableau};
/// assert_eq!(Rodas::NAME, "rodas4");
/// ```
pub type Rodas = Rodas4;

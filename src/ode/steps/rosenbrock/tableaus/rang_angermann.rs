//! The W-method of Rang and Angermann.

use crate::consts::{B1, U4};
use crate::ode::methods::{EmbeddedRosenbrock, RosenbrockTableau};

/// ROS34PW2, of four stages and order 3 with any matrix in place of the Jacobian (a W-method): A-stable, L-stable and
/// stiffly accurate. Its embedded method is of order 2, also with any matrix, with `R̂(∞) = -0.478`. Source: J. Rang,
/// L. Angermann, BIT 45 (2005) 761, from `α_ij`, `γ_ij` and `b_i` in exact arithmetic. The interpolant is of order 3
/// with the exact Jacobian and 2 with others. It is the only one of order 3 that weighs the stages, and is that of
/// PETSc (`TSROSWRA34PW2`).
///
/// ```
/// use bakelite::ode::methods::{Ros34pw2, RosenbrockTableau};
/// assert!(Ros34pw2::W_METHOD);
/// ```
#[doc(alias = "ROS34PW2")]
#[doc(alias = "RA34PW2")]
#[derive(Clone, Copy, Debug)]
pub struct Ros34pw2;
impl RosenbrockTableau for Ros34pw2 {
    const NAME: &'static str = "ros34pw2";
    const ORDER: u32 = 3;
    const A: &'static [&'static [f64]] = &[
        &[],
        &[2.0],
        &[1.419_217_317_455_764_7, -0.259_232_211_672_969_7],
        &[
            4.184_760_482_319_16,
            -0.285_192_017_355_495_93,
            2.294_280_360_279_042,
        ],
    ];
    const C: &'static [&'static [f64]] = &[
        &[],
        &[-4.588_560_720_558_084],
        &[-4.184_760_482_319_16, 0.285_192_017_355_495_93],
        &[
            -6.368_179_200_128_358,
            -6.795_620_944_466_836,
            2.870_098_604_331_056,
        ],
    ];
    const M: &'static [f64] = &[
        4.184_760_482_319_16,
        -0.285_192_017_355_495_9,
        2.294_280_360_279_041_4,
        1.0,
    ];
    const ALPHA: &'static [f64] = &[0.0, 0.871_733_043_016_918, 0.731_579_957_788_852_4, 1.0];
    const GAMMAS: &'static [f64] = &[
        0.435_866_521_508_459,
        -0.435_866_521_508_459,
        -0.413_333_376_233_886_5,
        0.0,
    ];
    const GAMMA: f64 = 0.435_866_521_508_459;
    const ERROR: &'static [f64] = &[
        0.277_749_947_647_968_1,
        -1.403_239_895_175_999,
        1.772_630_127_667_550_7,
        0.5,
    ];
    const DENSE: &'static [&'static [f64]] = &[
        &[
            0.832_659_023_154_391_9,
            4.520_784_200_520_342,
            -1.168_682_741_355_572_7,
        ],
        &[
            -1.461_621_337_124_657_4,
            -4.727_954_322_284_002,
            5.904_383_642_053_167,
        ],
        &[
            0.000_000_000_000_008_596_683_382_255_017,
            9.752_939_685_168_156,
            -7.458_659_324_889_128,
        ],
        &[
            -2.398_120_075_195_58,
            5.501_959_790_112_117,
            -2.103_839_714_916_538,
        ],
    ];
    const W_METHOD: bool = true;
    const DENSE_ORDER: u32 = 3;
    type Stages = U4;
    type HasError = B1;
}
impl EmbeddedRosenbrock for Ros34pw2 {
    const EMBEDDED_ORDER: u32 = 2;
}

//! The pair of Lang and Verwer.

use crate::consts::{B1, U3};
use crate::ode::methods::{EmbeddedRosenbrock, RosenbrockTableau};

/// ROS3P, of three stages and order 3, with an embedded method of order 2. Both are A-stable with `R(∞) = 1 - √3`, and
/// not L-stable. It keeps its order for semi-discretised parabolic equations. Two stages have the same argument, and
/// share one evaluation of the right-hand side. Source: J. Lang, J. Verwer, BIT 41 (2001) 731, with `γ = 1/2 + √3/6`.
/// Its interpolant, of order 2, is ours: of the interpolants that weigh the stages and nothing else, it is the only one
/// that also has `Σ b_i(θ) α_i² = θ³ / 3`, the first condition of order 3.
///
/// ```
/// use bakelite::ode::methods::{Ros3p, RosenbrockTableau};
/// assert_eq!(Ros3p::A[1], Ros3p::A[2]);
/// ```
#[doc(alias = "ROS3P")]
#[derive(Clone, Copy, Debug)]
pub struct Ros3p;
impl RosenbrockTableau for Ros3p {
    const NAME: &'static str = "ros3p";
    const ORDER: u32 = 3;
    const A: &'static [&'static [f64]] =
        &[&[], &[1.267_949_192_431_122_8], &[1.267_949_192_431_122_8]];
    const C: &'static [&'static [f64]] = &[
        &[],
        &[-1.607_695_154_586_736_2],
        &[-3.464_101_615_137_754_4, -1.732_050_807_568_877_2],
    ];
    const M: &'static [f64] = &[2.0, 0.577_350_269_189_625_7, 0.422_649_730_810_374_2];
    const ALPHA: &'static [f64] = &[0.0, 1.0, 1.0];
    const GAMMAS: &'static [f64] = &[
        0.788_675_134_594_812_9,
        -0.211_324_865_405_187_1,
        -1.077_350_269_189_625_7,
    ];
    const GAMMA: f64 = 0.788_675_134_594_812_9;
    const ERROR: &'static [f64] = &[-0.113_248_654_051_871_18, -0.422_649_730_810_374_2, 0.0];
    const DENSE: &'static [&'static [f64]] = &[
        &[
            2.958_548_115_672_619_4,
            -1.071_796_769_724_490_8,
            0.113_248_654_051_871_18,
        ],
        &[
            0.422_649_730_810_374_2,
            -0.267_949_192_431_122_7,
            0.422_649_730_810_374_2,
        ],
        &[1.154_700_538_379_251_5, -0.732_050_807_568_877_3],
    ];
    const W_METHOD: bool = false;
    const DENSE_ORDER: u32 = 2;
    type Stages = U3;
    type HasError = B1;
}
impl EmbeddedRosenbrock for Ros3p {
    const EMBEDDED_ORDER: u32 = 2;
}

//! The pair of Shampine and Reichelt.

use crate::consts::{B1, U3};
use crate::ode::methods::{EmbeddedRosenbrock, RosenbrockTableau};

/// The pair of MATLAB's `ode23s`: of order 2 with any matrix in place of the Jacobian (a W-method), A-stable and
/// L-stable. The embedded method is of order 3 with the exact Jacobian and 2 with others, with `R̂(∞) = 1.61`. Its
/// third stage evaluates the right-hand side at the end of the step, which is the first evaluation of the next step.
/// Source: L. F. Shampine, M. W. Reichelt, SIAM J. Sci. Comput. 18 (1997) 1, with `d = 1 / (2 + √2)` and the
/// interpolant of order 2, written in the variables `u_i`.
///
/// ```
/// use bakelite::ode::methods::{Rosenbrock23, RosenbrockTableau};
/// assert_eq!(Rosenbrock23::ALPHA, [0.0, 0.5, 1.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Rosenbrock23;
impl RosenbrockTableau for Rosenbrock23 {
    const NAME: &'static str = "rosenbrock23";
    const ORDER: u32 = 2;
    const A: &'static [&'static [f64]] = &[
        &[],
        &[1.707_106_781_186_547_5],
        &[3.414_213_562_373_095, 3.414_213_562_373_095],
    ];
    const C: &'static [&'static [f64]] = &[
        &[],
        &[-3.414_213_562_373_095],
        &[-6.828_427_124_746_19, -25.313_708_498_984_76],
    ];
    const M: &'static [f64] = &[3.414_213_562_373_095, 3.414_213_562_373_095, 0.0];
    const ALPHA: &'static [f64] = &[0.0, 0.5, 1.0];
    const GAMMAS: &'static [f64] = &[0.292_893_218_813_452_5, 0.0, -0.292_893_218_813_452_5];
    const GAMMA: f64 = 0.292_893_218_813_452_5;
    const ERROR: &'static [f64] = &[
        -0.569_035_593_728_849_2,
        -3.080_880_229_039_762,
        -0.569_035_593_728_849_2,
    ];
    const DENSE: &'static [&'static [f64]] = &[
        &[3.414_213_562_373_095],
        &[-4.828_427_124_746_19, 8.242_640_687_119_286],
        &[],
    ];
    const W_METHOD: bool = true;
    const DENSE_ORDER: u32 = 2;
    type Stages = U3;
    type HasError = B1;
}
impl EmbeddedRosenbrock for Rosenbrock23 {
    const EMBEDDED_ORDER: u32 = 3;
}

/// MATLAB's name for [`Rosenbrock23`].
///
/// ```
/// use bakelite::ode::methods::{Ode23s, RosenbrockTableau};
/// assert_eq!(Ode23s::NAME, "rosenbrock23");
/// ```
pub type Ode23s = Rosenbrock23;

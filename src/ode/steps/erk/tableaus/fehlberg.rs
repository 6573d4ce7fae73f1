//! Fehlberg's pair.

use crate::consts::{B0, B1, U1, U6};
use crate::ode::methods::{Embedded, Tableau};

/// Fehlberg's 4(5) pair. The step leads to the fifth-order result (local extrapolation), as users of adaptive solvers
/// expect; Fehlberg used the fourth-order one. Source: E. Fehlberg, NASA TR R-315 (1969), table III; Hairer, Nørsett,
/// Wanner, *Solving ODEs I*, table II.5.1.
///
/// ```
/// use bakelite::ode::methods::{Fehlberg45, Tableau};
/// assert_eq!(Fehlberg45::ORDER, 5);
/// ```
#[doc(alias = "RKF45")]
#[derive(Clone, Copy, Debug)]
pub struct Fehlberg45;
impl Tableau for Fehlberg45 {
    const NAME: &'static str = "fehlberg-45";
    const ORDER: u32 = 5;
    const A: &'static [&'static [f64]] = &[
        &[],
        &[0.25],
        &[0.093_75, 0.281_25],
        &[1_932.0 / 2_197.0, -7_200.0 / 2_197.0, 7_296.0 / 2_197.0],
        &[439.0 / 216.0, -8.0, 3_680.0 / 513.0, -845.0 / 4_104.0],
        &[
            -8.0 / 27.0,
            2.0,
            -3_544.0 / 2_565.0,
            1_859.0 / 4_104.0,
            -0.275,
        ],
    ];
    const B: &'static [f64] = &[
        16.0 / 135.0,
        0.0,
        6_656.0 / 12_825.0,
        28_561.0 / 56_430.0,
        -0.18,
        2.0 / 55.0,
    ];
    const C: &'static [f64] = &[0.0, 0.25, 0.375, 12.0 / 13.0, 1.0, 0.5];
    const ERROR: &'static [f64] = &[
        1.0 / 360.0,
        0.0,
        -128.0 / 4_275.0,
        -2_197.0 / 75_240.0,
        0.02,
        2.0 / 55.0,
    ];
    type DenseStages = U1;
    type Fsal = B0;
    type StoredStages = U6;
    type HasError = B1;
}
impl Embedded for Fehlberg45 {
    const EMBEDDED_ORDER: u32 = 4;
}

/// The usual short name of [`Fehlberg45`].
///
/// ```
/// use bakelite::ode::methods::{Rkf45, Tableau};
/// assert_eq!(Rkf45::NAME, "fehlberg-45");
/// ```
pub type Rkf45 = Fehlberg45;

//! The pair of Cash and Karp.

use crate::consts::{B0, B1, U1, U6};
use crate::ode::methods::{Embedded, Tableau};

/// The 5(4) pair of Cash and Karp. The step leads to the fifth-order result. Source: J. R. Cash, A. H. Karp, ACM TOMS
/// 16 (1990) 201, the tableau of section 2, its rows of order 5 and 4.
///
/// ```
/// use bakelite::ode::methods::{CashKarp54, Tableau};
/// assert_eq!(CashKarp54::ORDER, 5);
/// ```
#[doc(alias = "RKCK45")]
#[doc(alias = "cash_karp54")]
#[derive(Clone, Copy, Debug)]
pub struct CashKarp54;
impl Tableau for CashKarp54 {
    const NAME: &'static str = "cash-karp-54";
    const ORDER: u32 = 5;
    const A: &'static [&'static [f64]] = &[
        &[],
        &[0.2],
        &[0.075, 0.225],
        &[0.3, -0.9, 1.2],
        &[-11.0 / 54.0, 2.5, -70.0 / 27.0, 35.0 / 27.0],
        &[
            1_631.0 / 55_296.0,
            0.341_796_875,
            575.0 / 13_824.0,
            44_275.0 / 110_592.0,
            253.0 / 4_096.0,
        ],
    ];
    const B: &'static [f64] = &[
        37.0 / 378.0,
        0.0,
        250.0 / 621.0,
        125.0 / 594.0,
        0.0,
        512.0 / 1_771.0,
    ];
    const C: &'static [f64] = &[0.0, 0.2, 0.3, 0.6, 1.0, 0.875];
    const ERROR: &'static [f64] = &[
        -277.0 / 64_512.0,
        0.0,
        6_925.0 / 370_944.0,
        -6_925.0 / 202_752.0,
        -277.0 / 14_336.0,
        277.0 / 7_084.0,
    ];
    type DenseStages = U1;
    type Fsal = B0;
    type StoredStages = U6;
    type HasError = B1;
}
impl Embedded for CashKarp54 {
    const EMBEDDED_ORDER: u32 = 4;
}

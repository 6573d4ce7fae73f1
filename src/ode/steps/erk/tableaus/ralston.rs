//! Ralston's method of three stages.

use crate::consts::{B0, U1, U3};
use crate::ode::methods::Tableau;

/// Ralston's method of order 3 in three stages, the one with the smallest error bound. Source: A. Ralston, Math. Comp.
/// 16 (1962) 431.
///
/// ```
/// use bakelite::ode::methods::{Ralston33, Tableau};
/// assert_eq!(Ralston33::B.len(), 3);
/// ```
#[doc(alias = "Ralston3")]
#[doc(alias = "RK3")]
#[derive(Clone, Copy, Debug)]
pub struct Ralston33;
impl Tableau for Ralston33 {
    const NAME: &'static str = "ralston-33";
    const ORDER: u32 = 3;
    const A: &'static [&'static [f64]] = &[&[], &[0.5], &[0.0, 0.75]];
    const B: &'static [f64] = &[2.0 / 9.0, 1.0 / 3.0, 4.0 / 9.0];
    const C: &'static [f64] = &[0.0, 0.5, 0.75];
    type DenseStages = U1;
    type Fsal = B0;
    type StoredStages = U3;
    type HasError = B0;
}

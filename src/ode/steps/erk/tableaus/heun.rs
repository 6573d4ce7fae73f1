//! Heun's method of two stages.

use crate::consts::{B0, B1, U0, U2};
use crate::ode::methods::{Embedded, Tableau};

/// Heun's method of order 2 (the explicit trapezoidal rule), with Euler's method embedded. Source: K. Heun, Z. Math.
/// Phys. 45 (1900) 23. The weights of the interpolant are `θ - θ²/2` and `θ²/2`: order 2 without further evaluations.
///
/// ```
/// use bakelite::ode::methods::{Embedded, Heun21};
/// assert_eq!(Heun21::EMBEDDED_ORDER, 1);
/// ```
#[doc(alias = "RK2")]
#[doc(alias = "improved-euler")]
#[doc(alias = "adaptive_heun")]
#[doc(alias = "heun-euler")]
#[derive(Clone, Copy, Debug)]
pub struct Heun21;
impl Tableau for Heun21 {
    const NAME: &'static str = "heun-21";
    const ORDER: u32 = 2;
    const A: &'static [&'static [f64]] = &[&[], &[1.0]];
    const B: &'static [f64] = &[0.5, 0.5];
    const C: &'static [f64] = &[0.0, 1.0];
    const ERROR: &'static [f64] = &[-0.5, 0.5];
    const DENSE_ORDER: u32 = 2;
    const DENSE: &'static [&'static [f64]] = &[&[1.0, -0.5], &[0.0, 0.5]];
    type DenseStages = U0;
    type Fsal = B0;
    type StoredStages = U2;
    type HasError = B1;
}
impl Embedded for Heun21 {
    const EMBEDDED_ORDER: u32 = 1;
}

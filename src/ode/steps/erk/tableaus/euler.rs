//! Euler's method.

use crate::consts::{B0, U0, U1};
use crate::ode::methods::Tableau;

/// Euler's method. Source: L. Euler, *Institutiones calculi integralis* I (1768), section II.7; E. Hairer, S. P.
/// Nørsett, G. Wanner, *Solving ODEs I*, section I.7. The interpolant is the straight line of the step.
///
/// ```
/// use bakelite::ode::methods::{Euler, Tableau};
/// assert_eq!(Euler::ORDER, 1);
/// ```
#[doc(alias = "explicit-euler")]
#[doc(alias = "forward-euler")]
#[derive(Clone, Copy, Debug)]
pub struct Euler;
impl Tableau for Euler {
    const NAME: &'static str = "euler";
    const ORDER: u32 = 1;
    const A: &'static [&'static [f64]] = &[&[]];
    const B: &'static [f64] = &[1.0];
    const C: &'static [f64] = &[0.0];
    const DENSE_ORDER: u32 = 1;
    const DENSE: &'static [&'static [f64]] = &[&[1.0]];
    type DenseStages = U0;
    type Fsal = B0;
    type StoredStages = U1;
    type HasError = B0;
}

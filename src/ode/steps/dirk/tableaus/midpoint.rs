//! The implicit midpoint rule.

use crate::consts::{B0, U1};
use crate::ode::methods::DirkTableau;

/// The implicit midpoint rule, the Gauss method of one stage: A-stable with `R(∞) = -1`, not L-stable, symplectic, of
/// stage order 1. It has no embedded method. Source: E. Hairer, G. Wanner, *Solving ODEs II*, section IV.5.
///
/// ```
/// use bakelite::ode::methods::{DirkTableau, ImplicitMidpoint};
/// assert!(!ImplicitMidpoint::STIFFLY_ACCURATE);
/// ```
#[doc(alias = "GaussLegendre1")]
#[derive(Clone, Copy, Debug)]
pub struct ImplicitMidpoint;
impl DirkTableau for ImplicitMidpoint {
    const NAME: &'static str = "implicit-midpoint";
    const ORDER: u32 = 2;
    const A: &'static [&'static [f64]] = &[&[0.5]];
    const B: &'static [f64] = &[1.0];
    const C: &'static [f64] = &[0.5];
    const GAMMA: f64 = 0.5;
    const STIFFLY_ACCURATE: bool = false;
    type StoredStages = U1;
    type HasError = B0;
    type StiffFirst = B0;
}

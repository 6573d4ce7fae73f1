//! The backward Euler method.

use crate::consts::{B0, U1};
use crate::ode::methods::DirkTableau;

/// The backward Euler method: A-stable and L-stable, of stage order 1. Between the ends of a step it is the straight
/// line, which needs no derivative at the step's start. It has no embedded method. Source: E. Hairer, G. Wanner,
/// *Solving ODEs II*, section IV.3.
///
/// ```
/// use bakelite::ode::methods::{BackwardEuler, DirkTableau};
/// assert_eq!(BackwardEuler::GAMMA, 1.0);
/// ```
#[doc(alias = "ImplicitEuler")]
#[doc(alias = "BackwardsEuler")]
#[doc(alias = "BwEuler")]
#[derive(Clone, Copy, Debug)]
pub struct BackwardEuler;
impl DirkTableau for BackwardEuler {
    const NAME: &'static str = "backward-euler";
    const ORDER: u32 = 1;
    const A: &'static [&'static [f64]] = &[&[1.0]];
    const B: &'static [f64] = &[1.0];
    const C: &'static [f64] = &[1.0];
    const GAMMA: f64 = 1.0;
    const STIFFLY_ACCURATE: bool = true;
    const DENSE: &'static [&'static [f64]] = &[&[1.0]];
    type StoredStages = U1;
    type HasError = B0;
    type StiffFirst = B0;
}

/// SciML's name for [`BackwardEuler`].
///
/// ```
/// use bakelite::ode::methods::{DirkTableau, ImplicitEuler};
/// assert_eq!(ImplicitEuler::NAME, "backward-euler");
/// ```
pub type ImplicitEuler = BackwardEuler;

//! The trapezoidal rule.

use crate::consts::{B0, B1, U1};
use crate::ode::methods::DirkTableau;

/// The trapezoidal rule, with its explicit first stage: A-stable with `R(∞) = -1`, not L-stable, of stage order 2.
/// Source: J. Crank, P. Nicolson, Math. Proc. Camb. Phil. Soc. 43 (1947) 50; E. Hairer, G. Wanner, *Solving ODEs II*,
/// section IV.3.
///
/// No error estimate is published for its two stages: MATLAB's `ode23t` uses divided differences of past steps (L. F.
/// Shampine, M. W. Reichelt, J. A. Kierzenka, SIAM Rev. 41 (1999) 538). For adaptive steps with the same first stage,
/// use [`TrBdf2`](crate::ode::methods::TrBdf2).
///
/// ```
/// use bakelite::ode::methods::{DirkTableau, Trapezoidal};
/// assert_eq!(Trapezoidal::B, [0.5, 0.5]);
/// ```
#[doc(alias = "Trapezoid")]
#[doc(alias = "TrapezoidalDirk")]
#[derive(Clone, Copy, Debug)]
pub struct Trapezoidal;
impl DirkTableau for Trapezoidal {
    const NAME: &'static str = "trapezoidal";
    const ORDER: u32 = 2;
    const A: &'static [&'static [f64]] = &[&[0.0], &[0.5, 0.5]];
    const B: &'static [f64] = &[0.5, 0.5];
    const C: &'static [f64] = &[0.0, 1.0];
    const GAMMA: f64 = 0.5;
    const STIFFLY_ACCURATE: bool = true;
    type StoredStages = U1;
    type HasError = B0;
    type StiffFirst = B1;
}

/// The name of [`Trapezoidal`] in the literature on partial differential equations.
///
/// ```
/// use bakelite::ode::methods::{CrankNicolson, DirkTableau};
/// assert_eq!(CrankNicolson::NAME, "trapezoidal");
/// ```
pub type CrankNicolson = Trapezoidal;

/// MATLAB's name for [`Trapezoidal`]. Ours takes fixed steps: see [`Trapezoidal`].
///
/// ```
/// use bakelite::ode::methods::{DirkTableau, Ode23t};
/// assert_eq!(Ode23t::NAME, "trapezoidal");
/// ```
pub type Ode23t = Trapezoidal;

//! The classical method of order 4.

use crate::consts::{B0, U1, U4};
use crate::ode::methods::Tableau;

/// The classical fourth-order method. Source: W. Kutta, Z. Math. Phys. 46 (1901) 435; Hairer, Nørsett, Wanner, *Solving
/// ODEs I*, table II.1.2, left.
///
/// ```
/// use bakelite::ode::methods::{ClassicalRk4, Tableau};
/// assert_eq!(ClassicalRk4::ORDER, 4);
/// ```
#[doc(alias = "RK4")]
#[derive(Clone, Copy, Debug)]
pub struct ClassicalRk4;
impl Tableau for ClassicalRk4 {
    const NAME: &'static str = "classical-rk4";
    const ORDER: u32 = 4;
    const A: &'static [&'static [f64]] = &[&[], &[0.5], &[0.0, 0.5], &[0.0, 0.0, 1.0]];
    const B: &'static [f64] = &[1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0];
    const C: &'static [f64] = &[0.0, 0.5, 0.5, 1.0];
    type DenseStages = U1;
    type Fsal = B0;
    type StoredStages = U4;
    type HasError = B0;
}

/// The name of [`ClassicalRk4`] in most programs.
///
/// ```
/// use bakelite::ode::methods::{Rk4, Tableau};
/// assert_eq!(Rk4::NAME, "classical-rk4");
/// ```
pub type Rk4 = ClassicalRk4;

//! The pair of Bogacki and Shampine.

use crate::consts::{B1, U0, U2};
use crate::ode::methods::{Embedded, Tableau};

/// The 3(2) pair of Bogacki and Shampine, first same as last. Source: P. Bogacki, L. F. Shampine, Appl. Math. Lett. 2
/// (1989) 321. Its interpolant is the Hermite cubic.
///
/// ```
/// use bakelite::ode::methods::{BogackiShampine32, Embedded};
/// assert_eq!(BogackiShampine32::EMBEDDED_ORDER, 2);
/// ```
#[doc(alias = "BS3")]
#[doc(alias = "bosh3")]
#[doc(alias = "RKBS")]
#[derive(Clone, Copy, Debug)]
pub struct BogackiShampine32;
impl Tableau for BogackiShampine32 {
    const NAME: &'static str = "bogacki-shampine-32";
    const ORDER: u32 = 3;
    const A: &'static [&'static [f64]] = &[
        &[],
        &[0.5],
        &[0.0, 0.75],
        &[2.0 / 9.0, 1.0 / 3.0, 4.0 / 9.0],
    ];
    const B: &'static [f64] = &[2.0 / 9.0, 1.0 / 3.0, 4.0 / 9.0, 0.0];
    const C: &'static [f64] = &[0.0, 0.5, 0.75, 1.0];
    const ERROR: &'static [f64] = &[-5.0 / 72.0, 1.0 / 12.0, 1.0 / 9.0, -0.125];
    type DenseStages = U0;
    type Fsal = B1;
    type StoredStages = U2;
    type HasError = B1;
}
impl Embedded for BogackiShampine32 {
    const EMBEDDED_ORDER: u32 = 2;
}

/// SciPy's name for [`BogackiShampine32`].
///
/// ```
/// use bakelite::ode::methods::{Rk23, Tableau};
/// assert_eq!(Rk23::NAME, "bogacki-shampine-32");
/// ```
pub type Rk23 = BogackiShampine32;

/// MATLAB's name for [`BogackiShampine32`].
///
/// ```
/// use bakelite::ode::methods::{Ode23, Tableau};
/// assert_eq!(Ode23::NAME, "bogacki-shampine-32");
/// ```
pub type Ode23 = BogackiShampine32;

//! The trapezoidal rule, then the backward differentiation formula of order 2.

use crate::consts::{B1, U2};
use crate::ode::methods::{DirkTableau, EmbeddedDirk};
use core::f64::consts::FRAC_1_SQRT_2;

/// TR-BDF2 as an ESDIRK method of three stages with `γ = 1 - 1/√2`: A-stable and L-stable, of stage order 2. Sources:
/// R. E. Bank et al., IEEE Trans. Comput.-Aided Design 4 (1985) 436; M. E. Hosea, L. F. Shampine, Appl. Numer. Math. 20
/// (1996) 21, for the embedded method of order 3 and the first guesses of the stages (which extrapolate the Hermite
/// cubic of the stages before).
///
/// The embedded method has `R̂(∞) = ∞`, so its estimate must be filtered, as Hosea and Shampine do.
///
/// ```
/// use bakelite::ode::methods::{DirkTableau, TrBdf2};
/// assert!(TrBdf2::FILTER_ERROR);
/// ```
#[doc(alias = "TRBDF2")]
#[derive(Clone, Copy, Debug)]
pub struct TrBdf2;
impl DirkTableau for TrBdf2 {
    const NAME: &'static str = "tr-bdf2";
    const ORDER: u32 = 2;
    const A: &'static [&'static [f64]] = &[
        &[0.0],
        &[0.292_893_218_813_452_5, 0.292_893_218_813_452_5],
        &[
            0.353_553_390_593_273_8,
            0.353_553_390_593_273_8,
            0.292_893_218_813_452_5,
        ],
    ];
    const B: &'static [f64] = &[
        0.353_553_390_593_273_8,
        0.353_553_390_593_273_8,
        0.292_893_218_813_452_5,
    ];
    const C: &'static [f64] = &[0.0, 0.585_786_437_626_905, 1.0];
    const GAMMA: f64 = 0.292_893_218_813_452_5;
    const STIFFLY_ACCURATE: bool = true;
    const ERROR: &'static [f64] = &[
        0.138_071_187_457_698_36,
        -1.0 / 3.0,
        0.195_262_145_875_634_98,
    ];
    const PREDICTOR: &'static [&'static [f64]] =
        &[&[], &[1.0], &[-FRAC_1_SQRT_2, 1.707_106_781_186_547_5]];
    const FILTER_ERROR: bool = true;
    type StoredStages = U2;
    type HasError = B1;
    type StiffFirst = B1;
}
impl EmbeddedDirk for TrBdf2 {
    const EMBEDDED_ORDER: u32 = 3;
}

/// MATLAB's name for [`TrBdf2`].
///
/// ```
/// use bakelite::ode::methods::{DirkTableau, Ode23tb};
/// assert_eq!(Ode23tb::NAME, "tr-bdf2");
/// ```
pub type Ode23tb = TrBdf2;

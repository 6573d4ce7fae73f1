//! Explicit Runge-Kutta methods as types: Butcher tableaus. The crate's own tableaus are in `erk/tableaus`.

use crate::consts::B1;
use crate::layout::{Extent, Switch};

/// An explicit Runge-Kutta method: `k_i = f(t + c_i h, y + h Σ_{j<i} a_ij k_j)`, `y_new = y + h Σ b_i k_i`.
///
/// A tableau whose parts disagree (lengths, row sums, "first same as last") does not build.
///
/// ```
/// use bakelite::ode::methods::{Tableau, Tsit5};
/// assert_eq!(Tsit5::B.len(), 7);
/// ```
pub trait Tableau: Send + Sync + 'static {
    /// The name users type.
    const NAME: &'static str;
    /// The order of `y_new`.
    const ORDER: u32;
    /// Row `i` holds `a_ij` for `j < i`.
    const A: &'static [&'static [f64]];
    /// The weights `b_i`; their number is the number of stages.
    const B: &'static [f64];
    /// The nodes `c_i`.
    const C: &'static [f64];
    /// `b_i - b̂_i`, so that `h Σ e_i k_i` estimates the error; empty without an embedded method.
    const ERROR: &'static [f64] = &[];
    /// A second estimate, like [`ERROR`](Tableau::ERROR); empty for most tableaus. Let `e` be the root mean square of
    /// the first estimate over the scales of the states, and `s` that of the second. Then a step's error counts as
    /// `e² / sqrt(e² + 0.01 s²)`. This is Hairer's rule in `dop853.f`, where the first is `O(h^6)`, the second
    /// `O(h^4)`, and the result behaves like `O(h^8)` (Hairer, Nørsett, Wanner, *Solving ODEs I*, section II.10).
    const SECOND_ERROR: &'static [f64] = &[];
    /// The interpolant between the ends of a step: `y(t + θh) = y + h Σ_i b_i(θ) k_i`, where
    /// `b_i(θ) = Σ_m DENSE[i][m] θ^(m+1)`. Here `i` goes over the stages, then over the extra stages. A row may be
    /// shorter than others. If empty, the interpolant is a cubic Hermite polynomial: see [`dense`](crate::ode::dense).
    const DENSE: &'static [&'static [f64]] = &[];
    /// The order of the interpolated state, for every `θ`: its error is `O(h^(DENSE_ORDER + 1))` in one step.
    const DENSE_ORDER: u32 = if Self::ORDER < 3 { Self::ORDER } else { 3 };
    /// Row `e` holds the coefficients of extra stage `e`, which only the interpolant needs: for the stages, then for
    /// the extra stages before it. Empty with Hermite interpolation.
    const DENSE_A: &'static [&'static [f64]] = &[];
    /// The nodes of the extra stages. Empty with Hermite interpolation.
    const DENSE_C: &'static [f64] = &[];
    /// The number of extra stages. With Hermite interpolation it is 0 if the first stage is the same as the last, else
    /// 1: the derivative at the step's end.
    type DenseStages: Extent;
    /// `B1` if the last stage is the first of the next step ("first same as last").
    type Fsal: Switch;
    /// The number of stages that share one buffer: all of them, without the first and the last if those are the same.
    type StoredStages: Extent;
    /// `B1` if [`ERROR`](Tableau::ERROR) is given.
    type HasError: Switch;
}

/// A tableau with an embedded method of another order, so that a step estimates its own error.
///
/// ```
/// use bakelite::ode::methods::{Embedded, Tsit5};
/// assert_eq!(Tsit5::EMBEDDED_ORDER, 4);
/// ```
#[diagnostic::on_unimplemented(
    message = "the tableau `{Self}` has no embedded error estimate, which an adaptive controller needs",
    label = "no embedded estimate",
    note = "use the controller `Fixed`, or a tableau such as `Tsit5`"
)]
pub trait Embedded: Tableau<HasError = B1> {
    /// The order of the embedded method. The estimated error is `O(h^(EMBEDDED_ORDER + 1))`; with a
    /// [`SECOND_ERROR`](Tableau::SECOND_ERROR), that is the error of both estimates together.
    const EMBEDDED_ORDER: u32;
}

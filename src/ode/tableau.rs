//! Butcher tableaus of explicit Runge-Kutta methods, as types.

use crate::consts::{B0, B1, U0, U1, U4, U5};
use crate::{Extent, Switch};

/// An explicit Runge-Kutta method: `k_i = f(t + c_i h, y + h Σ_{j<i} a_ij k_j)`, `y_new = y + h Σ b_i k_i`.
///
/// A tableau whose parts disagree (lengths, row sums, "first same as last") does not build.
///
/// ```
/// use bakelite::{Tableau, Tsit5};
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
    /// The interpolant between the ends of a step: `y(t + θh) = y + h Σ_i b_i(θ) k_i`, where `b_i(θ) = Σ_m DENSE[i][m] θ^(m+1)` and `i`
    /// goes over the stages, then over the extra stages; a row may be shorter than others. Empty: cubic Hermite interpolation, see
    /// [`dense`](crate::ode::dense).
    const DENSE: &'static [&'static [f64]] = &[];
    /// The order of the interpolated state, for every `θ`: its error is `O(h^(DENSE_ORDER + 1))` in one step.
    const DENSE_ORDER: u32 = if Self::ORDER < 3 { Self::ORDER } else { 3 };
    /// Row `e` holds the coefficients of extra stage `e`, which only the interpolant needs: over the stages, then over the extra stages
    /// before it. Empty with Hermite interpolation.
    const DENSE_A: &'static [&'static [f64]] = &[];
    /// The nodes of the extra stages. Empty with Hermite interpolation.
    const DENSE_C: &'static [f64] = &[];
    /// The number of extra stages. With Hermite interpolation 0 if first same as last, else 1: the derivative at the step's end.
    type DenseStages: Extent;
    /// `B1` where the last stage is the first of the next step ("first same as last").
    type Fsal: Switch;
    /// The stages that share one buffer: all, less the first and the last where those are the same.
    type StoredStages: Extent;
    /// `B1` where [`ERROR`](Tableau::ERROR) is given.
    type HasError: Switch;
}

/// A tableau with an embedded method of another order, so that a step estimates its own error.
///
/// ```
/// use bakelite::{Embedded, Tsit5};
/// assert_eq!(Tsit5::EMBEDDED_ORDER, 4);
/// ```
#[diagnostic::on_unimplemented(
    message = "the tableau `{Self}` has no embedded error estimate, which an adaptive controller needs",
    label = "no embedded estimate",
    note = "use the controller `Fixed`, or a tableau such as `Tsit5`"
)]
pub trait Embedded: Tableau<HasError = B1> {
    /// The order of the embedded method.
    const EMBEDDED_ORDER: u32;
}

/// The classical fourth-order method. Source: W. Kutta, Z. Math. Phys. 46 (1901) 435; Hairer, Nørsett, Wanner, *Solving ODEs I*,
/// table II.1.2, left.
///
/// ```
/// use bakelite::{ClassicalRk4, Tableau};
/// assert_eq!(ClassicalRk4::ORDER, 4);
/// ```
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

/// Tsitouras' 5(4) pair. Source: Ch. Tsitouras, Comput. Math. Appl. 62 (2011) 770, table 1 (with `b̃` of section 3 in
/// [`ERROR`](Tableau::ERROR)), rounded to `f64`.
///
/// ```
/// use bakelite::{Tableau, Tsit5};
/// assert_eq!(Tsit5::C[1], 0.161);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Tsit5;
impl Tableau for Tsit5 {
    const NAME: &'static str = "tsit5";
    const ORDER: u32 = 5;
    const A: &'static [&'static [f64]] = &[
        &[],
        &[0.161],
        &[-0.008_480_655_492_356_989, 0.335_480_655_492_357],
        &[
            2.897_153_057_105_493_5,
            -6.359_448_489_975_075,
            4.362_295_432_869_581_5,
        ],
        &[
            5.325_864_828_439_257,
            -11.748_883_564_062_828,
            7.495_539_342_889_836_5,
            -0.092_495_066_361_755_25,
        ],
        &[
            5.861_455_442_946_42,
            -12.920_969_317_847_11,
            8.159_367_898_576_159,
            -0.071_584_973_281_401,
            -0.028_269_050_394_068_383,
        ],
        &[
            0.096_460_766_818_065_23,
            0.01,
            0.479_889_650_414_499_6,
            1.379_008_574_103_742,
            -3.290_069_515_436_081,
            2.324_710_524_099_774,
        ],
    ];
    const B: &'static [f64] = &[
        0.096_460_766_818_065_23,
        0.01,
        0.479_889_650_414_499_6,
        1.379_008_574_103_742,
        -3.290_069_515_436_081,
        2.324_710_524_099_774,
        0.0,
    ];
    const C: &'static [f64] = &[0.0, 0.161, 0.327, 0.9, 0.980_025_540_904_509_7, 1.0, 1.0];
    const ERROR: &'static [f64] = &[
        -0.001_780_011_052_225_777,
        -0.000_816_434_459_656_746_9,
        0.007_880_878_010_261_995,
        -0.144_711_007_173_262_9,
        0.582_357_165_452_555_2,
        -0.458_082_105_929_186_97,
        1.0 / 66.0,
    ];
    type DenseStages = U0;
    type Fsal = B1;
    type StoredStages = U5;
    type HasError = B1;
}
impl Embedded for Tsit5 {
    const EMBEDDED_ORDER: u32 = 4;
}

/// Whether a sum of rounded coefficients is what it should be.
pub(crate) const fn close(sum: f64, want: f64) -> bool {
    (sum - want).abs() < 1e-9
}

pub(crate) const fn sum(values: &[f64]) -> f64 {
    let (mut total, mut k) = (0.0, 0);
    while k < values.len() {
        total += values[k];
        k += 1;
    }
    total
}

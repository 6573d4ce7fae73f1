//! The interpolant of a tableau for dense output: `y(t + θh) = y + h Σ_i b_i(θ) k_i`. It is given, or a cubic Hermite
//! polynomial.
//!
//! Stages are numbered consecutively: those of the step, then the extra ones. If a tableau gives no interpolant, it is
//! the cubic through both ends, with the derivatives there: `b_i(θ) = b_i (3θ² - 2θ³)`, plus `θ - 2θ² + θ³` for the
//! first stage and `θ³ - θ²` for the stage at the step's end. The latter is the last stage of a first-same-as-last
//! tableau; for others it is an extra stage with row `B` and node 1. Source: E. Hairer, S. P. Nørsett, G. Wanner,
//! *Solving ODEs I*, eq. (II.6.7).

use super::tableau::Tableau;
use crate::layout::{Extent, Switch};
use crate::ode::steps::checks::{close, sum};
use crate::ode::steps::polynomials::Polynomials;

/// Whether the interpolant is the Hermite cubic.
///
/// ```
/// assert!(bakelite::ode::dense::is_hermite::<bakelite::ode::methods::ClassicalRk4>());
/// ```
#[must_use]
pub const fn is_hermite<T: Tableau>() -> bool {
    T::DENSE.is_empty()
}

/// The number of stages that the interpolant weighs: those of the step and the extra ones.
///
/// ```
/// use bakelite::ode::{dense::stages, methods::{ClassicalRk4, Tsit5}};
/// assert_eq!((stages::<ClassicalRk4>(), stages::<Tsit5>()), (5, 7));
/// ```
#[must_use]
pub const fn stages<T: Tableau>() -> usize {
    T::B.len() + T::DenseStages::LEN
}

/// The degree in `θ`: 3 with Hermite interpolation.
///
/// ```
/// assert_eq!(bakelite::ode::dense::degree::<bakelite::ode::methods::ClassicalRk4>(), 3);
/// ```
#[must_use]
pub const fn degree<T: Tableau>() -> usize {
    if is_hermite::<T>() {
        return 3;
    }
    let (mut most, mut stage) = (0, 0);
    while stage < T::DENSE.len() {
        if T::DENSE[stage].len() > most {
            most = T::DENSE[stage].len();
        }
        stage += 1;
    }
    most
}

/// The coefficients of extra stage `extra` for the stages before it. If a row is shorter, the other coefficients are 0.
///
/// ```
/// use bakelite::ode::{dense, methods::{ClassicalRk4, Tableau}};
/// assert_eq!(dense::row::<ClassicalRk4>(0), ClassicalRk4::B);
/// ```
#[must_use]
pub const fn row<T: Tableau>(extra: usize) -> &'static [f64] {
    if is_hermite::<T>() {
        T::B
    } else {
        T::DENSE_A[extra]
    }
}

/// The node of extra stage `extra`.
///
/// ```
/// assert_eq!(bakelite::ode::dense::node::<bakelite::ode::methods::ClassicalRk4>(0), 1.0);
/// ```
#[must_use]
pub const fn node<T: Tableau>(extra: usize) -> f64 {
    if is_hermite::<T>() {
        1.0
    } else {
        T::DENSE_C[extra]
    }
}

/// The coefficient of `θ^power`, `1 <= power <= degree`, in the weight `b_stage(θ)`.
///
/// ```
/// use bakelite::ode::{dense::weight, methods::ClassicalRk4};
/// let first = [1, 2, 3].map(|power| weight::<ClassicalRk4>(0, power));
/// assert_eq!(first[..2], [1.0, -1.5]);
/// assert!((first[2] - 2.0 / 3.0).abs() < 1e-15);
/// ```
#[must_use]
pub const fn weight<T: Tableau>(stage: usize, power: usize) -> f64 {
    if !is_hermite::<T>() {
        let row = T::DENSE[stage];
        return if power <= row.len() {
            row[power - 1]
        } else {
            0.0
        };
    }
    let count = T::B.len();
    let b = if stage < count { T::B[stage] } else { 0.0 };
    let first = stage == 0;
    let end = stage == stages::<T>() - 1;
    match power {
        1 => first as u8 as f64,
        2 => 3.0 * b - 2.0 * first as u8 as f64 - end as u8 as f64,
        3 => -2.0 * b + first as u8 as f64 + end as u8 as f64,
        _ => 0.0,
    }
}

/// The weights of the stages, followed by those of the extra stages.
pub(super) const fn polynomials<T: Tableau>() -> Polynomials {
    let mut all = Polynomials::none(stages::<T>());
    let mut stage = 0;
    while stage < stages::<T>() {
        let mut power = 1;
        while power <= degree::<T>() {
            all.set(stage, power, weight::<T>(stage, power));
            power += 1;
        }
        stage += 1;
    }
    all
}

/// Panics, while the crate compiles, if the parts of an interpolant disagree.
pub(crate) const fn check<T: Tableau>() {
    let (count, extra) = (T::B.len(), T::DenseStages::LEN);
    assert!(
        T::DENSE_ORDER >= 1 && T::DENSE_ORDER <= T::ORDER,
        "`DENSE_ORDER` of a tableau is at least 1 and at most `ORDER`"
    );
    if is_hermite::<T>() {
        assert!(
            extra + T::Fsal::ON as usize == 1,
            "without `DENSE`, `DenseStages` of a tableau is 1, or 0 where the last stage is the first of the next step"
        );
        assert!(
            T::DENSE_A.is_empty() && T::DENSE_C.is_empty(),
            "without `DENSE`, a tableau has no `DENSE_A` and no `DENSE_C`"
        );
        assert!(
            T::DENSE_ORDER <= 3,
            "without `DENSE`, `DENSE_ORDER` of a tableau is at most 3"
        );
        return;
    }
    assert!(
        T::DENSE.len() == count + extra,
        "`DENSE` of a tableau needs one row per stage, then one per extra stage"
    );
    assert!(
        T::DENSE_A.len() == extra && T::DENSE_C.len() == extra,
        "`DENSE_A` and `DENSE_C` of a tableau need one entry per extra stage"
    );
    let mut row = 0;
    while row < extra {
        assert!(
            T::DENSE_A[row].len() <= count + row,
            "row e of a tableau's `DENSE_A` has at most one entry per stage and per extra stage before it"
        );
        assert!(
            close(sum(T::DENSE_A[row]), T::DENSE_C[row]),
            "row e of a tableau's `DENSE_A` must add up to `DENSE_C[e]`"
        );
        row += 1;
    }
    let mut stage = 0;
    while stage < count + extra {
        let end = if stage < count { T::B[stage] } else { 0.0 };
        assert!(
            close(sum(T::DENSE[stage]), end),
            "row i of a tableau's `DENSE` must add up to `B[i]`, and to 0 for an extra stage: the interpolant ends where the step does"
        );
        stage += 1;
    }
    let mut power = 1;
    while power <= degree::<T>() {
        let (mut total, mut stage) = (0.0, 0);
        while stage < count + extra {
            total += weight::<T>(stage, power);
            stage += 1;
        }
        assert!(
            close(total, if power == 1 { 1.0 } else { 0.0 }),
            "the first column of a tableau's `DENSE` must add up to 1, every other to 0"
        );
        power += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consts::{B0, U0, U1, U2};

    /// What is wrong with the interpolant of the two-stage method of Heun.
    macro_rules! slip {
        ($order:expr, $dense:expr, $a:expr, $c:expr, $extra:ty) => {{
            struct Slip;
            impl Tableau for Slip {
                const NAME: &'static str = "slip";
                const ORDER: u32 = 2;
                const A: &'static [&'static [f64]] = &[&[], &[1.0]];
                const B: &'static [f64] = &[0.5, 0.5];
                const C: &'static [f64] = &[0.0, 1.0];
                const DENSE_ORDER: u32 = $order;
                const DENSE: &'static [&'static [f64]] = &$dense;
                const DENSE_A: &'static [&'static [f64]] = &$a;
                const DENSE_C: &'static [f64] = &$c;
                type DenseStages = $extra;
                type Fsal = B0;
                type StoredStages = U2;
                type HasError = B0;
            }
            std::panic::catch_unwind(check::<Slip>)
                .map_err(|text| *text.downcast::<&str>().unwrap())
        }};
    }

    #[test]
    fn parts_that_disagree_are_named() {
        const OWN: &[f64] = &[1.0, -0.5];
        const LAST: &[f64] = &[0.0, 0.5];
        assert_eq!(slip!(2, [OWN, LAST], [], [], U0), Ok(()));
        assert_eq!(slip!(2, [OWN, LAST, &[]], [&[0.5]], [0.5], U1), Ok(()));
        assert_eq!(slip!(2, [], [], [], U1), Ok(()));
        let slips = [
            (slip!(3, [], [], [], U1), "at most `ORDER`"),
            (slip!(0, [], [], [], U1), "at least 1"),
            (slip!(2, [], [], [], U0), "`DenseStages` of a tableau is 1"),
            (slip!(2, [], [&[0.5]], [], U1), "no `DENSE_A`"),
            (slip!(2, [OWN], [], [], U0), "one row per stage"),
            (
                slip!(2, [OWN, LAST], [], [1.0], U0),
                "one entry per extra stage",
            ),
            (
                slip!(2, [OWN, LAST, &[]], [&[0.5, 0.0, 0.0]], [0.5], U1),
                "at most one entry per stage",
            ),
            (
                slip!(2, [OWN, LAST, &[]], [&[0.25]], [0.5], U1),
                "add up to `DENSE_C[e]`",
            ),
            (
                slip!(2, [OWN, &[0.0, 0.25]], [], [], U0),
                "add up to `B[i]`",
            ),
            (slip!(2, [OWN, &[0.5]], [], [], U0), "first column"),
        ];
        for (got, words) in slips {
            assert!(got.unwrap_err().contains(words), "{words}: {got:?}");
        }
    }
}

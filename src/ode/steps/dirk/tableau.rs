//! Diagonally implicit Runge-Kutta methods as types. The crate's own tableaus are in `dirk/tableaus`.

use crate::consts::B1;
use crate::layout::{Extent, Switch};
use crate::ode::steps::checks::check_dense;
use crate::ode::steps::checks::{close, sum};

/// A diagonally implicit Runge-Kutta method: `k_i = f(t + c_i h, y + h Σ_{j<=i} a_ij k_j)`, `y_new = y + h Σ b_i k_i`.
///
/// All implicit stages have the same `a_ii`, so that one factorisation of `I - h γ J` serves a whole step.
///
/// ```
/// use bakelite::ode::methods::{DirkTableau, Kvaerno5};
/// assert_eq!((Kvaerno5::ORDER, Kvaerno5::B.len(), Kvaerno5::GAMMA), (5, 7, 0.26));
/// ```
pub trait DirkTableau: Send + Sync + 'static {
    /// The name users type.
    const NAME: &'static str;
    /// The order of `y_new`.
    const ORDER: u32;
    /// Row `i` holds `a_ij` for `j <= i`: its last entry, the diagonal, is [`GAMMA`](DirkTableau::GAMMA), or 0 for an
    /// explicit first stage.
    const A: &'static [&'static [f64]];
    /// The weights `b_i`; their number is the number of stages.
    const B: &'static [f64];
    /// The nodes `c_i`.
    const C: &'static [f64];
    /// `γ`, the diagonal entry of every implicit stage.
    const GAMMA: f64;
    /// Whether the last row of [`A`](DirkTableau::A) is [`B`](DirkTableau::B). If so, `y_new` is the argument of the
    /// last stage, and the last stage is the derivative at `y_new`.
    const STIFFLY_ACCURATE: bool;
    /// `b_i - b̂_i`, so that `h Σ e_i k_i` estimates the error; empty without an embedded method.
    const ERROR: &'static [f64] = &[];
    /// Whether the estimate is multiplied by `(I - h γ J)^-1`. Without that, it grows with the stiffness.
    const FILTER_ERROR: bool = false;
    /// The interpolant between the ends of a step: `y(t + θh) = y + h Σ_i b_i(θ) k_i`, where
    /// `b_i(θ) = Σ_m DENSE[i][m] θ^(m+1)`. A row may be shorter than others. If empty, the interpolant is the cubic
    /// Hermite polynomial through both ends, with the derivatives there. These derivatives are stages if the first
    /// stage is explicit and the tableau is stiffly accurate. For other tableaus they are evaluated, which magnifies
    /// the error of stiff components: give an interpolant there.
    const DENSE: &'static [&'static [f64]] = &[];
    /// The order of the interpolated state, for every `θ`: its error is `O(h^(DENSE_ORDER + 1))` in one step.
    const DENSE_ORDER: u32 = if Self::ORDER < 3 { Self::ORDER } else { 3 };
    /// Row `i` weighs the stages before stage `i`: `Σ_j PREDICTOR[i][j] k_j` is a first guess of `k_i`. If a row is
    /// empty, or if there are no rows, the guess is the stage before, and 0 for the first stage.
    const PREDICTOR: &'static [&'static [f64]] = &[];
    /// The number of stages that are solved: all of them, without the first if that is explicit.
    type StoredStages: Extent;
    /// `B1` if [`ERROR`](DirkTableau::ERROR) is given.
    type HasError: Switch;
    /// `B1` if the first stage is explicit, which makes it the derivative at the step's start (ESDIRK).
    type StiffFirst: Switch;
}

/// A diagonally implicit tableau with an embedded method, so that a step estimates its own error.
///
/// ```
/// use bakelite::ode::methods::{EmbeddedDirk, TrBdf2};
/// assert_eq!(TrBdf2::EMBEDDED_ORDER, 3);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a diagonally implicit tableau with an embedded error estimate, which an adaptive controller needs",
    label = "no such estimate",
    note = "use the controller `Fixed`, or a tableau such as `Kvaerno5` or `TrBdf2`"
)]
pub trait EmbeddedDirk: DirkTableau<HasError = B1> {
    /// The order of the embedded method. The estimated error is `O(h^(p + 1))`, where `p` is the lower of both orders.
    const EMBEDDED_ORDER: u32;
}

/// The parts of a tableau as values.
#[derive(Clone, Copy)]
struct Parts {
    order: u32,
    a: &'static [&'static [f64]],
    b: &'static [f64],
    c: &'static [f64],
    gamma: f64,
    stiffly_accurate: bool,
    error: &'static [f64],
    filter_error: bool,
    dense: &'static [&'static [f64]],
    dense_order: u32,
    predictor: &'static [&'static [f64]],
    stored_stages: usize,
    has_error: bool,
    explicit_first: bool,
}

/// The number of stages of a tableau. It panics, while the crate compiles, if parts of the tableau disagree.
pub(crate) const fn check<T: DirkTableau>() -> usize {
    Parts {
        order: T::ORDER,
        a: T::A,
        b: T::B,
        c: T::C,
        gamma: T::GAMMA,
        stiffly_accurate: T::STIFFLY_ACCURATE,
        error: T::ERROR,
        filter_error: T::FILTER_ERROR,
        dense: T::DENSE,
        dense_order: T::DENSE_ORDER,
        predictor: T::PREDICTOR,
        stored_stages: T::StoredStages::LEN,
        has_error: T::HasError::ON,
        explicit_first: T::StiffFirst::ON,
    }
    .check()
}

impl Parts {
    const fn check(&self) -> usize {
        let count = self.b.len();
        assert!(count > 0, "a tableau needs a stage: `B` is empty");
        assert!(
            self.a.len() == count && self.c.len() == count,
            "`A`, `B` and `C` of a tableau need one entry per stage"
        );
        assert!(
            close(sum(self.b), 1.0),
            "the weights `B` of a tableau must add up to 1"
        );
        assert!(
            self.gamma > 0.0,
            "`GAMMA` of a diagonally implicit tableau is above 0"
        );
        assert!(
            count > 1 || !self.explicit_first,
            "a tableau of one stage that is explicit is an explicit one: `StiffFirst` is `B0` here"
        );
        let mut row = 0;
        while row < count {
            let entries = self.a[row];
            assert!(
                entries.len() == row + 1,
                "row i of a diagonally implicit tableau's `A` has i + 1 entries, the diagonal being the last"
            );
            assert!(
                close(sum(entries), self.c[row]),
                "row i of a tableau's `A` must add up to `C[i]`"
            );
            let explicit = row == 0 && self.explicit_first;
            assert!(
                entries[row] == if explicit { 0.0 } else { self.gamma },
                "the diagonal of a diagonally implicit tableau's `A` is `GAMMA`, and 0 in its first row where `StiffFirst` is `B1`"
            );
            row += 1;
        }
        assert!(
            self.stored_stages + self.explicit_first as usize == count,
            "`StoredStages` of a diagonally implicit tableau is its number of stages, less one where the first is explicit"
        );
        let (mut same, mut column) = (true, 0);
        while column < count {
            same &= self.a[count - 1][column] == self.b[column];
            column += 1;
        }
        assert!(
            same == self.stiffly_accurate,
            "`STIFFLY_ACCURATE` of a tableau says whether the last row of `A` equals `B`"
        );
        self.check_error(count);
        check_dense(self.dense, self.dense_order, self.order, self.b, &[]);
        self.check_predictor(count);
        count
    }

    const fn check_error(&self, count: usize) {
        assert!(
            self.error.len() == if self.has_error { count } else { 0 },
            "`ERROR` of a tableau needs one entry per stage where `HasError` is `B1`, and none elsewhere"
        );
        assert!(
            count > 1 || !self.has_error,
            "a tableau of one stage has no second method to estimate its error with"
        );
        assert!(
            close(sum(self.error), 0.0),
            "the entries of a tableau's `ERROR` must add up to 0"
        );
        assert!(
            self.has_error || !self.filter_error,
            "`FILTER_ERROR` of a tableau needs an `ERROR`"
        );
    }

    const fn check_predictor(&self, count: usize) {
        assert!(
            self.predictor.is_empty() || self.predictor.len() == count,
            "`PREDICTOR` of a tableau needs one row per stage, or none"
        );
        let mut row = 0;
        while row < self.predictor.len() {
            let weights = self.predictor[row];
            assert!(
                weights.len() <= row,
                "row i of a tableau's `PREDICTOR` has at most i entries"
            );
            assert!(
                weights.is_empty() || close(sum(weights), 1.0),
                "a row of a tableau's `PREDICTOR` must add up to 1, or be empty"
            );
            row += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ode::steps::checks::complaint;

    /// The trapezoidal rule, with the backward Euler method embedded.
    const GOOD: Parts = Parts {
        order: 2,
        a: &[&[0.0], &[0.5, 0.5]],
        b: &[0.5, 0.5],
        c: &[0.0, 1.0],
        gamma: 0.5,
        stiffly_accurate: true,
        error: &[0.5, -0.5],
        filter_error: true,
        dense: &[&[1.0, -0.5], &[0.0, 0.5]],
        dense_order: 2,
        predictor: &[&[], &[1.0]],
        stored_stages: 1,
        has_error: true,
        explicit_first: true,
    };

    #[test]
    fn parts_that_disagree_are_named() {
        assert_eq!(GOOD.check(), 2);
        let no_error = Parts {
            error: &[],
            filter_error: false,
            has_error: false,
            ..GOOD
        };
        let hermite = Parts {
            dense: &[],
            predictor: &[],
            ..no_error
        };
        assert_eq!(hermite.check(), 2);
        let one = Parts {
            a: &[&[1.0]],
            b: &[1.0],
            c: &[1.0],
            gamma: 1.0,
            stored_stages: 1,
            explicit_first: false,
            ..hermite
        };
        assert_eq!(one.check(), 1);
        #[rustfmt::skip]
        let slips = [
            (Parts { b: &[], ..GOOD }, "`B` is empty"),
            (Parts { c: &[0.0], ..GOOD }, "one entry per stage"),
            (Parts { a: &[&[0.0]], ..GOOD }, "one entry per stage"),
            (Parts { b: &[0.5, 0.25], ..GOOD }, "`B` of a tableau must add up to 1"),
            (Parts { gamma: 0.0, ..GOOD }, "above 0"),
            (Parts { a: &[&[0.0]], c: &[0.0], gamma: 1.0, explicit_first: true, ..one }, "`StiffFirst` is `B0` here"),
            (Parts { a: &[&[], &[0.5, 0.5]], ..GOOD }, "i + 1 entries"),
            (Parts { c: &[0.0, 0.5], ..GOOD }, "add up to `C[i]`"),
            (Parts { explicit_first: false, ..GOOD }, "diagonal"),
            (Parts { gamma: 0.25, ..GOOD }, "diagonal"),
            (Parts { stored_stages: 2, ..GOOD }, "`StoredStages`"),
            (Parts { stiffly_accurate: false, ..GOOD }, "`STIFFLY_ACCURATE`"),
            (Parts { b: &[0.25, 0.75], ..GOOD }, "`STIFFLY_ACCURATE`"),
            (Parts { error: &[0.5], ..GOOD }, "`ERROR` of a tableau needs one entry"),
            (Parts { has_error: false, ..GOOD }, "`ERROR` of a tableau needs one entry"),
            (Parts { error: &[0.0], has_error: true, ..one }, "no second method"),
            (Parts { error: &[0.5, 0.5], ..GOOD }, "`ERROR` must add up to 0"),
            (Parts { filter_error: true, ..no_error }, "needs an `ERROR`"),
            (Parts { dense_order: 0, ..GOOD }, "at least 1"),
            (Parts { dense_order: 3, ..GOOD }, "at most `ORDER`"),
            (Parts { order: 4, dense_order: 4, ..hermite }, "at most 3"),
            (Parts { dense: &[&[0.5]], ..GOOD }, "one row per stage"),
            (Parts { dense: &[&[1.0, -0.5], &[0.5, 0.5]], ..GOOD }, "weight in the step"),
            (Parts { dense: &[&[0.5], &[0.0, 0.5]], ..GOOD }, "first column"),
            (Parts { predictor: &[&[]], ..GOOD }, "one row per stage, or none"),
            (Parts { predictor: &[&[1.0], &[]], ..GOOD }, "at most i entries"),
            (Parts { predictor: &[&[], &[0.5]], ..GOOD }, "add up to 1, or be empty"),
        ];
        for (parts, words) in slips {
            let got = complaint(move || _ = parts.check()).expect(words);
            assert!(got.contains(words), "{words}: {got}");
        }
    }
}

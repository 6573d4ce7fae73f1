//! Fully implicit Runge-Kutta methods as types. The crate's own tableaus are in `firk/tableaus`.

use crate::consts::B1;
use crate::layout::{Extent, Switch};
use crate::ode::steps::checks::check_dense;
use crate::ode::steps::checks::{close, sum};

/// A fully implicit Runge-Kutta method: `k_i = f(t + c_i h, y + h Σ_j a_ij k_j)` for all stages at once,
/// `y_new = y + h Σ b_i k_i`.
///
/// ```
/// use bakelite::ode::methods::{FirkTableau, RadauIia5};
/// assert_eq!((RadauIia5::ORDER, RadauIia5::B.len()), (5, 3));
/// ```
pub trait FirkTableau: Send + Sync + 'static {
    /// The name users type.
    const NAME: &'static str;
    /// The order of `y_new`.
    const ORDER: u32;
    /// Row `i` holds `a_ij` for every stage `j`.
    const A: &'static [&'static [f64]];
    /// The weights `b_i`; their number is the number of stages.
    const B: &'static [f64];
    /// The nodes `c_i`.
    const C: &'static [f64];
    /// Whether the last row of [`A`](FirkTableau::A) is [`B`](FirkTableau::B). If so, `y_new` is the argument of the
    /// last stage.
    const STIFFLY_ACCURATE: bool;
    /// `b_i - b̂_i`: `h (ERROR_START f(t, y) + Σ ERROR[i] k_i)` estimates the error. It is multiplied by
    /// `(I - h FILTER_GAMMA J)^-1` if `FILTER_GAMMA` is not 0. Empty without an embedded method.
    const ERROR: &'static [f64] = &[];
    /// `-b̂_0`, where `b̂_0` is the weight of the derivative at the step's start in the embedded method. 0 if the
    /// embedded method does not use that derivative.
    const ERROR_START: f64 = 0.0;
    /// The estimate is multiplied by `(I - h FILTER_GAMMA J)^-1`, so that it stays bounded for stiff components. If 0,
    /// the estimate is used without that. Source: E. Hairer, G. Wanner, *Solving ODEs II*, eq. (IV.8.19).
    const FILTER_GAMMA: f64 = 0.0;
    /// The interpolant between the ends of a step: `y(t + θh) = y + h Σ_i b_i(θ) k_i`, where
    /// `b_i(θ) = Σ_m DENSE[i][m] θ^(m+1)`. For a collocation method, it is the collocation polynomial.
    const DENSE: &'static [&'static [f64]];
    /// The order of the interpolated state, for every `θ`: its error is `O(h^(DENSE_ORDER + 1))` in one step.
    const DENSE_ORDER: u32;
    /// The number of stages.
    type Stages: Extent;
    /// `B1` if [`ERROR`](FirkTableau::ERROR) is given.
    type HasError: Switch;
}

/// A fully implicit tableau with an embedded method, so that a step estimates its own error.
///
/// ```
/// use bakelite::ode::methods::{EmbeddedFirk, RadauIia5};
/// assert_eq!(RadauIia5::EMBEDDED_ORDER, 3);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a fully implicit tableau with an embedded error estimate, which an adaptive controller needs",
    label = "no such estimate",
    note = "use the controller `Fixed`, or a tableau such as `RadauIia5`"
)]
pub trait EmbeddedFirk: FirkTableau<HasError = B1> {
    /// The order of the embedded method: the estimated error is `O(h^(EMBEDDED_ORDER + 1))`.
    const EMBEDDED_ORDER: u32;
}

/// The parts of a tableau as values.
#[derive(Clone, Copy)]
struct Parts {
    order: u32,
    a: &'static [&'static [f64]],
    b: &'static [f64],
    c: &'static [f64],
    stiffly_accurate: bool,
    error: &'static [f64],
    error_start: f64,
    filter_gamma: f64,
    dense: &'static [&'static [f64]],
    dense_order: u32,
    stages: usize,
    has_error: bool,
}

/// The number of stages of a tableau. It panics, while the crate compiles, if parts of the tableau disagree.
pub(crate) const fn check<T: FirkTableau>() -> usize {
    Parts {
        order: T::ORDER,
        a: T::A,
        b: T::B,
        c: T::C,
        stiffly_accurate: T::STIFFLY_ACCURATE,
        error: T::ERROR,
        error_start: T::ERROR_START,
        filter_gamma: T::FILTER_GAMMA,
        dense: T::DENSE,
        dense_order: T::DENSE_ORDER,
        stages: T::Stages::LEN,
        has_error: T::HasError::ON,
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
        let mut row = 0;
        while row < count {
            assert!(
                self.a[row].len() == count,
                "each row of a fully implicit tableau's `A` has one entry per stage"
            );
            assert!(
                close(sum(self.a[row]), self.c[row]),
                "row i of a tableau's `A` must add up to `C[i]`"
            );
            row += 1;
        }
        assert!(
            self.stages == count,
            "`Stages` of a tableau is its number of stages"
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
        assert!(
            !self.dense.is_empty(),
            "a fully implicit tableau needs an interpolant: `DENSE` is empty"
        );
        check_dense(self.dense, self.dense_order, self.order, self.b, &[]);
        count
    }

    const fn check_error(&self, count: usize) {
        assert!(
            self.error.len() == if self.has_error { count } else { 0 },
            "`ERROR` of a tableau needs one entry per stage where `HasError` is `B1`, and none elsewhere"
        );
        assert!(
            close(sum(self.error) + self.error_start, 0.0),
            "`ERROR_START` and the entries of a tableau's `ERROR` must add up to 0"
        );
        assert!(
            self.filter_gamma >= 0.0,
            "`FILTER_GAMMA` of a tableau is 0 or above"
        );
        assert!(
            self.has_error || self.filter_gamma == 0.0,
            "`FILTER_GAMMA` of a tableau needs an `ERROR`"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ode::steps::checks::complaint;

    /// The two-stage method of Lobatto IIIC.
    const GOOD: Parts = Parts {
        order: 2,
        a: &[&[0.5, -0.5], &[0.5, 0.5]],
        b: &[0.5, 0.5],
        c: &[0.0, 1.0],
        stiffly_accurate: true,
        error: &[0.5, -0.25],
        error_start: -0.25,
        filter_gamma: 0.25,
        dense: &[&[1.0, -0.5], &[0.0, 0.5]],
        dense_order: 2,
        stages: 2,
        has_error: true,
    };

    #[test]
    fn parts_that_disagree_are_named() {
        assert_eq!(GOOD.check(), 2);
        let no_error = Parts {
            error: &[],
            error_start: 0.0,
            filter_gamma: 0.0,
            has_error: false,
            ..GOOD
        };
        assert_eq!(no_error.check(), 2);
        #[rustfmt::skip]
        let slips = [
            (Parts { b: &[], ..GOOD }, "`B` is empty"),
            (Parts { c: &[0.0], ..GOOD }, "one entry per stage"),
            (Parts { a: &[&[0.5, -0.5]], ..GOOD }, "one entry per stage"),
            (Parts { b: &[0.5, 0.25], ..GOOD }, "`B` of a tableau must add up to 1"),
            (Parts { a: &[&[0.0], &[0.5, 0.5]], ..GOOD }, "each row"),
            (Parts { c: &[0.5, 1.0], ..GOOD }, "add up to `C[i]`"),
            (Parts { stages: 3, ..GOOD }, "`Stages`"),
            (Parts { stiffly_accurate: false, ..GOOD }, "`STIFFLY_ACCURATE`"),
            (Parts { b: &[0.25, 0.75], ..GOOD }, "`STIFFLY_ACCURATE`"),
            (Parts { error: &[0.25], ..GOOD }, "`ERROR` of a tableau needs one entry"),
            (Parts { has_error: false, ..GOOD }, "`ERROR` of a tableau needs one entry"),
            (Parts { error_start: 0.0, ..GOOD }, "must add up to 0"),
            (Parts { filter_gamma: -0.25, ..GOOD }, "0 or above"),
            (Parts { filter_gamma: 0.25, ..no_error }, "needs an `ERROR`"),
            (Parts { dense: &[], ..GOOD }, "`DENSE` is empty"),
            (Parts { dense: &[&[0.5]], ..GOOD }, "one row per stage"),
            (Parts { dense_order: 3, ..GOOD }, "at most `ORDER`"),
        ];
        for (parts, words) in slips {
            let got = complaint(move || _ = parts.check()).expect(words);
            assert!(got.contains(words), "{words}: {got}");
        }
    }
}

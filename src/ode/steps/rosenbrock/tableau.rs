//! Rosenbrock methods as types. The crate's own tableaus are in `rosenbrock/tableaus`.

use crate::consts::B1;
use crate::layout::{Extent, Switch};
use crate::ode::steps::checks::close;
use crate::ode::steps::checks::{check_dense, weighed};

/// A Rosenbrock method, in the variables `u_i` that spare products with the Jacobian. With `J` the Jacobian and `f_t`
/// the time derivative of `f` at the step's start, and `W = I / (h γ) - J`:
///
/// ```text
/// W u_i = f(t + α_i h, y + Σ_{j<i} a_ij u_j) + Σ_{j<i} (c_ij / h) u_j + γ_i h f_t
/// y_new = y + Σ m_i u_i
/// ```
///
/// Source: E. Hairer, G. Wanner, *Solving ODEs II*, eq. (IV.7.25). With the method's other coefficients `α_ij`,
/// `Γ = (γ_ij)` and `b_i`: `(a_ij) = (α_ij) Γ^-1`, `(c_ij) = I / γ - Γ^-1`, `m = b Γ^-1`.
///
/// ```
/// use bakelite::ode::methods::{Rodas5p, RosenbrockTableau};
/// assert_eq!((Rodas5p::ORDER, Rodas5p::M.len()), (5, 8));
/// ```
pub trait RosenbrockTableau: Send + Sync + 'static {
    /// The name users type.
    const NAME: &'static str;
    /// The order of `y_new`.
    const ORDER: u32;
    /// Row `i` holds `a_ij` for `j < i`.
    const A: &'static [&'static [f64]];
    /// Row `i` holds `c_ij` for `j < i`.
    const C: &'static [&'static [f64]];
    /// The weights `m_i`; their number is the number of stages.
    const M: &'static [f64];
    /// The nodes `α_i`.
    const ALPHA: &'static [f64];
    /// The factors `γ_i` of the time derivative.
    const GAMMAS: &'static [f64];
    /// `γ`.
    const GAMMA: f64;
    /// Whether `y_new` has the same order with any matrix in place of the Jacobian, and any vector in place of the time
    /// derivative (a W-method).
    const W_METHOD: bool;
    /// `m_i - m̂_i`, so that `Σ e_i u_i` estimates the error; empty without an embedded method.
    const ERROR: &'static [f64] = &[];
    /// The interpolant between the ends of a step: `y(t + θh) = y + Σ_i m_i(θ) u_i`, where
    /// `m_i(θ) = Σ_m DENSE[i][m] θ^(m+1)`. A row may be shorter than others. If empty, the interpolant is the cubic
    /// Hermite polynomial through both ends, with the derivatives there. These are evaluated, which magnifies the error
    /// of stiff components: give an interpolant if the method is for stiff equations.
    const DENSE: &'static [&'static [f64]] = &[];
    /// The order of the interpolated state with the exact Jacobian, for every `θ`: its error is
    /// `O(h^(DENSE_ORDER + 1))` in one step.
    const DENSE_ORDER: u32 = if Self::ORDER < 3 { Self::ORDER } else { 3 };
    /// The number of stages.
    type Stages: Extent;
    /// `B1` if [`ERROR`](RosenbrockTableau::ERROR) is given.
    type HasError: Switch;
}

/// A Rosenbrock tableau with an embedded method, so that a step estimates its own error.
///
/// ```
/// use bakelite::ode::methods::{EmbeddedRosenbrock, Rodas4};
/// assert_eq!(Rodas4::EMBEDDED_ORDER, 3);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a Rosenbrock tableau with an embedded error estimate, which an adaptive controller needs",
    label = "no such estimate",
    note = "use the controller `Fixed`, or a tableau such as `Rodas5p`"
)]
pub trait EmbeddedRosenbrock: RosenbrockTableau<HasError = B1> {
    /// The order of the embedded method. The estimated error is `O(h^(p + 1))`, where `p` is the lower of both orders.
    const EMBEDDED_ORDER: u32;
}

/// The parts of a tableau as values.
#[derive(Clone, Copy)]
struct Parts {
    order: u32,
    a: &'static [&'static [f64]],
    c: &'static [&'static [f64]],
    m: &'static [f64],
    alpha: &'static [f64],
    gammas: &'static [f64],
    gamma: f64,
    error: &'static [f64],
    dense: &'static [&'static [f64]],
    dense_order: u32,
    stages: usize,
    has_error: bool,
}

/// The number of stages of a tableau. It panics, while the crate compiles, if parts of the tableau disagree.
pub(crate) const fn check<T: RosenbrockTableau>() -> usize {
    Parts {
        order: T::ORDER,
        a: T::A,
        c: T::C,
        m: T::M,
        alpha: T::ALPHA,
        gammas: T::GAMMAS,
        gamma: T::GAMMA,
        error: T::ERROR,
        dense: T::DENSE,
        dense_order: T::DENSE_ORDER,
        stages: T::Stages::LEN,
        has_error: T::HasError::ON,
    }
    .check()
}

impl Parts {
    // `γ_i` is the row sum of Γ: with the derivative constant 1, stage i is u_i = h γ_i, and the conditions below
    // follow
    const fn check(&self) -> usize {
        let count = self.m.len();
        assert!(count > 0, "a tableau needs a stage: `M` is empty");
        assert!(
            self.a.len() == count
                && self.c.len() == count
                && self.alpha.len() == count
                && self.gammas.len() == count,
            "`A`, `C`, `M`, `ALPHA` and `GAMMAS` of a Rosenbrock tableau need one entry per stage"
        );
        assert!(
            self.gamma > 0.0,
            "`GAMMA` of a Rosenbrock tableau is above 0"
        );
        let mut row = 0;
        while row < count {
            assert!(
                self.a[row].len() <= row && self.c[row].len() <= row,
                "row i of a Rosenbrock tableau's `A` and `C` has at most i entries"
            );
            assert!(
                close(weighed(self.a[row], self.gammas), self.alpha[row]),
                "row i of a Rosenbrock tableau's `A`, weighed with `GAMMAS`, must add up to `ALPHA[i]`"
            );
            assert!(
                close(
                    self.gammas[row],
                    self.gamma * (1.0 + weighed(self.c[row], self.gammas))
                ),
                "`GAMMAS[i]` of a Rosenbrock tableau must be `GAMMA` times 1 plus row i of `C`, weighed with `GAMMAS`"
            );
            row += 1;
        }
        assert!(
            close(weighed(self.m, self.gammas), 1.0),
            "the weights `M` of a Rosenbrock tableau, weighed with `GAMMAS`, must add up to 1"
        );
        assert!(
            self.stages == count,
            "`Stages` of a tableau is its number of stages"
        );
        assert!(
            self.error.len() == if self.has_error { count } else { 0 },
            "`ERROR` of a tableau needs one entry per stage where `HasError` is `B1`, and none elsewhere"
        );
        assert!(
            close(weighed(self.error, self.gammas), 0.0),
            "the entries of a Rosenbrock tableau's `ERROR`, weighed with `GAMMAS`, must add up to 0"
        );
        check_dense(
            self.dense,
            self.dense_order,
            self.order,
            self.m,
            self.gammas,
        );
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ode::steps::checks::complaint;

    /// Two stages with γ = 1/2: the second, of `γ_21 = -1/2`, at the end.
    const GOOD: Parts = Parts {
        order: 2,
        a: &[&[], &[2.0]],
        c: &[&[], &[-2.0]],
        m: &[2.0, 1.0],
        alpha: &[0.0, 1.0],
        gammas: &[0.5, 0.0],
        gamma: 0.5,
        error: &[0.0, 1.0],
        dense: &[&[2.0], &[0.0, 1.0]],
        dense_order: 1,
        stages: 2,
        has_error: true,
    };

    #[test]
    fn parts_that_disagree_are_named() {
        assert_eq!(GOOD.check(), 2);
        let hermite = Parts {
            dense: &[],
            error: &[],
            has_error: false,
            dense_order: 2,
            ..GOOD
        };
        assert_eq!(hermite.check(), 2);
        #[rustfmt::skip]
        let slips = [
            (Parts { m: &[], ..GOOD }, "`M` is empty"),
            (Parts { a: &[&[]], ..GOOD }, "one entry per stage"),
            (Parts { c: &[&[]], ..GOOD }, "one entry per stage"),
            (Parts { alpha: &[0.0], ..GOOD }, "one entry per stage"),
            (Parts { gammas: &[0.5], ..GOOD }, "one entry per stage"),
            (Parts { gamma: 0.0, ..GOOD }, "above 0"),
            (Parts { a: &[&[], &[2.0, 0.0]], ..GOOD }, "at most i entries"),
            (Parts { c: &[&[0.0], &[-2.0]], ..GOOD }, "at most i entries"),
            (Parts { alpha: &[0.0, 0.5], ..GOOD }, "`ALPHA[i]`"),
            (Parts { c: &[&[], &[2.0]], ..GOOD }, "`GAMMAS[i]`"),
            (Parts { m: &[1.0, 1.0], ..GOOD }, "`M` of a Rosenbrock tableau"),
            (Parts { stages: 1, ..GOOD }, "`Stages`"),
            (Parts { error: &[1.0], ..GOOD }, "`ERROR` of a tableau needs one entry"),
            (Parts { has_error: false, ..GOOD }, "`ERROR` of a tableau needs one entry"),
            (Parts { error: &[1.0, 1.0], ..GOOD }, "must add up to 0"),
            (Parts { dense: &[&[2.0]], ..GOOD }, "one row per stage"),
            (Parts { dense: &[&[2.0], &[1.0, 1.0]], ..GOOD }, "weight in the step"),
            (Parts { dense: &[&[1.0, 1.0], &[0.0, 1.0]], ..GOOD }, "first column"),
            (Parts { dense_order: 3, ..GOOD }, "at most `ORDER`"),
        ];
        for (parts, words) in slips {
            let got = complaint(move || _ = parts.check()).expect(words);
            assert!(got.contains(words), "{words}: {got}");
        }
    }
}

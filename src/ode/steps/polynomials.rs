//! The polynomials with which interpolants weigh the derivatives of a step.

use crate::ode::Scalar;

/// The weight of each derivative in an interpolated state. The weights of extra stages follow those of the step's own.
pub type Weights<R> = [R; MOST_WEIGHTS];
/// The largest number of stages that an interpolant may weigh.
pub const MOST_WEIGHTS: usize = 32;

/// The weights of an interpolant as polynomials in `θ`, the fraction of the step that has passed. They are constants.
///
/// ```
/// use bakelite::ode::Polynomials;
/// const LINE: Polynomials = Polynomials::of_rows(&[&[1.0]]);
/// assert_eq!(LINE.at(0.25)[0], 0.25);
/// assert!(!LINE.is_hermite());
/// ```
#[derive(Clone, Debug)]
pub struct Polynomials {
    /// `[weight][power of θ]`
    rows: [[f64; MOST_DEGREE + 1]; MOST_WEIGHTS],
    /// Whether a weight is not always 0.
    pub(in crate::ode) used: [bool; MOST_WEIGHTS],
    degree: usize,
    /// The number of weights.
    pub(in crate::ode) count: usize,
    hermite: bool,
}
const MOST_DEGREE: usize = 12;

/// The cubic Hermite polynomials, for the change of the state and for `h` times the derivatives at both ends.
const HERMITE: &[&[f64]] = &[&[0.0, 3.0, -2.0], &[1.0, -2.0, 1.0], &[0.0, -1.0, 1.0]];

impl Polynomials {
    /// Zeros for `count` derivatives.
    pub(super) const fn none(count: usize) -> Polynomials {
        Polynomials {
            rows: [[0.0; MOST_DEGREE + 1]; MOST_WEIGHTS],
            used: [false; MOST_WEIGHTS],
            degree: 1,
            count,
            hermite: false,
        }
    }

    /// The polynomials with these rows, one for each derivative of a step, from the first power up. Without rows, they
    /// are the cubic Hermite ones, for the change of the state and for the derivatives at the start and the end.
    ///
    /// # Panics
    /// While the crate compiles: more than 32 rows, or a degree above 12.
    #[must_use]
    pub const fn of_rows(rows: &[&[f64]]) -> Polynomials {
        let hermite = rows.is_empty();
        let rows = if hermite { HERMITE } else { rows };
        let mut all = Polynomials::none(rows.len());
        all.hermite = hermite;
        let mut row = 0;
        while row < rows.len() {
            let mut power = 1;
            while power <= rows[row].len() {
                all.set(row, power, rows[row][power - 1]);
                power += 1;
            }
            row += 1;
        }
        all
    }

    pub(super) const fn set(&mut self, row: usize, power: usize, value: f64) {
        assert!(
            row < MOST_WEIGHTS && power <= MOST_DEGREE,
            "an interpolant has at most 32 stages, extra ones included, and degree 12"
        );
        self.rows[row][power] = value;
        self.used[row] |= value != 0.0;
        if power > self.degree {
            self.degree = power;
        }
    }

    /// Whether these are the cubic Hermite polynomials.
    #[must_use]
    pub const fn is_hermite(&self) -> bool {
        self.hermite
    }

    /// The weights at `theta`.
    #[inline(always)]
    pub fn at<R: Scalar>(&self, theta: R) -> Weights<R> {
        let mut weights = [R::lit(0.0); MOST_WEIGHTS];
        for (row, result) in weights.iter_mut().enumerate().take(self.count) {
            if self.used[row] {
                let mut weight = R::lit(self.rows[row][self.degree]);
                for power in (1..self.degree).rev() {
                    weight = weight.mul_add(theta, R::lit(self.rows[row][power]));
                }
                *result = weight * theta;
            }
        }
        weights
    }
}

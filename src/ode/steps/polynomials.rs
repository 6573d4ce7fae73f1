//! What interpolants weigh the derivatives of a step with.

use crate::ode::Scalar;

/// The weight of each derivative in an interpolated state, those of extra stages behind those of the step's own.
pub type Weights<R> = [R; MOST_WEIGHTS];
/// Stages that an interpolant may weigh.
pub const MOST_WEIGHTS: usize = 32;

/// The polynomials in `θ` that an interpolant weighs with, as constants.
pub(crate) struct Polynomials {
    /// `[weight][power of θ]`
    rows: [[f64; MOST_DEGREE + 1]; MOST_WEIGHTS],
    /// Whether a weight is anything but 0.
    pub used: [bool; MOST_WEIGHTS],
    degree: usize,
}
const MOST_DEGREE: usize = 12;

/// The cubic Hermite polynomials of the rise of the state, and of `h` times the derivatives at both ends.
const HERMITE: &[&[f64]] = &[&[0.0, 3.0, -2.0], &[1.0, -2.0, 1.0], &[0.0, -1.0, 1.0]];

impl Polynomials {
    pub(in crate::ode) const NONE: Polynomials = Polynomials {
        rows: [[0.0; MOST_DEGREE + 1]; MOST_WEIGHTS],
        used: [false; MOST_WEIGHTS],
        degree: 1,
    };

    /// Those of these rows, from the first power up; no rows: the Hermite ones of the rise and of the derivatives at the start and the
    /// end.
    pub const fn of_rows(rows: &[&[f64]]) -> Polynomials {
        let rows = if rows.is_empty() { HERMITE } else { rows };
        let mut all = Polynomials::NONE;
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

    pub(in crate::ode) const fn set(&mut self, row: usize, power: usize, value: f64) {
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

    /// The first `count` weights at `theta`.
    #[inline(always)]
    pub fn at<R: Scalar>(&self, theta: R, count: usize) -> Weights<R> {
        let mut weights = [R::lit(0.0); MOST_WEIGHTS];
        for (row, result) in weights.iter_mut().enumerate().take(count) {
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

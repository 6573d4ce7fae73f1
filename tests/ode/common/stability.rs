//! Stability functions from the coefficients: what a step of `y' = λy`, `hλ = z`, multiplies the state with.

use std::ops::{Add, Div, Mul, Neg, Sub};

#[derive(Clone, Copy, Debug)]
pub struct Complex(pub f64, pub f64);

impl Complex {
    pub fn size(self) -> f64 {
        self.0.hypot(self.1)
    }
}
impl From<f64> for Complex {
    fn from(real: f64) -> Complex {
        Complex(real, 0.0)
    }
}
impl Add for Complex {
    type Output = Complex;
    fn add(self, other: Complex) -> Complex {
        Complex(self.0 + other.0, self.1 + other.1)
    }
}
impl Neg for Complex {
    type Output = Complex;
    fn neg(self) -> Complex {
        Complex(-self.0, -self.1)
    }
}
impl Sub for Complex {
    type Output = Complex;
    fn sub(self, other: Complex) -> Complex {
        self + -other
    }
}
impl Mul for Complex {
    type Output = Complex;
    fn mul(self, other: Complex) -> Complex {
        Complex(
            self.0 * other.0 - self.1 * other.1,
            self.0 * other.1 + self.1 * other.0,
        )
    }
}
impl Div for Complex {
    type Output = Complex;
    fn div(self, other: Complex) -> Complex {
        let by = other.0 * other.0 + other.1 * other.1;
        self * Complex(other.0 / by, -other.1 / by)
    }
}

/// `Y_i`, the arguments of the stages of a Runge-Kutta method for the state 1: `Y = 1 + z A Y`.
pub fn arguments(a: &[Vec<f64>], z: Complex) -> Vec<Complex> {
    let count = a.len();
    let entry = |row: usize, column: usize| {
        let unit = Complex::from(if row == column { 1.0 } else { 0.0 });
        unit - z * a[row].get(column).copied().unwrap_or(0.0).into()
    };
    let mut matrix: Vec<Vec<Complex>> = (0..count)
        .map(|row| (0..count).map(|column| entry(row, column)).collect())
        .collect();
    let mut values = vec![Complex::from(1.0); count];
    for step in 0..count {
        let pivot = (step..count)
            .max_by(|&i, &j| matrix[i][step].size().total_cmp(&matrix[j][step].size()))
            .unwrap();
        matrix.swap(step, pivot);
        values.swap(step, pivot);
        for row in step + 1..count {
            let factor = matrix[row][step] / matrix[step][step];
            let (above, below) = matrix.split_at_mut(row);
            for (entry, &pivot) in below[0][step..].iter_mut().zip(&above[step][step..]) {
                *entry = *entry - factor * pivot;
            }
            values[row] = values[row] - factor * values[step];
        }
    }
    for row in (0..count).rev() {
        for column in row + 1..count {
            values[row] = values[row] - matrix[row][column] * values[column];
        }
        values[row] = values[row] / matrix[row][row];
    }
    values
}

/// `u_i` of a Rosenbrock method for the state 1.
pub fn rosenbrock_stages(a: &[&[f64]], c: &[&[f64]], gamma: f64, z: Complex) -> Vec<Complex> {
    let mut stages: Vec<Complex> = Vec::new();
    for (a, c) in a.iter().zip(c) {
        let sum = |row: &[f64]| {
            let terms = row.iter().zip(&stages).map(|(&a, &u)| u * a.into());
            terms.fold(Complex::from(0.0), |sum, term| sum + term)
        };
        let right = z * (Complex::from(1.0) + sum(a)) + sum(c);
        let diagonal = Complex::from(1.0 / gamma) - z;
        stages.push(right / diagonal);
    }
    stages
}

/// `Σ weights_i values_i`.
pub fn weighed(weights: &[f64], values: &[Complex]) -> Complex {
    let terms = weights
        .iter()
        .zip(values)
        .map(|(&w, &value)| value * w.into());
    terms.fold(Complex::from(0.0), |sum, term| sum + term)
}

/// Points of the imaginary axis, and of the half plane to its left, from 1e-3 to 1e6 away from 0.
pub fn left_half_plane() -> Vec<Complex> {
    let sizes = (-60..=120).map(|k| 10f64.powf(f64::from(k) / 20.0));
    let angles = [0.0, 0.02, 0.1, 0.3, 0.7, 1.2, 1.57];
    let point = |size: f64, angle: f64| Complex(-size * angle.sin(), size * angle.cos());
    sizes
        .flat_map(|size| angles.map(|angle| point(size, angle)))
        .collect()
}

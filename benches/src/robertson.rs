//! Robertson's reactions: for bakelite as a system, for the peers as a right-hand side and its Jacobian.

use bakelite::{consts::*, system};

system! {
    /// H. H. Robertson (1966); parameters k1, k2, k3.
    pub struct Robertson;
    states: U3;
    parameters: U3;
    rhs: |_t, [a, b, c], [k1, k2, k3]| {
        let (first, second, third) = (k1 * a, k2 * b * b, k3 * b * c);
        [third - first, first - second - third, second]
    }
}

pub const TITLE: &str =
    "Robertson, 2,000 runs from (1, 0, 0), k1 evenly in [0.036, 0.044], t in [0, 1e5]";
pub const END: f64 = 1e5;
pub const RUNS: usize = 2000;
pub const INITIAL: [f64; 3] = [1.0, 0.0, 0.0];
pub const K2: f64 = 3e7;
pub const K3: f64 = 1e4;

pub fn k1(run: usize) -> f64 {
    0.04 * (0.9 + 0.2 * run as f64 / (RUNS - 1) as f64)
}

/// As a user of a peer writes it, constants in the code.
#[inline(always)]
pub fn derivative(k1: f64, &[a, b, c]: &[f64; 3]) -> [f64; 3] {
    let (first, second, third) = (k1 * a, K2 * b * b, K3 * b * c);
    [third - first, first - second - third, second]
}

/// By rows.
#[inline(always)]
pub fn jacobian(k1: f64, &[_, b, c]: &[f64; 3]) -> [[f64; 3]; 3] {
    [
        [-k1, K3 * c, K3 * b],
        [k1, -2.0 * K2 * b - K3 * c, -K3 * b],
        [0.0, 2.0 * K2 * b, 0.0],
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_jacobian_is_the_derivative() {
        let y = [0.3, 2e-5, 0.7];
        let matrix = jacobian(0.04, &y);
        for column in 0..3 {
            // quadratic: central differences are exact but for rounding
            let h = 1e-3 * y[column];
            let at = |sign: f64| {
                let mut moved = y;
                moved[column] += sign * h;
                derivative(0.04, &moved)
            };
            let (plus, minus) = (at(1.0), at(-1.0));
            for (row, entries) in matrix.iter().enumerate() {
                let difference = (plus[row] - minus[row]) / (2.0 * h);
                let error = (entries[column] - difference).abs();
                assert!(error <= 1e-8 * (1.0 + difference.abs()), "{row}, {column}");
            }
        }
    }
}

//! The implicit tableaus: the conditions of their orders, of their embedded methods and interpolants, and their
//! stability.
#![cfg(feature = "std")]

use crate::common::double_double::Double;
use crate::common::implicit_methods::{Rosenbrock, RungeKutta, rosenbrock, runge_kutta};
use crate::common::rooted_trees::{Tree, elementary_weights, trees};
use crate::common::rosenbrock_trees::{classical, transformed_back, w_trees};
use crate::common::stability::{Complex, arguments, left_half_plane, rosenbrock_stages, weighed};

/// The points of a step where interpolants are checked.
const THETAS: [f64; 4] = [0.2, 0.45, 0.7, 0.9];

/// What a condition demands: of weights `w`, `Σ_i w_i phi_i = θ^order value`.
struct Condition {
    order: u32,
    value: Double,
    phi: Vec<Double>,
}

fn conditions(trees: &[Tree], phi: Vec<Vec<Double>>) -> Vec<Condition> {
    let condition = |(tree, phi): (&Tree, Vec<Double>)| Condition {
        order: tree.order as u32,
        value: Double::from(1.0) / tree.density.into(),
        phi,
    };
    trees.iter().zip(phi).map(condition).collect()
}

fn power(theta: f64, exponent: u32) -> Double {
    (0..exponent).fold(Double::from(1.0), |product, _| product * theta.into())
}

/// The highest order whose conditions, and those of all below, weights fulfil, with what is left of the conditions:
/// relative to the sum of the absolute values of the terms, or to 1 where that is less.
struct Fulfilled {
    order: u32,
    rest: f64,
}

/// Rounded coefficients leave less of a condition than this, and what is no rounding leaves more.
const ROUNDING: f64 = 2e-14;
const NO_ROUNDING: f64 = 1e-5;

fn fulfilled(conditions: &[Condition], weights: &[Double], theta: f64) -> Fulfilled {
    let mut worst = Vec::new();
    for condition in conditions {
        let want = condition.value * power(theta, condition.order);
        let (mut sum, mut size) = (-want, want.high.abs());
        for (&weight, &phi) in weights.iter().zip(&condition.phi) {
            sum = sum + weight * phi;
            size += (weight * phi).high.abs();
        }
        worst.resize(condition.order as usize, 0.0_f64);
        let rest = sum.high.abs() / size.max(1.0);
        let last = worst.last_mut().unwrap();
        *last = last.max(rest);
    }
    let order = worst.iter().take_while(|&&rest| rest < ROUNDING).count();
    let rest = worst[..order].iter().copied().fold(0.0, f64::max);
    let beyond = worst.get(order).copied().expect("trees of a higher order");
    assert!(beyond > NO_ROUNDING, "order {order}, and {beyond:e} beyond");
    let order = order as u32;
    Fulfilled { order, rest }
}

/// The value at `theta` of each polynomial: row `m` is the factor of `θ^(m + 1)`.
fn polynomials(dense: &[&[f64]], theta: f64) -> Vec<Double> {
    let value = |row: &&[f64]| {
        let terms = row.iter().zip(1..);
        terms.fold(Double::from(0.0), |sum, (&factor, exponent)| {
            sum + Double::from(factor) * power(theta, exponent)
        })
    };
    dense.iter().map(value).collect()
}

impl RungeKutta {
    /// The rows of the method between two explicit stages: the derivatives at the start and at the end of the step.
    fn extended(&self) -> Vec<Vec<f64>> {
        let shifted = |row: &[f64]| [&[0.0], row].concat();
        let mut rows = vec![vec![]];
        rows.extend(self.a.iter().map(|row| shifted(row)));
        rows.push(shifted(self.b));
        rows
    }

    fn weights(&self) -> Vec<Double> {
        let weights = [&[0.0], self.b, &[0.0]].concat();
        weights.into_iter().map(Double::from).collect()
    }

    fn embedded_weights(&self) -> Vec<Double> {
        let error = [&[self.error_start], self.error, &[0.0]].concat();
        let pairs = self.weights().into_iter().zip(error);
        pairs.map(|(weight, error)| weight - error.into()).collect()
    }

    fn dense_weights(&self, theta: f64) -> Vec<Double> {
        let zero = Double::from(0.0);
        if !self.dense.is_empty() {
            return [vec![zero], polynomials(self.dense, theta), vec![zero]].concat();
        }
        let [t, t2, t3] = [1, 2, 3].map(|exponent| power(theta, exponent));
        let end = t2 * 3.0.into() - t3 * 2.0.into();
        let mut weights: Vec<Double> = self.weights().iter().map(|&b| b * end).collect();
        weights[0] = t - t2 * 2.0.into() + t3;
        weights[self.b.len() + 1] = t3 - t2;
        weights
    }
}

#[test]
fn the_conditions_of_every_order_hold_and_no_more() {
    let trees = trees(7);
    let mut worst = 0.0_f64;
    for method in runge_kutta() {
        let name = method.name;
        let conditions = conditions(&trees, elementary_weights(&trees, &method.extended()));
        let mut has = |what: &str, weights: &[Double], theta: f64, order: u32| {
            let found = fulfilled(&conditions, weights, theta);
            assert_eq!(found.order, order, "{name}, {what}: {:e}", found.rest);
            worst = worst.max(found.rest);
        };
        has("step", &method.weights(), 1.0, method.order);
        if let Some(order) = method.embedded_order {
            has("embedded", &method.embedded_weights(), 1.0, order);
        }
        for theta in THETAS {
            let weights = method.dense_weights(theta);
            has("interpolant", &weights, theta, method.dense_order);
        }
    }
    assert!((2e-16..1e-15).contains(&worst), "{worst:e}");
}

#[test]
fn stages_have_the_order_that_the_docs_say() {
    let mut worst = 0.0_f64;
    for method in runge_kutta() {
        // Σ_j a_ij c_j^(k-1) - c_i^k / k, the largest of all stages
        let rest = |k: u32| {
            let stage = |(row, &node): (&Vec<f64>, &f64)| {
                let terms = row.iter().zip(method.c);
                let sum = terms.fold(Double::from(0.0), |sum, (&a, &c)| {
                    sum + Double::from(a) * power(c, k - 1)
                });
                (sum - power(node, k) / f64::from(k).into()).high.abs()
            };
            method.a.iter().zip(method.c).map(stage).fold(0.0, f64::max)
        };
        for k in 1..=method.stage_order {
            worst = worst.max(rest(k));
        }
        let beyond = rest(method.stage_order + 1);
        assert!(beyond > 1e-3, "{}: {beyond:e}", method.name);
    }
    assert!((1e-17..1e-15).contains(&worst), "{worst:e}");
}

/// A guess of the second stage is constant in time; those after it are right for derivatives that are linear.
#[test]
fn first_guesses_extrapolate() {
    let mut guesses = 0;
    for method in runge_kutta() {
        for (row, &node) in method.predictor.iter().zip(method.c).skip(2) {
            if row.is_empty() {
                continue;
            }
            let terms = row.iter().zip(method.c);
            let guess: f64 = terms.map(|(weight, node)| weight * node).sum();
            assert!((guess - node).abs() < 1e-14, "{}: {guess}", method.name);
            guesses += 1;
        }
    }
    assert_eq!(guesses, 1 + 2 + 2 + 5 + 4 + 2);
}

impl Rosenbrock {
    /// Weights of the `u_i` as those of the derivatives.
    fn of_derivatives(gamma: &[Vec<Double>], weights: &[Double]) -> Vec<Double> {
        let weight = |column: usize| {
            let terms = weights.iter().zip(gamma);
            terms.fold(Double::from(0.0), |sum, (&weight, row)| {
                sum + weight * row[column]
            })
        };
        (0..weights.len()).map(weight).collect()
    }
}

fn doubles(values: &[f64]) -> Vec<Double> {
    values.iter().map(|&value| value.into()).collect()
}

fn difference(a: &[f64], b: &[f64]) -> Vec<Double> {
    let pairs = a.iter().zip(b);
    pairs.map(|(&a, &b)| Double::from(a) - b.into()).collect()
}

#[test]
fn the_conditions_of_rosenbrock_methods_hold_and_no_more() {
    let trees = trees(6);
    let mut worst = 0.0_f64;
    for method in rosenbrock() {
        let name = method.name;
        let (alpha, gamma) = transformed_back(method.a, method.c, method.alpha, method.gamma);
        for ((row, gammas), stage) in alpha.iter().zip(&gamma).zip(0..) {
            let sum = |row: &[Double]| row.iter().fold(Double::from(0.0), |sum, &a| sum + a);
            let node = (sum(row) - method.alpha[stage].into()).high.abs();
            let factor = (sum(gammas) - method.gammas[stage].into()).high.abs();
            assert!(node.max(factor) < 5e-15, "{name}: {node:e} {factor:e}");
        }
        let weights = Rosenbrock::of_derivatives(&gamma, &doubles(method.m));
        let embedded = difference(method.m, method.error);
        let embedded = Rosenbrock::of_derivatives(&gamma, &embedded);

        let exact = conditions(&trees, classical(&trees, &alpha, &gamma));
        let mut has = |what: &str, found: Fulfilled, order: u32| {
            assert_eq!(found.order, order, "{name}, {what}: {:e}", found.rest);
            worst = worst.max(found.rest);
        };
        has("step", fulfilled(&exact, &weights, 1.0), method.order);
        let found = fulfilled(&exact, &embedded, 1.0);
        has("embedded", found, method.embedded_order);
        let dense = |theta| {
            let weights = polynomials(method.dense, theta);
            (!weights.is_empty()).then(|| Rosenbrock::of_derivatives(&gamma, &weights))
        };
        for theta in THETAS {
            if let Some(weights) = dense(theta) {
                let found = fulfilled(&exact, &weights, theta);
                has("interpolant", found, method.dense_order);
            }
        }

        let any = w_trees(&alpha, &gamma, 5);
        let count = |order| any.iter().filter(|tree| tree.order == order).count();
        // 1, 3, 8, 21, 58 in all: Solving ODEs II, table IV.7.1
        assert_eq!([1, 2, 3, 4, 5].map(count), [1, 2, 5, 13, 37]);
        let any: Vec<_> = any
            .into_iter()
            .map(|tree| Condition {
                order: tree.order as u32,
                value: match tree.density {
                    Some(density) => Double::from(1.0) / density.into(),
                    None => Double::from(0.0),
                },
                phi: tree.phi,
            })
            .collect();
        let found = fulfilled(&any, &weights, 1.0);
        assert_eq!(found.order == method.order, method.w_method, "{name}");
        let found = fulfilled(&any, &embedded, 1.0);
        has("embedded W", found, method.embedded_w_order);
        for theta in THETAS {
            if let Some(weights) = dense(theta) {
                let found = fulfilled(&any, &weights, theta);
                has("interpolant W", found, method.dense_w_order);
            }
        }
    }
    // published digits of the interpolant of Rodas5P; of all else, 1.1e-15
    assert!((1e-14..1.4e-14).contains(&worst), "{worst:e}");
}

/// Rounding lets `|R|` exceed 1: measured, by at most 1.33e-15 (`gauss-legendre-3`).
const UNSTABLE: f64 = 2e-15;

#[test]
fn every_method_is_a_stable_and_what_the_docs_say_at_infinity() {
    let far = Complex::from(-1e9);
    let mut most = 0.0_f64;
    let mut a_stable = |name: &str, at_infinity: f64, r: &dyn Fn(Complex) -> Complex| {
        let largest = left_half_plane().into_iter().map(|z| r(z).size());
        let largest = largest.fold(0.0, f64::max);
        most = most.max(largest);
        assert!(largest < 1.0 + UNSTABLE, "{name}: {largest}");
        let end = r(far);
        let apart = (end - at_infinity.into()).size();
        assert!(apart < 3e-8, "{name}: {end:?}");
    };
    for method in runge_kutta() {
        a_stable(method.name, method.at_infinity, &|z| {
            let arguments = arguments(&method.a, z);
            if method.stiffly_accurate {
                return arguments[arguments.len() - 1];
            }
            Complex::from(1.0) + z * weighed(method.b, &arguments)
        });
    }
    for method in rosenbrock() {
        a_stable(method.name, method.at_infinity, &|z| {
            let stages = rosenbrock_stages(method.a, method.c, method.gamma, z);
            Complex::from(1.0) + weighed(method.m, &stages)
        });
        // embedded methods of which the docs say so
        if ["ros3p", "rodas3p", "rodas4", "rodas5p"].contains(&method.name) {
            let pairs = method.m.iter().zip(method.error);
            let embedded: Vec<_> = pairs.map(|(m, error)| m - error).collect();
            a_stable(method.name, method.at_infinity, &|z| {
                let stages = rosenbrock_stages(method.a, method.c, method.gamma, z);
                Complex::from(1.0) + weighed(&embedded, &stages)
            });
        }
    }
    assert!(most > 1.0 + UNSTABLE / 2.0, "{most}");
}

/// The error that a step estimates, over the state, for a component that is infinitely stiff.
#[test]
fn estimates_of_stiff_components_are_bounded() {
    let far = Complex::from(-1e8);
    let mut found = Vec::new();
    for method in runge_kutta() {
        if method.embedded_order.is_none() {
            continue;
        }
        let arguments = arguments(&method.a, far);
        let sum = Complex::from(method.error_start) + weighed(method.error, &arguments);
        let filter = Complex::from(1.0) - far * method.filter.into();
        found.push((method.name, (far * sum / filter).0));
    }
    for method in rosenbrock() {
        let stages = rosenbrock_stages(method.a, method.c, method.gamma, far);
        found.push((method.name, weighed(method.error, &stages).0));
    }
    // R(∞) - R̂(∞), and of what is filtered, the limit of (R - R̂) / (1 - γz)
    let want = [
        ("tr-bdf2", -1.609_476),
        ("l-stable-sdirk-4", -10.0 / 3.0),
        ("kvaerno3", 0.956_700),
        ("kvaerno5", 0.748_298),
        ("kencarp4", 0.15),
        ("esdirk324l2sa", -0.217_933),
        ("gauss-legendre-2", 1.0),
        ("gauss-legendre-3", 1.0),
        ("radau-iia-3", 1.0),
        ("radau-iia-5", 1.0),
        ("rosenbrock23", -1.609_476),
        ("ros3p", 0.0),
        ("rodas3p", 0.0),
        ("rodas4", 0.0),
        ("rodas5p", 0.0),
        ("ros34pw2", 0.478_350),
    ];
    assert_eq!(found.len(), want.len());
    for ((name, value), (also, want)) in found.into_iter().zip(want) {
        assert_eq!(name, also);
        assert!((value - want).abs() < 1e-6, "{name}: {value}, not {want}");
    }
}

/// The filter of the three-stage methods is a matrix that the step has factored.
#[test]
fn three_stage_estimates_are_filtered_with_an_eigenvalue() {
    let mut checked = 0;
    for method in runge_kutta() {
        let [first, second, third] = &method.a[..] else {
            continue;
        };
        if method.error_start == 0.0 {
            continue;
        }
        let entry = |row: &[f64], column: usize, diagonal: usize| {
            let shift = if column == diagonal {
                method.filter
            } else {
                0.0
            };
            Double::from(row[column]) - shift.into()
        };
        let m = |i: usize, j: usize| entry([first, second, third][i], j, i);
        let minor = |j: usize, k: usize| m(1, j) * m(2, k) - m(1, k) * m(2, j);
        let determinant = m(0, 0) * minor(1, 2) - m(0, 1) * minor(0, 2) + m(0, 2) * minor(0, 1);
        assert!(determinant.high.abs() < 1e-17, "{}", method.name);
        assert_eq!(method.error_start, -method.filter);
        checked += 1;
    }
    assert_eq!(checked, 2);
}

/// `b_i a_ij + b_j a_ji = b_i b_j`: J. M. Sanz-Serna, BIT 28 (1988) 877.
#[test]
fn gauss_methods_are_symplectic() {
    let mut symplectic = Vec::new();
    for method in runge_kutta() {
        let entry = |i: usize, j: usize| method.a[i].get(j).copied().unwrap_or(0.0);
        let stages = 0..method.b.len();
        let rest = stages.clone().flat_map(|i| {
            let b = method.b;
            stages
                .clone()
                .map(move |j| b[i] * entry(i, j) + b[j] * entry(j, i) - b[i] * b[j])
        });
        if rest.fold(0.0, |most: f64, rest| most.max(rest.abs())) < 1e-16 {
            symplectic.push(method.name);
        }
    }
    let gauss = ["implicit-midpoint", "gauss-legendre-2", "gauss-legendre-3"];
    assert_eq!(symplectic, gauss);
}

#[test]
fn embedded_methods_of_kvaerno_are_stages() {
    let kvaerno = |method: &RungeKutta| method.name.starts_with("kvaerno");
    let methods: Vec<_> = runge_kutta().into_iter().filter(kvaerno).collect();
    assert_eq!(methods.len(), 2);
    for method in methods {
        let before_last = &method.a[method.b.len() - 2];
        for (stage, (b, error)) in method.b.iter().zip(method.error).enumerate() {
            let entry = before_last.get(stage).copied().unwrap_or(0.0);
            assert!((b - error - entry).abs() < 3e-16, "{}", method.name);
        }
    }
}

#[test]
fn names_are_unique() {
    let runge_kutta = runge_kutta().into_iter().map(|method| method.name);
    let rosenbrock = rosenbrock().into_iter().map(|method| method.name);
    let mut names: Vec<_> = runge_kutta.chain(rosenbrock).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!((names.len(), count), (21, 21));
}

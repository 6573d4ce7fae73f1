//! Errors and times of solvers over tolerances, the solvers interleaved.

/// What a solver did with some runs: the seconds, without the preparation of inputs, and the end states.
pub struct Timed<const N: usize> {
    pub seconds: f64,
    pub ends: Vec<[f64; N]>,
}

/// Integrates the given runs at a relative and absolute tolerance.
type Solve<const N: usize> = Box<dyn Fn(f64, &[usize]) -> Timed<N>>;

pub struct Solver<const N: usize> {
    pub name: String,
    pub is_ours: bool,
    /// The runs in the order of integration.
    pub order: Vec<usize>,
    /// Runs that are timed at once: few, so that some of the repetitions are not interrupted.
    pub block: usize,
    /// The share of blocks that are timed again after the first pass, one in so many.
    pub stride: usize,
    pub tolerances: Vec<f64>,
    pub solve: Solve<N>,
}

/// A point of a work-precision curve.
#[derive(Clone, Copy)]
pub struct Point {
    pub tolerance: f64,
    /// The largest over the runs, of [`largest_error`].
    pub error: f64,
    pub us_per_run: f64,
}

pub struct Curve {
    pub name: String,
    pub is_ours: bool,
    pub points: Vec<Point>,
}

/// What an error of a state is relative to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RelativeTo {
    /// The run's largest state.
    LargestState,
    /// The state itself.
    EachState,
}

/// Largest relative error of the ends of `runs`; a NaN counts as infinite.
#[must_use]
pub fn largest_error<const N: usize>(
    runs: &[usize],
    ends: &[[f64; N]],
    truth: &[[f64; N]],
    relative_to: RelativeTo,
) -> f64 {
    let mut largest = 0.0_f64;
    for (&run, end) in runs.iter().zip(ends) {
        let truth = &truth[run];
        let norm = truth.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        for (a, b) in end.iter().zip(truth) {
            let error = (a - b).abs()
                / match relative_to {
                    RelativeTo::LargestState => norm,
                    RelativeTo::EachState => b.abs(),
                };
            largest = largest.max(if error.is_nan() { f64::INFINITY } else { error });
        }
    }
    largest
}

/// Tolerances from `10^first` down to `10^last`, two per decade.
#[must_use]
pub fn half_decades(first: i32, last: i32) -> Vec<f64> {
    (2 * last..=2 * first)
        .rev()
        .map(|k| 10_f64.powf(f64::from(k) / 2.0))
        .collect()
}

/// The curve of each solver: every block the best of `rounds`, the solvers in turn within a round.
#[must_use]
pub fn curves<const N: usize>(
    truth: &[[f64; N]],
    solvers: &[Solver<N>],
    rounds: usize,
    relative_to: RelativeTo,
) -> Vec<Curve> {
    let mut curves: Vec<Curve> = solvers
        .iter()
        .map(|solver| Curve {
            name: solver.name.clone(),
            is_ours: solver.is_ours,
            points: Vec::new(),
        })
        .collect();
    let most = solvers
        .iter()
        .map(|s| s.tolerances.len())
        .max()
        .unwrap_or(0);
    for index in 0..most {
        let mut errors = vec![0.0_f64; solvers.len()];
        let mut best: Vec<Vec<f64>> = solvers
            .iter()
            .map(|s| vec![f64::INFINITY; s.order.len().div_ceil(s.block)])
            .collect();
        for round in 0..rounds {
            for (at, solver) in solvers.iter().enumerate() {
                let Some(&tolerance) = solver.tolerances.get(index) else {
                    continue;
                };
                for (number, runs) in solver.order.chunks(solver.block).enumerate() {
                    if round > 0 && number % solver.stride != 0 {
                        continue;
                    }
                    let timed = (solver.solve)(tolerance, runs);
                    best[at][number] = best[at][number].min(timed.seconds);
                    if round == 0 {
                        let error = largest_error(runs, &timed.ends, truth, relative_to);
                        errors[at] = errors[at].max(error);
                    }
                }
            }
        }
        for (at, solver) in solvers.iter().enumerate() {
            let Some(&tolerance) = solver.tolerances.get(index) else {
                continue;
            };
            let blocks = solver.order.chunks(solver.block).map(<[usize]>::len);
            let (mut seconds, mut runs) = (0.0, 0);
            for (best, len) in best[at].iter().zip(blocks).step_by(solver.stride) {
                seconds += best;
                runs += len;
            }
            curves[at].points.push(Point {
                tolerance,
                error: errors[at],
                us_per_run: seconds * 1e6 / runs as f64,
            });
        }
    }
    curves
}

impl Curve {
    /// Microseconds per run at an achieved error, interpolated between the two logarithms; where the curve passes the
    /// error more than once, the last time; where a tighter tolerance is faster, that. Where every tolerance is better,
    /// the fastest. `None`: the error is not reached.
    #[must_use]
    pub fn us_at(&self, error: f64) -> Option<f64> {
        let points = &self.points;
        let passed = points
            .windows(2)
            .rposition(|pair| pair[0].error > error && pair[1].error <= error);
        let (from, crossing) = match passed {
            None if points.first()?.error > error => return None,
            None => (0, f64::INFINITY),
            Some(at) => {
                let (a, b) = (points[at], points[at + 1]);
                let share = (a.error / error).ln() / (a.error / b.error).ln();
                let us = if a.error.is_finite() {
                    a.us_per_run * (b.us_per_run / a.us_per_run).powf(share)
                } else {
                    b.us_per_run
                };
                (at + 1, us)
            }
        };
        let better = points[from..].iter().filter(|point| point.error <= error);
        Some(
            better
                .map(|point| point.us_per_run)
                .fold(crossing, f64::min),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpolates_between_logarithms() {
        let point = |error, us_per_run| Point {
            tolerance: error,
            error,
            us_per_run,
        };
        let curve = Curve {
            name: String::new(),
            is_ours: true,
            points: vec![
                point(1e-2, 1.0),
                point(1e-4, 4.0),
                point(1e-3, 5.0),
                point(1e-6, 16.0),
            ],
        };
        assert!((curve.us_at(1e-2 / 2.0).unwrap() - 2_f64.powf(2_f64.log10())).abs() < 1e-12);
        // passed twice: the tighter tolerance counts
        let twice = curve.us_at(10_f64.powf(-3.5)).unwrap();
        assert!(
            (twice - 5.0 * (3.2_f64).powf(1.0 / 6.0)).abs() < 1e-12,
            "{twice}"
        );
        assert!(curve.us_at(1e-7).is_none());
        // every tolerance is better
        assert_eq!(curve.us_at(0.1), Some(1.0));
    }

    #[test]
    fn a_tighter_tolerance_may_be_faster() {
        let points = [(1e-2, 90.0), (1e-5, 60.0), (1e-6, 20.0), (1e-7, 30.0)];
        let point = |(error, us_per_run)| Point {
            tolerance: error,
            error,
            us_per_run,
        };
        let curve = Curve {
            name: String::new(),
            is_ours: true,
            points: points.map(point).to_vec(),
        };
        assert_eq!(curve.us_at(1e-4), Some(20.0));
        assert_eq!(curve.us_at(1e-7), Some(30.0));
    }
}

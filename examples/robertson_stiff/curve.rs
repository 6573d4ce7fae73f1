//! Errors and times of a method over tolerances.

use super::common::largest_error;
use bakelite::{ensemble::Solution, ode::Status};
use std::fmt::Display;
use std::time::Instant;

/// A method whose error is so many times its tolerance does not do what it says.
const MOST: f64 = 100.0;

pub struct Point {
    pub tolerance: f64,
    /// The largest of all states and runs, relative.
    pub error: f64,
    pub us_per_run: f64,
    /// Rejected ones included.
    pub steps: f64,
}

pub struct Curve {
    pub name: &'static str,
    pub points: Vec<Point>,
}

impl Curve {
    /// Solves at tolerances from 1e-3 on, each a tenth of the one before, `repeats` times; the shortest counts.
    pub fn measure(
        name: &'static str,
        (tolerances, repeats): (u8, u8),
        reference: &Solution<f64>,
        solve: impl Fn(f64) -> Result<Solution<f64>, String>,
    ) -> Result<Curve, String> {
        let mut points = Vec::new();
        for number in 0..tolerances {
            let tolerance = 10_f64.powi(-3 - i32::from(number));
            let mut seconds = f64::INFINITY;
            let mut solution = None;
            for _ in 0..repeats {
                let start = Instant::now();
                solution = Some(solve(tolerance)?);
                seconds = seconds.min(start.elapsed().as_secs_f64());
            }
            let solution = solution.ok_or("no repeats")?;
            all_succeed(name, &solution)?;
            let error = largest_error(solution.states(), reference.states());
            if error > MOST * tolerance {
                return Err(format!(
                    "{name} at a tolerance of {tolerance:e}: the largest error is {error:.1e}, more than {MOST} times that"
                ));
            }
            let runs = solution.accepted().len() as f64;
            let steps = solution.accepted().iter().chain(solution.rejected());
            points.push(Point {
                tolerance,
                error,
                us_per_run: 1e6 * seconds / runs,
                steps: steps.map(|&steps| f64::from(steps)).sum::<f64>() / runs,
            });
        }
        Ok(Curve { name, points })
    }
}

/// Says which run failed.
pub fn all_succeed(name: &str, solution: &Solution<f64>) -> Result<(), String> {
    let runs = solution.accepted().len();
    match (0..runs).find(|&run| solution.status(run) != Status::Success) {
        None => Ok(()),
        Some(run) => Err(format!(
            "{name}: run {run} ends with {} at t = {:e}",
            solution.status(run).name(),
            solution.reached()[run]
        )),
    }
}

pub fn error_text(error: impl Display) -> String {
    error.to_string()
}

//! The Rust peers, each with its cheapest way to the end state: one run after the other, no peer advances several at
//! once.

mod differential_equations;
mod diffsol;
mod ode_solvers;

use crate::problems::Problem;
use bakelite_benches::measure::{Solver, Timed};
use std::hint::black_box;
use std::time::Instant;

/// Runs that are timed at once, and the share of such blocks that is timed again: one in so many.
const BLOCK: usize = 64;
const STRIDE: usize = 7;

/// A solver from the end state of one run: swept parameter, initial state, tolerance.
fn solver<P: Problem<N>, const N: usize>(
    name: &str,
    tolerances: &[f64],
    end: impl Fn(f64, [f64; N], f64) -> [f64; N] + 'static,
) -> Solver<N> {
    Solver {
        name: name.to_string(),
        is_ours: false,
        order: (0..P::RUNS).collect(),
        block: BLOCK,
        stride: STRIDE,
        tolerances: tolerances.to_vec(),
        solve: Box::new(move |tolerance, runs| {
            let start = Instant::now();
            let ends = runs
                .iter()
                .map(|&run| end(P::swept(run), P::initial(run), tolerance))
                .collect();
            let ends = black_box(ends);
            Timed {
                seconds: start.elapsed().as_secs_f64(),
                ends,
            }
        }),
    }
}

/// All peers.
pub fn all<P: Problem<N>, const N: usize>(tolerances: &[f64]) -> Vec<Solver<N>> {
    let mut all = ode_solvers::solvers::<P, N>(tolerances);
    all.extend(differential_equations::solvers::<P, N>(tolerances));
    all.push(diffsol::solver::<P, N>(tolerances));
    all
}

/// The ends of all runs by `ode_solvers`' dop853 at a tolerance of 1e-14.
pub fn truth<P: Problem<N>, const N: usize>() -> Vec<[f64; N]> {
    let runs: Vec<usize> = (0..P::RUNS).collect();
    let dop853 = &ode_solvers::solvers::<P, N>(&[])[1];
    (dop853.solve)(1e-14, &runs).ends
}

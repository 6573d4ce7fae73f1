//! `diffsol`: one problem for all runs, stepped to its stop time without saving.

use crate::problems::Problem;
use bakelite_benches::measure::{Solver, Timed};
use diffsol::{
    NalgebraMat, OdeBuilder, OdeEquations, OdeSolverMethod, OdeSolverStopReason, Vector,
};
use std::hint::black_box;
use std::time::Instant;

/// tsit45, its only explicit method.
pub fn solver<P: Problem<N>, const N: usize>(tolerances: &[f64]) -> Solver<N> {
    Solver {
        name: "diffsol tsit45".to_string(),
        is_ours: false,
        order: (0..P::RUNS).collect(),
        block: super::BLOCK,
        stride: super::STRIDE,
        tolerances: tolerances.to_vec(),
        solve: Box::new(ends::<P, N>),
    }
}

fn ends<P: Problem<N>, const N: usize>(tolerance: f64, runs: &[usize]) -> Timed<N> {
    // parameters: the swept one, then the initial state
    let mut problem = OdeBuilder::<NalgebraMat<f64>>::new()
        .rtol(tolerance)
        .atol([tolerance; 1])
        .p(vec![0.0; N + 1])
        .rhs(|y: &[f64], p: &[f64], _t, dy: &mut [f64]| {
            let y: &[f64; N] = y.try_into().expect("N states");
            dy.copy_from_slice(&P::derivative(p[0], y));
        })
        .init(|p: &[f64], _t, y: &mut [f64]| y.copy_from_slice(&p[1..]), N)
        .build()
        .expect("a valid problem");
    let context = *problem.context();
    let start = Instant::now();
    let mut all = Vec::with_capacity(runs.len());
    for &run in runs {
        let mut parameters = vec![P::swept(run)];
        parameters.extend(P::initial(run));
        let parameters = diffsol::NalgebraVec::from_vec(parameters, context);
        problem.eqn.set_params(&parameters);
        let end = || {
            let mut solver = problem.tsit45().ok()?;
            solver.set_stop_time(P::END).ok()?;
            while !matches!(solver.step().ok()?, OdeSolverStopReason::TstopReached) {}
            let y = &solver.state().y;
            Some(core::array::from_fn(|row| y.get_index(row)))
        };
        all.push(end().unwrap_or([f64::NAN; N]));
    }
    let all = black_box(all);
    Timed {
        seconds: start.elapsed().as_secs_f64(),
        ends: all,
    }
}

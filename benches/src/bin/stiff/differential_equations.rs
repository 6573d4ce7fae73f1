//! `differential-equations`: a solver of its own for each run, an output that keeps nothing but the last state.

use crate::Tolerances;
use bakelite_benches::last_state::LastState;
use bakelite_benches::measure::{Solver, Timed};
use bakelite_benches::robertson::{END, INITIAL, RUNS, derivative, jacobian, k1};
use differential_equations::linalg::Matrix;
use differential_equations::prelude::*;
use std::hint::black_box;
use std::time::Instant;

struct Run {
    k1: f64,
}

impl ODE<f64, [f64; 3]> for Run {
    #[inline(always)]
    fn diff(&self, _: f64, y: &[f64; 3], dydt: &mut [f64; 3]) {
        *dydt = derivative(self.k1, y);
    }
    #[inline(always)]
    fn jacobian(&self, _: f64, y: &[f64; 3], matrix: &mut Matrix<f64>) {
        for (row, entries) in jacobian(self.k1, y).into_iter().enumerate() {
            for (column, entry) in entries.into_iter().enumerate() {
                matrix[(row, column)] = entry;
            }
        }
    }
}

fn end(k1: f64, rtol: f64, atol: [f64; 3]) -> [f64; 3] {
    let run = Run { k1 };
    // its Radau5 mixes up scalar tolerances and one tolerance per state where both are given
    let method = ImplicitRungeKutta::radau5()
        .rtol([rtol; 3])
        .atol(atol)
        .max_steps(1_000_000);
    let mut last = LastState(None);
    let solved = IVP::ode(&run, 0.0, END, INITIAL)
        .method(method)
        .solout(&mut last)
        .solve();
    match (solved, last.0) {
        (Ok(_), Some(end)) => end,
        _ => [f64::NAN; 3],
    }
}

/// radau5.
pub fn solver(tolerances: &Tolerances) -> Solver<3> {
    // its errors grow again below 1e-7
    let tolerances = tolerances.down_to(1e-7);
    let absolute = tolerances.absolute;
    Solver {
        name: "differential-equations radau5".to_string(),
        is_ours: false,
        order: (0..RUNS).collect(),
        block: super::PEER_BLOCK,
        stride: super::PEER_STRIDE,
        tolerances: tolerances.relative,
        solve: Box::new(move |rtol, runs| {
            let atol = absolute.map(|factor| factor * rtol);
            let start = Instant::now();
            let ends = runs.iter().map(|&run| end(k1(run), rtol, atol)).collect();
            let ends = black_box(ends);
            Timed {
                seconds: start.elapsed().as_secs_f64(),
                ends,
            }
        }),
    }
}

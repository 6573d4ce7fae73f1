//! `diffsol`: one problem for all runs, stepped to its stop time without saving.

use crate::Tolerances;
use bakelite_benches::measure::{Solver, Timed};
use bakelite_benches::robertson::{END, INITIAL, RUNS, derivative, jacobian, k1};
use diffsol::{
    NalgebraLU, NalgebraMat, NalgebraVec, OdeBuilder, OdeEquations, OdeSolverMethod,
    OdeSolverStopReason, Vector,
};
use std::hint::black_box;
use std::time::Instant;

macro_rules! solver {
    ($method:ident, $tolerances:expr) => {{
        let absolute = $tolerances.absolute;
        Solver {
            name: concat!("diffsol ", stringify!($method)).to_string(),
            is_ours: false,
            order: (0..RUNS).collect(),
            block: super::PEER_BLOCK,
            stride: super::PEER_STRIDE,
            tolerances: $tolerances.relative.clone(),
            solve: Box::new(move |rtol, runs| {
                let mut problem = OdeBuilder::<NalgebraMat<f64>>::new()
                    .rtol(rtol)
                    .atol(absolute.map(|factor| factor * rtol))
                    .p(vec![0.0])
                    .rhs_implicit(
                        |y: &[f64], p: &[f64], _t, dy: &mut [f64]| {
                            let y: &[f64; 3] = y.try_into().expect("3 states");
                            dy.copy_from_slice(&derivative(p[0], y));
                        },
                        |y: &[f64], p: &[f64], _t, v: &[f64], product: &mut [f64]| {
                            let y: &[f64; 3] = y.try_into().expect("3 states");
                            for (to, row) in product.iter_mut().zip(jacobian(p[0], y)) {
                                *to = row[0] * v[0] + row[1] * v[1] + row[2] * v[2];
                            }
                        },
                    )
                    .init(
                        |_: &[f64], _t, y: &mut [f64]| y.copy_from_slice(&INITIAL),
                        3,
                    )
                    .build()
                    .expect("a valid problem");
                let context = *problem.context();
                let start = Instant::now();
                let mut ends = Vec::with_capacity(runs.len());
                for &run in runs {
                    problem
                        .eqn
                        .set_params(&NalgebraVec::from_vec(vec![k1(run)], context));
                    let end = || {
                        let mut solver = problem.$method::<NalgebraLU<f64>>().ok()?;
                        solver.set_stop_time(END).ok()?;
                        while !matches!(solver.step().ok()?, OdeSolverStopReason::TstopReached) {}
                        let y = &solver.state().y;
                        Some(core::array::from_fn(|row| y.get_index(row)))
                    };
                    ends.push(end().unwrap_or([f64::NAN; 3]));
                }
                let ends = black_box(ends);
                Timed {
                    seconds: start.elapsed().as_secs_f64(),
                    ends,
                }
            }),
        }
    }};
}

/// bdf, tr_bdf2, esdirk34.
pub fn solvers(tolerances: &Tolerances) -> Vec<Solver<3>> {
    vec![
        solver!(bdf, tolerances),
        solver!(tr_bdf2, tolerances.down_to(1e-7)),
        solver!(esdirk34, tolerances.down_to(1e-7)),
    ]
}

//! bakelite's implicit methods.

use crate::Tolerances;
use bakelite::host::{DEFAULT_WIDTH, Level, Tuning, Typed};
use bakelite::ode::Method;
use bakelite::{
    ode::{
        Integrator, Predictive,
        methods::{
            Dirk, Firk, KenCarp4, Kvaerno5, RadauIia5, Rodas4, Ros34pw2, Rosenbrock, TrBdf2,
        },
    },
    prelude::*,
};
use bakelite_benches::measure::{Solver, Timed};
use bakelite_benches::robertson::{END, INITIAL, K2, K3, RUNS, Robertson, k1};
use ndarray::Array2;
use std::time::Instant;

/// Runs that are timed at once: a few milliseconds, which others seldom interrupt.
const BLOCK: usize = 500;

fn solve<M, Plan: Planned>(options: &Options, level: Level, runs: &[usize]) -> Timed<3>
where
    M: Method<System = Robertson, Element = f64>,
{
    let initial = Array2::from_shape_fn((3, runs.len()), |(row, _)| INITIAL[row]);
    let parameters =
        Array2::from_shape_fn((3, runs.len()), |(row, at)| [k1(runs[at]), K2, K3][row]);
    let ensemble = Ensemble::<Robertson, f64>::new(initial.view(), parameters.view(), (0.0, END))
        .expect("valid inputs");
    let tuning = Tuning { threads: 1, level };
    let start = Instant::now();
    let solution = ensemble
        .solve_on_host::<M, DEFAULT_WIDTH>(options, Typed::<Plan>::NEW, &tuning)
        .expect("valid options");
    let seconds = start.elapsed().as_secs_f64();
    let ends = (0..runs.len())
        .map(|at| core::array::from_fn(|row| solution.states()[[row, at]]))
        .collect();
    Timed { seconds, ends }
}

fn solver<M, Plan: Planned>(tolerances: &Tolerances, level: Level) -> Solver<3>
where
    M: Method<System = Robertson, Element = f64>,
{
    let name = M::name();
    let absolute = tolerances.absolute;
    Solver {
        name: format!("bakelite {}", name.trim_end_matches(", f64")),
        is_ours: true,
        order: (0..RUNS).collect(),
        block: BLOCK,
        stride: 1,
        tolerances: tolerances.relative.clone(),
        solve: Box::new(move |rtol, runs| {
            let options = Options {
                rtol,
                atol: absolute.map(|factor| factor * rtol).to_vec(),
                ..Options::default()
            };
            solve::<M, Plan>(&options, level, runs)
        }),
    }
}

macro_rules! solvers {
    ($tolerances:expr, $level:expr; $($step:ty, $controller:ident;)*) => {
        vec![$({
            type Solves = Integrator<Robertson, $step, $controller, f64, Local>;
            plan! { struct SolverPlan for <Solves as Method>::Buffers = on(Sm80).block(32).sequential(); }
            solver::<Solves, SolverPlan>($tolerances, $level)
        }),*]
    };
}

/// The methods that `docs/METHODS.md` names for stiff systems.
pub fn solvers(tolerances: &Tolerances, level: Level) -> Vec<Solver<3>> {
    let mut solvers = solvers! { tolerances, level;
        Rosenbrock<Rodas4>, ProportionalIntegral;
        Rosenbrock<Rodas5p>, ProportionalIntegral;
        Rosenbrock<Ros34pw2>, ProportionalIntegral;
        Dirk<Kvaerno5>, ProportionalIntegral;
        Dirk<KenCarp4>, ProportionalIntegral;
        Firk<RadauIia5>, ProportionalIntegral;
        Firk<RadauIia5>, Predictive;
    };
    solvers.extend(solvers! { &tolerances.down_to(1e-7), level;
        Dirk<TrBdf2>, ProportionalIntegral;
    });
    solvers
}

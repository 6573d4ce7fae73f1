//! bakelite's solvers.

use crate::problems::{Lorenz, LorenzSystem, Problem, VanDerPol, VanDerPolSystem};
use bakelite::host::{DEFAULT_WIDTH, Level, Tuning, Typed};
use bakelite::ode::Method;
use bakelite::{
    ode::{
        Integral,
        methods::{Dop853, DormandPrince54, Vern7, Vern9},
    },
    prelude::*,
};
use bakelite_benches::measure::{Solver, Timed};
use ndarray::Array2;
use std::time::Instant;

/// Runs that are timed at once.
const BLOCK: usize = 2048;

/// Integrates some runs of a problem on one thread.
fn solve<P: Problem<N>, M, Plan: Planned, const N: usize, const W: usize>(
    options: &Options,
    runs: &[usize],
) -> Timed<N>
where
    M: Method<System = P::System, Element = f64>,
{
    let initial = Array2::from_shape_fn((N, runs.len()), |(row, at)| P::initial(runs[at])[row]);
    let parameters = Array2::from_shape_fn((P::parameters(0).len(), runs.len()), |(row, at)| {
        P::parameters(runs[at])[row]
    });
    let ensemble =
        Ensemble::<P::System, f64>::new(initial.view(), parameters.view(), (0.0, P::END))
            .expect("valid inputs");
    let tuning = Tuning {
        threads: 1,
        level: Level::best(),
    };
    let start = Instant::now();
    let solution = ensemble
        .solve_on_host::<M, W>(options, Typed::<Plan>::NEW, &tuning)
        .expect("valid options");
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(solution.count(Status::Success), runs.len(), "{}", M::name());
    let ends = (0..runs.len())
        .map(|at| core::array::from_fn(|row| solution.states()[[row, at]]))
        .collect();
    Timed { seconds, ends }
}

fn solver<P: Problem<N>, M, Plan: Planned, const N: usize, const W: usize>(
    tolerances: &[f64],
) -> Solver<N>
where
    M: Method<System = P::System, Element = f64>,
{
    let name = M::name();
    Solver {
        name: format!("bakelite {}", name.trim_end_matches(", f64")),
        is_ours: true,
        order: (0..P::RUNS).collect(),
        block: BLOCK,
        stride: 1,
        tolerances: tolerances.to_vec(),
        solve: Box::new(|tolerance, runs| {
            let options = Options {
                rtol: tolerance,
                atol: vec![tolerance],
                ..Options::default()
            };
            solve::<P, M, Plan, N, W>(&options, runs)
        }),
    }
}

macro_rules! solvers {
    ($problem:ident: $n:literal, $system:ident, $function:ident, $truth:ident;
     $($tableau:ident $controller:ident $width:expr),* $(,)?) => {
        pub fn $function(tolerances: &[f64]) -> Vec<Solver<$n>> {
            vec![$({
                type Solves = Explicit<$system, $tableau, $controller>;
                plan! { struct SolverPlan for <Solves as Method>::Buffers = on(Sm80).block(32).sequential(); }
                solver::<$problem, Solves, SolverPlan, $n, $width>(tolerances)
            }),*]
        }

        /// The ends of all runs by vern9 at a relative and absolute tolerance of 1e-14.
        pub fn $truth() -> Vec<[f64; $n]> {
            type Solves = Explicit<$system, Vern9, ProportionalIntegral>;
            plan! { struct SolverPlan for <Solves as Method>::Buffers = on(Sm80).block(32).sequential(); }
            let solver = solver::<$problem, Solves, SolverPlan, $n, DEFAULT_WIDTH>(&[]);
            (solver.solve)(1e-14, &solver.order).ends
        }
    };
}

solvers! { Lorenz: 3, LorenzSystem, lorenz, lorenz_truth;
    Tsit5 ProportionalIntegral DEFAULT_WIDTH,
    Tsit5 Integral DEFAULT_WIDTH,
    DormandPrince54 ProportionalIntegral DEFAULT_WIDTH,
    DormandPrince54 Integral DEFAULT_WIDTH,
    Vern7 ProportionalIntegral DEFAULT_WIDTH,
    Vern7 Integral DEFAULT_WIDTH,
    Vern9 ProportionalIntegral DEFAULT_WIDTH,
    Vern9 Integral DEFAULT_WIDTH,
    Dop853 ProportionalIntegral DEFAULT_WIDTH,
    Dop853 Integral DEFAULT_WIDTH,
}

solvers! { VanDerPol: 2, VanDerPolSystem, van_der_pol, van_der_pol_truth;
    Tsit5 ProportionalIntegral DEFAULT_WIDTH,
    Tsit5 Integral DEFAULT_WIDTH,
    DormandPrince54 ProportionalIntegral DEFAULT_WIDTH,
    DormandPrince54 Integral DEFAULT_WIDTH,
    Vern7 ProportionalIntegral DEFAULT_WIDTH,
    Vern7 Integral DEFAULT_WIDTH,
    Vern9 ProportionalIntegral DEFAULT_WIDTH,
    Vern9 Integral DEFAULT_WIDTH,
    Dop853 ProportionalIntegral DEFAULT_WIDTH,
    Dop853 Integral DEFAULT_WIDTH,
}

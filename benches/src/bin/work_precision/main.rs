//! Work-precision tables: bakelite's explicit methods beside Rust peers, one thread, `f64`, time at equal achieved
//! error; fixed steps beside a plain loop. The error is the largest relative end error over the runs, against vern9 at
//! a tolerance of 1e-14.
//!
//! `cargo run --release -p bakelite-benches --bin work_precision`, with `-- --points` for every measured point,
//! `-- --only NAME` for one of `lorenz`, `van-der-pol`, `fixed`, `-- --rounds N` for other than 5 repetitions.

mod fixed;
mod ours;
mod peers;
mod problems;

use bakelite_benches::machine::{load, machine};
use bakelite_benches::measure::{self, RelativeTo, Solver, half_decades, largest_error};
use bakelite_benches::tables;
use problems::{Lorenz, Problem, VanDerPol};

/// The achieved errors at which solvers are compared.
const ERRORS: [f64; 4] = [1e-4, 1e-6, 1e-8, 1e-10];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)
    };
    let rounds = value("--rounds").map_or(5, |n| n.parse().expect("--rounds takes a number"));
    let wanted = |name: &str| value("--only").is_none_or(|only| only == name);
    let points = arguments.iter().any(|argument| argument == "--points");

    println!("{}\n", machine());
    if wanted("lorenz") {
        let tolerances = half_decades(-3, -14);
        let mut solvers = ours::lorenz(&tolerances);
        solvers.push(shuffled::<3>(ours::lorenz(&tolerances)));
        solvers.extend(peers::all::<Lorenz, 3>(&tolerances));
        compare::<Lorenz, 3>(&ours::lorenz_truth(), &solvers, rounds, points);
    }
    if wanted("van-der-pol") {
        let tolerances = half_decades(-3, -11);
        let mut solvers = ours::van_der_pol(&tolerances);
        let decades: Vec<f64> = tolerances.into_iter().step_by(2).collect();
        solvers.extend(peers::all::<VanDerPol, 2>(&decades));
        compare::<VanDerPol, 2>(&ours::van_der_pol_truth(), &solvers, rounds, points);
    }
    if wanted("fixed") {
        fixed::table(40 * rounds);
    }
    println!("Load at the end: {}", load());
}

fn compare<P: Problem<N>, const N: usize>(
    truth: &[[f64; N]],
    solvers: &[Solver<N>],
    rounds: usize,
    points: bool,
) {
    let curves = measure::curves(truth, solvers, rounds, RelativeTo::LargestState);
    tables::at_equal_error(P::TITLE, &curves, &ERRORS);
    if points {
        tables::points(&curves);
    }
    let runs: Vec<usize> = (0..P::RUNS).collect();
    let peer = largest_error(
        &runs,
        &peers::truth::<P, N>(),
        truth,
        RelativeTo::LargestState,
    );
    println!("The reference and ode_solvers' dop853 at 1e-14 differ by {peer:.1e} at most.\n");
}

/// The first solver with runs of unlike length in one pack.
fn shuffled<const N: usize>(mut solvers: Vec<Solver<N>>) -> Solver<N> {
    let mut solver = solvers.swap_remove(0);
    let runs = solver.order.len();
    // 7919 is coprime to the number of runs
    solver.order = (0..runs).map(|at| at * 7919 % runs).collect();
    solver.name += ", runs shuffled";
    solver
}

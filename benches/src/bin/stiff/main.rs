//! Work-precision tables of a stiff ensemble: bakelite's implicit methods beside Rust peers, one thread, `f64`, time at
//! equal achieved error. The error is the largest end error over the runs and states, relative to each state, against
//! rodas5p at the tightest tolerance.
//!
//! `cargo run --release -p bakelite-benches --bin stiff`, with `-- --points` for every measured point, `-- --rounds N`
//! for other than 5 repetitions, `-- --only A,B` for the solvers whose names contain one of these, `-- --absolute
//! A,B,C` for other absolute tolerances, as multiples of the relative one, `-- --error largest` for errors relative to
//! a run's largest state, `-- --level avx2` or `baseline` for another instruction set than the best one. It is a
//! program of its own since its methods take minutes to compile.

mod differential_equations;
mod diffsol;
mod ours;

use bakelite::host::Level;
use bakelite_benches::machine::{load, machine};
use bakelite_benches::measure::{self, RelativeTo, Solver, half_decades, largest_error};
use bakelite_benches::{robertson, tables};

/// The achieved errors at which solvers are compared.
const ERRORS: [f64; 3] = [1e-4, 1e-6, 1e-8];
/// Runs of a peer that are timed at once, and the share of such blocks that is timed again: one in so many.
const PEER_BLOCK: usize = 50;
const PEER_STRIDE: usize = 4;

pub struct Tolerances {
    pub relative: Vec<f64>,
    /// Absolute ones, as multiples of the relative one.
    pub absolute: [f64; 3],
}

impl Tolerances {
    /// No tighter than `least`.
    fn down_to(&self, least: f64) -> Tolerances {
        let relative = self.relative.iter().copied();
        Tolerances {
            relative: relative.filter(|&rtol| rtol >= 0.99 * least).collect(),
            ..*self
        }
    }
}

fn peers(tolerances: &Tolerances) -> Vec<Solver<3>> {
    let mut peers = vec![differential_equations::solver(tolerances)];
    peers.extend(diffsol::solvers(tolerances));
    peers
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)
    };
    let rounds = value("--rounds").map_or(5, |n| n.parse().expect("--rounds takes a number"));
    let absolute = value("--absolute").map_or([1e-2, 1e-8, 1e-2], |text| {
        let numbers: Vec<f64> = text
            .split(',')
            .map(|n| n.parse().expect("--absolute takes numbers"))
            .collect();
        numbers.try_into().expect("--absolute takes three numbers")
    });
    let relative_to = match value("--error").map(String::as_str) {
        Some("largest") => RelativeTo::LargestState,
        _ => RelativeTo::EachState,
    };

    let level = match value("--level").map(String::as_str) {
        Some("baseline") => Level::Baseline,
        Some("avx2") => Level::Avx2.min(Level::best()),
        _ => Level::best(),
    };
    let only: Vec<&str> = value("--only")
        .map_or("", String::as_str)
        .split(',')
        .collect();

    println!("{}", machine());
    println!(
        "bakelite at {}; absolute tolerances {absolute:?} of the relative one; errors relative to {relative_to:?}\n",
        level.name()
    );
    let tolerances = Tolerances {
        relative: half_decades(-1, -9),
        absolute,
    };
    let ours = ours::solvers(&tolerances, level);
    let runs: Vec<usize> = (0..robertson::RUNS).collect();
    let at = |name: &str, tolerance: f64| {
        let solver: &Solver<3> = ours
            .iter()
            .find(|solver| solver.name.contains(name))
            .expect("a method of ours");
        (solver.solve)(tolerance, &runs).ends
    };
    let truth = at("rodas5p", 1e-12);
    for (name, tolerance) in [("rodas5p", 1e-11), ("kvaerno5", 1e-12), ("radau", 1e-12)] {
        let error = largest_error(&runs, &at(name, tolerance), &truth, relative_to);
        println!("The reference and {name} at {tolerance:.0e} differ by {error:.1e} at most.");
    }
    println!();

    let mut solvers = ours;
    solvers.extend(peers(&tolerances));
    // what a peer loses by absolute tolerances that suit it less well is not to be our gain
    let loose = Tolerances {
        absolute: absolute.map(|factor| 100.0 * factor),
        ..tolerances
    };
    for mut solver in peers(&loose) {
        solver.name += ", 100 times the absolute tolerances";
        solvers.push(solver);
    }
    solvers.retain(|solver| only.iter().any(|text| solver.name.contains(text)));
    let curves = measure::curves(&truth, &solvers, rounds, relative_to);
    tables::at_equal_error(robertson::TITLE, &curves, &ERRORS);
    if arguments.iter().any(|argument| argument == "--points") {
        tables::points(&curves);
    }
    println!("Load at the end: {}", load());
}

//! Lorenz, rho uniform in [0, 21], t in [0, 1], f64, one thread, stated tolerance 1e-6: bakelite's tsit5 beside `ode_solvers`'
//! dopri5, in one run.
//!
//! `cargo run --release -p bakelite-benches --bin lorenz`

use bakelite::host::{DEFAULT_WIDTH, Level, Tuning, Typed};
use bakelite::ode::Method;
use bakelite::{Ensemble, Explicit, Options, ProportionalIntegral, Tsit5, consts::*, plan, system};
use ode_solvers::dop_shared::OutputType;
use ode_solvers::{Dopri5, Vector3};
use std::hint::black_box;
use std::time::Instant;

system! {
    /// Lorenz 1963; parameters sigma, rho, beta.
    pub struct Lorenz;
    states: U3;
    parameters: U3;
    rhs: |_t, [x, y, z], [sigma, rho, beta]| [sigma * (y - x), x * (rho - z) - y, x * y - beta * z]
}
type Solver = Explicit<Lorenz, Tsit5, ProportionalIntegral>;
plan! { struct SolverPlan for <Solver as Method>::Buffers = on(Sm80).block(32).sequential(); }

struct Peer {
    rho: f64,
}
impl ode_solvers::System<f64, Vector3<f64>> for Peer {
    fn system(&self, _: f64, y: &Vector3<f64>, dy: &mut Vector3<f64>) {
        dy[0] = 10.0 * (y[1] - y[0]);
        dy[1] = y[0] * (self.rho - y[2]) - y[1];
        dy[2] = y[0] * y[1] - 8.0 / 3.0 * y[2];
    }
}

const RUNS: usize = 20_000;
const TOLERANCE: f64 = 1e-6;
const REPEATS: usize = 5;

fn rho(run: usize) -> f64 {
    21.0 * run as f64 / (RUNS - 1) as f64
}

/// `order` maps position to run.
fn ours(order: &[usize], tolerance: f64, level: Level) -> (f64, Vec<[f64; 3]>) {
    let parameters = ndarray::Array2::from_shape_fn((3, RUNS), |(row, at)| {
        [10.0, rho(order[at]), 8.0 / 3.0][row]
    });
    let initial = ndarray::Array2::from_shape_fn((3, RUNS), |(row, _)| [1.0, 0.0, 0.0][row]);
    let ensemble = Ensemble::<Lorenz, f64>::new(initial.view(), parameters.view(), (0.0, 1.0))
        .expect("valid inputs");
    let options = Options {
        rtol: tolerance,
        atol: vec![tolerance],
        ..Options::default()
    };
    let tuning = Tuning { threads: 1, level };
    let start = Instant::now();
    let solution = ensemble
        .solve_on_host::<Solver, DEFAULT_WIDTH>(&options, Typed::<SolverPlan>::NEW, &tuning)
        .expect("valid options");
    let seconds = start.elapsed().as_secs_f64();
    let mut ends = vec![[0.0; 3]; RUNS];
    for (at, &run) in order.iter().enumerate() {
        ends[run] = [0, 1, 2].map(|row| solution.states()[[row, at]]);
    }
    (seconds, ends)
}

fn peer() -> (f64, Vec<[f64; 3]>) {
    let mut ends = Vec::with_capacity(RUNS);
    let start = Instant::now();
    for run in 0..RUNS {
        let y = Vector3::new(1.0, 0.0, 0.0);
        // its cheapest output that ends with the end state: every accepted step
        let mut stepper = Dopri5::new(
            Peer { rho: rho(run) },
            0.0,
            1.0,
            1.0,
            y,
            TOLERANCE,
            TOLERANCE,
        );
        stepper.set_output(OutputType::Sparse);
        stepper.integrate().expect("the peer integrates");
        let end = stepper.y_out().last().expect("the peer has an end state");
        ends.push([end[0], end[1], end[2]]);
    }
    (start.elapsed().as_secs_f64(), black_box(ends))
}

fn largest_error(ends: &[[f64; 3]], truth: &[[f64; 3]]) -> f64 {
    let relative = |(a, b): (&[f64; 3], &[f64; 3])| {
        let scale = b.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        a.iter()
            .zip(b)
            .fold(0.0_f64, |m, (x, y)| m.max((x - y).abs()))
            / scale
    };
    ends.iter().zip(truth).map(relative).fold(0.0, f64::max)
}

fn main() {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name\t: "))
        .unwrap_or("unknown CPU");
    println!("{cpu}; best of {REPEATS}, {RUNS} runs, tolerance {TOLERANCE:e}, one thread\n");
    let sorted: Vec<usize> = (0..RUNS).collect();
    // 7919 is coprime to the number of runs
    let shuffled: Vec<usize> = (0..RUNS).map(|at| at * 7919 % RUNS).collect();
    let truth = ours(&sorted, 1e-13, Level::best()).1;

    let names = [
        "bakelite tsit5",
        "bakelite tsit5, runs shuffled",
        "ode_solvers dopri5",
    ];
    let mut best = [f64::INFINITY; 3];
    let mut errors = [0.0; 3];
    for _ in 0..REPEATS {
        let results = [
            ours(&sorted, TOLERANCE, Level::best()),
            ours(&shuffled, TOLERANCE, Level::best()),
            peer(),
        ];
        for (index, (seconds, ends)) in results.iter().enumerate() {
            best[index] = best[index].min(*seconds);
            errors[index] = largest_error(ends, &truth);
        }
    }
    println!(
        "| solver ({}) | us per run | largest relative end error | times faster than the peer |\n|---|---|---|---|",
        Level::best().name()
    );
    for index in 0..3 {
        let us = best[index] * 1e6 / RUNS as f64;
        println!(
            "| {} | {us:.2} | {:.1e} | {:.2} |",
            names[index],
            errors[index],
            best[2] / best[index]
        );
    }
}

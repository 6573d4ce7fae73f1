//! 1,024 Lorenz runs on the reference device, all checks on, beside the scalar host loop (one run at a time, one
//! thread) in the same process; rings of oscillators in looped kernels likewise; two host threads beside one; and how
//! long a process takes until its first kernel is ready.
//!
//! `cargo run --release -p bakelite-benches --features cuda --bin reference_device`

use bakelite::cuda::{Device, ReferenceOptions};
use bakelite::host::{Level, Tuning};
use bakelite::ode::Method;
use bakelite::{
    consts::*,
    layout::{RuntimePlan, try_plan},
    ode::{Integrator, methods::Erk},
    prelude::*,
    typenum::Unsigned,
};
use std::process::{Command, Stdio};
use std::time::Instant;

system! {
    /// Lorenz 1963; parameters sigma, rho, beta.
    pub struct Lorenz;
    states: U3;
    parameters: U3;
    rhs: |_t, [x, y, z], [sigma, rho, beta]| [sigma * (y - x), x * (rho - z) - y, x * y - beta * z]
}

macro_rules! rings {
    ($($name:ident $n:ident;)*) => {$(
        system! {
            /// Coupled oscillators in a ring; parameter: the pull to the middle.
            pub struct $name;
            states: $n;
            parameters: U1;
            rhs: |t, y, q| {
                let mut d = *y;
                for i in 0..y.len() {
                    let (before, after) = (y[(i + y.len() - 1) % y.len()], y[(i + 1) % y.len()]);
                    d[i] = (after - y[i]).mul_add(before, q[0] - y[i] * t);
                }
                d
            }
        }
    )*};
}
rings! { Ring8 U8; Ring20 U20; Ring100 U100; }

const REPEATS: usize = 7;

fn lorenz_runs(runs: usize) -> Ensemble<Lorenz, f64> {
    let grid = Grid::new()
        .fixed(10.0)
        .range(0.0, 21.0, runs)
        .fixed(8.0 / 3.0);
    Ensemble::from_grid(&[1.0, 0.0, 0.0], &grid, (0.0, 1.0)).expect("valid inputs")
}

fn lorenz<M: Method<System = Lorenz, Element = f64>>(place: &str, target: &str) {
    measure::<M>(&lorenz_runs(1024), place, target);
}

/// Rings of coupled oscillators, in a looped kernel with all buffers in local memory.
fn ring<S: System>(runs: usize)
where
    Integrator<S, Erk<Tsit5>, ProportionalIntegral, f64, Local>: Method<System = S, Element = f64>,
{
    let initial: Vec<f64> = (0..S::States::USIZE)
        .map(|i| (i * 37 % 64) as f64 / 64.0)
        .collect();
    let parameters: Vec<f64> = (0..runs)
        .map(|run| 1.0 + run as f64 / runs as f64)
        .collect();
    let parameters = ndarray::Array2::from_shape_vec((1, runs), parameters).expect("one row");
    let initial = ndarray::Array2::from_shape_fn((initial.len(), runs), |(row, _)| initial[row]);
    let ensemble = Ensemble::<S, f64>::new(initial.view(), parameters.view(), (0.0, 1.0));
    let place = format!("looped, {} states, {runs} runs", S::States::USIZE);
    measure::<Integrator<S, Erk<Tsit5>, ProportionalIntegral, f64, Local>>(
        &ensemble.expect("valid inputs"),
        &place,
        "",
    );
}

fn options() -> Options {
    Options {
        rtol: 1e-8,
        atol: vec![1e-8],
        ..Options::default()
    }
}

fn plan<M: Method>() -> RuntimePlan {
    try_plan::<M::Buffers>(on(Arch::Sm80).block(64).sequential()).expect("a plan that fits")
}

fn device(threads: usize) -> Device {
    let options = ReferenceOptions {
        threads,
        ..ReferenceOptions::default()
    };
    Device::reference_with(options).expect("a device")
}

fn measure<M: Method<Element = f64>>(
    ensemble: &Ensemble<M::System, f64>,
    place: &str,
    target: &str,
) {
    let (options, plan, device) = (options(), plan::<M>(), device(1));
    let mut best = [f64::INFINITY; 3];
    for _ in 0..REPEATS {
        let start = Instant::now();
        let on_device = ensemble
            .solve_on_device::<M>(&options, &plan.view(), &device)
            .expect("no fault");
        best[0] = best[0].min(start.elapsed().as_secs_f64());
        for (index, level) in [(1, Level::best()), (2, Level::Baseline)] {
            let tuning = Tuning { threads: 1, level };
            let start = Instant::now();
            let on_host = ensemble
                .solve_on_host::<M, 1>(&options, plan.view(), &tuning)
                .expect("valid options");
            best[index] = best[index].min(start.elapsed().as_secs_f64());
            assert!(on_device.same_bits(&on_host));
        }
    }
    let [device, host, baseline] = best.map(|seconds| seconds * 1e3);
    println!(
        "| {place} | {device:.1} | {host:.1} | {baseline:.1} | {:.2} | {:.2} | {target} |",
        device / host,
        device / baseline
    );
}

type InRegisters<S> = Integrator<S, Erk<Tsit5>, ProportionalIntegral, f64, Local>;
type InShared<S> = Integrator<S, Erk<Tsit5>, ProportionalIntegral, f64, Shared>;

/// Two host threads beside one, in turns.
fn two_threads() {
    const RUNS: usize = 64 * 1024;
    let (ensemble, options) = (lorenz_runs(RUNS), options());
    let plan = plan::<InRegisters<Lorenz>>();
    let devices = [device(1), device(2)];
    let mut best = [f64::INFINITY; 2];
    for _ in 0..3 * REPEATS {
        for (device, best) in devices.iter().zip(&mut best) {
            let start = Instant::now();
            ensemble
                .solve_on_device::<InRegisters<Lorenz>>(&options, &plan.view(), device)
                .expect("no fault");
            *best = best.min(start.elapsed().as_secs_f64());
        }
    }
    let [one, two] = best.map(|seconds| seconds * 1e3);
    println!(
        "\n{RUNS} Lorenz runs, registers: one thread {one:.1} ms, two {two:.1} ms, {:.2} times as fast (target 1.8)",
        one / two
    );
}

/// What a process does that starts only to be timed.
fn load<M: Method<Element = f64>>() {
    let device = device(1);
    let baked = bakelite::ptx::bake_integrator::<M>(&plan::<M>().view()).expect("a kernel");
    let _ready = baked.load(&device).expect("no fault");
}

/// From the start of a process to its end, before which the first kernel is ready: median and least of 20.
fn start_up(what: &str) {
    let this = std::env::current_exe().expect("this program");
    let mut seconds: Vec<f64> = (0..20)
        .map(|_| {
            let start = Instant::now();
            let status = Command::new(&this).arg(what).stdin(Stdio::null()).status();
            assert!(status.is_ok_and(|s| s.success()));
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    println!(
        "start, bake and load, {what}: median {:.1} ms, least {:.1} ms (target 10)",
        seconds[10], seconds[0]
    );
}

const START_UPS: [(&str, fn()); 5] = [
    ("nothing", || {}),
    ("3 states in registers", load::<InRegisters<Lorenz>>),
    ("3 states in shared memory", load::<InShared<Lorenz>>),
    ("8 states in registers", load::<InRegisters<Ring8>>),
    ("8 states in shared memory", load::<InShared<Ring8>>),
];

fn main() {
    if let Some(what) = std::env::args().nth(1) {
        let known = START_UPS.iter().find(|(name, _)| *name == what);
        return known
            .expect("one of the cases that this program starts itself with")
            .1();
    }
    println!("the device's time includes baking, parsing, copies; best of {REPEATS}, one thread\n");
    println!(
        "| placement | device, ms | scalar host, {}, ms | scalar host, baseline, ms | ratio | ratio to baseline | at most |\n|---|---|---|---|---|---|---|",
        Level::best().name()
    );
    lorenz::<InRegisters<Lorenz>>("registers", "0.4");
    lorenz::<InShared<Lorenz>>("shared", "0.8");
    ring::<Ring20>(256);
    ring::<Ring100>(64);
    two_threads();
    for (what, _) in START_UPS {
        start_up(what);
    }
}

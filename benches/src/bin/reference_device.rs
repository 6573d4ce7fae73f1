//! 1,024 Lorenz runs on the reference device, all checks on, beside the scalar host loop (one run at a time, one thread) in the
//! same process.
//!
//! `cargo run --release -p bakelite-benches --features cuda --bin reference_device`

use bakelite::cuda::{Device, ReferenceOptions};
use bakelite::host::{Level, Tuning};
use bakelite::ode::Method;
use bakelite::{
    Arch, Ensemble, Erk, Grid, Integrator, Local, Options, ProportionalIntegral, Shared, System,
    Tsit5, consts::*, on, system, try_plan, typenum::Unsigned,
};
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
rings! { Ring20 U20; Ring100 U100; }

const REPEATS: usize = 7;

fn lorenz<M: Method<System = Lorenz, Element = f64>>(place: &str, target: &str) {
    let grid = Grid::new()
        .fixed(10.0)
        .range(0.0, 21.0, 1024)
        .fixed(8.0 / 3.0);
    let ensemble = Ensemble::<Lorenz, f64>::from_grid(&[1.0, 0.0, 0.0], &grid, (0.0, 1.0))
        .expect("valid inputs");
    measure::<M>(&ensemble, place, target);
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

fn measure<M: Method<Element = f64>>(
    ensemble: &Ensemble<M::System, f64>,
    place: &str,
    target: &str,
) {
    let options = Options {
        rtol: 1e-8,
        atol: vec![1e-8],
        ..Options::default()
    };
    let plan =
        try_plan::<M::Buffers>(on(Arch::Sm80).block(64).sequential()).expect("a plan that fits");
    let device = Device::reference_with(ReferenceOptions {
        threads: 1,
        ..ReferenceOptions::default()
    })
    .expect("a device");
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

fn main() {
    println!("the device's time includes baking, parsing, copies; best of {REPEATS}, one thread\n");
    println!(
        "| placement | device, ms | scalar host, {}, ms | scalar host, baseline, ms | ratio | ratio to baseline | at most |\n|---|---|---|---|---|---|---|",
        Level::best().name()
    );
    lorenz::<Integrator<Lorenz, Erk<Tsit5>, ProportionalIntegral, f64, Local>>("registers", "0.5");
    lorenz::<Integrator<Lorenz, Erk<Tsit5>, ProportionalIntegral, f64, Shared>>("shared", "1.0");
    ring::<Ring20>(256);
    ring::<Ring100>(64);
}

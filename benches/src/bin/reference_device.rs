//! 1,024 Lorenz runs on the reference device, all checks on, beside the scalar host loop (one run at a time, one thread) in the
//! same process.
//!
//! `cargo run --release -p bakelite-benches --features cuda --bin reference_device`

use bakelite::cuda::{Device, ReferenceOptions};
use bakelite::host::{Level, Tuning};
use bakelite::ode::Method;
use bakelite::{
    Arch, Ensemble, Erk, Grid, Integrator, Local, Options, ProportionalIntegral, Shared, Tsit5,
    consts::*, on, system, try_plan,
};
use std::time::Instant;

system! {
    /// Lorenz 1963; parameters sigma, rho, beta.
    pub struct Lorenz;
    states: U3;
    parameters: U3;
    rhs: |_t, [x, y, z], [sigma, rho, beta]| [sigma * (y - x), x * (rho - z) - y, x * y - beta * z]
}

const REPEATS: usize = 7;

fn measure<M: Method<System = Lorenz, Element = f64>>(place: &str, target: f64) {
    let grid = Grid::new()
        .fixed(10.0)
        .range(0.0, 21.0, 1024)
        .fixed(8.0 / 3.0);
    let ensemble = Ensemble::<Lorenz, f64>::from_grid(&[1.0, 0.0, 0.0], &grid, (0.0, 1.0))
        .expect("valid inputs");
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
    measure::<Integrator<Lorenz, Erk<Tsit5>, ProportionalIntegral, f64, Local>>("registers", 0.5);
    measure::<Integrator<Lorenz, Erk<Tsit5>, ProportionalIntegral, f64, Shared>>("shared", 1.0);
}

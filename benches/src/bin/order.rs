//! What the order of runs is worth: ensembles whose runs differ in length, shuffled, and the same by work.
//!
//! `cargo run --release -p bakelite-benches --features cuda --bin order`

use bakelite::cuda::{Device, DeviceElement, ReferenceOptions};
use bakelite::host::{DEFAULT_WIDTH, Tuning};
use bakelite::ptx::bake_integrator;
use bakelite::{layout::try_plan, prelude::*};
use bakelite_benches::{Lorenz, VanDerPol};
use ndarray::Array2;
use std::time::Instant;

const RUNS: usize = 4096;
const REPEATS: usize = 5;

/// 2741 is a prime.
fn shuffled(run: usize) -> f64 {
    (run * 2741 % RUNS) as f64 / (RUNS - 1) as f64
}

fn measure<S: System + Clone, M: Method<System = S, Element: DeviceElement>>(
    name: &str,
    ensemble: &Ensemble<S, M::Element>,
    guess: &[f64],
) {
    let options = Options::default();
    let plan = try_plan::<M::Buffers>(on(Arch::Sm80).block(64).sequential()).expect("it fits");
    let device = Device::reference_with(ReferenceOptions {
        threads: 1,
        ..ReferenceOptions::default()
    })
    .expect("a reference device");
    let baked = bake_integrator::<M>(&plan.view()).expect("it bakes");
    let loaded = baked.load(&device).expect("it loads");
    let tuning = Tuning {
        threads: 1,
        ..Tuning::default()
    };
    let host = |ensemble: &Ensemble<S, M::Element>| {
        ensemble
            .solve_on_host::<M, DEFAULT_WIDTH>(&options, plan.view(), &tuning)
            .expect("valid options")
    };
    let plain = host(ensemble);
    let work = plain.work();
    let ordered = |work: &[f64]| {
        let start = Instant::now();
        let ensemble = ensemble.clone().by_work(work).expect("one number per run");
        (ensemble, start.elapsed().as_secs_f64())
    };
    let cases = [
        ("shuffled", (ensemble.clone(), 0.0)),
        ("by the parameter", ordered(guess)),
        ("by the steps of a solve before", ordered(&work)),
    ];
    let mut best = [[f64::INFINITY; 2]; 3];
    let mut warps = [0; 3];
    for _ in 0..REPEATS {
        for (index, (_, (ensemble, _))) in cases.iter().enumerate() {
            let start = Instant::now();
            let on_host = host(ensemble);
            best[index][0] = best[index][0].min(start.elapsed().as_secs_f64());
            let on_device = ensemble.solve_loaded(&options, &loaded).expect("it solves");
            let kernel = on_device.timings().expect("from a device").kernel;
            best[index][1] = best[index][1].min(kernel);
            warps[index] = device.last_profile().expect("launched").warp_instructions;
            assert!(on_host.same_bits(&plain) && on_device.same_bits(&plain));
        }
    }
    let (least, most) = work
        .iter()
        .fold((f64::INFINITY, 0.0_f64), |(least, most), steps| {
            (least.min(*steps), most.max(*steps))
        });
    for (index, (order, (_, seconds))) in cases.iter().enumerate() {
        let [host, device] = best[index].map(|seconds| seconds * 1e3);
        let [times, of_device] = [0, 1].map(|which| best[0][which] / best[index][which]);
        let of_warps = warps[0] as f64 / warps[index] as f64;
        println!(
            "| {name}, {least} to {most} steps | {order} | {:.2} | {host:.1} | {times:.2} | {device:.0} | {of_device:.2} | {of_warps:.2} |",
            seconds * 1e3
        );
    }
}

fn main() {
    println!("{RUNS} runs, one thread, best of {REPEATS}\n");
    println!(
        "| ensemble | order | ordering, ms | host, ms | times faster | reference device, ms | times faster | times fewer instructions of warps |\n|---|---|---|---|---|---|---|---|"
    );
    let spread = |rows: usize, of: &dyn Fn(usize, usize) -> f64| {
        Array2::from_shape_fn((rows, RUNS), |(row, run)| of(row, run))
    };
    let rho: Vec<f64> = (0..RUNS).map(|run| 28.0 * shuffled(run)).collect();
    let lorenz = Ensemble::new(
        spread(3, &|row, _| [1.0, 0.0, 0.0][row]).view(),
        spread(3, &|row, run| [10.0, rho[run], 8.0 / 3.0][row]).view(),
        (0.0, 5.0),
    )
    .expect("valid inputs");
    type LorenzSolver = Explicit<Lorenz, Tsit5, ProportionalIntegral>;
    measure::<Lorenz, LorenzSolver>("Lorenz, rho 0 to 28, t to 5", &lorenz, &rho);
    let mu: Vec<f64> = (0..RUNS).map(|run| 1.0 + 99.0 * shuffled(run)).collect();
    let oscillators = Ensemble::new(
        spread(2, &|row, _| [2.0, 0.0][row]).view(),
        spread(1, &|_, run| mu[run]).view(),
        (0.0, 20.0),
    )
    .expect("valid inputs");
    type Oscillator = Explicit<VanDerPol, Tsit5, ProportionalIntegral>;
    measure::<VanDerPol, Oscillator>("Van der Pol, mu 1 to 100, t to 20", &oscillators, &mu);
}

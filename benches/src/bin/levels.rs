//! The same bits at every SIMD level, in optimised code, at widths 1, 8 and 16: explicit, diagonally implicit and
//! Rosenbrock steps, `f32` and `f64`. Tests are not optimised, and have no AVX-512.
//!
//! `cargo run --release -p bakelite-benches --no-default-features --bin levels`; fails where a bit differs.

use bakelite::host::{Level, Tuning};
use bakelite::ode::Method;
use bakelite::{
    layout::try_plan,
    ode::{
        Integrator, Real,
        methods::{Dirk, Kvaerno3, Rodas4, Rosenbrock},
    },
    prelude::*,
};
use bakelite_benches::VanDerPol;
use std::process::ExitCode;

const RUNS: usize = 41;

fn differs<M: Method<System = VanDerPol>>() -> bool {
    let number = |x: f64| <M::Element as Real>::from_f64(x);
    let initial = ndarray::Array2::from_shape_fn((2, RUNS), |(row, run)| {
        number(2.0 - row as f64 * 2.0 + 0.01 * run as f64)
    });
    let mu = ndarray::Array2::from_shape_fn((1, RUNS), |(_, run)| number(1.0 + 0.5 * run as f64));
    let ensemble =
        Ensemble::<VanDerPol, M::Element>::new(initial.view(), mu.view(), (0.0, 10.0)).unwrap();
    let options = Options {
        keep_last_state: true,
        ..Options::default()
    };
    let plan = try_plan::<M::Buffers>(on(Arch::Sm80).block(32).sequential()).unwrap();
    let view = plan.view();
    let mut reference = None;
    let mut differs = false;
    for &level in Level::available() {
        let tuning = Tuning { threads: 2, level };
        for (width, solution) in [
            (1, ensemble.solve_on_host::<M, 1>(&options, view, &tuning)),
            (8, ensemble.solve_on_host::<M, 8>(&options, view, &tuning)),
            (16, ensemble.solve_on_host::<M, 16>(&options, view, &tuning)),
        ] {
            let solution = solution.unwrap();
            assert_eq!(solution.count(Status::Success), RUNS, "{}", M::name());
            let reference = reference.get_or_insert_with(|| solution.clone());
            let same = reference.same_bits(&solution);
            let verdict = if same { "the same bits" } else { "OTHER BITS" };
            println!("{}, {}, width {width}: {verdict}", M::name(), level.name());
            differs |= !same;
        }
    }
    differs
}

fn main() -> ExitCode {
    let differ = [
        differs::<Explicit<VanDerPol, Tsit5, ProportionalIntegral, f64>>(),
        differs::<Explicit<VanDerPol, Tsit5, ProportionalIntegral, f32>>(),
        differs::<Integrator<VanDerPol, Dirk<Kvaerno3>, ProportionalIntegral, f32>>(),
        differs::<Integrator<VanDerPol, Rosenbrock<Rodas4>, ProportionalIntegral, f64>>(),
    ];
    if differ.contains(&true) {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

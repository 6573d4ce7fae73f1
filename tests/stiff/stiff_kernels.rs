//! Stiff problems to their published ends in looped kernels on the reference device: the host's bits, and the end.
#![cfg(feature = "reference")]

use crate::common::stiff_problems::*;
use bakelite::cuda::Device;
use bakelite::host::{Level, Tuning};
use bakelite::ode::Method;
use bakelite::ptx::bake_looped;
use bakelite::{
    layout::try_plan,
    ode::{
        Integrator,
        methods::{Dirk, Kvaerno3, Rodas4, Rosenbrock},
    },
    prelude::*,
};

/// Runs of a problem whose first is the published one, and whose others have a first parameter up to 2 % larger.
fn to_the_end<M: Method<Element = f64>>(case: &Case, rtol: f64, absolute: f64, bound: f64) {
    const RUNS: usize = 3;
    let initial =
        ndarray::Array2::from_shape_fn((case.initial.len(), RUNS), |(row, _)| case.initial[row]);
    let parameters = ndarray::Array2::from_shape_fn((case.parameters.len(), RUNS), |(row, run)| {
        let larger = if row == 0 { 0.01 * run as f64 } else { 0.0 };
        case.parameters[row] * (1.0 + larger)
    });
    let ensemble =
        Ensemble::<M::System, f64>::new(initial.view(), parameters.view(), (0.0, case.time));
    let ensemble = ensemble.unwrap();
    let options = Options {
        rtol,
        atol: vec![rtol * absolute],
        ..Options::default()
    };
    let plan = try_plan::<M::Buffers>(on(Arch::Sm90).block(32).packed()).unwrap();
    let tuning = Tuning {
        threads: 1,
        level: Level::best(),
    };
    let host = ensemble.solve_on_host::<M, 1>(&options, plan.view(), &tuning);
    let host = host.unwrap();
    let kernel = bake_looped::<M>(&plan.view()).unwrap();
    let device = Device::reference().unwrap();
    let kernel = kernel.load(&device).unwrap();
    let device = ensemble.solve_loaded(&options, &kernel).unwrap();
    let name = (M::name(), case.name);
    assert_eq!(device.count(Status::Success), RUNS, "{name:?}");
    assert!(device.same_bits(&host), "{name:?}");
    let states = device.states();
    let error = |(row, want): (usize, &f64)| (states[[row, 0]] - want).abs() / want.abs();
    let worst = case.end.iter().enumerate().map(error).fold(0.0, f64::max);
    println!("{name:?}: {worst:e}, {} steps", device.accepted()[0]);
    assert!(worst <= bound * rtol, "{name:?}: {worst:e}");
}

type Pi<S, St> = Integrator<S, St, ProportionalIntegral, f64, Local>;

#[test]
fn robertson() {
    for case in &ROBERTSON_CASES {
        to_the_end::<Pi<Robertson, Rosenbrock<Rodas4>>>(case, 1e-6, 1e-6, 10.0);
    }
    to_the_end::<Pi<Robertson, Dirk<Kvaerno3>>>(&ROBERTSON_CASES[0], 1e-4, 1e-6, 10.0);
}

#[test]
fn pollution() {
    to_the_end::<Pi<Pollution, Rosenbrock<Rodas4>>>(&POLLUTION_CASE, 1e-4, 1e-4, 10.0);
}

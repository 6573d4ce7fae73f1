//! Stiff problems solved by the implicit methods made for them: the largest relative error at published ends is at most
//! ten times the tolerance, twenty times for the Brusselator, which is not stiff.
#![cfg(feature = "std")]

use crate::common::stiff_problems::*;
use bakelite::consts;
use bakelite::host::{Level, Tuning};
use bakelite::ode::Method;
use bakelite::{
    layout::try_plan,
    ode::{
        Adaptive, Controller, Integrator, Lu, Newton, Ratio, Scheme, Stepper,
        methods::{
            Dirk, Esdirk324L2SA, Firk, KenCarp4, Kvaerno3, Kvaerno5, LStableSdirk4, RadauIia5,
            Rodas4, Rosenbrock, TrBdf2,
        },
    },
    prelude::*,
};

const ONE: Tuning = Tuning {
    threads: 1,
    level: Level::Baseline,
};

/// The relative error of the worst state, with absolute tolerances so many times the relative one.
fn error<M: Method<Element = f64>>(case: &Case, rtol: f64, absolute: f64) -> f64 {
    let span = (0.0, case.time);
    let ensemble = Ensemble::<M::System, f64>::uniform(1, case.initial, case.parameters, span);
    let options = Options {
        rtol,
        atol: vec![rtol * absolute],
        ..Options::default()
    };
    let plan = try_plan::<M::Buffers>(on(Arch::Sm90).block(32).packed()).unwrap();
    let solution = ensemble
        .unwrap()
        .solve_on_host::<M, 1>(&options, plan.view(), &ONE)
        .unwrap();
    let name = (M::name(), case.name, case.source, rtol);
    assert_eq!(solution.status(0), Status::Success, "{name:?}");
    let ends = solution.states().column(0).to_vec();
    let relative = |(got, want): (&f64, &f64)| (got - want).abs() / want.abs();
    let error = ends.iter().zip(case.end).map(relative).fold(0.0, f64::max);
    println!(
        "{} on {} at {rtol:e}: {} steps, {error:.1e}",
        M::name(),
        case.name,
        solution.accepted()[0]
    );
    error
}

fn check<St: Adaptive + Stepper<Local>>(tolerances: &[f64])
where
    ProportionalIntegral: Controller<St>,
{
    type With<S, St> = Integrator<S, St, ProportionalIntegral, f64, Local>;
    for &rtol in tolerances {
        let errors = [
            error::<With<Robertson, St>>(&ROBERTSON_CASES[1], rtol, 1e-6),
            error::<With<VanDerPol, St>>(&VAN_DER_POL_CASES[0], rtol, 1.0),
            error::<With<Oregonator, St>>(&OREGONATOR_CASES[0], rtol, 1e-3),
            error::<With<Brusselator, St>>(&BRUSSELATOR_CASE, rtol, 1.0),
        ];
        for (problem, error) in ["ROBER", "VDPOL", "OREGO", "BRUSS"].iter().zip(errors) {
            let factor = if *problem == "BRUSS" { 20.0 } else { 10.0 };
            assert!(
                error <= factor * rtol,
                "{} on {problem} at {rtol:e}: {error:e}",
                St::NAME
            );
        }
    }
}

const COARSE: &[f64] = &[1e-4, 1e-6, 1e-8];
const ALL: &[f64] = &[1e-4, 1e-6, 1e-8, 1e-10];

#[test]
fn rosenbrock_methods() {
    check::<Rosenbrock<Rodas4>>(COARSE);
    check::<Rosenbrock<Rodas5p>>(ALL);
}

#[test]
fn diagonally_implicit_methods() {
    check::<Dirk<Kvaerno5>>(ALL);
    check::<Dirk<KenCarp4>>(COARSE);
    check::<Dirk<LStableSdirk4>>(COARSE);
}

#[test]
fn fully_implicit_methods() {
    // what Newton's method leaves in each of thousands of steps adds up
    type Tight = Newton<Lu, Ratio<consts::U1, consts::U1000>>;
    check::<Firk<RadauIia5>>(COARSE);
    check::<Firk<RadauIia5, Tight>>(ALL);
}

/// Robertson's reactions to t = 1e11: accepted steps, and the largest error over `atol + rtol |y|`.
fn to_the_end<St: Adaptive + Stepper<Local>>(rtol: f64, atol: f64) -> (u32, f64)
where
    ProportionalIntegral: Controller<St>,
{
    type With<St> = Integrator<Robertson, St, ProportionalIntegral, f64, Local>;
    let case = &ROBERTSON_CASES[2];
    let ensemble =
        Ensemble::<Robertson, f64>::uniform(1, case.initial, case.parameters, (0.0, case.time));
    let options = Options {
        rtol,
        atol: vec![atol],
        ..Options::default()
    };
    let plan = try_plan::<<With<St> as Method>::Buffers>(on(Arch::Sm90).block(32).packed());
    let solution = ensemble
        .unwrap()
        .solve_on_host::<With<St>, 1>(&options, plan.unwrap().view(), &ONE)
        .unwrap();
    assert_eq!(solution.status(0), Status::Success, "{}", St::NAME);
    let ends = solution.states().column(0).to_vec();
    let multiple = |(got, want): (&f64, &f64)| (got - want).abs() / (atol + rtol * want.abs());
    let error = ends.iter().zip(case.end).map(multiple).fold(0.0, f64::max);
    let steps = solution.accepted()[0];
    println!(
        "{} to 1e11 at {rtol:e}, {atol:e}: {steps} steps, {error:.1e}",
        St::NAME
    );
    (steps, error)
}

/// Evaluated anew in each step, an explicit first stage magnifies what Newton's method left by the stiffness: then
/// these took thousands of steps, or ended elsewhere with `Success`. Radau5 takes 237 and 580 steps for the small
/// absolute tolerances.
#[test]
fn explicit_first_stages_on_long_spans() {
    macro_rules! within {
        ($($step:ty: $default:literal, $coarse:literal, $fine:literal;)*) => {$(
            for (rtol, atol, most) in [(1e-3, 1e-6, $default), (1e-4, 1e-10, $coarse), (1e-6, 1e-12, $fine)] {
                let (steps, error) = to_the_end::<$step>(rtol, atol);
                let name = <$step as Scheme>::NAME;
                assert!(steps <= most && error <= 10.0, "{name} at {rtol:e}: {steps}, {error}");
            }
        )*};
    }
    within! {
        Dirk<Kvaerno3>: 210, 560, 2250;
        Dirk<Kvaerno5>: 105, 160, 280;
        Dirk<KenCarp4>: 90, 170, 380;
        Dirk<Esdirk324L2SA>: 155, 375, 1410;
        Dirk<TrBdf2>: 180, 470, 1830;
    }
}

#[test]
fn larger_systems() {
    type With<S> = Integrator<S, Rosenbrock<Rodas4>, ProportionalIntegral, f64, Local>;
    for rtol in [1e-4, 1e-6] {
        let errors = [
            error::<With<HighIrradianceResponse>>(&HIRES_CASE, rtol, 1e-4),
            error::<With<Pollution>>(&POLLUTION_CASE, rtol, 1e-6),
        ];
        assert!(
            errors.iter().all(|error| *error <= 10.0 * rtol),
            "{errors:?} at {rtol:e}"
        );
    }
}

//! The step-size controllers on problems with known ends: what they cost, and how exact they are.
#![cfg(feature = "std")]

use bakelite::consts::*;
use bakelite::host::{Level, Tuning};
use bakelite::{
    layout::try_plan,
    ode::{
        Coefficients, Controller, Integral, Predictive, ProportionalIntegralDerivative,
        methods::Erk,
    },
    prelude::*,
};

system! {
    /// Van der Pol.
    struct VanDerPol;
    states: U2;
    parameters: U1;
    rhs: |_t, [x, v], [mu]| [v, mu * ((R::lit(1.0) - x * x) * v) - x]
}

/// Accepted steps, rejected steps, and the largest error as a multiple of the tolerance.
fn solved<C: Controller<Erk<Tsit5>>>(
    mu: f64,
    time: f64,
    end: [f64; 2],
    tolerance: f64,
) -> (u32, u32, f64) {
    type M<C> = Explicit<VanDerPol, Tsit5, C>;
    let ensemble = Ensemble::<VanDerPol, f64>::uniform(1, &[2.0, 0.0], &[mu], (0.0, time)).unwrap();
    let options = Options {
        rtol: tolerance,
        atol: vec![tolerance],
        ..Options::default()
    };
    let spec = on(Arch::Sm80).block(32).sequential();
    let plan = try_plan::<<M<C> as Method>::Buffers>(spec).unwrap();
    let one = Tuning {
        threads: 1,
        level: Level::best(),
    };
    let solution = ensemble
        .solve_on_host::<M<C>, 1>(&options, plan.view(), &one)
        .unwrap();
    assert_eq!(solution.count(Status::Success), 1);
    let error = |state: usize| {
        (solution.states()[[state, 0]] - end[state]).abs() / (tolerance * (1.0 + end[state].abs()))
    };
    (
        solution.accepted()[0],
        solution.rejected()[0],
        error(0).max(error(1)),
    )
}

/// Measured for three turns of Van der Pol's oscillator, mu = 1: accepted and rejected steps, and a bound of the
/// error's multiple of the tolerance. The controllers with memory reject less, and their errors are smaller for it.
#[test]
fn steps_and_errors() {
    let end = [2.008_149_762_174_948_6, -0.042_508_875_273_202_15];
    macro_rules! check {
        ($($controller:ty, $tolerance:literal: $accepted:literal, $rejected:literal, $bound:literal;)*) => {$(
            let (accepted, rejected, error) = solved::<$controller>(1.0, 20.0, end, $tolerance);
            let name = <$controller as Controller<Erk<Tsit5>>>::NAME;
            assert_eq!((accepted, rejected), ($accepted, $rejected), "{name} at {}", $tolerance);
            assert!(error < $bound, "{name} at {}: {error}", $tolerance);
        )*};
    }
    check! {
        Integral, 1e-5: 91, 36, 14.7;
        ProportionalIntegral, 1e-5: 105, 3, 7.1;
        ProportionalIntegralDerivative, 1e-5: 98, 24, 8.3;
        Predictive, 1e-5: 96, 24, 10.4;
        Integral, 1e-8: 326, 24, 6.9;
        ProportionalIntegral, 1e-8: 410, 0, 1.7;
        ProportionalIntegralDerivative, 1e-8: 361, 0, 3.7;
        Predictive, 1e-8: 334, 12, 6.5;
    }
}

#[test]
fn a_beta3_out_of_range_is_an_error() {
    let ensemble = Ensemble::<VanDerPol, f64>::uniform(1, &[2.0, 0.0], &[1.0], (0.0, 1.0)).unwrap();
    let options = Options {
        coefficients: Some(Coefficients {
            beta3: 7.0,
            ..Coefficients::for_order(5)
        }),
        ..Options::default()
    };
    let error = ensemble
        .solve::<Explicit<VanDerPol, Tsit5, ProportionalIntegralDerivative>>(&options)
        .unwrap_err();
    let want = "the controller's beta3 is 7 (in f64)\n  help: it must lie between -1 and 2";
    assert_eq!(error.to_string(), want);
}

//! What states saved between the steps of a stiff run are worth: on the problem of Prothero and Robinson (Math. Comp.
//! 28 (1974) 145), where steps are as long as the error at their ends allows, interpolated states and states at which
//! steps stop beside each other. `docs/METHODS.md` has the figures that this prints.
#![cfg(feature = "std")]

use bakelite::consts::*;
use bakelite::host::{Level, Tuning};
use bakelite::ode::Method;
use bakelite::{
    layout::try_plan,
    ode::{
        Adaptive, Controller, DenseOutput, Integrator, Output, Stepper, StopAtSaves,
        methods::{
            BackwardEuler, Dirk, Esdirk324L2SA, Firk, GaussLegendre2, GaussLegendre3, KenCarp4,
            Kvaerno3, Kvaerno5, LStableDirk3, LStableSdirk4, RadauIia3, RadauIia5, Rodas3p, Rodas4,
            Ros3p, Ros34pw2, Rosenbrock, Rosenbrock23, Sdirk22, TrBdf2, Trapezoidal,
        },
        times,
    },
    prelude::*,
};

system! {
    /// `y = cos t`, pulled back by `stiffness`.
    struct Pulled;
    states: U1;
    parameters: U1;
    rhs: |t, [y], [stiffness]| [stiffness * (t.cos() - y) - t.sin()]
}

const STIFFNESS: f64 = 1e9;
const TOLERANCE: f64 = 1e-6;
const END: f64 = 10.0;

/// The largest error of saved states, and the steps taken.
fn errors<St: Stepper<Local>, C: Controller<St>, O: Output>(step: Option<f64>) -> (f64, u32) {
    type With<St, C, O> = Integrator<Pulled, St, C, f64, Local, O>;
    let ensemble = Ensemble::<Pulled, f64>::uniform(1, &[1.0], &[STIFFNESS], (0.0, END));
    let options = Options {
        step,
        rtol: TOLERANCE,
        atol: vec![TOLERANCE],
        save_times: times(0.0, END, 301),
        ..Options::default()
    };
    let plan = try_plan::<<With<St, C, O> as Method>::Buffers>(on(Arch::Sm90).block(32).packed());
    let one = Tuning {
        threads: 1,
        level: Level::Baseline,
    };
    let solution = ensemble
        .unwrap()
        .solve_on_host::<With<St, C, O>, 1>(&options, plan.unwrap().view(), &one)
        .unwrap();
    assert_eq!(solution.status(0), Status::Success, "{}", St::NAME);
    let times = solution.save_times().iter().enumerate();
    let error = times
        .map(|(save, t)| (solution.saved()[[save, 0, 0]] - t.cos()).abs())
        .fold(0.0, f64::max);
    (error, solution.accepted()[0])
}

/// In fixed steps of 1/8, states in between are no further off than a straight line is, `h² / 8`, or a little more: no
/// interpolant magnifies the error of the ends by the stiffness.
fn fixed<St: Stepper<Local>>()
where
    Fixed: Controller<St>,
{
    let h = 0.125;
    let (dense, _) = errors::<St, Fixed, DenseOutput>(Some(h));
    println!("{}: {dense:.1e} between steps of {h}", St::NAME);
    assert!(dense < 1.5 * h * h / 8.0, "{}: {dense}", St::NAME);
}

fn adaptive<St: Adaptive + Stepper<Local>>()
where
    ProportionalIntegral: Controller<St>,
{
    let (dense, steps) = errors::<St, ProportionalIntegral, DenseOutput>(None);
    let (stopped, stops) = errors::<St, ProportionalIntegral, StopAtSaves>(None);
    let multiples = [dense, stopped].map(|error| error / (2.0 * TOLERANCE));
    println!(
        "{}: {:.1e} times the tolerance in {steps} steps, {:.1e} in {stops} that stop",
        St::NAME,
        multiples[0],
        multiples[1]
    );
    assert!(multiples[1] <= 10.0, "{}: {stopped}", St::NAME);
}

macro_rules! all {
    ($what:ident: $($step:ty),*) => {$( $what::<$step>(); )*};
}

/// All but the implicit midpoint rule, whose interpolant evaluates the ends, which it does not damp.
#[test]
fn by_fixed_steps() {
    all!(fixed: Dirk<BackwardEuler>, Dirk<Trapezoidal>, Dirk<TrBdf2>, Dirk<Sdirk22>, Dirk<LStableDirk3>,
        Dirk<LStableSdirk4>, Dirk<Kvaerno3>, Dirk<Kvaerno5>, Dirk<KenCarp4>, Dirk<Esdirk324L2SA>,
        Firk<GaussLegendre2>, Firk<GaussLegendre3>, Firk<RadauIia3>, Firk<RadauIia5>,
        Rosenbrock<Rosenbrock23>, Rosenbrock<Ros3p>, Rosenbrock<Rodas3p>, Rosenbrock<Rodas4>, Rosenbrock<Rodas5p>, Rosenbrock<Ros34pw2>);
}

#[test]
fn by_steps_of_their_own() {
    all!(adaptive: Dirk<TrBdf2>, Dirk<LStableSdirk4>, Dirk<Kvaerno3>, Dirk<Kvaerno5>, Dirk<KenCarp4>, Dirk<Esdirk324L2SA>,
        Firk<GaussLegendre2>, Firk<GaussLegendre3>, Firk<RadauIia3>, Firk<RadauIia5>,
        Rosenbrock<Rosenbrock23>, Rosenbrock<Ros3p>, Rosenbrock<Rodas3p>, Rosenbrock<Rodas4>, Rosenbrock<Rodas5p>, Rosenbrock<Ros34pw2>);
}

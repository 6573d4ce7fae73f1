//! Orders of convergence of the implicit steps themselves, with their solvers: on a smooth problem, and on that of
//! Prothero and Robinson (Math. Comp. 28 (1974) 145), where stiffness reduces them.
#![cfg(feature = "std")]

use bakelite::consts::*;
use bakelite::host::{Level, Tuning};
use bakelite::ode::Method;
use bakelite::{
    layout::try_plan,
    ode::{
        Controller, Integrator, Scheme, Stepper,
        methods::{
            BackwardEuler, Dirk, Esdirk324L2SA, Firk, GaussLegendre2, GaussLegendre3,
            ImplicitMidpoint, KenCarp4, Kvaerno3, Kvaerno5, LStableDirk3, LStableSdirk4, RadauIia3,
            RadauIia5, Rodas3p, Rodas4, Ros3p, Ros34pw2, Rosenbrock, Rosenbrock23, Sdirk22, TrBdf2,
            Trapezoidal,
        },
    },
    prelude::*,
};

system! {
    /// `x = exp(sin t)` and `y = 1 / (1 + t)`, coupled where they are not exact; and `z = cos t`, pulled back by
    /// `stiffness`.
    struct Known;
    states: U3;
    parameters: U1;
    rhs: |t, [x, y, z], [stiffness]| {
        let one = R::lit(1.0);
        let ratio = y * (one + t);
        [
            x * (t.cos() * (ratio * ratio)),
            -(y * y) * (x * (-t.sin()).exp()),
            stiffness * (t.cos() - z) - t.sin(),
        ]
    }
}

const ONE: Tuning = Tuning {
    threads: 1,
    level: Level::Baseline,
};
const STIFF: f64 = 1e6;

/// The largest error of `x` and `y`, with no stiffness; and that of `z`, with much.
fn errors<St: Stepper<Local>>(steps: u32) -> [f64; 2]
where
    Fixed: Controller<St>,
{
    type With<St> = Integrator<Known, St, Fixed, f64, Local>;
    let end = 1.0;
    let initial = ndarray::arr2(&[[1.0; 2], [1.0; 2], [1.0; 2]]);
    let parameters = ndarray::arr2(&[[0.0, STIFF]]);
    let ensemble = Ensemble::<Known, f64>::new(initial.view(), parameters.view(), (0.0, end));
    let options = Options {
        step: Some(end / f64::from(steps)),
        // Newton's method leaves as little as this
        rtol: 1e-13,
        atol: vec![1e-13],
        ..Options::default()
    };
    let plan = try_plan::<<With<St> as Method>::Buffers>(on(Arch::Sm90).block(32).packed());
    let solution = ensemble
        .unwrap()
        .solve_on_host::<With<St>, 1>(&options, plan.unwrap().view(), &ONE)
        .unwrap();
    for run in 0..2 {
        assert_eq!(solution.status(run), Status::Success, "{}", St::NAME);
    }
    let states = solution.states();
    let [x, y, z] = [end.sin().exp(), 1.0 / (1.0 + end), end.cos()];
    let smooth = (states[[0, 0]] - x).abs().max((states[[1, 0]] - y).abs());
    [smooth, (states[[2, 1]] - z).abs()]
}

/// Slopes of the logarithm of the error over that of the step.
fn slopes<St: Stepper<Local>>(steps: u32) -> [f64; 2]
where
    Fixed: Controller<St>,
{
    let (coarse, fine) = (errors::<St>(steps), errors::<St>(4 * steps));
    println!(
        "{}: {:.1e} where stiff, in {steps} steps",
        St::NAME,
        coarse[1]
    );
    [0, 1].map(|index| (coarse[index] / fine[index]).log2() / 2.0)
}

macro_rules! orders {
    ($($step:ty: $steps:literal, $stiff:literal;)*) => {$({
        let [smooth, stiff] = slopes::<$step>($steps);
        let order = f64::from(<$step as Scheme>::ORDER);
        assert!((smooth - order).abs() < 0.25, "{}: {smooth}", <$step as Scheme>::NAME);
        assert!((stiff - $stiff).abs() < 0.25, "{}: {stiff} where stiff", <$step as Scheme>::NAME);
    })*};
}

#[test]
fn diagonally_implicit_steps() {
    orders! {
        Dirk<BackwardEuler>: 64, 1.0;
        Dirk<ImplicitMidpoint>: 32, 2.0;
        Dirk<Trapezoidal>: 32, 2.0;
        Dirk<TrBdf2>: 32, 2.0;
        Dirk<Sdirk22>: 32, 1.0;
        Dirk<LStableDirk3>: 16, 1.0;
        Dirk<LStableSdirk4>: 16, 1.0;
        Dirk<Kvaerno3>: 16, 2.0;
        Dirk<Kvaerno5>: 8, 2.0;
        Dirk<KenCarp4>: 16, 2.0;
        Dirk<Esdirk324L2SA>: 16, 2.0;
    }
}

#[test]
fn fully_implicit_steps() {
    orders! {
        Firk<GaussLegendre2>: 8, 2.0;
        Firk<GaussLegendre3>: 4, 4.0;
        Firk<RadauIia3>: 16, 2.0;
        Firk<RadauIia5>: 8, 3.0;
    }
}

#[test]
fn rosenbrock_steps() {
    orders! {
        Rosenbrock<Rosenbrock23>: 32, 2.0;
        Rosenbrock<Ros3p>: 16, 2.0;
        Rosenbrock<Rodas3p>: 16, 2.0;
        Rosenbrock<Rodas4>: 64, 1.0;
        Rosenbrock<Rodas5p>: 8, 3.0;
        Rosenbrock<Ros34pw2>: 16, 2.0;
    }
}

//! The sample of methods whose bits are compared: every tableau once at least, every controller, both precisions, every
//! output, 1 to 8 states and more, linear and nonlinear solvers, sensitivities, elementary functions. Each is compiled
//! once, with its buffers placed by [`Auto`]; every other placement is chosen at run time.

use crate::subject::{Of, Subject};
use bakelite::consts::*;
use bakelite::ode::methods::{
    BackwardEuler, BogackiShampine32, CashKarp54, Dirk, Dop853, DormandPrince54, Esdirk324L2SA,
    Euler, Fehlberg45, Firk, GaussLegendre2, GaussLegendre3, Heun21, ImplicitMidpoint, KenCarp4,
    Kvaerno3, Kvaerno5, LStableDirk3, LStableSdirk4, RadauIia3, RadauIia5, Ralston33, Rodas3p,
    Rodas4, Ros3p, Ros34pw2, Sdirk22, TrBdf2, Trapezoidal, Vern7, Vern9,
};
use bakelite::ode::{
    BiCgStab, DampedNewton, Integral, Jacobi, Lu, MinimalResidual, Neumann, Newton, Predictive,
    ProportionalIntegralDerivative, Sensitivities, SteepestDescent, StopAtSaves,
};
use bakelite::{
    layout::Auto,
    ode::{
        DenseOutput, EndState, Integrator,
        methods::{Erk, Rosenbrock, Rosenbrock23},
    },
    prelude::*,
};
use bakelite_benches::*;

system! {
    /// Robertson's reactions, the rates relative to the published ones.
    pub struct Robertson;
    states: U3;
    parameters: U3;
    rhs: |_t, [a, b, c], [p, q, r]| {
        let (first, second, third) = (
            R::lit(0.04) * p * a,
            R::lit(3e7) * q * b * b,
            R::lit(1e4) * r * b * c,
        );
        [third - first, first - second - third, second]
    }
}
system! {
    /// Van der Pol's oscillator, stiff.
    pub struct Relaxation;
    states: U2;
    parameters: U1;
    rhs: |_t, [x, v], [mu]| [v, R::lit(40.0) * mu * ((R::lit(1.0) - x * x) * v) - x]
}
system! {
    /// Elementary functions, of states, parameters and time.
    pub struct Functions;
    states: U3;
    parameters: U2;
    rhs: |t, [x, y, z], [p, q]| [
        (p * t).sin() * y.exp() - x.tanh(),
        (x * x + R::lit(1.0)).ln() - (q * z).cos() * y.atan(),
        (x.abs() + R::lit(0.5)).powf(p) - z.cbrt() * y.hypot(z)
    ]
}

type Pi = ProportionalIntegral;
#[cfg(feature = "everything")]
type Pid = ProportionalIntegralDerivative;
#[cfg(feature = "everything")]
type I = Integral;

macro_rules! subjects {
    ($($family:literal $system:ty, $step:ty, $controller:ty, $element:ty, $output:ty $(, $more:literal)?;)*) => {
        vec![$(
            Of::<Integrator<$system, $step, $controller, $element, Auto, $output>>::boxed($family, concat!($($more)?)),
        )*]
    };
}

/// What is compiled in seconds.
#[cfg(not(feature = "everything"))]
pub fn sample() -> Vec<Box<dyn Subject>> {
    subjects! {
        "explicit" Ring2, Erk<ClassicalRk4>, Fixed, f64, EndState;
        "Rosenbrock" Relaxation, Rosenbrock<Rosenbrock23>, Pi, f32, DenseOutput;
        "explicit" Ring9, Erk<Tsit5>, Pi, f64, DenseOutput;
    }
}

/// All.
#[cfg(feature = "everything")]
pub fn sample() -> Vec<Box<dyn Subject>> {
    subjects! {
        "explicit" Ring8, Erk<Tsit5>, Pi, f64, EndState;
        "Rosenbrock" Relaxation, Rosenbrock<Rodas4>, Pi, f64, DenseOutput;
        "diagonal" Robertson, Dirk<Kvaerno5>, Predictive, f64, DenseOutput;
        "Gauss and Radau" Robertson, Firk<RadauIia5>, Predictive, f64, DenseOutput;
        "explicit" Ring9, Erk<ClassicalRk4>, Fixed, f32, DenseOutput;
        "explicit" Functions, Erk<Tsit5>, Pi, f64, DenseOutput, "elementary functions";
        "diagonal" Ring9, Dirk<Kvaerno3, Newton<MinimalResidual>>, Pi, f64, EndState, "minimal residual";
        "explicit" Sensitivities<Ring2>, Erk<Tsit5>, Pi, f64, DenseOutput, "sensitivities";
        "Rosenbrock" Ring3, Rosenbrock<Ros3p, BiCgStab<Jacobi>>, Pi, f64, StopAtSaves, "BiCGSTAB, Jacobi";
        "diagonal" Relaxation, Dirk<KenCarp4, DampedNewton<BiCgStab>>, I, f32, EndState, "damped Newton, BiCGSTAB";
        "explicit" Ring1, Erk<Euler>, Fixed, f64, StopAtSaves;
        "explicit" Ring2, Erk<Heun21>, I, f32, DenseOutput;
        "explicit" Ring3, Erk<Ralston33>, Fixed, f32, StopAtSaves;
        "explicit" Ring4, Erk<BogackiShampine32>, Pi, f64, DenseOutput;
        "explicit" Ring5, Erk<ClassicalRk4>, Fixed, f64, EndState;
        "explicit" Ring6, Erk<CashKarp54>, I, f64, StopAtSaves;
        "explicit" Ring7, Erk<Fehlberg45>, Pid, f32, EndState;
        "explicit" Ring8, Erk<DormandPrince54>, Pi, f32, DenseOutput;
        "explicit" Ring1, Erk<Tsit5>, Pi, f32, StopAtSaves;
        "explicit" Ring20, Erk<Tsit5>, I, f32, EndState;
        "explicit" Ring3, Erk<Dop853>, Pid, f64, EndState;
        "explicit" Ring2, Erk<Vern7>, Pi, f64, StopAtSaves;
        "explicit" Ring4, Erk<Vern9>, Predictive, f32, EndState;
        "diagonal" Ring1, Dirk<BackwardEuler>, Fixed, f64, DenseOutput;
        "diagonal" Ring2, Dirk<ImplicitMidpoint>, Fixed, f32, EndState;
        "diagonal" Ring3, Dirk<Trapezoidal>, Fixed, f64, DenseOutput;
        "diagonal" Relaxation, Dirk<TrBdf2>, Pi, f64, DenseOutput;
        "diagonal" Relaxation, Dirk<Sdirk22, DampedNewton<Lu>>, Fixed, f32, StopAtSaves, "damped Newton";
        "diagonal" Ring3, Dirk<Sdirk22, Newton<SteepestDescent<Neumann<U2>>>>, Fixed, f64, EndState, "steepest descent, Neumann";
        "diagonal" Ring2, Dirk<LStableDirk3>, Fixed, f64, StopAtSaves;
        "diagonal" Ring3, Dirk<LStableSdirk4>, I, f32, DenseOutput;
        "diagonal" Ring4, Dirk<Kvaerno3>, Pi, f32, EndState;
        "diagonal" Ring3, Dirk<Esdirk324L2SA>, Pid, f64, StopAtSaves;
        "Gauss and Radau" Ring3, Firk<GaussLegendre2>, I, f64, EndState;
        "Gauss and Radau" Ring2, Firk<GaussLegendre3>, Pi, f32, DenseOutput;
        "Gauss and Radau" Relaxation, Firk<RadauIia3>, Pi, f32, StopAtSaves;
        "Rosenbrock" Relaxation, Rosenbrock<Rosenbrock23>, Pi, f32, DenseOutput;
        "Rosenbrock" Robertson, Rosenbrock<Rodas3p>, I, f64, DenseOutput;
        "Rosenbrock" Sensitivities<Relaxation>, Rosenbrock<Rodas5p>, Pi, f64, EndState, "sensitivities";
        "Rosenbrock" Robertson, Rosenbrock<Ros34pw2>, Pid, f64, EndState;
        "Rosenbrock" Ring9, Rosenbrock<Rodas4>, Predictive, f32, StopAtSaves;
    }
}

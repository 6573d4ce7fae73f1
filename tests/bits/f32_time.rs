//! Time in right-hand sides on `f32` states: it is not rounded before it meets a state, so that late spans are solved
//! as exactly as early ones, and with the same bits on every executor.
#![allow(missing_docs, reason = "tests")]
#![cfg(feature = "reference")]

#[path = "../common/device.rs"]
mod device;

use bakelite::consts::*;
use bakelite::cuda::{Device, DeviceElement};
use bakelite::host::{Level, Tuning};
use bakelite::ode::Method;
use bakelite::ode::Output;
use bakelite::ptx::{bake_integrator, bake_looped};
use bakelite::{
    GenericArray,
    layout::{RuntimePlan, RuntimeRegistry},
    ode::{
        ByParameters, DenseOutput, EndState, Integrator, Scheme, Sensitivities, StopAtSaves,
        methods::{
            BogackiShampine32, Dirk, Dopri5, Erk, Firk, Kvaerno3, RadauIia5, Rodas3p, Rodas4,
            Rosenbrock, Vern7,
        },
        times,
    },
    prelude::*,
};

system! {
    /// x'' = cos(ωt) - ω0² x: undamped, driven off resonance.
    struct Driven;
    states: U2;
    parameters: U2;
    rhs: |t, [x, v], [omega, stiffness]| [v, (omega * t).cos() - stiffness * x]
}
system! {
    /// Twice the time since `t0`.
    struct Ramp;
    states: U1;
    parameters: U1;
    rhs: |t, [_y], [t0]| [R::lit(2.0) * (t - t0)]
}
system! {
    /// Stiff, and drawn to cos t.
    struct ProtheroRobinson;
    states: U1;
    parameters: U1;
    rhs: |t, [y], [pull]| [-pull * (y - t.cos()) - t.sin()]
}
system! {
    /// Everything that a right-hand side may do with time, and with what is made of it.
    struct Every;
    states: U4;
    parameters: U2;
    rhs: |t, y, [a, b]| {
        let phase = a * t + R::lit(0.1);
        let (sin, cos) = phase.sin_cos();
        let gate = R::select(phase.sin().lt(R::lit(0.3)), t * b, R::lit(0.25));
        let ramp = R::lit(1.0) - (-(t * t)).exp();
        let met = R::select(y[0].lt(cos), y[0], cos);
        [
            t.mul_add(b, -y[0]),
            y[0].mul_add(cos, gate - y[1]).max(t - t.nearest()),
            met * ramp.sqrt() - y[2] * R::lit(0.1),
            (phase.powi(3).tanh().atan2(t) - y[3]).min(a * b).abs().copysign(sin),
        ]
    }
}
system! {
    /// The same time in an array that the host runs over in a loop.
    struct Ring;
    states: U24;
    parameters: U1;
    rhs: |t, y, [pull]| {
        let mut d = *y;
        for i in 0..y.len() {
            let before = y[(i + y.len() - 1) % y.len()];
            d[i] = before.mul_add(t.cos(), -(pull * y[i] * t));
        }
        d
    }
}
/// By hand: there, nobody says whether it is autonomous.
struct ByHand;
impl System for ByHand {
    const NAME: &'static str = "ByHand";
    type States = U3;
    type Parameters = U3;
    #[inline(always)]
    fn rhs<R: Scalar>(
        _t: R,
        s: &GenericArray<R, U3>,
        p: &GenericArray<R, U3>,
    ) -> GenericArray<R, U3> {
        GenericArray::from([
            p[0] * p[1].exp() * R::lit(0.1) * (s[1] - s[0]),
            s[0] * (p[1] - s[2]) - s[1],
            s[0] * s[1] - p[2] * s[2],
        ])
    }
}
system! {
    struct ByMacro;
    states: U3;
    parameters: U3;
    rhs: |_t, s, p| [
        p[0] * p[1].exp() * R::lit(0.1) * (s[1] - s[0]),
        s[0] * (p[1] - s[2]) - s[1],
        s[0] * s[1] - p[2] * s[2],
    ]
}

type Pi = ProportionalIntegral;
type With<S, St, C = Pi, E = f32, O = EndState> = Integrator<S, St, C, E, Local, O>;
const ONE: Tuning = Tuning {
    threads: 1,
    level: Level::Baseline,
};

fn plan<M: Method>() -> RuntimePlan {
    RuntimeRegistry::from_node(<M::Buffers as Registry>::NODE)
        .plan(on(Arch::Sm90).block(32).sequential())
        .unwrap()
}

/// The host's solution, one run at a time; packs and both kernels gave the same bits.
fn everywhere<M: Method<Element: DeviceElement>>(
    ensemble: &Ensemble<M::System, M::Element>,
    options: &Options,
    device: &Device,
) -> Solution<M::Element> {
    let plan = plan::<M>();
    let alone = ensemble
        .solve_on_host::<M, 1>(options, plan.view(), &ONE)
        .unwrap();
    let packs = ensemble
        .solve_on_host::<M, 8>(options, plan.view(), &ONE)
        .unwrap();
    assert!(alone.same_bits(&packs), "{} in packs", M::name());
    for baked in [
        bake_integrator::<M>(&plan.view()).unwrap(),
        bake_looped::<M>(&plan.view()).unwrap(),
    ] {
        let solution = ensemble
            .solve_loaded(options, &baked.load(device).unwrap())
            .unwrap();
        let (name, entry) = (M::name(), baked.kernel().entry().to_owned());
        assert!(
            alone.same_bits(&solution),
            "{name} of {} by {entry}",
            M::System::NAME
        );
    }
    alone
}

const LATE: [f64; 2] = [1e6, 1e9];
const TOLERANCE: f64 = 1e-5;

fn options() -> Options {
    Options {
        rtol: TOLERANCE,
        atol: vec![TOLERANCE],
        ..Options::default()
    }
}

/// The largest error of a run, over what its tolerances allow.
fn worst(solution: &Solution<f32>, exact: impl Fn(usize, usize) -> f64) -> f64 {
    let mut worst = 0.0_f64;
    for ((state, run), &value) in solution.states().indexed_iter() {
        let exact = exact(state, run);
        worst = worst.max((f64::from(value) - exact).abs() / (TOLERANCE * (1.0 + exact.abs())));
    }
    assert_eq!(solution.count(Status::Success), solution.states().ncols());
    worst
}

/// Solved as it is in exact arithmetic, within ten times the tolerance, from 1e6 and from 1e9 on. With time rounded to
/// `f32` the first is 57 times the tolerance off, and the sine is that of another angle.
#[test]
fn late_spans() {
    let device = crate::device::device();
    macro_rules! check {
        ($($step:ty),*) => {$(
            for start in LATE {
                let [omega, stiffness] = [1.25, 2.25_f64];
                // the response at ω, which a run that begins on it stays on
                let exact = |state: usize, time: f64| {
                    let by = 1.0 / (stiffness - omega * omega);
                    if state == 0 { by * (omega * time).cos() } else { -by * omega * (omega * time).sin() }
                };
                let initial = [exact(0, start), exact(1, start)];
                let end = start + 8.0;
                let ensemble = Ensemble::<Driven, f32>::uniform(3, &initial, &[omega, stiffness], (start, end)).unwrap();
                let solution = everywhere::<With<Driven, $step>>(&ensemble, &options(), &device);
                let error = worst(&solution, |state, _| exact(state, end));
                println!("{} driven from {start:e}: {error:.2} tolerances", <$step as Scheme>::NAME);
                assert!(error <= 10.0, "{error}");

                let ensemble = Ensemble::<Ramp, f32>::uniform(2, &[0.0], &[start], (start, start + 1.0)).unwrap();
                let solution = everywhere::<With<Ramp, $step>>(&ensemble, &options(), &device);
                let error = worst(&solution, |_, _| 1.0);
                println!("{} ramp from {start:e}: {error:.2} tolerances", <$step as Scheme>::NAME);
                assert!(error <= 10.0, "{error}");

                let ensemble = Ensemble::<ProtheroRobinson, f32>::uniform(2, &[start.cos()], &[20.0], (start, end)).unwrap();
                let solution = everywhere::<With<ProtheroRobinson, $step>>(&ensemble, &options(), &device);
                let error = worst(&solution, |_, _| end.cos());
                println!("{} to cos t from {start:e}: {error:.2} tolerances", <$step as Scheme>::NAME);
                assert!(error <= 10.0, "{error}");
            }
        )*};
    }
    check!(Erk<Tsit5>, Rosenbrock<Rodas4>);
}

/// A run by `f32`, by all executors, beside the same by `f64`, of which the host rounds nothing: in units of the
/// tolerance.
fn beside_f64<M, W>(initial: &[f64], parameters: &[f64], start: f64, device: &Device) -> f64
where
    M: Method<Element = f32>,
    W: Method<Element = f64, System = M::System>,
{
    let span = (start, start + 2.0);
    let saves = if M::Output::SAVES { 3 } else { 0 };
    let options = Options {
        save_times: times(span.0, span.1, saves),
        step: (!M::ADAPTIVE).then_some(1.0 / 64.0),
        ..options()
    };
    let ensemble = Ensemble::<M::System, f32>::uniform(3, initial, parameters, span).unwrap();
    let narrow = everywhere::<M>(&ensemble, &options, device);
    let ensemble = Ensemble::<M::System, f64>::uniform(1, initial, parameters, span).unwrap();
    let options = Options {
        rtol: 1e-9,
        atol: vec![1e-9],
        save_times: Vec::new(),
        step: (!W::ADAPTIVE).then_some(1.0 / 64.0),
        ..options
    };
    let wide = ensemble
        .solve_on_host::<W, 1>(&options, plan::<W>().view(), &ONE)
        .unwrap();
    assert_eq!(wide.status(0), Status::Success);
    let error = worst(&narrow, |state, _| wide.states()[[state, 0]]);
    println!(
        "{} of {} from {start:e}: {error:.2} tolerances",
        M::name(),
        M::System::NAME
    );
    error
}

type Reference<S> = With<S, Erk<Vern7>, Pi, f64>;
/// The same steps, since `Every` jumps with time.
type SameSteps<S> = With<S, Erk<ClassicalRk4>, Fixed, f64>;

/// Every family of methods, unrolled and looped, with the same bits everywhere, and as exact late as early. Parameters
/// are numbers of 24 bits, so that `f32` and `f64` solve one problem.
#[test]
fn every_family() {
    let device = crate::device::device();
    macro_rules! check {
        ($($system:ty, $initial:expr, $parameters:expr, $step:ty, $controller:ty, $output:ty, $reference:ty;)*) => {$(
            for start in LATE {
                type M = With<$system, $step, $controller, f32, $output>;
                let error = beside_f64::<M, $reference>(&$initial, &$parameters, start, &device);
                assert!(error <= 10.0, "{error}");
            }
        )*};
    }
    const DRIVEN: ([f64; 2], [f64; 2]) = ([0.5, 0.25], [1.25, 2.25]);
    check! {
        Every, [0.5, 0.25, -0.75, 1.0], [0.75, 0.001953125], Erk<ClassicalRk4>, Fixed, EndState, SameSteps<Every>;
        Driven, DRIVEN.0, DRIVEN.1, Erk<Dopri5>, Pi, DenseOutput, Reference<Driven>;
        Driven, DRIVEN.0, DRIVEN.1, Dirk<Kvaerno3>, Pi, DenseOutput, Reference<Driven>;
        Driven, DRIVEN.0, DRIVEN.1, Firk<RadauIia5>, Pi, EndState, Reference<Driven>;
        Driven, DRIVEN.0, DRIVEN.1, Rosenbrock<Rodas3p>, Pi, StopAtSaves, Reference<Driven>;
    }
}

/// States that loops run over, and sensitivities: slopes are made of time too.
#[test]
fn arrays_and_slopes() {
    let device = crate::device::device();
    let initial: Vec<f64> = (0..24).map(|state| f64::from(state % 5) / 4.0).collect();
    let error = beside_f64::<With<Ring, Erk<BogackiShampine32>>, Reference<Ring>>(
        &initial,
        &[1e-6],
        1e6,
        &device,
    );
    assert!(error <= 10.0, "{error}");
    // the slope of cos(ω t) by ω is -t sin(ω t)
    type Slopes = Sensitivities<Driven, ByParameters, B0>;
    let initial = [0.5, 0.25, 0.0, 0.0, 0.0, 0.0];
    for start in LATE {
        let error = beside_f64::<With<Slopes, Erk<Tsit5>>, Reference<Slopes>>(
            &initial,
            &[1.25, 2.25],
            start,
            &device,
        );
        assert!(error <= 10.0, "{error}");
        let error = beside_f64::<With<Slopes, Rosenbrock<Rodas4>>, Reference<Slopes>>(
            &initial,
            &[1.25, 2.25],
            start,
            &device,
        );
        assert!(error <= 10.0, "{error}");
    }
}

/// A system by hand that does not use its time has the bits of one that says so.
#[test]
fn autonomous_by_hand() {
    let device = crate::device::device();
    macro_rules! check {
        ($($step:ty),*) => {$({
            type Hand = With<ByHand, $step>;
            type Macro = With<ByMacro, $step>;
            const { assert!(!ByHand::AUTONOMOUS && ByMacro::AUTONOMOUS) };
            let inputs = (3, &[1.0, 0.5, 0.25], &[3.0, 1.5, 0.5], (1e6, 1e6 + 1.0));
            let hand = Ensemble::<ByHand, f32>::uniform(inputs.0, inputs.1, inputs.2, inputs.3).unwrap();
            let by_macro = Ensemble::<ByMacro, f32>::uniform(inputs.0, inputs.1, inputs.2, inputs.3).unwrap();
            let hand = everywhere::<Hand>(&hand, &options(), &device);
            assert!(hand.same_bits(&everywhere::<Macro>(&by_macro, &options(), &device)));
        })*};
    }
    check!(Erk<Tsit5>, Rosenbrock<Rodas4>);
}

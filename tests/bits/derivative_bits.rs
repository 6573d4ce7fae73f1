//! Sensitivities, and derivatives of a user's own, have the same bits on every executor: one run at a time, packs, and
//! the kernels on the reference device.
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
    layout::{RuntimeRegistry, Space, Spec, try_plan},
    ode::{
        BiCgStab, ByInitialState, ByInitialStates, ByParameters, DenseOutput, EndState, Integral,
        Integrator, Jacobi, Newton, Real, Scheme, Sensitivities,
        methods::{
            Dirk, Dop853, Erk, Firk, Kvaerno3, RadauIia5, Rodas4, Ros34pw2, Rosenbrock, TrBdf2,
        },
        times,
    },
    prelude::*,
};

system! {
    struct Decay;
    states: U1;
    parameters: U1;
    rhs: |t, [y], [rate]| [t.cos() - rate * y]
}
system! {
    struct VanDerPol;
    states: U2;
    parameters: U1;
    rhs: |_t, [x, v], [mu]| [v, mu * ((R::lit(1.0) - x * x) * v) - x]
}
system! {
    /// The same, driven, with derivatives that are not those of dual numbers.
    struct Driven;
    states: U2;
    parameters: U1;
    rhs: |t, [x, v], [mu]| [v, mu * ((R::lit(1.0) - x * x) * v) - x + t.sin()];
    jacobian_product: |_t, [x, _v], [mu], [of_x, of_v]| [
        of_v,
        mu * (R::lit(1.0) - x * x) * of_v - R::lit(1.5) * of_x,
    ];
    time_derivative: |t, _y, _p| [R::lit(0.0), R::lit(0.75) * t.cos()]
}
system! {
    /// The same by dual numbers.
    struct DrivenByDuals;
    states: U2;
    parameters: U1;
    rhs: |t, [x, v], [mu]| [v, mu * ((R::lit(1.0) - x * x) * v) - x + t.sin()]
}
system! {
    struct Lorenz;
    states: U3;
    parameters: U3;
    rhs: |_t, [x, y, z], [sigma, rho, beta]| [sigma * (y - x), x * (rho - z) - y, x * y - beta * z]
}

const RUNS: usize = 37;
const ONE: Tuning = Tuning {
    threads: 1,
    level: Level::Baseline,
};
type Pi = ProportionalIntegral;
type With<S, St, C, E = f64, O = EndState> = Integrator<S, St, C, E, Local, O>;

fn ensemble<S: System, E: Real>(states: usize, parameters: usize) -> Ensemble<S, E> {
    let value = |row: usize, run: usize| 0.3 + 0.7 * ((row * 37 + run * 11) % 64) as f64 / 64.0;
    let array = |rows: usize, first: usize| {
        ndarray::Array2::from_shape_fn((rows, RUNS), |(row, run)| {
            E::from_f64((1 + first) as f64 * value(row + first, run))
        })
    };
    let (initial, parameters) = (array(states, 0), array(parameters, 3));
    Ensemble::new(initial.view(), parameters.view(), (0.0, 1.0)).unwrap()
}

fn options<M: Method>() -> Options {
    let rtol = if size_of::<M::Element>() == 4 {
        1e-3
    } else {
        1e-6
    };
    let saves = if M::Output::SAVES { 5 } else { 0 };
    Options {
        rtol,
        atol: vec![rtol],
        step: (!M::ADAPTIVE).then_some(1.0 / 32.0),
        save_times: times(0.0, 1.0, saves),
        ..Options::default()
    }
}

/// The host's solution, after all others have been compared with it.
fn compare<M: Method<Element: DeviceElement>>(
    ensemble: &Ensemble<M::System, M::Element>,
    device: &Device,
) -> Solution<M::Element> {
    let options = options::<M>();
    let place = |rule: &dyn Fn(usize) -> Space, spec: Spec<'_>| {
        let mut registry = RuntimeRegistry::from_node(<M::Buffers as Registry>::NODE);
        let plan = registry
            .plan(on(Arch::custom(0, usize::MAX)).sequential())
            .unwrap();
        for (index, slot) in plan.view().slots.iter().enumerate() {
            let path = plan.view().path_of(slot).to_string();
            registry.set_space(&path, rule(index)).unwrap();
        }
        registry.plan(spec).unwrap()
    };
    let spec = on(Arch::Sm90).block(32);
    let local = place(&|_| Space::Local, spec.sequential());
    let expected = ensemble
        .solve_on_host::<M, 1>(&options, local.view(), &ONE)
        .unwrap();
    assert_eq!(expected.count(Status::Success), RUNS, "{}", M::name());
    let packs = ensemble
        .solve_on_host::<M, 8>(&options, local.view(), &ONE)
        .unwrap();
    assert!(expected.same_bits(&packs), "{} in packs", M::name());
    let mixed = |index: usize| [Space::Local, Space::Shared, Space::LocalPersistent][index % 3];
    for (which, plan) in [local, place(&mixed, spec.contiguous().packed())]
        .iter()
        .enumerate()
    {
        for baked in [
            bake_integrator::<M>(&plan.view()).unwrap(),
            bake_looped::<M>(&plan.view()).unwrap(),
        ] {
            let solution = ensemble
                .solve_loaded(&options, &baked.load(device).unwrap())
                .unwrap();
            assert!(
                expected.same_bits(&solution),
                "{} of {} by {}, plan {which}",
                M::name(),
                M::System::NAME,
                baked.kernel().entry()
            );
        }
    }
    expected
}

#[test]
fn sensitivities_in_unrolled_and_looped_kernels() {
    type Decays<C> = Sensitivities<Decay, (ByParameters, ByInitialStates), C>;
    type Lorenzes<C> = Sensitivities<Lorenz, ByParameters, C>;
    let device = crate::device::device();
    let decay = ensemble::<Decay, f64>(1, 1);
    compare::<With<Decays<B1>, Erk<Tsit5>, Pi>>(&Decays::ensemble(&decay), &device);
    compare::<With<Decays<B0>, Erk<Tsit5>, Pi, f64, DenseOutput>>(
        &Decays::ensemble(&decay),
        &device,
    );
    let decay = ensemble::<Decay, f32>(1, 1);
    compare::<With<Decays<B0>, Erk<ClassicalRk4>, Fixed, f32>>(&Decays::ensemble(&decay), &device);
    // 12 states: looped either way
    let lorenz = ensemble::<Lorenz, f64>(3, 3);
    compare::<With<Lorenzes<B1>, Erk<Tsit5>, Integral>>(&Lorenzes::ensemble(&lorenz), &device);
    let free =
        compare::<With<Lorenzes<B0>, Erk<Dop853>, Pi>>(&Lorenzes::ensemble(&lorenz), &device);
    // the bits of the states are those without sensitivities
    let alone = compare::<With<Lorenz, Erk<Dop853>, Pi>>(&lorenz, &device);
    assert_eq!(Lorenzes::<B0>::split(&free).unwrap().states, alone.states());
}

#[test]
fn sensitivities_of_implicit_methods() {
    type Oscillators<C> = Sensitivities<VanDerPol, (ByParameters, ByInitialState<U1>), C>;
    type Scalars = Sensitivities<Decay>;
    let device = crate::device::device();
    let oscillator = ensemble::<VanDerPol, f64>(2, 1);
    compare::<With<Oscillators<B1>, Rosenbrock<Rodas4>, Pi>>(
        &Oscillators::ensemble(&oscillator),
        &device,
    );
    compare::<With<Oscillators<B0>, Dirk<TrBdf2, Newton<BiCgStab<Jacobi>>>, Pi>>(
        &Oscillators::ensemble(&oscillator),
        &device,
    );
    let decay = ensemble::<Decay, f64>(1, 1);
    compare::<With<Scalars, Dirk<Kvaerno3>, Pi>>(&Scalars::ensemble(&decay), &device);
}

/// The derivatives are wrong on purpose, so that other bits than those of dual numbers show that they are the ones
/// used.
#[test]
fn derivatives_of_a_users_own() {
    let device = crate::device::device();
    let own = ensemble::<Driven, f64>(2, 1);
    let duals = ensemble::<DrivenByDuals, f64>(2, 1);
    macro_rules! both {
        ($($step:ty),* $(,)?) => {$({
            let solution = compare::<With<Driven, $step, Pi>>(&own, &device);
            let plan = try_plan::<<With<DrivenByDuals, $step, Pi> as Method>::Buffers>(
                on(Arch::Sm90).block(32).packed(),
            );
            let options = options::<With<DrivenByDuals, $step, Pi>>();
            let by_duals = duals
                .solve_on_host::<With<DrivenByDuals, $step, Pi>, 1>(&options, plan.unwrap().view(), &ONE)
                .unwrap();
            assert!(!solution.same_bits(&by_duals));
            let pairs = solution.states().into_iter().zip(by_duals.states());
            let away = pairs.fold(0.0_f64, |worst, (a, b)| worst.max((a - b).abs()));
            println!("{}: {away:e}", <$step as Scheme>::NAME);
            assert!(away < 1e-4, "{away:e}");
        })*};
    }
    both!(
        Dirk<Kvaerno3>,
        Dirk<TrBdf2, Newton<BiCgStab<Jacobi>>>,
        Firk<RadauIia5>,
        Rosenbrock<Ros34pw2>,
    );
}

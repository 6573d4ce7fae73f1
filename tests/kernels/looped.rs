//! Looped kernels: the same bits as the host, for few states and for many.
#![cfg(feature = "reference")]

use bakelite::consts;
use bakelite::consts::{U1, U9};
use bakelite::cuda::DeviceElement;
use bakelite::host::{Level, Tuning};
use bakelite::ode::Method;
use bakelite::ptx::{bake_integrator, bake_looped};
use bakelite::typenum::Unsigned;
use bakelite::{
    layout::{RuntimeRegistry, Space, Spec, try_plan},
    ode::{
        Integral, Integrator, Predictive, ProportionalIntegralDerivative, Real,
        methods::{Dop853, Embedded, Erk, Tableau},
    },
    prelude::*,
    typenum,
};

ring! { Ring1 U1; Ring2 U2; Ring3 U3; Ring8 U8; Ring9 U9; Ring20 U20; Ring100 U100; }

const RUNS: usize = 40;

fn ensemble<S: System, E: Real>() -> Ensemble<S, E> {
    let value = |row: usize, run: usize| 0.3 + 0.7 * ((row * 37 + run * 11) % 64) as f64 / 64.0;
    let states = (S::States::USIZE, RUNS);
    let initial = ndarray::Array2::from_shape_fn(states, |(row, run)| E::from_f64(value(row, run)));
    let parameters = ndarray::Array2::from_shape_fn((2, RUNS), |(row, run)| {
        E::from_f64(if row == 0 {
            1.0 + value(3, run)
        } else {
            0.2 * value(5, run)
        })
    });
    Ensemble::new(initial.view(), parameters.view(), (0.0, 0.5)).unwrap()
}

/// The host's result, and that of the looped kernel under plans of every kind.
fn compare<M: Method<Element: DeviceElement>>() {
    let rtol = if size_of::<M::Element>() == 4 {
        1e-4
    } else {
        1e-6
    };
    let states = <M::System as System>::States::USIZE;
    let options = Options {
        rtol,
        // each state its own
        atol: (0..states).map(|i| rtol * (1.0 + i as f64 / 8.0)).collect(),
        step: (!M::ADAPTIVE).then_some(1.0 / 16.0),
        ..Options::default()
    };
    let ensemble = ensemble::<M::System, M::Element>();
    let one = Tuning {
        threads: 1,
        level: Level::best(),
    };
    let node = <M::Buffers as Registry>::NODE;
    let place = |rule: &dyn Fn(&str) -> Space, spec: Spec<'_>| {
        let mut registry = RuntimeRegistry::from_node(node);
        let plan = registry
            .plan(on(Arch::custom(0, usize::MAX)).sequential())
            .unwrap();
        for slot in plan.view().slots {
            let path = plan.view().path_of(slot);
            registry
                .set_space(path.as_str(), rule(path.as_str()))
                .unwrap();
        }
        registry.plan(spec).unwrap()
    };
    // large systems do not fit real shared memory, and the reference device has as much as sm_90
    let spec = on(Arch::Sm90).block(if states > 20 { 8 } else { 32 });
    let local = place(&|_| Space::Local, spec.packed());
    let expected = ensemble
        .solve_on_host::<M, 1>(&options, local.view(), &one)
        .unwrap();
    assert_eq!(expected.count(Status::Success), RUNS, "{}", M::name());
    let mixed = |path: &str| match path {
        "step.stage_derivatives" => Space::Local,
        "step_size" | "parameters" => Space::LocalPersistent,
        _ => Space::Shared,
    };
    let plans = [
        local,
        place(&|_| Space::Shared, spec.packed()),
        place(&|_| Space::Shared, spec.contiguous().sequential()),
        place(&mixed, spec.packed()),
        place(&mixed, spec.contiguous().packed()),
    ];
    let device = crate::common::device::device();
    for plan in &plans {
        let baked = bake_looped::<M>(&plan.view()).unwrap();
        let solution = ensemble.solve_loaded(&options, &baked.load(&device).unwrap());
        let what = format!("{} of {}: {}", M::name(), M::System::NAME, plan.view());
        assert!(expected.same_bits(&solution.unwrap()), "{what}");
        assert_eq!(
            bake_integrator::<M>(&plan.view()).unwrap().kernel().entry() == "integrate_looped",
            states > 8
        );
    }
}

macro_rules! systems {
    ($($test:ident: $($system:ident)*;)*) => {$(
        #[test]
        fn $test() {
            $(
                compare::<Integrator<$system, Erk<Tsit5>, ProportionalIntegral, f64, Shared>>();
                compare::<Integrator<$system, Erk<Tsit5>, Integral, f32, Shared>>();
                compare::<Integrator<$system, Erk<ClassicalRk4>, Fixed, f64, Shared>>();
                compare::<Integrator<$system, Erk<ClassicalRk4>, Fixed, f32, Shared>>();
            )*
        }
    )*};
}
systems! {
    few_states: Ring1 Ring2 Ring3 Ring8;
    more_than_unrolled: Ring9 Ring20;
    many_states: Ring100;
}

macro_rules! tableau {
    ($name:ident, $order:literal, $embedded:literal, $a:expr, $b:expr, $c:expr, $error:expr, $fsal:ident, $stored:ident) => {
        struct $name;
        impl Tableau for $name {
            const NAME: &'static str = stringify!($name);
            const ORDER: u32 = $order;
            const A: &'static [&'static [f64]] = &$a;
            const B: &'static [f64] = &$b;
            const C: &'static [f64] = &$c;
            const ERROR: &'static [f64] = &$error;
            type Fsal = consts::$fsal;
            type StoredStages = consts::$stored;
            type DenseStages = typenum::Diff<consts::U1, consts::$fsal>;
            type HasError = consts::B1;
        }
        impl Embedded for $name {
            const EMBEDDED_ORDER: u32 = $embedded;
        }
    };
}
tableau!(
    HeunEuler,
    2,
    1,
    [&[], &[1.0]],
    [0.5, 0.5],
    [0.0, 1.0],
    [-0.5, 0.5],
    B0,
    U2
);
// Euler's method, whose last stage is the first of the next step: it stores no stage
tableau!(
    EulerHeun,
    1,
    2,
    [&[], &[1.0]],
    [1.0, 0.0],
    [0.0, 1.0],
    [0.5, -0.5],
    B1,
    U0
);

/// Two error estimates, and memories of two numbers.
#[test]
fn dop853_and_two_step_controllers() {
    compare::<Explicit<Ring9, Dop853, Predictive, f64, Shared>>();
    compare::<Explicit<Ring3, Dop853, ProportionalIntegralDerivative, f32, Shared>>();
}

/// Tableaus of users: the first step is chosen with a derivative that they have no stage for.
#[test]
fn tableaus_with_few_stages() {
    compare::<Integrator<Ring3, Erk<HeunEuler>, Integral, f64, Shared>>();
    compare::<Integrator<Ring9, Erk<HeunEuler>, ProportionalIntegral, f32, Shared>>();
    compare::<Integrator<Ring3, Erk<EulerHeun>, Integral, f64, Shared>>();
    compare::<Integrator<Ring9, Erk<EulerHeun>, Integral, f64, Shared>>();
}

system! {
    /// Grows without bound for a positive parameter, and is not finite at once for a negative one.
    struct Blowup;
    states: U9;
    parameters: U1;
    rhs: |_t, y, [q]| {
        let mut d = *y;
        for i in 0..9 {
            d[i] = q * y[i] * y[(i + 1) % 9] + q.sqrt() * y[i];
        }
        d
    }
}

/// Every way for a run to end, in a looped kernel as on the host: statuses, bits and counts.
#[test]
fn runs_that_fail() {
    type M = Integrator<Blowup, Erk<Tsit5>, ProportionalIntegral, f64, Shared>;
    let rates = ndarray::arr2(&[[1e-3, 0.5, 3.0, -1.0, 8.0]]);
    let initial = ndarray::Array2::from_elem((9, 5), 0.5);
    for (span, max_steps) in [((0.0, 2.0), 1000), ((2.0, 0.0), 40), ((1.0, 1.0), 10)] {
        let ensemble = Ensemble::<Blowup, f64>::new(initial.view(), rates.view(), span).unwrap();
        let options = Options {
            rtol: 1e-7,
            atol: vec![1e-7],
            max_steps,
            ..Options::default()
        };
        let plan = try_plan::<<M as Method>::Buffers>(on(Arch::Sm80).block(32).packed()).unwrap();
        let one = Tuning {
            threads: 1,
            level: Level::best(),
        };
        let expected = ensemble
            .solve_on_host::<M, 1>(&options, plan.view(), &one)
            .unwrap();
        let device = crate::common::device::device();
        let got = ensemble
            .solve_on_device::<M>(&options, &plan.view(), &device)
            .unwrap();
        assert!(expected.same_bits(&got), "{span:?}");
        if span.0 < span.1 {
            for status in [Status::Success, Status::NonFinite] {
                assert!(expected.count(status) > 0, "{status:?}");
            }
            assert!(expected.count(Status::Success) < 4);
        }
    }
}

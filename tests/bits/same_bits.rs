//! The same bits on every executor: host at every width and thread count, and the reference device with the real PTX.
#![allow(missing_docs, reason = "tests")]
#![cfg(feature = "reference")]

#[macro_use]
#[path = "../common/rings.rs"]
mod rings;
#[path = "../common/device.rs"]
mod device;

use bakelite::cuda::Device;
use bakelite::host::{Level, Tuning, Typed};
use bakelite::ode::Method;
use bakelite::typenum::Unsigned;
use bakelite::{
    Error, cuda,
    layout::{RuntimePlan, RuntimeRegistry, Space, Spec},
    ode::{
        Integral, Integrator, Predictive, ProportionalIntegralDerivative, Real,
        methods::{Dop853, Erk},
    },
    prelude::*,
};

ring! { Ring1 U1; Ring2 U2; Ring3 U3; Ring4 U4; Ring5 U5; Ring6 U6; Ring7 U7; Ring8 U8; }

const RUNS: usize = 70;

fn ensemble<S: System, E: Real>() -> Ensemble<S, E> {
    let states = S::States::USIZE;
    let value = |row: usize, run: usize| 0.3 + 0.7 * ((row * 37 + run * 11) % 64) as f64 / 64.0;
    let initial =
        ndarray::Array2::from_shape_fn((states, RUNS), |(row, run)| E::from_f64(value(row, run)));
    let parameters = ndarray::Array2::from_shape_fn((2, RUNS), |(row, run)| {
        E::from_f64(if row == 0 {
            1.0 + value(3, run)
        } else {
            0.2 * value(5, run)
        })
    });
    Ensemble::new(initial.view(), parameters.view(), (0.0, 1.5)).unwrap()
}

fn options<M: Method>() -> Options {
    let rtol = if size_of::<M::Element>() == 4 {
        1e-4
    } else {
        1e-8
    };
    Options {
        rtol,
        atol: vec![rtol],
        step: (!M::ADAPTIVE).then_some(1.0 / 32.0),
        ..Options::default()
    }
}

/// Buffers that the mixed placement keeps out of shared memory.
const MIXED_LOCAL: [&str; 3] = ["step.stage_derivatives", "step_size", "control.history"];

/// Run-time plans of the method's registry: all local; all shared and mixed, in sequence and packed, interleaved and
/// contiguous.
fn placements<M: Method>() -> Vec<RuntimePlan> {
    let node = <M::Buffers as Registry>::NODE;
    let paths: Vec<String> = {
        let plan = RuntimeRegistry::from_node(node)
            .plan(on(Arch::Sm80).block(32).sequential())
            .unwrap();
        plan.view()
            .slots
            .iter()
            .map(|slot| plan.view().path_of(slot).to_string())
            .collect()
    };
    let spec = on(Arch::Sm80).block(32);
    let place = |rule: &dyn Fn(&str) -> Space, spec: Spec<'_>| {
        let mut registry = RuntimeRegistry::from_node(node);
        for path in &paths {
            registry.set_space(path, rule(path)).unwrap();
        }
        registry.plan(spec).unwrap()
    };
    let shared = |_: &str| Space::Shared;
    let mixed = |path: &str| {
        if MIXED_LOCAL.contains(&path) {
            Space::LocalPersistent
        } else {
            Space::Shared
        }
    };
    vec![
        place(&|_| Space::Local, spec.sequential()),
        place(&shared, spec.sequential()),
        place(&shared, spec.packed()),
        place(&mixed, spec.sequential()),
        place(&mixed, spec.packed()),
        place(&shared, spec.contiguous().packed()),
        place(&mixed, spec.contiguous().sequential()),
    ]
}

fn expected<M: Method>(options: &Options) -> Solution<M::Element> {
    let plan = &placements::<M>()[0];
    let one = Tuning {
        threads: 1,
        level: Level::best(),
    };
    let expected = ensemble::<M::System, M::Element>()
        .solve_on_host::<M, 1>(options, plan.view(), &one)
        .unwrap();
    assert_eq!(
        expected.count(Status::Success),
        RUNS,
        "{}: not a comparison of results",
        M::name()
    );
    expected
}

/// Every width at one and two threads and every SIMD level, through the plan as a type and at run time in turn; then
/// the reference device, for every placement and the plan as a type; against one run at a time.
fn compare<M, P>(device: &Device)
where
    M: Method<Element: cuda::DeviceElement>,
    P: Planned<Root = M::Buffers>,
{
    let (ensemble, options) = (ensemble::<M::System, M::Element>(), options::<M>());
    let expected = expected::<M>(&options);
    let check = |what: &str, got: Result<Solution<M::Element>, Error>| {
        assert!(
            expected.same_bits(&got.unwrap()),
            "{} of {}: {what} differs",
            M::name(),
            M::System::NAME
        );
    };
    for level in Level::available() {
        for threads in [1, 2] {
            let tuning = Tuning {
                threads,
                level: *level,
            };
            let typed = Typed::<P>::NEW;
            let packed = &placements::<M>()[2];
            let view = P::VIEW;
            check(
                "width 1",
                ensemble.solve_on_host::<M, 1>(&options, view, &tuning),
            );
            check(
                "width 2",
                ensemble.solve_on_host::<M, 2>(&options, typed, &tuning),
            );
            check(
                "width 4",
                ensemble.solve_on_host::<M, 4>(&options, view, &tuning),
            );
            check(
                "width 1, packed",
                ensemble.solve_on_host::<M, 1>(&options, packed.view(), &tuning),
            );
            check(
                "width 8",
                ensemble.solve_on_host::<M, 8>(&options, typed, &tuning),
            );
        }
    }
    for plan in placements::<M>()
        .iter()
        .map(|plan| plan.view())
        .chain([P::VIEW])
    {
        check(
            "the device",
            ensemble.solve_on_device::<M>(&options, &plan, device),
        );
    }
}

macro_rules! every_size {
    ($test:ident, $element:ty, $tableau:ty, $controller:ty) => {
        #[test]
        fn $test() {
            let device = crate::device::device();
            type M<S, P> = Integrator<S, Erk<$tableau>, $controller, $element, P>;
            every_size!(@each device, Local; Ring1 Ring2 Ring3 Ring4 Ring5 Ring6 Ring7 Ring8);
            every_size!(@each device, Shared; Ring3);
        }
    };
    (@each $device:ident, $place:ident; $($system:ident)*) => {$({
        plan! { struct P for <M<$system, $place> as Method>::Buffers = on(Sm80).block(32).sequential(); }
        compare::<M<$system, $place>, P>(&$device);
    })*};
}
/// Two error estimates and twelve stored stages, and the controllers that remember two numbers.
#[test]
fn dop853_and_two_step_controllers() {
    let device = crate::device::device();
    type A = Explicit<Ring3, Dop853, ProportionalIntegralDerivative, f64, Shared>;
    type B = Explicit<Ring2, Dop853, Predictive, f32>;
    plan! { struct PlanA for <A as Method>::Buffers = on(Sm80).block(32).sequential(); }
    plan! { struct PlanB for <B as Method>::Buffers = on(Sm80).block(32).sequential(); }
    compare::<A, PlanA>(&device);
    compare::<B, PlanB>(&device);
}

every_size!(tsit5_f64, f64, Tsit5, ProportionalIntegral);
every_size!(tsit5_f32, f32, Tsit5, Integral);
every_size!(rk4_f64, f64, ClassicalRk4, Fixed);
every_size!(rk4_f32, f32, ClassicalRk4, Fixed);

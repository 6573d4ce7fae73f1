//! Launched kernels: loaded once, launched with any layout of their placement, with the bits of the host.
#![cfg(feature = "cuda")]

#[macro_use]
#[path = "common/rings.rs"]
mod rings;

use bakelite::cuda::{Choice, Device, DeviceElement, LoadedIntegrator};
use bakelite::host::{Level, Tuning};
use bakelite::ode::Method;
use bakelite::ptx::{Launched, bake_launched};
use bakelite::typenum::Unsigned;
use bakelite::*;

ring! { Ring1 U1; Ring2 U2; Ring3 U3; Ring4 U4; Ring5 U5; Ring6 U6; Ring7 U7; Ring8 U8; Ring9 U9; Ring20 U20; Ring100 U100; }

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

fn options<M: Method>() -> Options {
    let rtol = if size_of::<M::Element>() == 4 {
        1e-4
    } else {
        1e-6
    };
    Options {
        rtol,
        atol: vec![rtol],
        step: (!M::ADAPTIVE).then_some(1.0 / 16.0),
        ..Options::default()
    }
}

/// A plan with every buffer where `rule` says.
fn place<M: Method>(rule: fn(&str) -> Space, spec: Spec<'_>) -> RuntimePlan {
    let node = <M::Buffers as Registry>::NODE;
    let mut registry = RuntimeRegistry::from_node(node);
    let all = on(Arch::custom(0, usize::MAX)).sequential();
    let plan = registry.plan(all).unwrap();
    for slot in plan.view().slots {
        let path = plan.view().path_of(slot);
        registry
            .set_space(path.as_str(), rule(path.as_str()))
            .unwrap();
    }
    registry.plan(spec).unwrap()
}

fn shared(_: &str) -> Space {
    Space::Shared
}

fn mixed(path: &str) -> Space {
    match path {
        "step.stage_derivatives" => Space::Local,
        "step_size" | "parameters" => Space::LocalPersistent,
        _ => Space::Shared,
    }
}

fn on_host<M: Method>(plan: &RuntimePlan) -> Solution<M::Element> {
    let one = Tuning {
        threads: 1,
        level: Level::best(),
    };
    let solution = ensemble::<M::System, M::Element>()
        .solve_on_host::<M, 1>(&options::<M>(), plan.view(), &one)
        .unwrap();
    assert_eq!(solution.count(Status::Success), RUNS, "{}", M::name());
    solution
}

fn solve<M: Method<Element: DeviceElement>>(
    loaded: &LoadedIntegrator<'_, M, Launched>,
    plan: &RuntimePlan,
) -> Result<Solution<M::Element>, Error> {
    let ensemble = ensemble::<M::System, M::Element>();
    ensemble.solve_launched(&options::<M>(), loaded, &plan.view())
}

/// Every placement, loaded once each, in every geometry, in sequence and packed, for two sizes of blocks.
fn compare<M: Method<Element: DeviceElement>>() {
    // large systems do not fit real shared memory, and the reference device has as much as sm_90
    let states = <M::System as System>::States::USIZE;
    let blocks = if states > 20 { [8, 5] } else { [32, 24] };
    let specs = blocks.iter().flat_map(|block| {
        let spec = on(Arch::Sm90).block(*block);
        let own = spec.contiguous();
        [spec.sequential(), spec.packed(), own.sequential(), own.packed()]
    });
    let specs: Vec<Spec<'_>> = specs.collect();
    let expected = on_host::<M>(&place::<M>(|_| Space::Local, specs[0]));
    let device = Device::open(Choice::Reference).unwrap();
    for rule in [|_: &str| Space::Local, shared, mixed] {
        let mut plans = specs.iter().map(|spec| place::<M>(rule, *spec));
        let first = plans.next().unwrap();
        let loaded = bake_launched::<M>(&first.view()).unwrap().load(&device).unwrap();
        for plan in plans.chain([first]) {
            let got = solve(&loaded, &plan).unwrap();
            let what = || format!("{} of {}: {}", M::name(), M::System::NAME, plan.view());
            assert!(expected.same_bits(&got), "{}", what());
        }
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
    unrolled: Ring1 Ring2 Ring3 Ring4 Ring5 Ring6 Ring7 Ring8;
    looped: Ring9 Ring20;
    many_states: Ring100;
}

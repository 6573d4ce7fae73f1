//! Implicit methods give the same bits on every executor: one run at a time, packs, and the kernels on the reference
//! device.
#![allow(missing_docs, reason = "tests")]
#![cfg(feature = "reference")]

#[macro_use]
#[path = "../common/rings.rs"]
mod rings;

use bakelite::consts::*;
use bakelite::cuda::{Device, DeviceElement};
use bakelite::host::{Level, Tuning};
use bakelite::ode::Method;
use bakelite::ptx::{bake_integrator, bake_launched, bake_looped};
use bakelite::typenum::Unsigned;
use bakelite::{
    layout::{PlanView, RuntimeRegistry, Space, Spec},
    ode::{
        BiCgStab, DampedNewton, DenseOutput, EndState, Integral, Integrator, Jacobi, Lu,
        MinimalResidual, Neumann, Newton, Predictive, Real, SteepestDescent, StopAtSaves,
        methods::{
            BackwardEuler, Dirk, Firk, GaussLegendre2, KenCarp4, Kvaerno3, LStableSdirk4,
            RadauIia5, Rodas4, Ros3p, Rosenbrock, Sdirk22, TrBdf2,
        },
        times,
    },
    prelude::*,
};

ring! { Ring1 U1; Ring3 U3; Ring9 U9; }

system! {
    /// Van der Pol, stiff for large `mu`.
    struct VanDerPol;
    states: U2;
    parameters: U1;
    rhs: |_t, [x, v], [mu]| [v, mu * ((R::lit(1.0) - x * x) * v) - x]
}

type With<S, St, C, E, O> = Integrator<S, St, C, E, Local, O>;

const ONE: Tuning = Tuning {
    threads: 1,
    level: Level::Baseline,
};

fn ensemble<S: System, E: Real>(runs: usize, span: (f64, f64)) -> Ensemble<S, E> {
    let states = S::States::USIZE;
    let value = |row: usize, run: usize| 0.3 + 0.7 * ((row * 37 + run * 11) % 64) as f64 / 64.0;
    let initial =
        ndarray::Array2::from_shape_fn((states, runs), |(row, run)| E::from_f64(value(row, run)));
    let parameters = ndarray::Array2::from_shape_fn((S::Parameters::USIZE, runs), |(row, run)| {
        E::from_f64(if row == 0 {
            1.0 + 20.0 * value(3, run)
        } else {
            0.2 * value(5, run)
        })
    });
    Ensemble::new(initial.view(), parameters.view(), span).unwrap()
}

fn options<M: Method>(save_times: Vec<f64>) -> Options {
    let rtol = if size_of::<M::Element>() == 4 {
        1e-3
    } else {
        1e-6
    };
    Options {
        rtol,
        atol: vec![rtol],
        step: (!M::ADAPTIVE).then_some(1.0 / 64.0),
        save_times,
        ..Options::default()
    }
}

fn compare<M: Method<Element: DeviceElement>>(span: (f64, f64), saves: usize) {
    const RUNS: usize = 37;
    let ensemble = ensemble::<M::System, M::Element>(RUNS, span);
    let options = options::<M>(if saves == 0 {
        Vec::new()
    } else {
        times(span.0, span.1, saves)
    });
    let node = <M::Buffers as Registry>::NODE;
    let place = |rule: &dyn Fn(usize) -> Space, spec: Spec<'_>| {
        let mut registry = RuntimeRegistry::from_node(node);
        let plan = registry.plan(on(Arch::Sm90).sequential()).unwrap();
        let paths: Vec<String> = plan
            .view()
            .slots
            .iter()
            .map(|slot| plan.view().path_of(slot).to_string())
            .collect();
        for (index, path) in paths.iter().enumerate() {
            registry.set_space(path, rule(index)).unwrap();
        }
        registry.plan(spec).unwrap()
    };
    let spec = on(Arch::Sm90).block(32);
    let local = place(&|_| Space::Local, spec.sequential());
    let host = |width: usize, view: PlanView<'_>| {
        let solution = if width == 1 {
            ensemble.solve_on_host::<M, 1>(&options, view, &ONE)
        } else {
            ensemble.solve_on_host::<M, 8>(&options, view, &ONE)
        };
        solution.unwrap()
    };
    let expected = host(1, local.view());
    assert_eq!(expected.count(Status::Success), RUNS, "{}", M::name());
    let device = Device::reference().unwrap();
    for (which, plan) in [
        local,
        place(&|_| Space::Shared, spec.packed()),
        place(
            &|index| [Space::Local, Space::Shared, Space::LocalPersistent][index % 3],
            spec.contiguous().packed(),
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let view = plan.view();
        assert!(
            expected.same_bits(&host(8, view)),
            "{} in packs, plan {which}",
            M::name()
        );
        for baked in [
            bake_integrator::<M>(&view).unwrap(),
            bake_looped::<M>(&view).unwrap(),
        ] {
            let solution = ensemble.solve_loaded(&options, &baked.load(&device).unwrap());
            assert!(
                expected.same_bits(&solution.unwrap()),
                "{} by {}, plan {which}",
                M::name(),
                baked.kernel().entry()
            );
        }
        // told at launch where shared buffers lie, and how
        if which == 1 {
            let launched = bake_launched::<M>(&view).unwrap().load(&device).unwrap();
            let solution = ensemble.solve_launched(&options, &launched, &view);
            assert!(
                expected.same_bits(&solution.unwrap()),
                "{} launched, plan {which}",
                M::name()
            );
        }
    }
}

#[test]
fn diagonally_implicit() {
    type Pi = ProportionalIntegral;
    compare::<With<VanDerPol, Dirk<Kvaerno3>, Pi, f64, EndState>>((0.0, 3.0), 0);
    compare::<With<Ring3, Dirk<TrBdf2>, Pi, f64, DenseOutput>>((0.0, 1.5), 7);
    compare::<With<Ring3, Dirk<LStableSdirk4>, Integral, f32, DenseOutput>>((0.0, 1.5), 7);
    compare::<With<Ring1, Dirk<BackwardEuler>, Fixed, f64, EndState>>((0.0, 0.5), 0);
    compare::<With<Ring9, Dirk<KenCarp4>, Pi, f64, EndState>>((0.0, 0.5), 0);
}

#[test]
fn matrix_free() {
    type Pi = ProportionalIntegral;
    compare::<With<VanDerPol, Dirk<TrBdf2, Newton<BiCgStab<Jacobi>>>, Pi, f64, EndState>>(
        (0.0, 1.0),
        0,
    );
    compare::<With<Ring9, Dirk<Kvaerno3, Newton<MinimalResidual>>, Pi, f64, EndState>>(
        (0.0, 0.5),
        0,
    );
    compare::<With<Ring3, Dirk<Sdirk22, Newton<SteepestDescent<Neumann<U2>>>>, Fixed, f64, EndState>>(
        (0.0, 0.5),
        0,
    );
}

#[test]
fn backtracking() {
    compare::<With<VanDerPol, Dirk<Sdirk22, DampedNewton<Lu>>, Fixed, f64, EndState>>(
        (0.0, 3.0),
        0,
    );
    compare::<With<VanDerPol, Dirk<KenCarp4, DampedNewton<BiCgStab>>, Integral, f32, EndState>>(
        (0.0, 3.0),
        0,
    );
}

#[test]
fn fully_implicit() {
    compare::<With<VanDerPol, Firk<RadauIia5>, Predictive, f64, DenseOutput>>((0.0, 3.0), 7);
    compare::<With<Ring3, Firk<GaussLegendre2>, Integral, f64, EndState>>((0.0, 0.5), 0);
}

#[test]
fn rosenbrock() {
    type Pi = ProportionalIntegral;
    compare::<With<VanDerPol, Rosenbrock<Rodas4>, Pi, f64, DenseOutput>>((0.0, 3.0), 7);
    compare::<With<Ring9, Rosenbrock<Rodas5p>, Pi, f32, EndState>>((0.0, 0.5), 0);
    compare::<With<Ring3, Rosenbrock<Ros3p, BiCgStab<Jacobi>>, Pi, f64, StopAtSaves>>(
        (0.0, 0.5),
        5,
    );
}

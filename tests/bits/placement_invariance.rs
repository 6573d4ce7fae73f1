//! Where buffers lie changes no bit of a result: every buffer of every algorithm in every location, both policies, both
//! geometries.
#![allow(missing_docs, reason = "tests")]
#![cfg(feature = "reference")]

use bakelite::consts::*;
use bakelite::cuda::{Device, DeviceElement};
use bakelite::host::{Level, Tuning};
use bakelite::ode::Method;
use bakelite::ode::Output;
use bakelite::ptx::bake_integrator;
use bakelite::{
    layout::{Auto, Places, PlanView, RuntimeRegistry, Slot, Space, Spec, try_plan},
    ode::{
        self, BiCgStab, DampedNewton, DenseOutput, Integral, Integrator, Jacobi, Lu,
        MinimalResidual, Neumann, Newton, Predictive, ProportionalIntegralDerivative, Real, Scheme,
        SteepestDescent, StopAtSaves,
        methods::{
            Dirk, Dop853, Erk, Firk, GaussLegendre2, KenCarp4, Kvaerno3, Kvaerno5, RadauIia3,
            RadauIia5, Rodas4, Rosenbrock, Rosenbrock23, Sdirk22, TrBdf2,
        },
        times,
    },
    prelude::*,
};

system! {
    /// Van der Pol, and the time, so that all parts of a step are there.
    struct Forced;
    states: U2;
    parameters: U1;
    rhs: |t, [x, v], [mu]| [v, mu * ((R::lit(1.0) - x * x) * v) - x + R::lit(0.1) * t.sin()]
}

const ONE: Tuning = Tuning {
    threads: 1,
    level: Level::Baseline,
};
const LOCATIONS: [Space; 3] = [Space::Local, Space::Shared, Space::LocalPersistent];

fn ensemble<E: Real>(runs: usize) -> Ensemble<Forced, E> {
    let number = |value: f64| E::from_f64(value);
    let initial = ndarray::Array2::from_shape_fn((2, runs), |(row, run)| {
        number(0.4 + 0.2 * row as f64 + 0.03 * run as f64)
    });
    let parameters =
        ndarray::Array2::from_shape_fn((1, runs), |(_, run)| number(2.0 + run as f64 / 4.0));
    Ensemble::new(initial.view(), parameters.view(), (0.0, 1.0)).unwrap()
}

fn options<M: Method>() -> Options {
    let save_times = if M::Output::SAVES {
        times(0.0, 1.0, 5)
    } else {
        Vec::new()
    };
    Options {
        rtol: 1e-4,
        atol: vec![1e-4],
        step: (!M::ADAPTIVE).then_some(1.0 / 16.0),
        save_times,
        ..Options::default()
    }
}

fn specs() -> [Spec<'static>; 4] {
    let spec = on(Arch::Sm90).block(32);
    [
        spec.sequential(),
        spec.packed(),
        spec.contiguous().sequential(),
        spec.contiguous().packed(),
    ]
}

/// Flips each buffer from each start into each location. How many plans were compared.
fn flip<M: Method>(mut same: impl FnMut(&PlanView<'_>, &str)) -> usize {
    let node = <M::Buffers as Registry>::NODE;
    let mut plans = 0;
    for start in LOCATIONS {
        let mut registry = RuntimeRegistry::from_node(node);
        let paths: Vec<String> = {
            let plan = registry.plan(specs()[0]).unwrap();
            let view = plan.view();
            let path = |slot: &Slot| view.path_of(slot).to_string();
            view.slots.iter().map(path).collect()
        };
        for path in &paths {
            registry.set_space(path, start).unwrap();
        }
        for path in &paths {
            for to in LOCATIONS.into_iter().filter(|to| *to != start) {
                registry.set_space(path, to).unwrap();
                for spec in specs() {
                    same(&registry.plan(spec).unwrap().view(), path);
                    plans += 1;
                }
            }
            registry.set_space(path, start).unwrap();
        }
    }
    plans
}

fn on_host<M: Method<System = Forced>>() {
    let (ensemble, options) = (ensemble::<M::Element>(1), options::<M>());
    let solve = |view: &PlanView<'_>| {
        let solution = ensemble.solve_on_host::<M, 1>(&options, *view, &ONE);
        solution.unwrap()
    };
    let plan = try_plan::<M::Buffers>(specs()[0]).unwrap();
    let expected = solve(&plan.view());
    assert_eq!(expected.status(0), Status::Success, "{}", M::name());
    let plans = flip::<M>(|view, path| {
        assert!(
            expected.same_bits(&solve(view)),
            "{}: {path} moved",
            M::name()
        );
    });
    assert!(plans >= 3 * 8 * 7, "{}: {plans}", M::name());
}

/// Some of them in kernels, which are baked anew each time.
fn on_device<M: Method<System = Forced, Element: DeviceElement>>() {
    let (ensemble, options) = (ensemble::<M::Element>(33), options::<M>());
    let plan = try_plan::<M::Buffers>(specs()[0]).unwrap();
    let expected = ensemble.solve_on_host::<M, 1>(&options, plan.view(), &ONE);
    let expected = expected.unwrap();
    let device = Device::reference().unwrap();
    let mut number = 0;
    flip::<M>(|view, path| {
        number += 1;
        // all buffers, and in turn all that a plan can be
        if number % 13 == 0 {
            let kernel = bake_integrator::<M>(view).unwrap();
            let kernel = kernel.load(&device).unwrap();
            let solution = ensemble.solve_loaded(&options, &kernel).unwrap();
            assert!(expected.same_bits(&solution), "{}: {path} moved", M::name());
        }
    });
}

type With<St, C = ProportionalIntegral, O = ode::EndState, E = f64> =
    Integrator<Forced, St, C, E, Local, O>;

/// A placement of a user's own, of all buffers of the implicit steps below.
struct Split;
macro_rules! places {
    ($($key:path => $at:ty;)*) => {$( impl Places<$key> for Split { type At = $at; } )*};
}
places! {
    ode::integration::state => Shared;
    ode::integration::parameters => LocalPersistent;
    ode::integration::step_size => Local;
    ode::pi::history => LocalPersistent;
    ode::dirk::first_derivative => Shared;
    ode::dirk::stage_derivatives => Local;
    ode::dirk::proposed_state => Shared;
    ode::dirk::end_derivatives => Local;
    ode::rosenbrock::stage_store => Shared;
    ode::rosenbrock::time_derivative => LocalPersistent;
    ode::rosenbrock::proposed_state => Shared;
    ode::rosenbrock::end_derivatives => Local;
    ode::firk::stage_increment => Shared;
    ode::firk::proposed_state => Local;
    ode::firk::error => Shared;
    ode::newton::delta => Local;
    ode::newton::prev_theta => Shared;
    ode::lu::factors => Shared;
    ode::lu::pivots => Local;
}

/// The bits of a method whose placement is its type, in a plan of its own.
fn bits<M: Method<System = Forced, Element = f64>>(spec: Spec<'_>) -> Solution<f64> {
    let plan = try_plan::<M::Buffers>(spec).unwrap();
    let solution = ensemble(3).solve_on_host::<M, 1>(&options::<M>(), plan.view(), &ONE);
    solution.unwrap()
}

#[test]
fn through_types() {
    macro_rules! cases {
        ($($step:ty: $($place:ty)+;)*) => {$({
            let expected = bits::<Integrator<Forced, $step, ProportionalIntegral, f64, Local>>(specs()[0]);
            assert_eq!(expected.count(Status::Success), 3);
            $({
                type Placed = Integrator<Forced, $step, ProportionalIntegral, f64, $place>;
                for spec in specs() {
                    assert!(expected.same_bits(&bits::<Placed>(spec)), "{} {}", <$step as Scheme>::NAME, stringify!($place));
                }
            })+
        })*};
    }
    cases! {
        Dirk<Kvaerno3>: Shared LocalPersistent Auto Split;
        Rosenbrock<Rodas4>: Shared LocalPersistent Auto Split;
        Firk<RadauIia5>: Shared LocalPersistent Split;
        Dirk<TrBdf2, Newton<BiCgStab<Jacobi>>>: Shared LocalPersistent;
    }
}

#[test]
fn explicit() {
    on_host::<With<Erk<Tsit5>, Predictive, DenseOutput>>();
    on_host::<With<Erk<Dop853>>>();
    on_host::<With<Erk<ClassicalRk4>, Fixed, StopAtSaves>>();
}

#[test]
fn linear_solvers() {
    on_host::<With<Dirk<Sdirk22, Newton<Lu>>, Fixed>>();
    on_host::<With<Dirk<Sdirk22, Newton<MinimalResidual>>, Fixed>>();
    on_host::<With<Dirk<Sdirk22, Newton<SteepestDescent<Jacobi>>>, Fixed>>();
    on_host::<With<Dirk<Sdirk22, Newton<BiCgStab<Neumann<U2>>>>, Fixed>>();
    on_host::<With<Dirk<Sdirk22, DampedNewton<Lu>>, Fixed>>();
}

#[test]
fn diagonally_implicit() {
    on_host::<With<Dirk<Kvaerno3>>>();
    on_host::<With<Dirk<Kvaerno5, Newton<BiCgStab>>, Integral, DenseOutput>>();
    on_host::<
        With<Dirk<KenCarp4, Newton<MinimalResidual>>, ProportionalIntegral, ode::EndState, f32>,
    >();
    on_host::<With<Dirk<TrBdf2>, ProportionalIntegralDerivative>>();
}

#[test]
fn fully_implicit() {
    on_host::<With<Firk<RadauIia5>, Predictive, DenseOutput>>();
    on_host::<With<Firk<GaussLegendre2, Newton<MinimalResidual>>, Integral>>();
}

#[test]
fn rosenbrock() {
    on_host::<With<Rosenbrock<Rosenbrock23>>>();
    on_host::<With<Rosenbrock<Rodas5p, BiCgStab<Jacobi>>, Integral, DenseOutput>>();
}

#[test]
fn in_kernels() {
    on_device::<With<Dirk<Kvaerno3, Newton<MinimalResidual>>>>();
    on_device::<With<Firk<RadauIia3>>>();
    on_device::<With<Rosenbrock<Rosenbrock23>, ProportionalIntegral, DenseOutput>>();
}

//! States saved on the way: orders of the interpolants, the same steps and the same bits as without, and what failed
//! runs keep.
#![allow(missing_docs, reason = "tests")]
#![cfg(feature = "reference")]

#[macro_use]
#[path = "../common/rings.rs"]
mod rings;

use bakelite::consts::*;
use bakelite::cuda::{Device, DeviceElement};
use bakelite::host::{Level, PlanSource, Tuning};
use bakelite::ode::Method;
use bakelite::ptx::{bake_integrator, bake_looped};
use bakelite::typenum::Unsigned;
use bakelite::{
    cuda,
    layout::{RuntimeRegistry, Space, Spec, try_plan},
    ode::{
        DenseOutput, EndState, Integral, Integrator, Output, Predictive, Real, StopAtSaves,
        methods::{CashKarp54, Dop853, Erk, Tableau, Vern7},
        times,
    },
    prelude::*,
};

ring! { Ring1 U1; Ring3 U3; Ring8 U8; Ring9 U9; Ring20 U20; }

system! {
    /// `y' = y cos t` without a cosine: the solution from (1, 0, 1) is `e^(sin t)`.
    struct Wave;
    states: U3;
    parameters: U0;
    rhs: |_t, [u, v, y], _p| [-v, u, y * u]
}
system! {
    /// `y' = p y²`: from 1 it is infinite at `t = 1/p`.
    struct Blowup;
    states: U1;
    parameters: U1;
    rhs: |_t, [y], [p]| [p * y * y]
}
system! {
    /// Van der Pol: the work depends on `mu`.
    struct VanDerPol;
    states: U2;
    parameters: U1;
    rhs: |_t, [x, v], [mu]| [v, mu * ((R::lit(1.0) - x * x) * v) - x]
}

type Saving<S, T, C, E, O> = Integrator<S, Erk<T>, C, E, Local, O>;

const ONE: Tuning = Tuning {
    threads: 1,
    level: Level::Baseline,
};

fn host<M: Method, const W: usize>(
    ensemble: &Ensemble<M::System, M::Element>,
    options: &Options,
) -> Solution<M::Element> {
    let plan = try_plan::<M::Buffers>(on(Arch::Sm90).block(32).packed()).unwrap();
    ensemble
        .solve_on_host::<M, W>(options, plan.view(), &ONE)
        .unwrap()
}

/// The largest error of the third state at the saves of one run, by `steps` fixed steps.
fn error<M: Method<System = Wave, Element = f64>>(steps: u32) -> f64 {
    let ensemble = Ensemble::<Wave, f64>::uniform(1, &[1.0, 0.0, 1.0], &[], (0.0, 2.0)).unwrap();
    let options = Options {
        step: Some(2.0 / f64::from(steps)),
        // none at an end of a step
        save_times: times(0.003, 1.997, 301),
        ..Options::default()
    };
    let solution = host::<M, 1>(&ensemble, &options);
    assert_eq!(solution.accepted(), [steps]);
    let errors = solution.save_times().iter().enumerate().map(|(save, t)| {
        let exact = t.sin().exp();
        (solution.saved()[[save, 2, 0]] - exact).abs()
    });
    errors.fold(0.0, f64::max)
}

#[test]
fn interpolants_have_their_orders() {
    fn slope<T: Tableau>() -> f64 {
        type M<T> = Saving<Wave, T, Fixed, f64, DenseOutput>;
        (error::<M<T>>(40) / error::<M<T>>(160)).log2() / 2.0
    }
    // globally the smaller of the order of the steps and one more than that of the interpolant, whose error does not
    // add up
    fn expected<T: Tableau>() -> f64 {
        f64::from(T::ORDER.min(T::DENSE_ORDER + 1))
    }
    let (tsit5, rk4) = (slope::<Tsit5>(), slope::<ClassicalRk4>());
    assert!((tsit5 - expected::<Tsit5>()).abs() < 0.25, "{tsit5}");
    assert!((rk4 - expected::<ClassicalRk4>()).abs() < 0.25, "{rk4}");
}

#[test]
fn steps_that_stop_save_with_the_order_of_the_method() {
    type Stops = Saving<Wave, Tsit5, ProportionalIntegral, f64, StopAtSaves>;
    type Dense = Saving<Wave, Tsit5, ProportionalIntegral, f64, DenseOutput>;
    let ensemble = Ensemble::<Wave, f64>::uniform(1, &[1.0, 0.0, 1.0], &[], (0.0, 6.0)).unwrap();
    let options = Options {
        rtol: 1e-9,
        atol: vec![1e-9],
        save_times: times(0.0, 6.0, 13),
        ..Options::default()
    };
    let (stops, dense) = (
        host::<Stops, 1>(&ensemble, &options),
        host::<Dense, 1>(&ensemble, &options),
    );
    for solution in [&stops, &dense] {
        for (save, t) in solution.save_times().iter().enumerate() {
            let error = (solution.saved()[[save, 2, 0]] - t.sin().exp()).abs();
            assert!(error < 3e-7, "{error} at {t}");
        }
        // first and last are the states there, not an interpolation
        for state in 0..3 {
            assert_eq!(solution.saved()[[0, state, 0]], [1.0, 0.0, 1.0][state]);
            assert_eq!(
                solution.saved()[[12, state, 0]].to_bits(),
                solution.states()[[state, 0]].to_bits()
            );
        }
    }
    // the planned step is taken up again behind a stop: each costs a step or two, and not a start from a small one
    let more = stops.accepted()[0] - dense.accepted()[0];
    assert!((1..=24).contains(&more), "{more} steps more");
}

fn ensemble<S: System, E: Real>(runs: usize, span: (f64, f64)) -> Ensemble<S, E> {
    let states = S::States::USIZE;
    let value = |row: usize, run: usize| 0.3 + 0.7 * ((row * 37 + run * 11) % 64) as f64 / 64.0;
    let initial =
        ndarray::Array2::from_shape_fn((states, runs), |(row, run)| E::from_f64(value(row, run)));
    let parameters = ndarray::Array2::from_shape_fn((S::Parameters::USIZE, runs), |(row, run)| {
        E::from_f64(if row == 0 {
            1.0 + value(3, run)
        } else {
            0.2 * value(5, run)
        })
    });
    Ensemble::new(initial.view(), parameters.view(), span).unwrap()
}

fn options<M: Method>(save_times: Vec<f64>) -> Options {
    let rtol = if size_of::<M::Element>() == 4 {
        1e-4
    } else {
        1e-7
    };
    Options {
        rtol,
        atol: vec![rtol],
        step: (!M::ADAPTIVE).then_some(1.0 / 16.0),
        save_times,
        ..Options::default()
    }
}

/// One run at a time on the host, against packs, threads and the reference device with every kind of plan; both kinds
/// of kernel.
fn compare<M: Method<Element: DeviceElement>>(span: (f64, f64), saves: usize) {
    const RUNS: usize = 41;
    let ensemble = ensemble::<M::System, M::Element>(RUNS, span);
    let options = options::<M>(times(span.0, span.1, saves));
    let expected = host::<M, 1>(&ensemble, &options);
    assert_eq!(expected.count(Status::Success), RUNS, "{}", M::name());
    assert!(
        expected
            .saved()
            .iter()
            .all(|value| value.to_f64().is_finite())
    );
    assert!(expected.same_bits(&host::<M, 8>(&ensemble, &options)));
    let two = Tuning {
        threads: 2,
        level: Level::best(),
    };
    let node = <M::Buffers as Registry>::NODE;
    let place = |rule: &dyn Fn(&str) -> Space, spec: Spec<'_>| {
        let mut registry = RuntimeRegistry::from_node(node);
        let plan = registry.plan(on(Arch::Sm90).sequential()).unwrap();
        let paths: Vec<String> = plan
            .view()
            .slots
            .iter()
            .map(|slot| plan.view().path_of(slot).to_string())
            .collect();
        for path in &paths {
            registry.set_space(path, rule(path)).unwrap();
        }
        registry.plan(spec).unwrap()
    };
    let mixed = |path: &str| match path {
        "step.stage_derivatives" | "step.proposed_state" | "step_size" => Space::Local,
        _ => Space::Shared,
    };
    let spec = on(Arch::Sm90).block(32);
    let device = Device::reference().unwrap();
    for plan in [
        place(&|_| Space::Local, spec.sequential()),
        place(&|_| Space::Shared, spec.packed()),
        place(&mixed, spec.contiguous().sequential()),
    ] {
        let view = plan.view();
        let solution = ensemble.solve_on_host::<M, 16>(&options, view, &two);
        assert!(
            expected.same_bits(&solution.unwrap()),
            "{} in packs",
            M::name()
        );
        for baked in [
            bake_integrator::<M>(&view).unwrap(),
            bake_looped::<M>(&view).unwrap(),
        ] {
            let solution = ensemble.solve_loaded(&options, &baked.load(&device).unwrap());
            assert!(
                expected.same_bits(&solution.unwrap()),
                "{} of {} states by {}",
                M::name(),
                <M::System as System>::States::USIZE,
                baked.kernel().entry()
            );
        }
    }
}

#[test]
fn the_same_bits_on_every_executor() {
    type Pi = ProportionalIntegral;
    compare::<Saving<Ring1, Tsit5, Pi, f64, DenseOutput>>((0.0, 1.5), 9);
    compare::<Saving<Ring3, Tsit5, Pi, f64, DenseOutput>>((0.0, 1.5), 40);
    compare::<Saving<Ring3, Tsit5, Pi, f32, DenseOutput>>((1.5, 0.25), 7);
    compare::<Saving<Ring3, Tsit5, Pi, f64, StopAtSaves>>((0.0, 1.5), 7);
    compare::<Saving<Ring8, ClassicalRk4, Fixed, f64, DenseOutput>>((0.0, 0.5), 20);
    compare::<Saving<Ring8, ClassicalRk4, Fixed, f32, StopAtSaves>>((0.0, 0.5), 5);
    compare::<Saving<Ring9, Tsit5, Integral, f64, DenseOutput>>((0.0, 0.5), 5);
    compare::<Saving<Ring20, ClassicalRk4, Fixed, f32, DenseOutput>>((0.0, 0.5), 5);
    // extra stages, also behind a last stage that is the next step's first; Hermite's cubic without one
    compare::<Saving<Ring3, Dop853, Pi, f64, DenseOutput>>((0.0, 1.5), 30);
    compare::<Saving<Ring3, Vern7, Pi, f64, DenseOutput>>((0.0, 1.5), 30);
    compare::<Saving<Ring9, Vern7, Pi, f64, DenseOutput>>((0.0, 0.5), 5);
    compare::<Saving<Ring3, CashKarp54, Predictive, f64, StopAtSaves>>((0.0, 1.5), 7);
}

#[test]
fn saving_changes_no_step() {
    type M<O> = Saving<Ring3, Tsit5, ProportionalIntegral, f64, O>;
    let ensemble = ensemble::<Ring3, f64>(50, (0.0, 3.0));
    let plain = host::<M<EndState>, 8>(&ensemble, &options::<M<EndState>>(Vec::new()));
    for save_times in [vec![0.0], vec![1.7], times(0.0, 3.0, 1000)] {
        let saved = host::<M<DenseOutput>, 8>(&ensemble, &options::<M<DenseOutput>>(save_times));
        assert_eq!(saved.accepted(), plain.accepted());
        assert_eq!(saved.rejected(), plain.rejected());
        assert_eq!(saved.states(), plain.states());
    }
}

/// Two runs of three fail on the way; their neighbours are not touched.
#[test]
fn failed_runs_keep_what_they_saved() {
    type M<O> = Saving<Blowup, Tsit5, ProportionalIntegral, f64, O>;
    let initial = ndarray::Array2::from_elem((1, 9), 1.0);
    let parameters = ndarray::Array2::from_shape_fn((1, 9), |(_, run)| [0.1, 0.8, 2.0][run % 3]);
    let ensemble =
        Ensemble::<Blowup, f64>::new(initial.view(), parameters.view(), (0.0, 2.0)).unwrap();
    let device = Device::reference().unwrap();
    for keep_last_state in [false, true] {
        let options = Options {
            keep_last_state,
            ..options::<M<DenseOutput>>(times(0.0, 2.0, 21))
        };
        let solution = host::<M<DenseOutput>, 4>(&ensemble, &options);
        let on_device = ensemble.solve_on::<M<DenseOutput>>(&options, cuda::Choice::Reference);
        assert!(solution.same_bits(&on_device.unwrap()));
        let plan = try_plan::<<M<DenseOutput> as Method>::Buffers>(on(Arch::Sm80).packed());
        let looped = bake_looped::<M<DenseOutput>>(&plan.unwrap().view()).unwrap();
        let looped = ensemble.solve_loaded(&options, &looped.load(&device).unwrap());
        assert!(solution.same_bits(&looped.unwrap()));
        for run in 0..9 {
            let rate = [0.1, 0.8, 2.0][run % 3];
            let exact = |t: f64| 1.0 / (1.0 - rate * t);
            let reached = solution.reached()[run];
            let last = solution.states()[[0, run]];
            let failed = solution.status(run) != Status::Success;
            assert_eq!(failed, rate > 0.5);
            if failed {
                assert!((reached * rate - 1.0).abs() < 1e-3, "{reached}");
                // of the singularity's pole the last state is as sure as its distance
                assert!(if keep_last_state {
                    last > 1e4
                } else {
                    last.is_nan()
                });
            } else {
                assert_eq!(reached, 2.0);
                assert!((last / exact(2.0) - 1.0).abs() < 1e-5);
            }
            let saves = solution.saves(run);
            let expected = if failed {
                (reached / 0.1 + 1e-9) as usize + 1
            } else {
                21
            };
            assert_eq!(saves, expected);
            for (save, t) in solution.save_times().iter().enumerate() {
                let value = solution.saved()[[save, 0, run]];
                if save < saves && rate * t < 0.99 {
                    assert!((value / exact(*t) - 1.0).abs() < 1e-4, "{value} at {t}");
                } else if save >= saves {
                    assert_eq!(value.to_bits(), f64::CANONICAL_NAN.to_bits());
                }
            }
        }
    }
}

#[test]
fn an_empty_span_saves_its_state() {
    type M = Saving<Ring3, Tsit5, ProportionalIntegral, f64, DenseOutput>;
    let ensemble = ensemble::<Ring3, f64>(5, (1.0, 1.0));
    let options = options::<M>(vec![1.0]);
    let solution = host::<M, 4>(&ensemble, &options);
    assert_eq!(
        solution.saved().index_axis(ndarray::Axis(0), 0),
        solution.states()
    );
    let device = ensemble
        .solve_on::<M>(&options, cuda::Choice::Reference)
        .unwrap();
    assert!(solution.same_bits(&device));
    assert_eq!(solution.active_lane_share(), None);
}

#[test]
fn bad_times_are_named() {
    type M<O> = Saving<Ring3, Tsit5, ProportionalIntegral, f64, O>;
    fn fault<O: Output>(span: (f64, f64), save_times: Vec<f64>) -> String {
        let options = Options {
            save_times,
            ..Options::default()
        };
        let error = ensemble::<Ring3, f64>(2, span).solve::<M<O>>(&options);
        error.unwrap_err().to_string()
    }
    let cases = [
        (
            fault::<EndState>((0.0, 1.0), vec![0.5]),
            "keeps the end only",
        ),
        (
            fault::<DenseOutput>((0.0, 1.0), vec![]),
            "no times are given",
        ),
        (
            fault::<DenseOutput>((0.0, 1.0), vec![0.5, 1.5]),
            "save_times[1] is 1.5, outside the span from 0 to 1",
        ),
        (
            fault::<DenseOutput>((0.0, 1.0), vec![f64::NAN]),
            "save_times[0] is NaN",
        ),
        (
            fault::<StopAtSaves>((0.0, 1.0), vec![0.5, 0.5]),
            "save_times[1] is 0.5, after 0.5",
        ),
        (
            fault::<DenseOutput>((1.0, 0.0), vec![0.25, 0.5]),
            "in the direction of the span",
        ),
    ];
    for (got, words) in cases {
        assert!(got.contains(words) && got.contains("help: "), "{got}");
    }
}

/// Every width and thread count gives each run the same bits, though lanes take new runs at other times.
#[test]
fn lanes_are_refilled_without_a_trace() {
    type M = Saving<VanDerPol, Tsit5, ProportionalIntegral, f64, EndState>;
    const RUNS: usize = 1000;
    let initial = ndarray::Array2::from_elem((2, RUNS), 1.5);
    let parameters =
        ndarray::Array2::from_shape_fn((1, RUNS), |(_, run)| 0.1 * (run * 7 % 53) as f64);
    let ensemble =
        Ensemble::<VanDerPol, f64>::new(initial.view(), parameters.view(), (0.0, 4.0)).unwrap();
    for max_steps in [100_000, 60] {
        let options = Options {
            max_steps,
            ..options::<M>(Vec::new())
        };
        let one = host::<M, 1>(&ensemble, &options);
        let steps = |run: usize| one.accepted()[run] + one.rejected()[run];
        let (least, most) = ((0..RUNS).map(steps).min(), (0..RUNS).map(steps).max());
        assert!(
            most > least.map(|steps| steps + 5),
            "not a test of refilling"
        );
        if max_steps == 60 {
            assert!(one.count(Status::IterationLimit) > 0);
            assert!(one.count(Status::Success) > 0);
        }
        assert_eq!(one.active_lane_share(), Some(1.0));
        let plan = try_plan::<<M as Method>::Buffers>(on(Arch::Sm80).sequential()).unwrap();
        fn solve<const W: usize>(
            ensemble: &Ensemble<VanDerPol, f64>,
            options: &Options,
            plan: impl PlanSource,
            threads: usize,
        ) -> Solution<f64> {
            let level = Level::best();
            let tuning = Tuning { threads, level };
            ensemble
                .solve_on_host::<M, W>(options, plan, &tuning)
                .unwrap()
        }
        for threads in [1, 2, 3] {
            let packs = [
                solve::<2>(&ensemble, &options, plan.view(), threads),
                solve::<3>(&ensemble, &options, plan.view(), threads),
                solve::<16>(&ensemble, &options, plan.view(), threads),
                solve::<64>(&ensemble, &options, plan.view(), threads),
            ];
            for pack in packs {
                assert!(one.same_bits(&pack));
                let share = pack.active_lane_share().unwrap();
                assert!(share > 0.5 && share < 1.0, "{share}");
            }
        }
    }
}

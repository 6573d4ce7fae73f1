//! Faults that users of other integrators reported in public, tried here: repository and number of each are in the
//! names.
#![cfg(feature = "std")]

use bakelite::consts::*;
use bakelite::host::{Level, Tuning};
use bakelite::ode::Real;
use bakelite::{
    layout::try_plan,
    ode::{
        DenseOutput, EndState, Integrator, StopAtSaves,
        methods::{BackwardEuler, Dirk, Erk, Firk, RadauIia3, Rodas4, Rosenbrock},
        times,
    },
    prelude::*,
};

type Of<S, St, E = f64, O = EndState> = Integrator<S, St, ProportionalIntegral, E, Local, O>;
type Steps<S, St> = Integrator<S, St, Fixed, f64>;

const ONE: Tuning = Tuning {
    threads: 1,
    level: Level::Baseline,
};

/// One run, one lane.
fn solve<M: Method>(
    initial: &[f64],
    parameters: &[f64],
    span: (f64, f64),
    options: &Options,
) -> Solution<M::Element> {
    let ensemble = Ensemble::uniform(1, initial, parameters, span).unwrap();
    let plan = try_plan::<M::Buffers>(on(Arch::Sm90).block(32).sequential()).unwrap();
    ensemble
        .solve_on_host::<M, 1>(options, plan.view(), &ONE)
        .unwrap()
}

/// The largest relative error of a run that succeeded.
fn error<M: Method>(
    initial: &[f64],
    parameters: &[f64],
    span: (f64, f64),
    options: &Options,
    want: &[f64],
) -> f64 {
    let solution = solve::<M>(initial, parameters, span, options);
    assert_eq!(
        solution.status(0),
        Status::Success,
        "{} {span:?}",
        M::name()
    );
    assert_eq!(solution.reached()[0], span.1);
    let states = solution.states().column(0).to_vec();
    let errors = states.into_iter().zip(want).map(|(got, want)| {
        (got.to_f64() - want).abs() / if *want == 0.0 { 1.0 } else { want.abs() }
    });
    errors.fold(0.0, f64::max)
}

fn tolerances(rtol: f64, atol: f64) -> Options {
    Options {
        rtol,
        atol: vec![atol],
        keep_last_state: true,
        ..Options::default()
    }
}

macro_rules! each {
    ($system:ty: $($step:ty),* => |$m:ident| $body:expr) => {$({
        type $m = Of<$system, $step>;
        $body
    })*};
}

system! { struct Linear; states: U1; parameters: U1; rhs: |_t, [y], [k]| [k * y] }
system! { struct Over; states: U1; parameters: U1; rhs: |_t, [y], [c]| [c / y] }

#[test]
fn scipy_11698_a_derivative_of_1e50() {
    let options = tolerances(1e-6, 1e-6);
    let end = |c: f64| [(1e12 + 2.0 * c).sqrt()];
    each! { Over: Erk<Tsit5>, Rosenbrock<Rodas4> => |M| {
        assert!(error::<M>(&[1e6], &[1e50], (0.0, 1.0), &options, &end(1e50)) < 1e-6);
        assert!(error::<M>(&[1e6], &[1e25], (1.0, 2.0), &options, &end(1e25)) < 1e-6);
        // the first step would not move a time of 1
        let solution = solve::<M>(&[1e6], &[1e50], (1.0, 2.0), &options);
        assert_eq!(solution.status(0), Status::StepTooSmall);
        assert_eq!((solution.reached()[0], solution.states()[[0, 0]]), (1.0, 1e6));
    }}
}

system! {
    /// Of which nothing is known after `end`, where `on` is not 0.
    struct Walled;
    states: U1;
    parameters: U2;
    rhs: |t, [y], [end, on]| {
        let nothing = R::lit(f64::NAN);
        let beyond = R::select(on.same(R::lit(0.0)), R::lit(0.0), nothing);
        [R::lit(2.0) * y + R::select(t.le(end), R::lit(0.0), beyond)]
    }
}

#[test]
fn scipy_17341_evaluations_beyond_the_end() {
    let options = tolerances(1e-6, 1e-6);
    each! { Walled: Erk<Tsit5>, Rosenbrock<Rodas4> => |M| for case in 0..400 {
        let start = f64::from(case) * 0.37 - 50.0;
        let end = start + 10.0_f64.powf(-6.0 + f64::from(case % 40) * 0.2);
        let free = solve::<M>(&[1.0], &[end, 0.0], (start, end), &options);
        let walled = solve::<M>(&[1.0], &[end, 1.0], (start, end), &options);
        assert_eq!(walled.status(0), Status::Success);
        assert!(walled.same_bits(&free), "{} {start} {end}", M::name());
    }}
}

system! { struct Torricelli; states: U1; parameters: U1; rhs: |_t, [y], [k]| [-(k * y.sqrt())] }

#[test]
fn diffrax_143_a_root_that_a_step_makes_negative() {
    each! { Torricelli: Erk<Tsit5>, Rosenbrock<Rodas4> => |M| {
        for step in [1.9, 1e3] {
            let options = Options { step: Some(step), ..tolerances(1e-6, 1e-6) };
            // y = (1 - t/2)²
            assert!(error::<M>(&[1.0], &[1.0], (0.0, 1.9), &options, &[0.0025]) < 1e-3);
        }
        let past = solve::<M>(&[1.0], &[1.0], (0.0, 3.0), &tolerances(1e-6, 1e-6));
        assert!(matches!(past.status(0), Status::StepTooSmall | Status::NonFinite | Status::NotSolved));
        assert!((past.reached()[0] - 2.0).abs() < 0.01);
    }}
}

system! { struct Oscillator; states: U2; parameters: U1; rhs: |_t, [x, v], [w]| [w * v, -(w * x)] }

#[test]
fn diffrax_703_a_smallest_step_that_is_too_long() {
    let options = Options {
        min_step: 0.2,
        ..tolerances(1e-8, 1e-8)
    };
    let span = (967.137_894_437_705_3, 980.0);
    let solution = solve::<Of<Oscillator, Erk<Tsit5>>>(&[1.0, 0.0], &[100.0], span, &options);
    assert_eq!(solution.status(0), Status::StepTooSmall);
    assert_eq!((solution.accepted()[0], solution.reached()[0]), (0, span.0));
}

#[test]
fn diffeqdocs_630_a_last_step_below_the_smallest() {
    let options = Options {
        min_step: 1e-5,
        ..tolerances(1e-8, 1e-8)
    };
    for case in 0..500 {
        let end = 0.05 + f64::from(case) * 0.007_37;
        for end in [end, end + 1e-6] {
            let want = [0.5 * (1.01 * end).exp()];
            let error =
                error::<Of<Linear, Erk<Tsit5>>>(&[0.5], &[1.01], (0.0, end), &options, &want);
            assert!(error < 1e-7, "{end} {error}");
        }
    }
}

system! { struct TwoRates; states: U2; parameters: U0; rhs: |_t, [x, y], []| [-x, R::lit(-100.0) * y] }

#[test]
fn diffeqgpu_535_a_first_step_longer_than_the_span() {
    let options = Options {
        step: Some(0.1),
        ..tolerances(1e-2, 1e-5)
    };
    let want = [(-0.01_f64).exp(), (-1.0_f64).exp()];
    let start = [1.0, 1.0];
    type M<E> = Of<TwoRates, Erk<Tsit5>, E>;
    assert!(error::<M<f64>>(&start, &[], (0.0, 0.01), &options, &want) < 1e-3);
    assert!(error::<M<f32>>(&start, &[], (0.0, 0.01), &options, &want) < 1e-3);
}

system! { struct Matrix2; states: U2; parameters: U4; rhs: |_t, [x, y], [a, b, c, d]| [a * x + b * y, c * x + d * y] }

#[test]
fn jaff_172_a_pivot_of_zero() {
    // I - h J is [[0, -1/2], [-1/2, 1]]: its first pivot is 0, and it is not singular
    let half = Options {
        step: Some(0.5),
        ..tolerances(1e-9, 1e-9)
    };
    type M = Steps<Matrix2, Dirk<BackwardEuler>>;
    let start = [1.0, 1.0];
    let turned = error::<M>(
        &start,
        &[2.0, 1.0, 1.0, 0.0],
        (0.0, 0.5),
        &half,
        &[-6.0, -2.0],
    );
    assert!(turned < 1e-12);
    // 0 altogether
    let singular = [2.0, 0.0, 0.0, 2.0];
    let stuck = solve::<M>(&start, &singular, (0.0, 0.5), &half);
    assert_eq!(stuck.status(0), Status::NotSolved);
    // with a step that adapts, it is no step; the first is 0.5/γ
    let first = Options {
        step: Some(0.5 / 0.25),
        ..tolerances(1e-9, 1e-9)
    };
    let want = [1.0_f64.exp(); 2];
    let adaptive =
        error::<Of<Matrix2, Rosenbrock<Rodas4>>>(&start, &singular, (0.0, 0.5), &first, &want);
    assert!(adaptive < 1e-8);
}

system! { struct Saw; states: U1; parameters: U0; rhs: |t, [y], []| [t - (t - R::lit(0.5)).nearest() + R::lit(0.0) * y] }

#[test]
fn sundials_722_a_right_hand_side_with_jumps() {
    for (tolerance, bound) in [(1e-6, 1e-3), (1e-9, 1e-6)] {
        let options = tolerances(tolerance, tolerance);
        each! { Saw: Erk<Tsit5>, Rosenbrock<Rodas4> => |M| {
            let error = error::<M>(&[0.0], &[], (0.0, 10.0), &options, &[5.0]);
            assert!(error < bound, "{} {tolerance}: {error}", M::name());
        }}
    }
}

#[test]
fn odeint_99_times_to_stop_at_when_going_back() {
    for span in [(1.0, 0.0), (0.0, 1.0)] {
        let options = Options {
            save_times: times(span.0, span.1, 11),
            ..tolerances(1e-8, 1e-8)
        };
        fn check<M: Method<Element = f64>>(span: (f64, f64), options: &Options, bound: f64) {
            let solution = solve::<M>(&[span.0.exp()], &[1.0], span, options);
            assert_eq!(solution.saves(0), 11);
            for (save, time) in options.save_times.iter().enumerate() {
                let error = (solution.saved()[[save, 0, 0]] - time.exp()).abs();
                assert!(
                    error < bound,
                    "{} at {time} of {span:?}: {error}",
                    M::name()
                );
            }
        }
        check::<Of<Linear, Erk<Tsit5>, f64, StopAtSaves>>(span, &options, 1e-9);
        check::<Of<Linear, Erk<Tsit5>, f64, DenseOutput>>(span, &options, 2e-8);
        check::<Of<Linear, Rosenbrock<Rodas4>, f64, StopAtSaves>>(span, &options, 1e-9);
    }
}

#[test]
fn scimlbase_468_a_relative_tolerance_of_zero() {
    each! { Linear: Erk<Tsit5>, Firk<RadauIia3> => |M| {
        let want = [(-1.0_f64).exp()];
        let error = error::<M>(&[1.0], &[-1e-5], (0.0, 1e5), &tolerances(0.0, 1e-9), &want);
        assert!(error < 1e-8, "{} {error}", M::name());
    }}
}

system! { struct Still; states: U2; parameters: U0; rhs: |_t, _y, []| [R::lit(0.0), R::lit(0.0)] }

#[test]
fn scipy_8238_an_error_of_zero() {
    each! { Still: Erk<Tsit5>, Rosenbrock<Rodas4> => |M| {
        let error = error::<M>(&[1.0, 0.0], &[], (0.0, 1e6), &tolerances(1e-6, 1e-6), &[1.0, 0.0]);
        assert_eq!(error, 0.0);
    }}
}

system! { struct Quadratic; states: U1; parameters: U1; rhs: |_t, [y], [k]| [k * y * y] }

#[test]
fn scipy_11700_a_failure_before_the_first_save() {
    let options = Options {
        save_times: vec![1.5, 1.8, 2.0],
        ..tolerances(1e-6, 1e-6)
    };
    type M = Of<Quadratic, Erk<Tsit5>, f64, DenseOutput>;
    let solution = solve::<M>(&[1.0], &[1.0], (0.0, 2.0), &options);
    assert_ne!(solution.status(0), Status::Success);
    assert_eq!(solution.saves(0), 0);
    assert!(solution.saved().iter().all(|value| value.is_nan()));
}

system! { struct Chatter; states: U1; parameters: U1; rhs: |_t, [y], [k]| [R::select(y.lt(R::lit(0.0)), k, -k)] }

#[test]
fn cubie_519_chatter_between_times_to_stop_at() {
    let options = Options {
        save_times: times(0.0, 2.0, 51),
        ..tolerances(1e-6, 1e-6)
    };
    type M = Of<Chatter, Erk<Tsit5>, f64, StopAtSaves>;
    let solution = solve::<M>(&[1.0], &[1.0], (0.0, 2.0), &options);
    assert_eq!(
        (solution.status(0), solution.saves(0)),
        (Status::Success, 51)
    );
    // it falls to 0 and stays there
    for (save, time) in options.save_times.iter().enumerate() {
        let want = (1.0 - time).max(0.0);
        assert!(
            (solution.saved()[[save, 0, 0]] - want).abs() < 1e-5,
            "{time}"
        );
    }
}

system! { struct ZeroAndNegative; states: U2; parameters: U1; rhs: |_t, [y, z], [k]| [k + R::lit(0.0) * y, -(k * z)] }

#[test]
fn quokka_1699_and_2065_states_that_are_zero_or_negative() {
    let options = tolerances(1e-6, 1e-6);
    each! { ZeroAndNegative: Erk<Tsit5>, Rosenbrock<Rodas4> => |M| {
        for (z, k) in [(1.0, 1.0), (-1.0, 1.0), (1.0, 1e-9), (-1e9, 1.0)] {
            let want = [k, z * f64::exp(-k)];
            assert!(error::<M>(&[0.0, z], &[k], (0.0, 1.0), &options, &want) < 1e-6);
        }
    }}
}

/// Spans of every kind: empty, backwards, through 0, of the last place of the time, huge and tiny; and first steps far
/// from right.
#[test]
fn spans_and_first_steps() {
    let options = tolerances(1e-6, 1e-6);
    let ulp = f64::from_bits(1e6_f64.to_bits() + 1);
    let e = 1.0_f64.exp();
    each! { Linear: Erk<Tsit5>, Rosenbrock<Rodas4> => |M| {
        for time in [0.0, 5.0, -3.0] {
            assert_eq!(error::<M>(&[1.0], &[-1.0], (time, time), &options, &[1.0]), 0.0);
        }
        assert_eq!(error::<M>(&[1.0], &[-1.0], (-1e-300, 1e-300), &options, &[1.0]), 0.0);
        assert!(error::<M>(&[1.0], &[-1.0], (1.0, -1.0), &options, &[e * e]) < 1e-6);
        assert!(error::<M>(&[1.0], &[-1.0], (1e6, ulp), &options, &[1.0]) < 1e-6);
        assert!(error::<M>(&[1.0], &[-1e-300], (0.0, 1e300), &options, &[1.0 / e]) < 1e-5);
        assert!(error::<M>(&[1.0], &[-1e200], (0.0, 1e-200), &options, &[1.0 / e]) < 1e-5);
        for step in [1e-300, 1e-20, 1e-3, 1e3, 1e300] {
            let options = Options { step: Some(step), ..options.clone() };
            assert!(error::<M>(&[1.0], &[-1.0], (0.0, 1.0), &options, &[1.0 / e]) < 1e-5);
        }
        // a step of the last place of such a time is too long
        let late = solve::<M>(&[1.0], &[-10.0], (1e15, 1e15 + 1.0), &options);
        assert_eq!(late.status(0), Status::StepTooSmall);
    }}
}

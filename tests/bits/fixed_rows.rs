//! Fixed steps that the host takes in a row give what single attempts give: with an output that saves, every step is an
//! attempt.
#![allow(missing_docs, reason = "tests")]
#![cfg(feature = "std")]

use bakelite::consts::*;
use bakelite::{
    ode::{
        DenseOutput, Real,
        methods::{Euler, Tableau},
    },
    prelude::*,
};

system! {
    /// `y' = p y²`: from 1 it is infinite at `t = 1/p`; a zero beside it, which a NaN must not reach.
    struct Blowup;
    states: U2;
    parameters: U1;
    rhs: |_t, [y, z], [p]| [p * y * y, -z]
}

type Rows<T, E> = Explicit<Blowup, T, Fixed, E>;
type Attempts<T, E> = Explicit<Blowup, T, Fixed, E, Local, DenseOutput>;

/// Both ways over 37 runs, of which those with `1/p` in the span blow up: how many ended with success, not finite, at
/// the limit.
fn compare<T: Tableau, E: Real>(span: (f64, f64), options: Options) -> [usize; 3] {
    let runs = 37;
    let parameters =
        ndarray::Array2::from_shape_fn((1, runs), |(_, run)| E::from_f64(run as f64 / 8.0 - 1.0));
    let initial = ndarray::Array2::from_elem((2, runs), E::from_f64(1.0));
    let ensemble = Ensemble::<Blowup, E>::new(initial.view(), parameters.view(), span).unwrap();
    let rows = ensemble.solve::<Rows<T, E>>(&options).unwrap();
    let saving = Options {
        save_times: vec![span.1],
        ..options.clone()
    };
    let attempts = ensemble.solve::<Attempts<T, E>>(&saving).unwrap();
    for run in 0..runs {
        let case = format!("{} {} {span:?} {options:?}, run {run}", T::NAME, E::NAME);
        assert_eq!(rows.status(run), attempts.status(run), "{case}");
        assert_eq!(rows.accepted()[run], attempts.accepted()[run], "{case}");
        assert_eq!(rows.rejected()[run], attempts.rejected()[run], "{case}");
        let reached = [&rows, &attempts].map(|s| s.reached()[run].to_bits());
        assert_eq!(reached[0], reached[1], "{case}");
        for index in 0..2 {
            let state = [&rows, &attempts].map(|s| s.states()[[index, run]].to_bits_u64());
            assert_eq!(state[0], state[1], "{case}");
        }
    }
    [Status::Success, Status::NonFinite, Status::IterationLimit].map(|status| rows.count(status))
}

fn steps_of(step: f64) -> Options {
    Options {
        step: Some(step),
        ..Options::default()
    }
}

#[test]
fn ends_and_counts_are_those_of_attempts() {
    // 1/p is in the span for the last 20 runs; a fixed step may jump over the pole, but not return from infinity
    for step in [1e-3, 0.0123, 0.5, 0.51, 2.0] {
        compare::<ClassicalRk4, f64>((0.0, 1.0), steps_of(step));
        compare::<ClassicalRk4, f32>((0.0, 1.0), steps_of(step));
        compare::<Tsit5, f64>((0.0, 1.0), steps_of(step));
        compare::<Euler, f64>((1.0, -0.5), steps_of(step));
    }
    let smooth = compare::<ClassicalRk4, f64>((0.0, 0.25), steps_of(1e-3));
    assert_eq!(smooth, [37, 0, 0]);
    let burst = compare::<ClassicalRk4, f64>((0.0, 1.0), steps_of(1e-3));
    assert!(burst[0] >= 16 && burst[1] >= 16, "{burst:?}");
}

#[test]
fn limits_and_last_states_are_those_of_attempts() {
    for max_steps in [1, 2, 699, 998, 999, 1000, 1001] {
        for keep_last_state in [false, true] {
            let options = Options {
                max_steps,
                keep_last_state,
                ..steps_of(1e-3)
            };
            compare::<ClassicalRk4, f64>((0.0, 1.0), options.clone());
            let ends = compare::<Tsit5, f32>((0.0, 1.0), options);
            assert!(ends[2] > 0 || max_steps >= 999, "{ends:?}");
        }
    }
}

#[test]
fn steps_near_the_resolution_of_time_are_those_of_attempts() {
    // half a unit in the last place of the time is 7e-9: rows from steps of 0.09 on
    for step in [1e-7, 1e-5, 1e-2, 0.1, 1.0] {
        let start = 1e8;
        let options = Options {
            max_steps: 3000,
            ..steps_of(step)
        };
        compare::<ClassicalRk4, f64>((start, start + step * 1000.3), options);
    }
}

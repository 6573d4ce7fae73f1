//! Backtracking: it solves what full corrections do not, and is Newton's method where they do.
#![cfg(feature = "std")]

use bakelite::consts::*;
use bakelite::{
    ode::{
        DampedNewton, Integrator, Lu, Newton, Ratio,
        methods::{BackwardEuler, Dirk, Kvaerno3},
    },
    prelude::*,
};

system! {
    /// Pulled to 0 with a force that hardly grows with the distance: far away, its derivative says little about what it
    /// is nearer.
    struct Saturated;
    states: U1;
    parameters: U2;
    rhs: |_t, [y], [force, steepness]| [-(force * (steepness * y).atan())]
}
system! {
    struct VanDerPol;
    states: U2;
    parameters: U1;
    rhs: |_t, [x, v], [mu]| [v, mu * ((R::lit(1.0) - x * x) * v) - x]
}

type Step<S, Solver> = Integrator<S, Dirk<BackwardEuler, Solver>, Fixed, f64>;

/// The end of one step of backward Euler, by bisection.
fn end(start: f64, step: f64, force: f64, steepness: f64) -> f64 {
    let (mut low, mut high) = (-start, start);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        let too_far = middle + step * force * (steepness * middle).atan() > start;
        *(if too_far { &mut high } else { &mut low }) = middle;
    }
    low
}

fn solution<M: Method<System = Saturated, Element = f64>>(force: &[f64]) -> Solution<f64> {
    let initial = ndarray::Array2::from_elem((1, force.len()), 2.0);
    let parameters =
        ndarray::Array2::from_shape_fn((2, force.len()), |(row, run)| [force[run], 2.0][row]);
    let ensemble =
        Ensemble::<Saturated, f64>::new(initial.view(), parameters.view(), (0.0, 1.0)).unwrap();
    let options = Options {
        step: Some(1.0),
        rtol: 1e-8,
        atol: vec![1e-8],
        ..Options::default()
    };
    ensemble.solve::<M>(&options).unwrap()
}

#[test]
fn corrections_that_are_too_long_are_shortened() {
    let force: Vec<f64> = (0..16).map(|run| 0.1 * 1.5_f64.powi(run)).collect();
    let full = solution::<Step<Saturated, Newton<Lu, Ratio<U1, U100>, U200>>>(&force);
    let damped = solution::<Step<Saturated, DampedNewton<Lu, Ratio<U1, U100>, U200, U8>>>(&force);
    let mut rescued = 0;
    for (run, &force) in force.iter().enumerate() {
        assert_eq!(damped.status(run), Status::Success, "force {force}");
        let (got, want) = (damped.states()[[0, run]], end(2.0, 1.0, force, 2.0));
        assert!((got - want).abs() < 1e-9, "force {force}: {got}, {want}");
        match full.status(run) {
            Status::Success => assert!((full.states()[[0, run]] - want).abs() < 1e-9),
            status => {
                assert_eq!(status, Status::NotSolved);
                rescued += 1;
            }
        }
    }
    assert_eq!(rescued, 9);
}

#[test]
fn no_more_halvings_than_asked_for() {
    let statuses = |solution: Solution<f64>| solution.status(0);
    let force = [20.0];
    assert_eq!(
        [
            statuses(solution::<
                Step<Saturated, DampedNewton<Lu, Ratio<U1, U100>, U200, U0>>,
            >(&force)),
            statuses(solution::<
                Step<Saturated, DampedNewton<Lu, Ratio<U1, U100>, U200, U1>>,
            >(&force)),
            statuses(solution::<
                Step<Saturated, DampedNewton<Lu, Ratio<U1, U100>, U200, U8>>,
            >(&force)),
        ],
        [Status::NotSolved, Status::NotSolved, Status::Success]
    );
}

#[test]
fn where_full_corrections_converge_nothing_changes() {
    type Adaptive<Solver> =
        Integrator<VanDerPol, Dirk<Kvaerno3, Solver>, ProportionalIntegral, f64>;
    let ensemble =
        Ensemble::<VanDerPol, f64>::uniform(1, &[2.0, 0.0], &[50.0], (0.0, 60.0)).unwrap();
    let options = Options::default();
    let full = ensemble.solve::<Adaptive<Newton<Lu>>>(&options).unwrap();
    let damped = ensemble
        .solve::<Adaptive<DampedNewton<Lu>>>(&options)
        .unwrap();
    let steps = |solution: &Solution<f64>| [solution.accepted()[0], solution.rejected()[0]];
    let ends = [&full, &damped].map(|solution| solution.states()[[0, 0]]);
    assert!((ends[0] - ends[1]).abs() < 1e-4, "{ends:?}");
    assert_eq!(steps(&damped), steps(&full));
}

//! The integrator on the host: orders, published values, failures, inputs.
#![cfg(feature = "std")]

use bakelite::consts::*;
use bakelite::host::{Level, Tuning};
use bakelite::{
    Error,
    layout::{Code, PlanView, RuntimePlan, try_plan, verify},
    ode::{Coefficients, Integral, Real, methods::Tableau},
    prelude::*,
};

system! {
    /// Lorenz 1963.
    struct Lorenz;
    states: U3;
    parameters: U3;
    rhs: |_t, [x, y, z], [sigma, rho, beta]| [sigma * (y - x), x * (rho - z) - y, x * y - beta * z]
}
system! {
    /// `y' = y cos t` without a cosine: `u' = -v, v' = u, y' = y u`; the solution from (1, 0, 1) is `e^(sin t)`.
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
    /// Time as a state's derivative: shows the time that the right-hand side is given.
    struct Clock;
    states: U1;
    parameters: U0;
    rhs: |t, _y, _p| [t * t]
}
system! {
    /// Van der Pol.
    struct VanDerPol;
    states: U2;
    parameters: U1;
    rhs: |_t, [x, v], [mu]| [v, mu * ((R::lit(1.0) - x * x) * v) - x]
}
system! {
    /// Hairer, Nørsett, Wanner's Brusselator.
    struct Brusselator;
    states: U2;
    parameters: U0;
    rhs: |_t, [u, v], _p| [
        R::lit(1.0) + u * u * v - R::lit(4.0) * u,
        R::lit(3.0) * u - u * u * v,
    ]
}

system! {
    /// `u' = p, v' = 0`.
    struct Drift;
    states: U2;
    parameters: U1;
    rhs: |_t, _y, [p]| [p, R::lit(0.0)]
}

type Rk4<S> = Explicit<S, ClassicalRk4, Fixed>;
type Tsit<S> = Explicit<S, Tsit5, ProportionalIntegral>;
type TsitI<S> = Explicit<S, Tsit5, Integral>;
type TsitFixed<S> = Explicit<S, Tsit5, Fixed>;

fn wave_error<M: Method<System = Wave, Element = f64>>(end: f64, steps: u32) -> f64 {
    let ensemble = Ensemble::<Wave, f64>::uniform(1, &[1.0, 0.0, 1.0], &[], (0.0, end)).unwrap();
    let options = Options {
        step: Some(end / f64::from(steps)),
        ..Options::default()
    };
    let solution = ensemble.solve::<M>(&options).unwrap();
    assert_eq!(
        (solution.status(0), solution.accepted()[0]),
        (Status::Success, steps)
    );
    (solution.states()[[2, 0]] - end.sin().exp()).abs()
}

/// The slope of log error over log step, over ends that no symmetry favours.
#[test]
fn orders_of_convergence() {
    for (order, error) in [
        (4.0, wave_error::<Rk4<Wave>> as fn(f64, u32) -> f64),
        (5.0, wave_error::<TsitFixed<Wave>>),
    ] {
        let ends = [0.7, 1.3, 2.9, 4.1, 5.3];
        let total = |steps| {
            let errors = ends.map(|end| error(end, steps));
            errors.iter().map(|e| e * e).sum::<f64>().sqrt().log2()
        };
        let slope = (total(80) - total(320)) / 2.0;
        assert!((slope - order).abs() < 0.1, "order {order}: {slope}");
    }
}

/// Σ b c^k = 1/(k+1), row sums, and that the estimate's weights sum to 0.
#[test]
fn order_conditions() {
    fn check<T: Tableau>() {
        let close = |a: f64, b: f64| assert!((a - b).abs() < 4e-15, "{}: {a} {b}", T::NAME);
        for (row, &c) in T::A.iter().zip(T::C) {
            close(row.iter().sum(), c);
        }
        for power in 0..T::ORDER as i32 {
            let sum: f64 = T::B.iter().zip(T::C).map(|(b, c)| b * c.powi(power)).sum();
            close(sum, 1.0 / f64::from(power + 1));
        }
        close(T::ERROR.iter().sum(), 0.0);
    }
    check::<ClassicalRk4>();
    check::<Tsit5>();
}

#[test]
fn published_end_values() {
    fn error<S: System>(y0: &[f64], p: &[f64], end: f64, want: &[f64], tolerance: f64) -> f64 {
        let ensemble = Ensemble::<S, f64>::uniform(1, y0, p, (0.0, end)).unwrap();
        let options = Options {
            rtol: tolerance,
            atol: vec![tolerance],
            ..Options::default()
        };
        let both = [
            ensemble.solve::<Tsit<S>>(&options).unwrap(),
            ensemble.solve::<TsitI<S>>(&options).unwrap(),
        ];
        both.iter().fold(0.0, |worst, solution| {
            assert_eq!(solution.status(0), Status::Success);
            want.iter()
                .enumerate()
                .fold(worst, |worst: f64, (row, want)| {
                    worst.max((solution.states()[[row, 0]] - want).abs() / want.abs().max(1.0))
                })
        })
    }
    for tolerance in [1e-5, 1e-7, 1e-9, 1e-11] {
        let lorenz = |rho: f64, want: [f64; 3]| {
            error::<Lorenz>(
                &[1.0, 0.0, 0.0],
                &[10.0, rho, 8.0 / 3.0],
                1.0,
                &want,
                tolerance,
            )
        };
        let worst = lorenz(
            10.5,
            [2.832290839099657, 1.2839456187820276, 11.107086851934169],
        )
        .max(lorenz(
            21.0,
            [-6.450579147318907, -8.895211478667793, 14.649145866604445],
        ))
        .max(error::<VanDerPol>(
            &[2.0, 0.0],
            &[1.0],
            20.0,
            &[2.008149762174949, -0.04250887527320322],
            tolerance,
        ))
        .max(error::<Brusselator>(
            &[1.5, 3.0],
            &[],
            20.0,
            &[0.49863707126834785, 4.596780349452011],
            tolerance,
        ));
        assert!(worst < 20.0 * tolerance, "at {tolerance}: {worst}");
    }
}

#[test]
fn spans_run_either_way() {
    let there =
        Ensemble::<Lorenz, f64>::uniform(1, &[1.0, 0.0, 0.0], &[10.0, 10.5, 8.0 / 3.0], (0.0, 0.5))
            .unwrap();
    let options = Options {
        rtol: 1e-11,
        atol: vec![1e-11],
        ..Options::default()
    };
    let there = there.solve::<Tsit<Lorenz>>(&options).unwrap();
    let end = there.states().column(0).to_vec();
    let back =
        Ensemble::<Lorenz, f64>::uniform(1, &end, &[10.0, 10.5, 8.0 / 3.0], (0.5, 0.0)).unwrap();
    let back = back.solve::<Tsit<Lorenz>>(&options).unwrap();
    assert_eq!((back.status(0), back.reached()[0]), (Status::Success, 0.0));
    assert!((back.states()[[0, 0]] - 1.0).abs() < 1e-8);
    let nowhere =
        Ensemble::<Lorenz, f64>::uniform(1, &end, &[10.0, 10.5, 8.0 / 3.0], (0.5, 0.5)).unwrap();
    let nowhere = nowhere.solve::<Tsit<Lorenz>>(&options).unwrap();
    assert_eq!(
        (
            nowhere.status(0),
            nowhere.accepted()[0],
            nowhere.states()[[2, 0]]
        ),
        (Status::Success, 0, end[2])
    );
}

/// Late in a long span, single precision could not tell `t` from `t + h`.
#[test]
fn time_is_double_for_single_states() {
    let start = 1_000_000.0;
    let ensemble = Ensemble::<Clock, f32>::uniform(1, &[0.0], &[], (start, start + 1.0)).unwrap();
    let options = Options {
        step: Some(1.0 / 1024.0),
        ..Options::default()
    };
    let solution = ensemble
        .solve::<Explicit<Clock, ClassicalRk4, Fixed, f32>>(&options)
        .unwrap();
    assert_eq!(
        (solution.accepted()[0], solution.reached()[0]),
        (1024, start + 1.0)
    );
    assert!((solution.states()[[0, 0]] / 1e12 - 1.0).abs() < 1e-4);
}

#[test]
fn a_failed_run_harms_no_neighbour() {
    let parameters = ndarray::arr2(&[[0.5, 2.0, 0.25, 4.0, 0.125]]);
    let initial = ndarray::arr2(&[[1.0; 5]]);
    let ensemble =
        Ensemble::<Blowup, f64>::new(initial.view(), parameters.view(), (0.0, 1.0)).unwrap();
    let solution = ensemble
        .solve::<Tsit<Blowup>>(&Options {
            rtol: 1e-9,
            atol: vec![1e-9],
            ..Options::default()
        })
        .unwrap();
    for run in [0, 2, 4] {
        assert_eq!(solution.status(run), Status::Success);
        let want = 1.0 / (1.0 - parameters[[0, run]]);
        assert!((solution.states()[[0, run]] - want).abs() < 1e-7);
    }
    for run in [1, 3] {
        assert!(matches!(
            solution.status(run),
            Status::StepTooSmall | Status::NonFinite
        ));
        assert_eq!(solution.states()[[0, run]].to_bits(), 0x7ff8_0000_0000_0000);
        assert!((solution.reached()[run] - 1.0 / parameters[[0, run]]).abs() < 1e-3);
    }
    // a fixed step jumps the pole and overflows
    let fixed = ensemble
        .solve::<Rk4<Blowup>>(&Options {
            step: Some(1.0 / 64.0),
            ..Options::default()
        })
        .unwrap();
    assert_eq!(
        (fixed.status(3), fixed.status(4)),
        (Status::NonFinite, Status::Success)
    );
    let capped = ensemble
        .solve::<Tsit<Blowup>>(&Options {
            max_steps: 3,
            ..Options::default()
        })
        .unwrap();
    // the gentlest run needs no more than three
    assert_eq!(capped.count(Status::IterationLimit), 4);
    assert_eq!(capped.status(4), Status::Success);
    assert_eq!(capped.accepted()[0] + capped.rejected()[0], 3);
}

#[test]
fn tolerances_are_per_component() {
    let ensemble =
        Ensemble::<Lorenz, f64>::uniform(1, &[1.0, 0.0, 0.0], &[10.0, 21.0, 8.0 / 3.0], (0.0, 1.0))
            .unwrap();
    let steps = |atol: Vec<f64>| {
        let solution = ensemble
            .solve::<Tsit<Lorenz>>(&Options {
                rtol: 0.0,
                atol,
                ..Options::default()
            })
            .unwrap();
        solution.accepted()[0]
    };
    assert_eq!(steps(vec![1e-6]), steps(vec![1e-6; 3]));
    assert!(steps(vec![1e-6, 1e-6, 1e-9]) > steps(vec![1e-6; 3]));
    assert!(steps(vec![1.0, 1.0, 1e-6]) < steps(vec![1e-6; 3]));
}

/// A step chosen for the start is never one that the first attempt refuses.
#[test]
fn starting_steps_are_usable() {
    fn status<E: Real>(derivative: f64, span: (f64, f64), options: Options) -> Status {
        let ensemble = Ensemble::<Drift, E>::uniform(1, &[1.0, 0.0], &[derivative], span).unwrap();
        let solution = ensemble
            .solve::<Explicit<Drift, Tsit5, Integral, E>>(&options)
            .unwrap();
        solution.status(0)
    }
    let least = |min_step| Options {
        min_step,
        ..Options::default()
    };
    let long = [(0.0, 1e12), (1e12, 2e12), (-1e12, 0.0), (1e12, 0.0)];
    for span in long {
        assert_eq!(status::<f64>(1.0, span, least(0.0)), Status::Success);
    }
    assert_eq!(status::<f64>(1.0, (0.0, 1.0), least(1e-3)), Status::Success);
    assert_eq!(status::<f64>(1.0, (0.0, 1.0), least(5.0)), Status::Success);
    // the norm of the derivative overflows single precision
    let steep = status::<f32>(1e20, (0.0, 1e-21), least(0.0));
    assert_eq!(steep, Status::Success);
}

#[test]
fn a_step_of_the_smallest_size_is_taken() {
    let ensemble = Ensemble::<Clock, f64>::uniform(1, &[0.0], &[], (0.0, 1.0)).unwrap();
    let options = Options {
        step: Some(0.25),
        min_step: 0.25,
        ..Options::default()
    };
    for solution in [
        ensemble.solve::<Tsit<Clock>>(&options).unwrap(),
        ensemble.solve::<Rk4<Clock>>(&options).unwrap(),
    ] {
        assert_eq!(solution.status(0), Status::Success);
    }
}

#[test]
fn evaluations_are_counted() {
    let count = |span| {
        let ensemble = Ensemble::<Clock, f64>::uniform(1, &[0.0], &[], span).unwrap();
        let solution = ensemble.solve::<Tsit<Clock>>(&Options::default()).unwrap();
        let steps = u64::from(solution.accepted()[0] + solution.rejected()[0]);
        (solution.evaluations(0).unwrap(), steps)
    };
    let (evaluations, steps) = count((0.0, 1.0));
    assert!(steps > 0 && evaluations == 2 + 6 * steps);
    assert_eq!(count((1.0, 1.0)), (1, 0));
}

#[test]
fn bad_inputs_are_named() {
    let text = |result: Result<Ensemble<Lorenz, f64>, Error>| result.unwrap_err().to_string();
    let span = (0.0, 1.0);
    let wrong = ndarray::Array2::<f64>::zeros((2, 4));
    let right = ndarray::Array2::<f64>::zeros((3, 4));
    assert!(
        text(Ensemble::new(wrong.view(), right.view(), span))
            .starts_with("the states have shape [2, 4], expected [3, 4]")
    );
    assert!(
        text(Ensemble::new(right.view(), wrong.view(), span))
            .starts_with("the parameters have shape [2, 4]")
    );
    let mut nan = right.clone();
    nan[[1, 2]] = f64::NAN;
    assert!(
        text(Ensemble::new(nan.view(), right.view(), span))
            .starts_with("the states hold NaN at row 1, run 2")
    );
    assert!(
        text(Ensemble::uniform(0, &[0.0; 3], &[0.0; 3], span))
            .starts_with("the ensemble has 0 runs")
    );
    assert!(
        text(Ensemble::uniform(
            1,
            &[0.0; 3],
            &[0.0; 3],
            (0.0, f64::INFINITY)
        ))
        .starts_with("the span 0 to inf")
    );
    assert!(
        text(Ensemble::from_grid(
            &[0.0; 3],
            &Grid::new().fixed(1.0),
            span
        ))
        .starts_with("the grid has 1 axes, `Lorenz` has 3")
    );

    let ensemble = Ensemble::<Lorenz, f64>::uniform(1, &[1.0; 3], &[1.0; 3], span).unwrap();
    let refused = |options: Options| {
        ensemble
            .solve::<Tsit<Lorenz>>(&options)
            .unwrap_err()
            .to_string()
    };
    let base = Options::default;
    assert!(
        refused(Options {
            rtol: -1.0,
            ..base()
        })
        .starts_with("rtol is -1")
    );
    assert!(
        refused(Options {
            atol: vec![1e-6, 0.0, 1e-6],
            ..base()
        })
        .starts_with("atol[1] is 0")
    );
    assert!(
        refused(Options {
            atol: vec![1e-6; 2],
            ..base()
        })
        .starts_with("atol has 2 values, the system has 3 states")
    );
    assert!(
        refused(Options {
            step: Some(f64::NAN),
            ..base()
        })
        .starts_with("step is NaN")
    );
    assert!(
        refused(Options {
            max_steps: 0,
            ..base()
        })
        .starts_with("max_steps is 0")
    );
    assert!(
        refused(Options {
            min_step: -1.0,
            ..base()
        })
        .starts_with("min_step is -1")
    );
    assert!(
        refused(Options {
            step: Some(0.1),
            min_step: 0.5,
            ..base()
        })
        .starts_with("step is 0.1, below min_step 0.5")
    );
    let late = Ensemble::<Lorenz, f64>::uniform(1, &[1.0; 3], &[1.0; 3], (1e12, 1e12 + 1.0))
        .unwrap()
        .solve::<Rk4<Lorenz>>(&Options {
            step: Some(1e-6),
            ..base()
        });
    assert!(
        late.unwrap_err()
            .to_string()
            .starts_with("step is 0.000001, too small to move the time 1000000000001")
    );
    assert!(
        Ensemble::<Lorenz, f32>::uniform(1, &[1.0; 3], &[1.0; 3], (-3e38, 3e38))
            .unwrap_err()
            .to_string()
            .ends_with("is not finite (in f32)\n  help: give a finite start and end")
    );
    let coefficients = Some(Coefficients {
        safety: 1.5,
        ..Coefficients::for_order(5)
    });
    assert!(
        refused(Options {
            coefficients,
            ..base()
        })
        .starts_with("the controller's safety is 1.5")
    );
    let missing = ensemble
        .solve::<Rk4<Lorenz>>(&base())
        .unwrap_err()
        .to_string();
    assert!(missing.contains("takes fixed steps and no step is given"));
}

fn host_plan<M: Method>() -> RuntimePlan {
    try_plan::<M::Buffers>(on(Arch::custom(0, usize::MAX)).block(1).sequential()).unwrap()
}

fn live_slots_overlap(plan: PlanView<'_>) -> bool {
    verify(plan).is_err_and(|fault| fault.code == Code::Overlap)
}

/// Every pair of buffers, made to share bytes: the result changes where their declared lives meet, and only there. So
/// the host really goes through the plan, and the declared lives are neither too short nor too long.
#[test]
fn overlapping_slots_change_the_result_where_they_are_live() {
    type M = Tsit<Lorenz>;
    let ensemble =
        Ensemble::<Lorenz, f64>::uniform(1, &[1.0, 0.5, 0.2], &[10.0, 15.0, 8.0 / 3.0], (0.0, 1.0))
            .unwrap();
    let tuning = Tuning {
        threads: 1,
        level: Level::Baseline,
    };
    let solve = |plan: &RuntimePlan| {
        ensemble
            .solve_on_host::<M, 1>(&Options::default(), plan.view(), &tuning)
            .unwrap()
    };
    let good = host_plan::<M>();
    let expected = solve(&good);
    let count = good.view().slots.len();
    for a in 0..count {
        for b in 0..a {
            let mut plan = host_plan::<M>();
            let to = plan.view().slots[b].offset_bytes;
            plan.slots_mut()[a].offset_bytes = to;
            if plan.view().slots[a].bytes() > good.view().slots[b].bytes() {
                continue; // the same pair the other way round stays inside
            }
            assert_eq!(
                live_slots_overlap(plan.view()),
                !expected.same_bits(&solve(&plan)),
                "{} over {}",
                good.view().path_of(&good.view().slots[a]),
                good.view().path_of(&good.view().slots[b])
            );
        }
    }
}

/// Two slots of unequal length change places, all others stay: something now lies on something else.
#[test]
fn swapped_slots_change_the_result() {
    type M = Tsit<Lorenz>;
    let ensemble =
        Ensemble::<Lorenz, f64>::uniform(1, &[1.0, 0.5, 0.2], &[10.0, 15.0, 8.0 / 3.0], (0.0, 1.0))
            .unwrap();
    let tuning = Tuning {
        threads: 1,
        level: Level::Baseline,
    };
    let expected = ensemble
        .solve_on_host::<M, 1>(&Options::default(), host_plan::<M>().view(), &tuning)
        .unwrap();
    let mut swapped = 0;
    let count = host_plan::<M>().view().slots.len();
    for a in 0..count {
        for b in 0..a {
            let mut plan = host_plan::<M>();
            let slots = plan.slots_mut();
            let (x, y) = (slots[a].offset_bytes, slots[b].offset_bytes);
            (slots[a].offset_bytes, slots[b].offset_bytes) = (y, x);
            if !live_slots_overlap(plan.view()) {
                continue; // of equal length, a swap is another valid layout
            }
            if let Ok(got) =
                ensemble.solve_on_host::<M, 1>(&Options::default(), plan.view(), &tuning)
            {
                assert!(
                    !expected.same_bits(&got),
                    "slots {a} and {b} swapped unnoticed"
                );
                swapped += 1;
            }
        }
    }
    assert!(swapped >= 5, "{swapped}");
}

#[test]
fn misaligned_plans_are_refused() {
    let ensemble = Ensemble::<Lorenz, f64>::uniform(1, &[1.0; 3], &[1.0; 3], (0.0, 1.0)).unwrap();
    let mut plan = host_plan::<Tsit<Lorenz>>();
    plan.slots_mut()[0].offset_bytes += 4;
    let error = ensemble.solve_on_host::<Tsit<Lorenz>, 1>(
        &Options::default(),
        plan.view(),
        &Tuning::default(),
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        "buffer `state` of f64 starts at byte 4\n  help: an offset must be a multiple of the element's alignment, 8 bytes"
    );
}

#[test]
fn another_registrys_plan_is_refused() {
    let ensemble = Ensemble::<Lorenz, f64>::uniform(1, &[1.0; 3], &[1.0; 3], (0.0, 1.0)).unwrap();
    let plan = host_plan::<Rk4<Lorenz>>();
    let error = ensemble.solve_on_host::<Tsit<Lorenz>, 1>(
        &Options::default(),
        plan.view(),
        &Tuning::default(),
    );
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("is not one of the registry")
    );
}

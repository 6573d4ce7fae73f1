//! Forward sensitivities: against analytic ones, against finite differences, and what they do to the steps.
#![allow(missing_docs, reason = "tests")]
#![cfg(feature = "std")]

use bakelite::consts::*;
use bakelite::host::{Level, Tuning};
use bakelite::ode::Method;
use bakelite::{
    ensemble::SplitSolution,
    layout::try_plan,
    ode::{
        Adaptive, BiCgStab, ByInitialState, ByInitialStates, ByParameter, ByParameters, Controller,
        DenseOutput, EndState, Integrator, Jacobi, Newton, Sensitivities, Stepper,
        methods::{
            Dirk, Dop853, DormandPrince54, Erk, Firk, KenCarp4, Kvaerno5, RadauIia5, Rodas4,
            Rosenbrock, Vern9,
        },
        times,
    },
    prelude::*,
};
use ndarray::Array2;

system! {
    struct Decay;
    states: U1;
    parameters: U1;
    rhs: |_t, [y], [rate]| [-(rate * y)]
}
system! {
    struct Oscillator;
    states: U2;
    parameters: U1;
    rhs: |_t, [x, v], [stiffness]| [v, -(stiffness * x)]
}
system! {
    struct Lorenz;
    states: U3;
    parameters: U3;
    rhs: |_t, [x, y, z], [sigma, rho, beta]| [sigma * (y - x), x * (rho - z) - y, x * y - beta * z]
}
system! {
    /// ROBER: stiff.
    struct Robertson;
    states: U3;
    parameters: U3;
    rhs: |_t, [a, b, c], [k1, k2, k3]| {
        let (first, second, third) = (k1 * a, k2 * b * b, k3 * b * c);
        [third - first, first - second - third, second]
    }
}

type Pi = ProportionalIntegral;
type With<S, St, O = EndState> = Integrator<S, St, Pi, f64, Local, O>;

fn solve<M: Method>(
    ensemble: &Ensemble<M::System, M::Element>,
    options: &Options,
) -> Solution<M::Element> {
    let plan = try_plan::<M::Buffers>(on(Arch::Sm90).block(32).packed()).unwrap();
    let one = Tuning {
        threads: 1,
        level: Level::Baseline,
    };
    let solution = ensemble
        .solve_on_host::<M, 1>(options, plan.view(), &one)
        .unwrap();
    assert_eq!(
        solution.count(Status::Success),
        ensemble.runs(),
        "{}",
        M::name()
    );
    solution
}

fn tolerances(rtol: f64, atol: f64) -> Options {
    Options {
        rtol,
        atol: vec![atol],
        ..Options::default()
    }
}

#[test]
fn linear_decay_by_its_rate_and_its_start() {
    type Both = Sensitivities<Decay, (ByParameters, ByInitialStates)>;
    let initial = ndarray::array![[1.0, -2.0, 0.5, 3.0]];
    let rates = ndarray::array![[0.5, 1.0, 2.0, 0.0]];
    let end = 1.5;
    let ensemble = Ensemble::<Decay, f64>::new(initial.view(), rates.view(), (0.0, end)).unwrap();
    let solution =
        solve::<With<Both, Erk<Dop853>>>(&Both::ensemble(&ensemble), &tolerances(1e-12, 1e-12));
    let parts = Both::split(&solution).unwrap();
    assert_eq!(parts.states.shape(), [1, 4]);
    assert_eq!(parts.sensitivities.shape(), [4, 1, 2]);
    assert_eq!(parts.saved_sensitivities.shape(), [0, 4, 1, 2]);
    for run in 0..4 {
        let (start, rate) = (initial[[0, run]], rates[[0, run]]);
        let by_start = f64::exp(-rate * end);
        let want = [start * by_start, -end * start * by_start, by_start];
        let got = [
            parts.states[[0, run]],
            parts.sensitivities[[run, 0, 0]],
            parts.sensitivities[[run, 0, 1]],
        ];
        for (got, want) in got.iter().zip(want) {
            assert!((got - want).abs() < 1e-11, "run {run}: {got} for {want}");
        }
    }
}

/// With fixed steps, sensitivities are the exact derivatives of what the method computes, not only of the solution.
#[test]
fn fixed_steps_give_the_derivative_of_the_method() {
    type Decays = Sensitivities<Decay>;
    type Rk4 = Integrator<Decays, Erk<ClassicalRk4>, Fixed, f64, Local>;
    let (rate, step, steps) = (2.0, 0.25, 4);
    let ensemble = Ensemble::<Decay, f64>::uniform(1, &[1.0], &[rate], (0.0, 1.0)).unwrap();
    let options = Options {
        step: Some(step),
        ..Options::default()
    };
    let solution = solve::<Rk4>(&Decays::ensemble(&ensemble), &options);
    let parts = Decays::split(&solution).unwrap();
    // y = P(z)^4 with P the polynomial of degree 4 of exp, z = -rate step
    let z: f64 = -rate * step;
    let value = 1.0 + z + z * z / 2.0 + z.powi(3) / 6.0 + z.powi(4) / 24.0;
    let slope = 1.0 + z + z * z / 2.0 + z.powi(3) / 6.0;
    let want = f64::from(steps) * value.powi(steps - 1) * slope * -step;
    let got = parts.sensitivities[[0, 0, 0]];
    assert!((got - want).abs() < 1e-16, "{got:e} for {want:e}");
    // what the solution has there is 2e-4 away
    let of_solution = -f64::exp(-rate);
    let away = (got - of_solution).abs();
    assert!((1e-4..1e-2).contains(&away), "{away:e}");
}

#[test]
fn harmonic_oscillator_over_time() {
    type All = Sensitivities<Oscillator, (ByParameters, ByInitialStates)>;
    type Few = Sensitivities<Oscillator, (ByInitialState<U1>, ByParameter<U0>)>;
    let (x0, v0, stiffness) = (0.7, -0.4, 2.0_f64);
    let w = stiffness.sqrt();
    let span = (0.0, 5.0);
    let ensemble = Ensemble::<Oscillator, f64>::uniform(3, &[x0, v0], &[stiffness], span).unwrap();
    let options = Options {
        save_times: times(0.0, 5.0, 21),
        ..tolerances(1e-11, 1e-11)
    };
    let all = solve::<With<All, Erk<Vern9>, DenseOutput>>(&All::ensemble(&ensemble), &options);
    let few = solve::<With<Few, Erk<Vern9>, DenseOutput>>(&Few::ensemble(&ensemble), &options);
    let (all, few) = (All::split(&all).unwrap(), Few::split(&few).unwrap());
    assert_eq!(all.saved_states.shape(), [21, 2, 3]);
    assert_eq!(all.saved_sensitivities.shape(), [21, 3, 2, 3]);
    for (save, &t) in options.save_times.iter().enumerate() {
        let (sin, cos) = (w * t).sin_cos();
        let (x, v) = (x0 * cos + v0 / w * sin, -x0 * w * sin + v0 * cos);
        // by w, then by the stiffness w²
        let x_by_w = -x0 * t * sin + v0 * (t * cos / w - sin / (w * w));
        let v_by_w = -x0 * (sin + w * t * cos) - v0 * t * sin;
        let want = [
            [x_by_w / (2.0 * w), cos, sin / w],
            [v_by_w / (2.0 * w), -w * sin, cos],
        ];
        for run in 0..3 {
            assert!((all.saved_states[[save, 0, run]] - x).abs() < 2e-10);
            assert!((all.saved_states[[save, 1, run]] - v).abs() < 2e-10);
            for state in 0..2 {
                for column in 0..3 {
                    let got = all.saved_sensitivities[[save, run, state, column]];
                    let want = want[state][column];
                    assert!(
                        (got - want).abs() < 2e-10,
                        "{got} for {want}: state {state} by {column} at {t}"
                    );
                }
                for (column, of_all) in [(0, 2), (1, 0)] {
                    let got = few.saved_sensitivities[[save, run, state, column]];
                    assert!((got - want[state][of_all]).abs() < 2e-10);
                }
            }
        }
    }
    assert_eq!(
        all.sensitivities,
        all.saved_sensitivities.index_axis(ndarray::Axis(0), 20)
    );
}

/// Central differences of solutions by all parameters and initial states: `[state][column]`.
fn differences<S: System, M: Method<System = S, Element = f64>>(
    (initial, parameters, end): (&[f64], &[f64], f64),
    options: &Options,
    relative: f64,
) -> Array2<f64> {
    let (n, q) = (initial.len(), parameters.len());
    let runs = 2 * (n + q);
    let moved = |row: usize, run: usize, values: &[f64], first: usize| {
        let size = relative * values[row].abs().max(1e-3);
        if run / 2 != first + row {
            values[row]
        } else if run.is_multiple_of(2) {
            values[row] + size
        } else {
            values[row] - size
        }
    };
    let start = Array2::from_shape_fn((n, runs), |(row, run)| moved(row, run, initial, q));
    let with = Array2::from_shape_fn((q, runs), |(row, run)| moved(row, run, parameters, 0));
    let ensemble = Ensemble::<S, f64>::new(start.view(), with.view(), (0.0, end)).unwrap();
    let solution = solve::<M>(&ensemble, options);
    Array2::from_shape_fn((n, q + n), |(state, column)| {
        let rise =
            solution.states()[[state, 2 * column]] - solution.states()[[state, 2 * column + 1]];
        let moved = if column < q {
            with.row(column)
        } else {
            start.row(column - q)
        };
        rise / (moved[2 * column] - moved[2 * column + 1])
    })
}

#[test]
fn lorenz_against_finite_differences() {
    type All = Sensitivities<Lorenz, (ByParameters, ByInitialStates)>;
    let (initial, parameters, end) = ([1.0, 0.5, 2.0], [10.0, 28.0, 8.0 / 3.0], 2.0);
    let options = tolerances(1e-13, 1e-13);
    let ensemble = Ensemble::<Lorenz, f64>::uniform(1, &initial, &parameters, (0.0, end)).unwrap();
    let solution = solve::<With<All, Erk<Vern9>>>(&All::ensemble(&ensemble), &options);
    let parts = All::split(&solution).unwrap();
    let want = differences::<Lorenz, With<Lorenz, Erk<Vern9>>>(
        (&initial, &parameters, end),
        &options,
        1e-5,
    );
    let mut worst = 0.0_f64;
    for ((state, column), &want) in want.indexed_iter() {
        let got = parts.sensitivities[[0, state, column]];
        worst = worst.max((got - want).abs() / want.abs());
    }
    println!("Lorenz: {worst:e}");
    assert!(worst < 1e-6, "{worst:e}");
}

/// The largest relative difference between sensitivities of Robertson's reactions by `k1` and finite differences.
fn robertson<St>(end: f64, rtol: f64) -> f64
where
    St: Adaptive + Stepper<Local>,
    Pi: Controller<St>,
{
    type ByFirst = Sensitivities<Robertson, ByParameter<U0>>;
    let (initial, parameters) = ([1.0, 0.0, 0.0], [0.04, 3e7, 1e4]);
    let ensemble =
        Ensemble::<Robertson, f64>::uniform(1, &initial, &parameters, (0.0, end)).unwrap();
    let options = Options {
        rtol,
        atol: vec![rtol, rtol * 1e-4, rtol],
        ..Options::default()
    };
    let options = ByFirst::options(&options, &[0.04]).unwrap();
    let solution = solve::<With<ByFirst, St>>(&ByFirst::ensemble(&ensemble), &options);
    let parts = ByFirst::split(&solution).unwrap();
    let tight = Options {
        rtol: 1e-11,
        atol: vec![1e-13, 1e-17, 1e-13],
        ..Options::default()
    };
    let want = differences::<Robertson, With<Robertson, Rosenbrock<Rodas5p>>>(
        (&initial, &parameters, end),
        &tight,
        1e-4,
    );
    (0..3)
        .map(|state| {
            let (got, want) = (parts.sensitivities[[0, state, 0]], want[[state, 0]]);
            (got - want).abs() / want.abs()
        })
        .fold(0.0, f64::max)
}

#[test]
fn robertson_by_implicit_methods() {
    let worst = [
        robertson::<Rosenbrock<Rodas5p>>(40.0, 1e-8),
        robertson::<Dirk<Kvaerno5>>(40.0, 1e-8),
        robertson::<Firk<RadauIia5>>(40.0, 1e-8),
        robertson::<Dirk<KenCarp4, Newton<BiCgStab<Jacobi>>>>(1.0, 1e-6),
    ];
    println!("Robertson: {worst:?}");
    assert!(worst.iter().all(|&worst| worst < 1e-5), "{worst:?}");
}

/// Without control, steps are those of the states alone: the same bits. With it, sensitivities keep the tolerances.
#[test]
fn errors_of_sensitivities_are_controlled_or_not() {
    type Controlled = Sensitivities<Lorenz, ByParameters>;
    type Free = Sensitivities<Lorenz, ByParameters, B0>;
    let (initial, parameters, span) = ([1.0, 0.5, 2.0], [10.0, 28.0, 8.0 / 3.0], (0.0, 2.0));
    let ensemble = Ensemble::<Lorenz, f64>::uniform(1, &initial, &parameters, span).unwrap();
    let exact = solve::<With<Controlled, Erk<Vern9>>>(
        &Controlled::ensemble(&ensemble),
        &tolerances(1e-13, 1e-13),
    );
    let exact = Controlled::split(&exact).unwrap().sensitivities.to_owned();
    let options = tolerances(1e-5, 1e-5);
    macro_rules! compare {
        ($step:ty) => {{
            let alone = solve::<With<Lorenz, $step>>(&ensemble, &options);
            let free = solve::<With<Free, $step>>(&Free::ensemble(&ensemble), &options);
            let controlled =
                solve::<With<Controlled, $step>>(&Controlled::ensemble(&ensemble), &options);
            assert_eq!(Free::split(&free).unwrap().states, alone.states());
            let steps = |solution: &Solution<f64>| (solution.accepted()[0], solution.rejected()[0]);
            assert_eq!(steps(&free), steps(&alone));
            let error = |parts: SplitSolution<'_, f64>| {
                let pairs = parts.sensitivities.iter().zip(&exact);
                pairs.fold(0.0_f64, |worst, (got, want)| {
                    worst.max((got - want).abs() / want.abs())
                })
            };
            let errors = (
                error(Free::split(&free).unwrap()),
                error(Controlled::split(&controlled).unwrap()),
            );
            println!("{:?} {:?} {errors:?}", steps(&free), steps(&controlled));
            (steps(&free).0, steps(&controlled).0, errors)
        }};
    }
    let (free, controlled, errors) = compare!(Erk<Tsit5>);
    assert!(free < controlled && errors.1 < errors.0);
    compare!(Erk<Dop853>);
    compare!(Erk<DormandPrince54>);
}

/// Packs of the default width, on the host's own threads: without optimisation their stack has megabytes.
#[test]
fn stiff_packs_by_default() {
    type ByRates = Sensitivities<Robertson, ByParameters>;
    type Solver = With<ByRates, Rosenbrock<Rodas4>>;
    let ensemble =
        Ensemble::<Robertson, f64>::uniform(20, &[1.0, 0.0, 0.0], &[0.04, 3e7, 1e4], (0.0, 0.01));
    let options = ByRates::options(&tolerances(1e-4, 1e-8), &[0.04, 3e7, 1e4]).unwrap();
    let solution = ByRates::ensemble(&ensemble.unwrap())
        .solve::<Solver>(&options)
        .unwrap();
    let parts = ByRates::split(&solution).unwrap();
    // mass is conserved, whatever the rates are
    for run in 0..20 {
        for column in 0..3 {
            let column: Vec<f64> = parts
                .sensitivities
                .slice(ndarray::s![run, .., column])
                .to_vec();
            let sum: f64 = column.iter().sum();
            let largest = column
                .iter()
                .fold(0.0_f64, |most, value| most.max(value.abs()));
            assert!(largest > 0.0 && sum.abs() < 1e-12 * largest, "{column:?}");
        }
    }
}

#[test]
fn the_order_of_runs_and_single_precision() {
    type Decays = Sensitivities<Decay>;
    type Solver = Integrator<Decays, Erk<Tsit5>, Pi, f32, Local>;
    let rates = ndarray::array![[0.5_f32, 3.0, 1.0, 2.0]];
    let initial = Array2::<f32>::ones((1, 4));
    let ensemble = Ensemble::<Decay, f32>::new(initial.view(), rates.view(), (0.0, 1.0)).unwrap();
    let options = tolerances(1e-5, 1e-5);
    let plain = solve::<Solver>(&Decays::ensemble(&ensemble), &options);
    let ordered = ensemble.by_work(&[0.5, 3.0, 1.0, 2.0]).unwrap();
    let ordered = solve::<Solver>(&Decays::ensemble(&ordered), &options);
    assert!(plain.same_bits(&ordered));
    let parts = Decays::split(&plain).unwrap();
    for run in 0..4 {
        let want = -f32::exp(-rates[[0, run]]);
        let got = parts.sensitivities[[run, 0, 0]];
        assert!((got - want).abs() < 2e-5, "run {run}: {got} for {want}");
    }
}

#[test]
fn bad_input_has_words() {
    type Both = Sensitivities<Lorenz, (ByParameter<U1>, ByInitialStates)>;
    let options = |atol: &[f64], sizes: &[f64]| {
        let options = Options {
            atol: atol.to_vec(),
            ..Options::default()
        };
        Both::options(&options, sizes)
    };
    let made = options(&[1e-6, 1e-7, 1e-8], &[28.0, 1.0, 2.0, 4.0]).unwrap();
    assert_eq!(made.atol.len(), 15);
    assert_eq!(made.atol[3..6], [1e-6 / 28.0, 1e-7 / 28.0, 1e-8 / 28.0]);
    assert_eq!(made.atol[12..], [2.5e-7, 2.5e-8, 2.5e-9]);
    let errors = [
        (
            options(&[1e-6], &[1.0]),
            "1 sizes are given, `Lorenz` has 4 columns of sensitivities\n  help: give one size per column",
        ),
        (
            options(&[1e-6], &[1.0, 0.0, 1.0, 1.0]),
            "sizes[1] is 0\n  help: it must be finite and above 0; of a parameter that is 0, give how much of it matters",
        ),
        (
            options(&[1e-6], &[1.0, 1.0, f64::NAN, 1.0]),
            "sizes[2] is NaN\n  help: it must be finite and above 0; of a parameter that is 0, give how much of it matters",
        ),
        (
            options(&[1e-6, 1e-6], &[1.0; 4]),
            "atol has 2 values, `Lorenz` has 3 states\n  help: give one value, or one per state; those of sensitivities are made from them",
        ),
    ];
    for (got, want) in errors {
        assert_eq!(got.unwrap_err().to_string(), want);
    }
    let ensemble = Ensemble::<Lorenz, f64>::uniform(2, &[1.0; 3], &[1.0; 3], (0.0, 0.1)).unwrap();
    let alone = solve::<With<Lorenz, Erk<Tsit5>>>(&ensemble, &Options::default());
    assert_eq!(
        Both::split(&alone).unwrap_err().to_string(),
        "the solution has 3 states, `Lorenz` with 4 columns of sensitivities has 15\n  help: split a solution of the same `Sensitivities`"
    );
}

//! A step that was rejected is never tried again: the next is shorter, whatever the coefficients, the span and the
//! first step. Attempts are made one by one through [`Method::attempt`], by a loop that shares nothing with the
//! executors. `PROPTEST_CASES=20000` tries more.
#![cfg(feature = "std")]

use bakelite::consts::*;
use bakelite::ode::Output;
use bakelite::ode::Real;
use bakelite::ode::{LARGEST_AFTER_REJECTION, Settings};
use bakelite::typenum::Unsigned;
use bakelite::{
    layout::try_plan,
    ode::{
        Coefficients, EndState, Integral, Integrator, Predictive, ProportionalIntegralDerivative,
        StopAtSaves, Workspace,
        methods::{Dirk, Dop853, Erk, Firk, Kvaerno3, Kvaerno5, RadauIia3, Rodas4, Rosenbrock},
    },
    prelude::*,
};
use proptest::prelude::*;

system! {
    /// Decay that turns into growth at `turn`, and into nonsense at `wall`: steps are rejected for their error, and for
    /// a NaN.
    struct Rough;
    states: U2;
    parameters: U3;
    rhs: |t, [y, z], [rate, turn, wall]| {
        let rate = R::select(t.lt(turn), -rate, R::lit(3.0) * rate);
        let lost = R::select(t.lt(wall), R::lit(0.0), R::lit(f64::NAN));
        [rate * y + lost, rate * (y - z * z)]
    }
}

/// The buffers of one run, each where its slot's number says.
struct Buffers<R>(Vec<Vec<R>>);
impl<R: Real> Workspace<R> for Buffers<R> {
    fn load(&mut self, slot: usize, element: usize) -> R {
        self.0[slot][element]
    }
    fn store_where(&mut self, mask: bool, slot: usize, element: usize, value: R) {
        if mask {
            self.0[slot][element] = value;
        }
    }
}

#[derive(Clone, Debug)]
struct Case {
    span: (f64, f64),
    /// Over the length of the span: the first step, times to stop at, and where the right-hand side turns and ends.
    first: Option<f64>,
    stops: Vec<f64>,
    turn: f64,
    wall: f64,
    /// Rate times length.
    rate: f64,
    tolerance: f64,
    coefficients: Coefficients,
}

/// Tries at most so many steps.
const ATTEMPTS: usize = 1000;

fn check<M: Method<System = Rough>>(case: &Case) -> Result<(), TestCaseError> {
    type Real<M> = <M as Method>::Element;
    let number = |value: f64| <Real<M> as bakelite::ode::Real>::from_f64(value);
    let (start, end) = case.span;
    let length = end - start;
    let spec = on(Arch::Sm80).block(32).sequential();
    let plan = try_plan::<M::Buffers>(spec).unwrap();
    let sizes = plan.view().slots.iter().map(|slot| slot.len_elements);
    let mut buffers = Buffers(sizes.map(|len| vec![number(f64::NAN); len]).collect());
    let at = |share: f64| number(start + share * length);
    let parameters = [number(case.rate / length), at(case.turn), at(case.wall)];
    for (index, value) in [number(1.0), number(0.5)].into_iter().enumerate() {
        buffers.store(M::STATE_SLOT, index, value);
    }
    for (index, value) in parameters.into_iter().enumerate() {
        buffers.store(M::PARAMETERS_SLOT, index, value);
    }
    let c = &case.coefficients;
    let atol = [number(case.tolerance); 2];
    let smallest = <Real<M> as bakelite::ode::Real>::SMALLEST_STEP;
    let mut settings = Settings {
        end,
        min_step: smallest,
        rtol: number(case.tolerance),
        atol: &atol[..<Rough as System>::States::USIZE],
        coefficients: Coefficients {
            beta1: number(c.beta1),
            beta2: number(c.beta2),
            beta3: number(c.beta3),
            safety: number(c.safety),
            min_factor: number(c.min_factor),
            max_factor: number(c.max_factor),
        },
    };
    match case.first {
        Some(share) => {
            let first = number((share * length).clamp(-1e38, 1e38));
            let first = if first.to_f64().abs() < smallest {
                number(smallest.copysign(length))
            } else {
                first
            };
            M::begin(&mut buffers, start, first, true);
        }
        None => {
            M::begin(&mut buffers, start, number(0.0), true);
            M::choose_step(&mut buffers, start, &settings, true);
        }
    }
    let mut stops: Vec<f64> = case.stops.iter().map(|s| start + s * length).collect();
    stops.retain(|&stop| M::Output::STOPS && (stop - start).abs() > smallest);
    let (mut time, mut rejected) = (start, None::<f64>);
    let toward = |from: f64, to: f64| (to - from) * length.signum();
    for _ in 0..ATTEMPTS {
        if time == end {
            break;
        }
        stops.retain(|&stop| toward(time, stop) > 0.0);
        settings.end = stops.first().copied().unwrap_or(end);
        let attempt = M::attempt(&mut buffers, time, true, &settings);
        let step = attempt.step.to_f64();
        if let Some(before) = rejected {
            let most = LARGEST_AFTER_REJECTION * before.abs() * (1.0 + 1e-6);
            prop_assert!(
                step.abs() <= most,
                "{} tried {step:e} at {time:e} after {before:e} was rejected: {case:?}",
                M::name()
            );
        }
        if attempt.failed {
            break;
        }
        if attempt.accepted {
            prop_assert!(toward(time, attempt.time) > 0.0, "{time:e} {case:?}");
            prop_assert!(toward(attempt.time, settings.end) >= 0.0, "{case:?}");
            if M::Output::SAVES {
                M::commit(&mut buffers, true);
            }
            (time, rejected) = (attempt.time, None);
        } else {
            prop_assert_eq!(attempt.time, time);
            rejected = Some(step);
        }
    }
    Ok(())
}

/// From 0 to 1, often so near to 1 that a product with it is rounded to no change.
fn up_to_one() -> impl Strategy<Value = f64> {
    prop_oneof![
        0.001..0.999,
        (1.0..7.0_f64).prop_map(|k| 1.0 - 10.0_f64.powf(-k)),
    ]
}

/// `largest`: the power of ten of the longest span and the latest time.
fn cases(largest: f64) -> impl Strategy<Value = Case> {
    let sign = prop_oneof![Just(-1.0), Just(1.0)];
    let magnitude = move |low: f64| (low..largest).prop_map(|k| 10.0_f64.powf(k));
    let start = prop_oneof![
        2 => Just(0.0),
        1 => (magnitude(-largest), sign.clone()).prop_map(|(t, s)| t * s),
    ];
    let length = prop_oneof![
        1 => Just(1.0),
        1 => magnitude(-largest),
        // beside a start of that size, a few units in its last place
        1 => Just(0.0),
    ];
    let ulps = 1.0..2000.0_f64;
    let span = (start, length, ulps, sign).prop_map(|(start, length, ulps, sign)| {
        let length: f64 = if length == 0.0 {
            ulps * f64::EPSILON * f64::abs(start)
        } else {
            length
        };
        let end = start + sign * length;
        if (end - start).abs() > 1e-34 {
            (start, end)
        } else {
            (0.0, sign)
        }
    });
    let coefficients = (
        0.001..1.999,
        -0.999..1.999,
        -0.999..1.999,
        up_to_one(),
        up_to_one(),
        prop_oneof![1.001..2.0, 2.0..1e6],
    );
    let coefficients =
        coefficients.prop_map(
            |(beta1, beta2, beta3, safety, min_factor, max)| Coefficients {
                beta1,
                beta2,
                beta3,
                safety,
                min_factor,
                max_factor: max,
            },
        );
    let first = prop_oneof![
        Just(None),
        Just(Some(1.0)),
        (-12.0..3.0_f64).prop_map(|k| Some(10.0_f64.powf(k))),
    ];
    let wall = prop_oneof![Just(2.0), 0.1..1.3];
    let stops = proptest::collection::vec(0.001..0.999, 0..4);
    let rest = (first, stops, 0.0..1.5, wall, -2.0..2.0_f64, -9.0..-1.0_f64);
    (span, coefficients, rest).prop_map(
        |(span, coefficients, (first, mut stops, turn, wall, rate, tolerance))| {
            stops.sort_by(f64::total_cmp);
            Case {
                span,
                first,
                stops,
                turn,
                wall,
                rate: 10.0_f64.powf(rate),
                tolerance: 10.0_f64.powf(tolerance),
                coefficients,
            }
        },
    )
}

macro_rules! no_attempt_twice {
    ($($name:ident: $largest:literal, $method:ty;)*) => {$(
        proptest! {
            #![proptest_config(config())]
            #[test]
            fn $name(case in cases($largest)) {
                check::<$method>(&case)?;
            }
        }
    )*};
}

fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig {
        cases: match std::env::var_os("PROPTEST_CASES") {
            Some(_) => default.cases,
            None => 60,
        },
        failure_persistence: None,
        ..default
    }
}

type Of<St, C, E = f64, O = EndState> = Integrator<Rough, St, C, E, Local, O>;
no_attempt_twice! {
    tsit5_integral: 290.0, Of<Erk<Tsit5>, Integral>;
    tsit5_pi: 290.0, Of<Erk<Tsit5>, ProportionalIntegral>;
    tsit5_pi_f32: 33.0, Of<Erk<Tsit5>, ProportionalIntegral, f32>;
    tsit5_pi_stops: 290.0, Of<Erk<Tsit5>, ProportionalIntegral, f64, StopAtSaves>;
    dop853_pid_f32_stops: 33.0, Of<Erk<Dop853>, ProportionalIntegralDerivative, f32, StopAtSaves>;
    tsit5_predictive_stops: 290.0, Of<Erk<Tsit5>, Predictive, f64, StopAtSaves>;
    kvaerno5_predictive: 290.0, Of<Dirk<Kvaerno5>, Predictive>;
    kvaerno3_pi_f32_stops: 33.0, Of<Dirk<Kvaerno3>, ProportionalIntegral, f32, StopAtSaves>;
    radau3_pid: 290.0, Of<Firk<RadauIia3>, ProportionalIntegralDerivative>;
    rodas4_pi_stops: 290.0, Of<Rosenbrock<Rodas4>, ProportionalIntegral, f64, StopAtSaves>;
}

system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }

/// The reports on diffrax (#85, #86): a last step that is rejected by little, with a safety factor above 1/1.01. On the
/// host, and by kernels.
#[test]
fn a_last_step_that_is_rejected_by_little() {
    type Solver<E> = Explicit<Decay, Tsit5, ProportionalIntegral, E>;
    let runs = 600;
    fn hits<E: Real>(
        runs: usize,
        safety: f64,
    ) -> (usize, Solution<E>, Ensemble<Decay, E>, Options) {
        // the error grows with the state: among many, some are just above the tolerance
        let initial = ndarray::Array2::from_shape_fn((1, runs), |(_, run)| {
            E::from_f64(0.9 + 0.4 * run as f64 / runs as f64)
        });
        let rates = ndarray::Array2::from_elem((1, runs), E::from_f64(1.0));
        let ensemble = Ensemble::<Decay, E>::new(initial.view(), rates.view(), (0.0, 1.0)).unwrap();
        let options = Options {
            step: Some(1.0),
            rtol: 0.0,
            atol: vec![7e-4],
            max_steps: 1000,
            coefficients: Some(Coefficients {
                safety,
                ..Coefficients::for_order(5)
            }),
            ..Options::default()
        };
        let solution = ensemble.solve::<Solver<E>>(&options).unwrap();
        let rejected = solution.rejected().iter().filter(|&&n| n > 0).count();
        (rejected, solution, ensemble, options)
    }
    for safety in [0.9, 0.99, 0.991, 0.995, 0.9999] {
        let (rejected, solution, ..) = hits::<f64>(runs, safety);
        assert!(rejected > 20 && rejected < runs, "{rejected}");
        assert_eq!(solution.count(Status::Success), runs, "{safety}");
        assert!(solution.rejected().iter().all(|&n| n < 8));
    }
    #[cfg(feature = "reference")]
    {
        fn same<E: bakelite::cuda::DeviceElement + Real>() {
            let device = bakelite::cuda::Device::reference().unwrap();
            let (_, solution, ensemble, options) = hits::<E>(64, 0.9999);
            assert_eq!(solution.count(Status::Success), 64);
            let spec = on(Arch::Sm80).block(32).sequential();
            let plan = try_plan::<<Solver<E> as Method>::Buffers>(spec).unwrap();
            let kernel = ensemble.solve_on_device::<Solver<E>>(&options, &plan.view(), &device);
            assert!(kernel.unwrap().same_bits(&solution));
        }
        same::<f64>();
        same::<f32>();
    }
}

/// Coefficients that the precision rounds to a bound are outside it.
#[test]
fn coefficients_that_round_to_a_bound() {
    fn error<E: Real>(coefficients: Coefficients) -> Option<String> {
        let ensemble = Ensemble::<Decay, E>::uniform(1, &[1.0], &[1.0], (0.0, 1.0)).unwrap();
        let options = Options {
            coefficients: Some(coefficients),
            ..Options::default()
        };
        let solved = ensemble.solve::<Explicit<Decay, Tsit5, ProportionalIntegral, E>>(&options);
        solved.err().map(|error| error.to_string())
    }
    let near = 1.0 - 1e-9;
    let safety = Coefficients {
        safety: near,
        ..Coefficients::for_order(5)
    };
    let factors = Coefficients {
        min_factor: 1e-60,
        ..Coefficients::for_order(5)
    };
    assert_eq!(error::<f64>(safety), None);
    assert_eq!(error::<f64>(factors), None);
    assert_eq!(
        error::<f32>(safety).unwrap(),
        "the controller's safety is 0.999999999 (in f32)\n  help: it must lie between 0 and 1"
    );
    assert_eq!(
        error::<f32>(factors).unwrap(),
        "the controller's min_factor is 0.000000000000000000000000000000000000000000000000000000000001 (in f32)\n  help: it must lie between 0 and 1"
    );
}

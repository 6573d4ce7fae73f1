//! Derivatives that a user gives: they are the ones that are used, right ones give what dual numbers give, and
//! approximate ones cost turns of Newton's method, not its solution.
#![allow(missing_docs, reason = "tests")]
#![cfg(feature = "std")]

use bakelite::consts::*;
use bakelite::host::{Level, Tuning};
use bakelite::ode::Method;
use bakelite::{
    layout::try_plan,
    ode::{
        BiCgStab, ByParameter, Controller, Integrator, Jacobi, MinimalResidual, Newton, Scheme,
        Sensitivities, Stepper,
        methods::{
            Dirk, Erk, Firk, Kvaerno3, Kvaerno5, RadauIia5, Rodas4, Ros34pw2, Rosenbrock,
            Rosenbrock23, TrBdf2, Vern9,
        },
    },
    prelude::*,
};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

static EVALUATIONS: AtomicU64 = AtomicU64::new(0);
static PRODUCTS: AtomicU64 = AtomicU64::new(0);
static TIME_DERIVATIVES: AtomicU64 = AtomicU64::new(0);
/// The counters belong to one solve at a time.
static COUNTING: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    // a test that failed leaves the counters usable
    COUNTING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A pendulum with friction that is driven, and its derivatives; counted on the host.
macro_rules! pendulum {
    ($name:ident $(, $($own:tt)*)?) => {
        system! {
            struct $name;
            states: U2;
            parameters: U2;
            rhs: |t, [angle, speed], [gravity, friction]| {
                EVALUATIONS.fetch_add(1, Relaxed);
                [speed, (R::lit(3.0) * t).cos() - gravity * angle.sin() - friction * speed]
            }
            $(; $($own)*)?
        }
    };
}
pendulum!(ByDuals);
pendulum!(
    Own,
    jacobian_product: |_t, [angle, _speed], [gravity, friction], [of_angle, of_speed]| {
        PRODUCTS.fetch_add(1, Relaxed);
        [of_speed, -(gravity * angle.cos() * of_angle) - friction * of_speed]
    };
    time_derivative: |t, _y, _p| {
        TIME_DERIVATIVES.fetch_add(1, Relaxed);
        [R::lit(0.0), R::lit(-3.0) * (R::lit(3.0) * t).sin()]
    }
);
// the other order, whole arrays, and a semicolon at the end
pendulum!(
    Approximate,
    time_derivative: |t, _y, _p| [R::lit(0.0), R::lit(-3.0) * (R::lit(3.0) * t).sin()];
    jacobian_product: |_t, _y, p, v| {
        PRODUCTS.fetch_add(1, Relaxed);
        [v[1], R::lit(0.7) * -(p[0] * v[0]) - R::lit(0.5) * p[1] * v[1]]
    };
);

#[derive(Debug)]
struct Counted {
    state: [f64; 2],
    steps: u32,
    evaluations: u64,
    products: u64,
    time_derivatives: u64,
}

/// With little friction, or so much that the pendulum is stiff.
const GENTLE: [f64; 2] = [9.81, 3.0];
const STIFF: [f64; 2] = [9.81, 200.0];

fn solve<M: Method<Element = f64>>(parameters: &[f64; 2], options: &Options) -> Counted {
    let (initial, span) = ([1.5, 0.0], (0.0, 2.0));
    let ensemble = Ensemble::<M::System, f64>::uniform(1, &initial, parameters, span).unwrap();
    let plan = try_plan::<M::Buffers>(on(Arch::Sm90).block(32).packed()).unwrap();
    let one = Tuning {
        threads: 1,
        level: Level::Baseline,
    };
    let _alone = alone();
    for counter in [&EVALUATIONS, &PRODUCTS, &TIME_DERIVATIVES] {
        counter.store(0, Relaxed);
    }
    let solution = ensemble
        .solve_on_host::<M, 1>(options, plan.view(), &one)
        .unwrap();
    assert_eq!(solution.status(0), Status::Success, "{}", M::name());
    Counted {
        state: [solution.states()[[0, 0]], solution.states()[[1, 0]]],
        steps: solution.accepted()[0] + solution.rejected()[0],
        evaluations: EVALUATIONS.load(Relaxed),
        products: PRODUCTS.load(Relaxed),
        time_derivatives: TIME_DERIVATIVES.load(Relaxed),
    }
}

type With<S, St> = Integrator<S, St, ProportionalIntegral, f64, Local>;

fn largest_difference(a: &Counted, b: &Counted) -> f64 {
    let pairs = a.state.iter().zip(b.state);
    pairs.fold(0.0, |worst, (a, b)| worst.max((a - b).abs()))
}

macro_rules! compare {
    ($step:ty, $parameters:expr) => {{
        let options = Options {
            rtol: 1e-7,
            atol: vec![1e-7],
            ..Options::default()
        };
        let runs = [
            solve::<With<ByDuals, $step>>($parameters, &options),
            solve::<With<Own, $step>>($parameters, &options),
            solve::<With<Approximate, $step>>($parameters, &options),
        ];
        println!("{}: {runs:#?}", <$step as Scheme>::NAME);
        let [duals, own, approximate] = &runs;
        // the right ones differ from those by dual numbers in roundings, if at all
        assert!(largest_difference(duals, own) < 1e-13);
        assert_eq!((duals.steps, duals.products), (own.steps, 0));
        assert!(own.products >= u64::from(own.steps));
        assert!(approximate.products > 0);
        runs
    }};
}

/// A direct solver takes columns, Krylov solvers products: an approximate Jacobian costs evaluations, and the solution
/// is that of the tolerance.
#[test]
fn newton_finds_the_same_with_an_approximate_product() {
    let check = |[duals, own, approximate]: [Counted; 3]| {
        let evaluations = |run: &Counted| run.evaluations as f64 / f64::from(run.steps);
        let ratio = evaluations(&approximate) / evaluations(&own);
        let away = largest_difference(&own, &approximate);
        println!("{ratio:.2} {away:e}");
        assert!(own.evaluations < duals.evaluations);
        assert!(ratio > 1.5, "{ratio}");
        assert!((1e-12..2e-6).contains(&away), "{away:e}");
    };
    check(compare!(Dirk<Kvaerno3>, &STIFF));
    check(compare!(Dirk<TrBdf2, Newton<BiCgStab<Jacobi>>>, &STIFF));
    check(compare!(Dirk<Kvaerno5, Newton<MinimalResidual>>, &STIFF));
    check(compare!(Firk<RadauIia5>, &STIFF));
}

#[test]
fn rosenbrock_steps_take_the_time_derivative() {
    let [duals, own, _] = compare!(Rosenbrock<Rodas4>, &GENTLE);
    assert_eq!(duals.time_derivatives, 0);
    assert_eq!(own.time_derivatives, u64::from(own.steps));
}

/// The order that steps of 1/64 and 1/128 show, against a solution that is exact there.
fn order<St: Stepper<Local>>() -> [f64; 2]
where
    Fixed: Controller<St>,
{
    let exact = solve::<With<ByDuals, Erk<Vern9>>>(
        &GENTLE,
        &Options {
            rtol: 1e-13,
            atol: vec![1e-13],
            ..Options::default()
        },
    );
    macro_rules! shown {
        ($system:ty) => {{
            let error = |step: f64| {
                let options = Options {
                    step: Some(step),
                    ..Options::default()
                };
                let run = solve::<Integrator<$system, St, Fixed, f64, Local>>(&GENTLE, &options);
                largest_difference(&run, &exact)
            };
            (error(1.0 / 64.0) / error(1.0 / 128.0)).log2()
        }};
    }
    let orders = [shown!(Own), shown!(Approximate)];
    println!("{}: {orders:?}", St::NAME);
    orders
}

#[test]
fn w_methods_keep_their_order() {
    let [exact, approximate] = order::<Rosenbrock<Ros34pw2>>();
    assert!(exact > 2.8 && approximate > 2.8, "{exact} {approximate}");
    let [exact, approximate] = order::<Rosenbrock<Rosenbrock23>>();
    assert!(exact > 1.8 && approximate > 1.8, "{exact} {approximate}");
    // no W-method
    let [exact, approximate] = order::<Rosenbrock<Rodas4>>();
    assert!(exact > 3.8 && approximate < 2.5, "{exact} {approximate}");
}

/// Sensitivities are by dual numbers of the right-hand side, however good the user's product is.
#[test]
fn sensitivities_do_not_depend_on_the_product() {
    let _alone = alone();
    let options = Options {
        rtol: 1e-9,
        atol: vec![1e-9],
        ..Options::default()
    };
    macro_rules! by_gravity {
        ($system:ty) => {{
            type With = Sensitivities<$system, ByParameter<U0>>;
            type Solver = Integrator<With, Dirk<Kvaerno5>, ProportionalIntegral, f64, Local>;
            let ensemble =
                Ensemble::<$system, f64>::uniform(1, &[1.5, 0.0], &GENTLE, (0.0, 2.0)).unwrap();
            let plan = try_plan::<<Solver as Method>::Buffers>(on(Arch::Sm90).block(32).packed());
            let one = Tuning {
                threads: 1,
                level: Level::Baseline,
            };
            let solution = With::ensemble(&ensemble)
                .solve_on_host::<Solver, 1>(&options, plan.unwrap().view(), &one)
                .unwrap();
            With::split(&solution).unwrap().sensitivities.to_owned()
        }};
    }
    assert_eq!(by_gravity!(ByDuals), by_gravity!(Approximate));
}

//! What a run may call a success: tolerances that the precision holds, steps that are numbers, poles, and right-hand
//! sides that end where the span does.
#![cfg(feature = "std")]

use bakelite::consts::*;
use bakelite::host::{Level, Tuning};
use bakelite::ode::methods::{
    BackwardEuler, BogackiShampine32, CashKarp54, Dirk, DirkTableau, Dop853, DormandPrince54,
    Esdirk324L2SA, Euler, Fehlberg45, Firk, FirkTableau, GaussLegendre2, GaussLegendre3, Heun21,
    ImplicitMidpoint, KenCarp4, Kvaerno3, Kvaerno5, LStableDirk3, LStableSdirk4, RadauIia3,
    RadauIia5, Ralston33, Rodas3p, Rodas4, Ros3p, Ros34pw2, Rosenbrock, Rosenbrock23,
    RosenbrockTableau, Sdirk22, Tableau, TrBdf2, Trapezoidal, Vern7, Vern9,
};
use bakelite::ode::{Real, Scheme};
use bakelite::{
    Error,
    layout::try_plan,
    ode::{DenseOutput, EndState, Integrator, StopAtSaves, methods::Erk},
    prelude::*,
};

system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
system! {
    /// An oscillator about `x = -1`, from rest at 0: `x = cos t - 1`.
    struct Shifted;
    states: U2;
    parameters: U0;
    rhs: |_t, [x, v], []| [v, -(x + R::lit(1.0))]
}
system! {
    /// `y' = y²`: from 1 it is infinite at 1.
    struct Blowup;
    states: U1;
    parameters: U0;
    rhs: |_t, [y], []| [y * y]
}
system! {
    /// Growth, of which nothing is known after `wall`.
    struct Wall;
    states: U1;
    parameters: U1;
    rhs: |t, [y], [wall]| [R::select(t.le(wall), y, R::lit(f64::NAN))]
}

type Of<S, St, E = f64, O = EndState> = Integrator<S, St, ProportionalIntegral, E, Local, O>;

const ONE: Tuning = Tuning {
    threads: 1,
    level: Level::Baseline,
};

/// One lane at a time.
fn solve<M: Method>(
    ensemble: &Ensemble<M::System, M::Element>,
    options: &Options,
) -> Result<Solution<M::Element>, Error> {
    let plan = try_plan::<M::Buffers>(on(Arch::Sm90).block(32).sequential()).unwrap();
    ensemble.solve_on_host::<M, 1>(options, plan.view(), &ONE)
}

fn one<M: Method>(
    initial: &[f64],
    parameters: &[f64],
    span: (f64, f64),
    options: &Options,
) -> Result<Solution<M::Element>, String> {
    let ensemble = Ensemble::uniform(1, initial, parameters, span);
    let solved = ensemble.and_then(|ensemble| solve::<M>(&ensemble, options));
    solved.map_err(|error| error.to_string())
}

fn tolerances(rtol: f64, atol: f64) -> Options {
    Options {
        rtol,
        atol: vec![atol],
        ..Options::default()
    }
}

#[test]
fn tolerances_that_no_state_can_be_held_to() {
    type M<E> = Of<Decay, Erk<Tsit5>, E>;
    let try_f64 = |start: f64, rtol, atol| {
        one::<M<f64>>(&[start], &[1.0], (0.0, 1.0), &tolerances(rtol, atol)).err()
    };
    let try_f32 = |start: f64, rtol, atol| {
        one::<M<f32>>(&[start], &[1.0], (0.0, 1.0), &tolerances(rtol, atol)).err()
    };
    assert_eq!(
        try_f64(-2.0, 1e-16, 1e-16).unwrap(),
        "state 0 of run 0 starts at -2.0, where rtol 1e-16 and atol[0] 1e-16 allow an error of 3.0e-16, and f64 holds 2.2e-15 at best\n  help: raise rtol to 1.1e-15 or atol[0] to 2.2e-15"
    );
    assert_eq!(
        try_f32(2.0, 1e-7, 1e-9).unwrap(),
        "state 0 of run 0 starts at 2.0, where rtol 1e-7 and atol[0] 1e-9 allow an error of 2.0e-7, and f32 holds 1.2e-6 at best\n  help: raise rtol to 6.0e-7 or atol[0] to 1.2e-6, or use f64"
    );
    // the numbers that the errors name are good
    assert_eq!(try_f64(2.0, 1.12e-15, 1e-300), None);
    assert_eq!(try_f64(2.0, 0.0, 2.3e-15), None);
    assert_eq!(try_f32(2.0, 6.0e-7, 1e-30), None);
    assert_eq!(try_f32(2.0, 0.0, 1.2e-6), None);
    // an absolute tolerance makes any relative one good, and so does a small state
    assert_eq!(try_f64(1.0, 1e-20, 1e-8), None);
    assert_eq!(try_f64(1e-12, 0.0, 1e-20), None);
    assert_eq!(try_f32(1.0, 1e-9, 1e-5), None);
    // the defaults are good for any state in `f64`, and to 1e6 and far beyond in `f32`
    let default = Options::default();
    assert!(one::<M<f64>>(&[1e300], &[1.0], (0.0, 1.0), &default).is_ok());
    assert!(one::<M<f32>>(&[1e6], &[1.0], (0.0, 1.0), &default).is_ok());
}

/// A state that starts at 0 says nothing of its size. Today's bound for it is where it ends.
#[test]
fn tolerances_that_no_end_was_held_to() {
    type M<E> = Of<Shifted, Erk<Tsit5>, E>;
    let wide = one::<M<f64>>(&[0.0, 0.0], &[], (0.0, 3.0), &tolerances(1e-17, 1e-17)).unwrap();
    assert_eq!(wide.status(0), Status::BelowPrecision);
    assert!(
        wide.reached()[0] == 3.0
            && wide.states()[[0, 0]].is_nan()
            && wide.states()[[1, 0]].is_nan()
    );
    let kept = Options {
        keep_last_state: true,
        ..tolerances(1e-17, 1e-17)
    };
    let kept = one::<M<f64>>(&[0.0, 0.0], &[], (0.0, 3.0), &kept).unwrap();
    assert_eq!(kept.status(0), Status::BelowPrecision);
    assert!(
        (kept.states()[[0, 0]] + 1.99).abs() < 0.01,
        "{}",
        kept.states()
    );
    let narrow = |rtol, atol| {
        let solved = one::<M<f32>>(&[0.0, 0.0], &[], (0.0, 3.0), &tolerances(rtol, atol));
        solved.unwrap().status(0)
    };
    assert_eq!(narrow(1e-8, 1e-8), Status::BelowPrecision);
    assert_eq!(narrow(1e-8, 1e-5), Status::Success);
    // a run that failed claims nothing
    let few = Options {
        max_steps: 3,
        keep_last_state: true,
        ..tolerances(1e-17, 1e-17)
    };
    let few = one::<M<f64>>(&[0.0, 0.0], &[], (0.0, 3.0), &few).unwrap();
    assert_eq!(few.status(0), Status::IterationLimit);
}

#[test]
fn the_error_names_run_and_state() {
    type M = Of<Shifted, Erk<Tsit5>>;
    let initial = ndarray::arr2(&[[0.0, 1e-9, 0.0], [1.0, 1.0, 1e3]]);
    let parameters = ndarray::Array2::zeros((0, 3));
    let ensemble =
        Ensemble::<Shifted, f64>::new(initial.view(), parameters.view(), (0.0, 1.0)).unwrap();
    let options = Options {
        rtol: 0.0,
        atol: vec![1e-14, 1e-13],
        ..Options::default()
    };
    let want = "state 1 of run 2 starts at 1000.0, where rtol 0.0 and atol[1] 1e-13 allow an error of 1.0e-13, and f64 holds 1.1e-12 at best\n  help: raise rtol to 1.1e-15 or atol[1] to 1.1e-12";
    let error = solve::<M>(&ensemble, &options).unwrap_err();
    assert_eq!(error.to_string(), want);
    // whatever order they are taken in
    let sorted = ensemble.by_work(&[1.0, 2.0, 3.0]).unwrap();
    let error = solve::<M>(&sorted, &options).unwrap_err();
    assert_eq!(error.to_string(), want);
}

/// Where tolerances decide nothing, they are not looked at.
#[test]
fn fixed_explicit_steps_have_no_tolerance() {
    let options = Options {
        step: Some(0.125),
        ..tolerances(0.0, 1e-300)
    };
    type M<St> = Integrator<Decay, St, Fixed, f64>;
    let fixed = one::<M<Erk<ClassicalRk4>>>(&[1.0], &[1.0], (0.0, 1.0), &options);
    assert_eq!(fixed.unwrap().status(0), Status::Success);
    // Newton's method ends by them
    assert!(one::<M<Dirk<Trapezoidal>>>(&[1.0], &[1.0], (0.0, 1.0), &options).is_err());
}

/// Just above the bound, the error of an oscillator after ten units of time as a multiple of the tolerance.
/// docs/METHODS.md has more methods; below the bound it grows as fast as the tolerance falls.
#[test]
fn what_is_held_at_the_bound() {
    fn multiple<M: Method<System = Shifted>>() -> f64 {
        let tolerance = <M::Element as Real>::SMALLEST_RTOL * 1.0001;
        let options = tolerances(tolerance, tolerance);
        let solution = one::<M>(&[0.0, 0.0], &[], (0.0, 10.0), &options).unwrap();
        assert_eq!(solution.status(0), Status::Success, "{}", M::name());
        let want = [10.0_f64.cos() - 1.0, -(10.0_f64.sin())];
        let errors = solution.states().column(0).to_vec();
        let errors = errors.into_iter().zip(want);
        let errors = errors
            .map(|(got, want)| (got.to_f64() - want).abs() / (tolerance * (1.0 + want.abs())));
        let multiple = errors.fold(0.0, f64::max);
        println!(
            "{:<50} {multiple:6.1} times the tolerance, {} steps",
            M::name(),
            solution.accepted()[0]
        );
        multiple
    }
    macro_rules! check {
        ($($step:ty: $f64:literal, $f32:literal;)*) => {$(
            assert!(multiple::<Of<Shifted, $step, f64>>() < $f64);
            assert!(multiple::<Of<Shifted, $step, f32>>() < $f32);
        )*};
    }
    check! {
        Erk<Tsit5>: 10.0, 5.0;
        Dirk<Kvaerno5>: 15.0, 8.0;
        Rosenbrock<Rodas5p>: 80.0, 50.0;
    }
}

/// A fixed step jumps a pole, and says Success: nothing that it computes tells it. What estimates its error stops
/// before.
#[test]
fn poles() {
    let fixed = |step| Options {
        step: Some(step),
        ..Options::default()
    };
    type Rodas = Integrator<Blowup, Rosenbrock<Rodas4>, Fixed, f64>;
    let jumped = one::<Rodas>(&[1.0], &[], (0.0, 2.0), &fixed(0.01)).unwrap();
    assert_eq!(jumped.status(0), Status::Success);
    assert!(jumped.states()[[0, 0]] > 1e60);
    type Rk4 = Integrator<Blowup, Erk<ClassicalRk4>, Fixed, f64>;
    let jumped = one::<Rk4>(&[1.0], &[], (0.0, 1.25), &fixed(0.25)).unwrap();
    assert_eq!(jumped.status(0), Status::Success);
    let overflown = one::<Rk4>(&[1.0], &[], (0.0, 2.0), &fixed(0.01)).unwrap();
    assert_eq!(overflown.status(0), Status::NonFinite);
    for tolerance in [1e-3, 1e-6, 1e-9] {
        let options = tolerances(tolerance, tolerance);
        macro_rules! check {
            ($($step:ty),*) => {$(
                let solution = one::<Of<Blowup, $step>>(&[1.0], &[], (0.0, 2.0), &options).unwrap();
                let name = <$step as Scheme>::NAME;
                assert_ne!(solution.status(0), Status::Success, "{name} at {tolerance}");
                assert!((solution.reached()[0] - 1.0).abs() < 0.1, "{name} at {tolerance}");
            )*};
        }
        check!(Erk<Tsit5>, Rosenbrock<Rodas4>);
    }
}

/// Steps so small that their inverse is infinite are no steps.
#[test]
fn the_shortest_step() {
    fn check<M: Method<System = Decay>>() {
        let smallest = <M::Element as Real>::SMALLEST_STEP;
        let options = Options::default();
        let short = one::<M>(&[1.0], &[1.0], (0.0, smallest / 2.0), &options);
        let element = <M::Element as Real>::NAME;
        assert_eq!(
            short.unwrap_err(),
            format!(
                "the span from 0e0 to {:e} is {:e} long, and the shortest step in {element} is {smallest:.1e}\n  help: measure time in a smaller unit",
                smallest / 2.0,
                smallest / 2.0
            )
        );
        let step = |step| Options {
            step: Some(step),
            ..Options::default()
        };
        let short = one::<M>(&[1.0], &[1.0], (0.0, 1.0), &step(smallest / 2.0));
        assert_eq!(
            short.unwrap_err(),
            format!(
                "step is {:e}, and the shortest step in {element} is {smallest:.1e}\n  help: raise step, or measure time in a smaller unit",
                smallest / 2.0
            )
        );
        // one step, in both directions; many, from the shortest on; one and a short rest; and where the decay is as
        // fast
        let from = |start, span, rate, options: &Options| {
            let solution = one::<M>(&[start], &[rate], span, options).unwrap();
            assert_eq!(
                solution.status(0),
                Status::Success,
                "{} {span:?}",
                M::name()
            );
            solution.states()[[0, 0]].to_f64()
        };
        assert_eq!(from(1.0, (0.0, smallest), 1.0, &options), 1.0);
        assert_eq!(from(1.0, (0.0, -smallest), 1.0, &options), 1.0);
        assert_eq!(
            from(1.0, (0.0, 1.011 * smallest), 1.0, &step(smallest)),
            1.0
        );
        let end = from(1.0, (0.0, 1.0), 1.0, &step(smallest));
        assert!((end - (-1.0_f64).exp()).abs() < 1e-4, "{} {end}", M::name());
        let fast = 1.0 / (4096.0 * smallest);
        let end = from(1.0, (0.0, 4096.0 * smallest), fast, &options);
        assert!((end - (-1.0_f64).exp()).abs() < 1e-4, "{} {end}", M::name());
    }
    check::<Of<Decay, Erk<Tsit5>>>();
    check::<Of<Decay, Dirk<Kvaerno5>>>();
    check::<Of<Decay, Dirk<TrBdf2>, f32>>();
    check::<Of<Decay, Firk<RadauIia3>>>();
    check::<Of<Decay, Rosenbrock<Rodas4>, f32>>();
}

/// Where the right-hand side is a NaN from the start on, steps fall to the shortest one, and the run ends as what it
/// is.
#[test]
fn steps_fall_to_the_shortest() {
    fn check<M: Method<System = Wall>>(want: Status) {
        let options = Options {
            step: Some(1.0),
            keep_last_state: true,
            ..Options::default()
        };
        let solution = one::<M>(&[1.0], &[-1.0], (0.0, 1.0), &options).unwrap();
        assert_eq!(solution.status(0), want, "{}", M::name());
        let (reached, state) = (solution.reached()[0], solution.states()[[0, 0]].to_f64());
        assert_eq!((reached, state), (0.0, 1.0), "{}", M::name());
        // halved at most, but for the last
        let shortest = <M::Element as Real>::SMALLEST_STEP;
        let halvings = -shortest.log2() as u32 + 1;
        assert!(solution.rejected()[0] <= halvings + 1, "{}", M::name());
    }
    check::<Of<Wall, Erk<Tsit5>>>(Status::NonFinite);
    check::<Of<Wall, Dirk<Kvaerno5>>>(Status::NotSolved);
    check::<Of<Wall, Rosenbrock<Rodas4>, f32>>(Status::NonFinite);
}

/// Steps that stop at saves are steps; what is interpolated is not.
#[test]
fn saves_nearer_than_a_step() {
    let options = Options {
        save_times: vec![5e-324, 1e-300, 1.0],
        ..Options::default()
    };
    let stops =
        one::<Of<Decay, Erk<Tsit5>, f64, StopAtSaves>>(&[1.0], &[1.0], (0.0, 1.0), &options);
    assert_eq!(
        stops.unwrap_err(),
        "from 0e0 to save_times[0], 5e-324, it is 5e-324, and the shortest step in f64 is 2.3e-305\n  help: save once there, use the output `DenseOutput`, or measure time in a smaller unit"
    );
    let dense =
        one::<Of<Decay, Erk<Tsit5>, f64, DenseOutput>>(&[1.0], &[1.0], (0.0, 1.0), &options);
    assert_eq!(dense.unwrap().saved()[[0, 0, 0]], 1.0);
    let last = Options {
        save_times: vec![1.0 - 1e-20, 2.0_f64.powi(-120)],
        ..Options::default()
    };
    let stops = one::<Of<Decay, Erk<Tsit5>, f32, StopAtSaves>>(&[1.0], &[1.0], (1.0, 0.0), &last);
    assert_eq!(
        stops.unwrap_err(),
        "from 7.52316384526264e-37 to the end, 0e0, it is 7.52316384526264e-37, and the shortest step in f32 is 1.2e-35\n  help: save once there, use the output `DenseOutput`, or measure time in a smaller unit"
    );
    // near ones are well where there is room for a step
    let near = f64::from_bits(1.0_f64.to_bits() + 1);
    let options = Options {
        save_times: vec![1e-300, 1e-17, 1.0, near, 2.0],
        ..Options::default()
    };
    macro_rules! check {
        ($($step:ty),*) => {$(
            type M = Of<Decay, $step, f64, StopAtSaves>;
            let solution = one::<M>(&[1.0], &[1.0], (0.0, 2.0), &options).unwrap();
            assert_eq!(solution.status(0), Status::Success);
            for (save, time) in options.save_times.iter().enumerate() {
                let error = solution.saved()[[save, 0, 0]] - (-time).exp();
                assert!(error.abs() < 1e-5, "{} at {time}: {error}", M::name());
            }
        )*};
    }
    check!(Erk<Tsit5>);
    {
        check!(Dirk<Kvaerno5>);
    }
}

/// Of all methods, only kvaerno5 evaluates beyond the end of its step.
#[test]
fn stages_beyond_the_end() {
    fn largest(nodes: &[f64]) -> f64 {
        nodes.iter().copied().fold(0.0, f64::max)
    }
    macro_rules! all {
        ($kind:ident, $node:ident: $($tableau:ty),*) => {
            [$((<$tableau as $kind>::NAME, largest(<$tableau as $kind>::$node))),*]
        };
    }
    let explicit = all!(Tableau, C: Euler, Heun21, Ralston33, ClassicalRk4, BogackiShampine32, CashKarp54, Fehlberg45,
        DormandPrince54, Tsit5, Vern7, Vern9, Dop853);
    let diagonal = all!(DirkTableau, C: BackwardEuler, ImplicitMidpoint, Trapezoidal, TrBdf2, Sdirk22, LStableDirk3,
        LStableSdirk4, Kvaerno3, Kvaerno5, KenCarp4, Esdirk324L2SA);
    let coupled = all!(FirkTableau, C: GaussLegendre2, GaussLegendre3, RadauIia3, RadauIia5);
    let rosenbrock =
        all!(RosenbrockTableau, ALPHA: Rosenbrock23, Ros3p, Rodas3p, Rodas4, Rodas5p, Ros34pw2);
    let all = explicit
        .iter()
        .chain(&diagonal)
        .chain(&coupled)
        .chain(&rosenbrock);
    let beyond: Vec<_> = all.filter(|(_, node)| *node > 1.0).collect();
    assert_eq!(beyond, [&("kvaerno5", 1.230_333_209_967_908)]);
}

/// A stage of kvaerno5 that is not finite beyond the end rejects the step, which is tried again half as long.
#[test]
fn not_finite_beyond_the_end() {
    type M<E> = Of<Wall, Dirk<Kvaerno5>, E>;
    // the right-hand side ends behind the span, by less than the stage of the first step
    let options = |step| Options {
        step: Some(step),
        keep_last_state: true,
        ..tolerances(1e-3, 1e-3)
    };
    let solution = one::<M<f64>>(&[1.0], &[1.1], (0.0, 1.0), &options(1.0)).unwrap();
    assert_eq!(solution.status(0), Status::Success);
    assert!(solution.rejected()[0] > 0);
    assert!((solution.states()[[0, 0]] - 1.0_f64.exp()).abs() < 1e-2);
    // it ends with the span: the last step cannot be made, however short
    let solution = one::<M<f64>>(&[1.0], &[1.0], (0.0, 1.0), &options(1.0)).unwrap();
    assert!((1.0 - solution.reached()[0]).abs() < 1e-12);
    assert_eq!(solution.status(0), Status::StepTooSmall);
    // half as long
    let twice = Options {
        max_steps: 2,
        ..options(1.0)
    };
    let solution = one::<M<f64>>(&[1.0], &[1.0], (0.0, 1.0), &twice).unwrap();
    assert_eq!((solution.accepted()[0], solution.reached()[0]), (1, 0.5));
    // at the smallest step
    let smallest = Options {
        min_step: 1e-3,
        ..options(1.0)
    };
    let solution = one::<M<f64>>(&[1.0], &[1.0], (0.0, 1.0), &smallest).unwrap();
    assert_eq!(solution.status(0), Status::StepTooSmall);
    assert!((1.0 - solution.reached()[0]).abs() < 3e-3);
    // other methods stay inside
    let inside = |solution: Solution<f64>| assert_eq!(solution.status(0), Status::Success);
    inside(one::<Of<Wall, Dirk<KenCarp4>>>(&[1.0], &[1.0], (0.0, 1.0), &options(1.0)).unwrap());
    inside(one::<Of<Wall, Erk<Tsit5>>>(&[1.0], &[1.0], (0.0, 1.0), &options(1.0)).unwrap());
    #[cfg(feature = "reference")]
    {
        let walls = ndarray::arr2(&[[1.0, 1.05, 1.1, 1.2, 0.5]]);
        let initial = ndarray::Array2::ones((1, 5));
        let ensemble = Ensemble::new(initial.view(), walls.view(), (0.0, 1.0)).unwrap();
        let plan = try_plan::<<M<f64> as Method>::Buffers>(on(Arch::Sm90).block(32).sequential());
        let (plan, device) = (plan.unwrap(), bakelite::cuda::Device::reference().unwrap());
        let host = solve::<M<f64>>(&ensemble, &smallest).unwrap();
        let kernel = ensemble.solve_on_device::<M<f64>>(&smallest, &plan.view(), &device);
        assert!(kernel.unwrap().same_bits(&host));
        assert_eq!(host.count(Status::Success), 3);
    }
}

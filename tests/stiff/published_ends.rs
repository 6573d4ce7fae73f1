//! Every adaptive tableau against end values that were computed in quadruple precision by a Taylor method (heyoka, two
//! tolerances).
#![cfg(feature = "std")]

use bakelite::consts::*;
use bakelite::host::{Level, Tuning};
use bakelite::{
    layout::try_plan,
    ode::methods::{
        BogackiShampine32, CashKarp54, Dop853, DormandPrince54, Embedded, Fehlberg45, Heun21,
        Vern7, Vern9,
    },
    prelude::*,
};

system! {
    /// Lorenz 1963, with the usual sigma and beta.
    struct Lorenz;
    states: U3;
    parameters: U1;
    rhs: |_t, [x, y, z], [rho]| [
        R::lit(10.0) * (y - x),
        x * (rho - z) - y,
        x * y - R::lit(8.0 / 3.0) * z,
    ]
}
system! {
    /// Van der Pol.
    struct VanDerPol;
    states: U2;
    parameters: U1;
    rhs: |_t, [x, v], [mu]| [v, mu * ((R::lit(1.0) - x * x) * v) - x]
}
system! {
    /// The Brusselator of Hairer, Nørsett, Wanner.
    struct Brusselator;
    states: U2;
    parameters: U1;
    rhs: |_t, [u, v], [one]| [one + u * u * v - R::lit(4.0) * u, R::lit(3.0) * u - u * u * v]
}
system! {
    /// The restricted three-body problem of Arenstorf.
    struct Arenstorf;
    states: U4;
    parameters: U1;
    rhs: |_t, [x, y, vx, vy], [moon]| {
        let earth = R::lit(1.0) - moon;
        let (to_earth, to_moon) = (x + moon, x - earth);
        let cube = |dx: R| {
            let square = dx * dx + y * y;
            square * square.sqrt()
        };
        let (a, b) = (earth / cube(to_earth), moon / cube(to_moon));
        [
            vx,
            vy,
            x + R::lit(2.0) * vy - a * to_earth - b * to_moon,
            y - R::lit(2.0) * vx - (a + b) * y,
        ]
    }
}

/// A run and its end.
struct Case<'a> {
    initial: &'a [f64],
    parameter: f64,
    time: f64,
    end: &'a [f64],
}

/// The largest error at the end, as a multiple of `tolerance (1 + |y|)`.
fn error<S: System, T: Embedded>(case: &Case<'_>, tolerance: f64) -> f64 {
    type M<S, T> = Explicit<S, T, ProportionalIntegral>;
    let span = (0.0, case.time);
    let ensemble = Ensemble::<S, f64>::uniform(1, case.initial, &[case.parameter], span).unwrap();
    let options = Options {
        rtol: tolerance,
        atol: vec![tolerance],
        max_steps: 20_000_000,
        ..Options::default()
    };
    let spec = on(Arch::Sm80).block(32).sequential();
    let plan = try_plan::<<M<S, T> as Method>::Buffers>(spec).unwrap();
    let one = Tuning {
        threads: 1,
        level: Level::best(),
    };
    let solution = ensemble
        .solve_on_host::<M<S, T>, 1>(&options, plan.view(), &one)
        .unwrap();
    assert_eq!(solution.count(Status::Success), 1, "{}", T::NAME);
    let multiple = |(state, want): (usize, &f64)| {
        (solution.states()[[state, 0]] - want).abs() / (tolerance * (1.0 + want.abs()))
    };
    case.end
        .iter()
        .enumerate()
        .map(multiple)
        .fold(0.0, f64::max)
}

/// Bounds of the error over all tolerances, where 10 is too few. The order conditions and slopes of
/// tests/ode/tableaus.rs hold for these, and the multiple is about the same for all tolerances: what is above is the
/// growth of local errors over three turns of Van der Pol's oscillator, which these pairs estimate less cautiously.
const VAN_DER_POL: [(&str, f64); 3] = [
    ("cash-karp-54", 40.0),
    ("fehlberg-45", 38.0),
    ("tsit5", 11.8),
];

fn ends<T: Embedded>() {
    let lorenz = |rho, end| Case {
        initial: &[1.0, 0.0, 0.0],
        parameter: rho,
        time: 1.0,
        end,
    };
    let small = [
        2.832_290_839_099_657,
        1.283_945_618_782_027_6,
        11.107_086_851_934_17,
    ];
    let large = [
        -6.450_579_147_318_907,
        -8.895_211_478_667_793,
        14.649_145_866_604_445,
    ];
    let van_der_pol = Case {
        initial: &[2.0, 0.0],
        parameter: 1.0,
        time: 20.0,
        end: &[2.008_149_762_174_948_6, -0.042_508_875_273_202_15],
    };
    let brusselator = Case {
        initial: &[1.5, 3.0],
        parameter: 1.0,
        time: 20.0,
        end: &[0.498_637_071_268_347_85, 4.596_780_349_452_011],
    };
    let turn = [0.994, 0.0, 0.0, -2.001_585_106_379_082_5];
    let arenstorf = Case {
        initial: &turn,
        parameter: 0.012_277_471,
        time: 17.065_216_560_157_96,
        end: &turn,
    };
    let known = VAN_DER_POL.iter().find(|(name, _)| *name == T::NAME);
    let van_der_pol_bound = known.map_or(10.0, |(_, bound)| *bound);
    // a method of order 2 takes 300,000 steps for 1e-9
    let digits = 4..=if T::ORDER == 2 { 7 } else { 12 };
    for tolerance in digits.map(|digits| 10.0_f64.powi(-digits)) {
        let check = |what: &str, error: f64, bound: f64| {
            assert!(
                error < bound,
                "{}, {what} at {tolerance:e}: {error}",
                T::NAME
            );
        };
        // 10.34 for Bogacki and Shampine's pair at 1e-4, 9.4 to 9.8 at the other tolerances
        check(
            "Lorenz",
            error::<Lorenz, T>(&lorenz(10.5, &small), tolerance),
            10.4,
        );
        check(
            "Lorenz",
            error::<Lorenz, T>(&lorenz(21.0, &large), tolerance),
            10.0,
        );
        let found = error::<VanDerPol, T>(&van_der_pol, tolerance);
        check("Van der Pol", found, van_der_pol_bound);
        let found = error::<Brusselator, T>(&brusselator, tolerance);
        check("Brusselator", found, 10.0);
        if T::ORDER > 3 {
            // this orbit multiplies errors by 1e4: measured 59 (Tsit5 at 1e-12) to 8.7e4 (Fehlberg's pair at 1e-5)
            let found = error::<Arenstorf, T>(&arenstorf, tolerance);
            check("Arenstorf", found, 1e5);
        }
    }
}

macro_rules! ends {
    ($($test:ident: $tableau:ty;)*) => {$(
        #[test]
        fn $test() {
            ends::<$tableau>();
        }
    )*};
}
ends! {
    heun: Heun21;
    bogacki_shampine: BogackiShampine32;
    cash_karp: CashKarp54;
    fehlberg: Fehlberg45;
    dormand_prince: DormandPrince54;
    tsitouras: Tsit5;
    verner_7: Vern7;
    hairer: Dop853;
    verner_9: Vern9;
}

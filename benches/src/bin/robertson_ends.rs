//! Ends of Robertson's reactions at t = 40, 1e5 and 1e11 by all implicit methods with an error estimate: the largest
//! error of a state over `atol + rtol |y|`, and accepted and rejected steps. One run each, `f64`, proportional-integral
//! control, with the default and with small absolute tolerances.
//!
//! `cargo run --release -p bakelite-benches --no-default-features --bin robertson_ends`, with `-- --only A,B` for the
//! methods whose names contain one of these, `-- --most N` for the largest number of steps.

use bakelite::consts::{U1, U1000};
use bakelite::host::{Level, Tuning};
use bakelite::ode::Method;
use bakelite::{
    layout::try_plan,
    ode::{
        Adaptive, Controller, Integrator, Lu, Newton, Ratio, Stepper,
        methods::{
            Dirk, Esdirk324L2SA, Firk, GaussLegendre2, GaussLegendre3, KenCarp4, Kvaerno3,
            Kvaerno5, LStableSdirk4, RadauIia3, RadauIia5, Rodas3p, Rodas4, Ros3p, Ros34pw2,
            Rosenbrock, Rosenbrock23, TrBdf2,
        },
    },
    prelude::*,
};
use bakelite_benches::robertson::{INITIAL, K2, K3, Robertson};

/// Times and ends. t = 40: by a Taylor method in quadruple precision; t = 1e11: *Test Set for Initial Value Problem
/// Solvers*, release 2.4; t = 1e5: a public report's, from which radau-iia-5 at 1e-9 differs by 2e-3 of that.
const ENDS: [(f64, [f64; 3]); 3] = [
    (
        40.0,
        [
            0.715_827_068_719_405,
            9.185_534_764_557_764e-6,
            0.284_163_745_745_830_4,
        ],
    ),
    (
        1e5,
        [
            0.017_865_921_142_099_74,
            7.274_751_468_436_488e-8,
            0.982_134_006_110_378_3,
        ],
    ),
    (
        1e11,
        [
            2.083_340_149_701_255e-8,
            8.333_360_770_334_713e-14,
            0.999_999_979_166_505,
        ],
    ),
];

struct Row {
    status: Status,
    multiple: f64,
    accepted: u32,
    rejected: u32,
    seconds: f64,
}

fn row<M: Method<System = Robertson, Element = f64>>(
    (time, end): &(f64, [f64; 3]),
    rtol: f64,
    atol: f64,
    most: u32,
) -> Row {
    let ensemble = Ensemble::<Robertson, f64>::uniform(1, &INITIAL, &[0.04, K2, K3], (0.0, *time))
        .expect("valid inputs");
    let options = Options {
        rtol,
        atol: vec![atol],
        max_steps: most,
        keep_last_state: true,
        ..Options::default()
    };
    let plan = try_plan::<M::Buffers>(on(Arch::Sm80).block(32).sequential()).expect("a plan");
    let tuning = Tuning {
        threads: 1,
        level: Level::best(),
    };
    let start = std::time::Instant::now();
    let solution = ensemble
        .solve_on_host::<M, 1>(&options, plan.view(), &tuning)
        .expect("valid options");
    let seconds = start.elapsed().as_secs_f64();
    let ends = solution.states().column(0).to_vec();
    let multiple = |(got, want): (&f64, &f64)| (got - want).abs() / (atol + rtol * want.abs());
    Row {
        status: solution.status(0),
        multiple: ends.iter().zip(end).map(multiple).fold(0.0, f64::max),
        accepted: solution.accepted()[0],
        rejected: solution.rejected()[0],
        seconds,
    }
}

fn table<St: Adaptive + Stepper<Local>>(name: &str, only: &[&str], most: u32)
where
    ProportionalIntegral: Controller<St>,
{
    if !only.iter().any(|text| name.contains(text)) {
        return;
    }
    type With<St> = Integrator<Robertson, St, ProportionalIntegral, f64>;
    for case in &ENDS {
        for (kind, default) in [("default", true), ("small", false)] {
            for digits in 3..=10 {
                let rtol = 10.0_f64.powi(-digits);
                let atol = if default {
                    Options::default().atol[0]
                } else {
                    1e-6 * rtol
                };
                let row = row::<With<St>>(case, rtol, atol, most);
                println!(
                    "{name}\t{:e}\t{kind}\t1e-{digits}\t{}\t{:.2e}\t{}\t{}\t{:.1}",
                    case.0,
                    row.status.name(),
                    row.multiple,
                    row.accepted,
                    row.rejected,
                    1e6 * row.seconds
                );
            }
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)
    };
    let only: Vec<&str> = value("--only")
        .map_or("", String::as_str)
        .split(',')
        .collect();
    let most = value("--most").map_or(1_000_000, |n| n.parse().expect("--most takes a number"));
    println!("method\tend\tatol\trtol\tstatus\terror\taccepted\trejected\tus");
    macro_rules! all {
        ($($name:literal $step:ty;)*) => {$( table::<$step>($name, &only, most); )*};
    }
    all! {
        "tr-bdf2" Dirk<TrBdf2>;
        "kvaerno3" Dirk<Kvaerno3>;
        "kvaerno5" Dirk<Kvaerno5>;
        "kencarp4" Dirk<KenCarp4>;
        "esdirk324l2sa" Dirk<Esdirk324L2SA>;
        "l-stable-sdirk4" Dirk<LStableSdirk4>;
        "radau-iia-3" Firk<RadauIia3>;
        "radau-iia-5" Firk<RadauIia5>;
        "radau-iia-5, 1/1000" Firk<RadauIia5, Newton<Lu, Ratio<U1, U1000>>>;
        "gauss-legendre-2" Firk<GaussLegendre2>;
        "gauss-legendre-3" Firk<GaussLegendre3>;
        "rosenbrock23" Rosenbrock<Rosenbrock23>;
        "ros3p" Rosenbrock<Ros3p>;
        "rodas3p" Rosenbrock<Rodas3p>;
        "rodas4" Rosenbrock<Rodas4>;
        "rodas5p" Rosenbrock<Rodas5p>;
        "ros34pw2" Rosenbrock<Ros34pw2>;
    }
}

//! Every `f32` as the argument of each function of `Scalar` that has one, beside the standard library's function in
//! `f64`, which is good for 2^-28 of a unit in the last place (ulp) of `f32`. Fails where an error is above what the
//! table here and in the README states, or where a NaN, an infinity or the sign of a zero is another.
//!
//! `cargo run --release -p bakelite-benches --no-default-features --bin every_f32 [-- --every 63] [--only exp sin]`
//!
//! `--every n` takes one argument of `n`: an odd `n`, so that all last bits occur. All of them are 25 minutes of one
//! thread.

use bakelite::host::Level;
use bakelite::ode::{Pack, Scalar};
use clap::Parser;
use std::process::ExitCode;

#[derive(Parser)]
struct Arguments {
    /// One argument of so many
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    every: u64,
    /// Functions, all without it
    #[arg(long, num_args = 1..)]
    only: Vec<String>,
}

const LANES: usize = 16;
type Lanes = Pack<f32, LANES>;

struct Function {
    name: &'static str,
    ours: fn(&Lanes) -> Lanes,
    exact: fn(f64) -> f64,
    /// In ulp.
    at_most: f64,
}

/// Sine, cosine and tangent are NaN beyond.
fn within(x: f64, function: fn(f64) -> f64) -> f64 {
    if x.abs() <= 131_072.0 {
        function(x)
    } else {
        f64::NAN
    }
}

macro_rules! functions {
    ($($name:ident $at_most:literal |$x:ident| $exact:expr;)*) => {
        [$(Function {
            name: stringify!($name),
            ours: {
                #[target_feature(enable = "avx2,fma")]
                fn fast(x: &Lanes) -> Lanes {
                    x.$name()
                }
                |x| {
                    // SAFETY: the level is available.
                    if Level::best() >= Level::Avx2 { unsafe { fast(x) } } else { x.$name() }
                }
            },
            exact: |$x| $exact,
            at_most: $at_most,
        }),*]
    };
}

#[derive(Default)]
struct Found {
    count: u64,
    worst: f64,
    at: f32,
    /// The first result that is NaN, infinite or of another sign where it should not be, or the other way round.
    other: Option<(f32, f32, f64)>,
}

/// Units in the last place; `None` if the two are of different kinds.
fn error(ours: f32, exact: f64) -> Option<f64> {
    let nearest = exact as f32;
    if exact.is_nan() || ours.is_nan() {
        return (exact.is_nan() && ours.is_nan()).then_some(0.0);
    }
    if nearest.is_infinite() || ours.is_infinite() {
        return (nearest == ours).then_some(0.0);
    }
    if nearest == 0.0 && ours == 0.0 && nearest.is_sign_negative() != ours.is_sign_negative() {
        return None;
    }
    let exponent = ((exact.to_bits() >> 52 & 0x7ff) as i64 - 1023).max(-126);
    let per_unit = f64::from_bits(((1023 + 23 - exponent) as u64) << 52);
    Some((f64::from(ours) - exact).abs() * per_unit)
}

/// Of the bits `first`, `first + every` and so on below `end`.
fn measure(function: &Function, first: u64, end: u64, every: u64) -> Found {
    let mut found = Found::default();
    let mut next = first;
    while next < end {
        // the last of the range again and again where it is less than a pack
        let bits: [u64; LANES] =
            core::array::from_fn(|lane| (next + lane as u64 * every).min(end - 1));
        next += LANES as u64 * every;
        let x = Pack(bits.map(|bits| f32::from_bits(bits as u32)));
        let ours = (function.ours)(&x);
        for (x, ours) in x.0.into_iter().zip(ours.0) {
            let exact = (function.exact)(f64::from(x));
            match error(ours, exact) {
                Some(error) if error > found.worst => (found.worst, found.at) = (error, x),
                Some(_) => {}
                None => found.other = found.other.or(Some((x, ours, exact))),
            }
        }
    }
    found.count = (end - first).div_ceil(every);
    found
}

/// The range of all bits in pieces, one a thread.
fn in_threads(function: &Function, every: u64) -> Found {
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let all = (1_u64 << 32).div_ceil(every);
    let piece = all.div_ceil(threads) * every;
    std::thread::scope(|scope| {
        let started: Vec<_> = (0..threads)
            .map(|i| {
                scope.spawn(move || {
                    measure(function, i * piece, ((i + 1) * piece).min(1 << 32), every)
                })
            })
            .collect();
        let mut total = Found::default();
        for thread in started {
            let found = thread.join().expect("no panic");
            total.count += found.count;
            total.other = total.other.or(found.other);
            if found.worst > total.worst {
                (total.worst, total.at) = (found.worst, found.at);
            }
        }
        total
    })
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let functions = functions! {
        exp 0.80 |x| x.exp();
        exp2 0.78 |x| x.exp2();
        exp_m1 0.81 |x| x.exp_m1();
        ln 0.83 |x| x.ln();
        log2 0.73 |x| x.log2();
        log10 0.67 |x| x.log10();
        ln_1p 0.90 |x| x.ln_1p();
        sin 0.77 |x| within(x, f64::sin);
        cos 0.78 |x| within(x, f64::cos);
        tan 0.90 |x| within(x, f64::tan);
        asin 0.72 |x| x.asin();
        acos 0.68 |x| x.acos();
        atan 0.68 |x| x.atan();
        sinh 0.82 |x| x.sinh();
        cosh 0.72 |x| x.cosh();
        tanh 0.69 |x| x.tanh();
        cbrt 0.51 |x| x.cbrt();
    };
    println!("| function | arguments | largest error, ulp | at | at most |\n|---|---|---|---|---|");
    let mut good = true;
    for function in &functions {
        if !arguments.only.is_empty() && arguments.only.iter().all(|name| name != function.name) {
            continue;
        }
        let found = in_threads(function, arguments.every);
        let Found {
            count, worst, at, ..
        } = found;
        println!(
            "| {} | {count} | {worst:.4} | {at:e} | {} |",
            function.name, function.at_most
        );
        if let Some((x, ours, exact)) = found.other {
            eprintln!("{}({x:e}) is {ours:e}, not {exact:e}", function.name);
        }
        good &= worst <= function.at_most && found.other.is_none();
    }
    if good {
        ExitCode::SUCCESS
    } else {
        eprintln!("larger errors than stated, or results of another kind");
        ExitCode::FAILURE
    }
}

//! The elementary functions of `Scalar` in packs of 16 beside the standard library's in a loop, in one run, and their
//! errors.
//!
//! `cargo run --release -p bakelite-benches --bin elementary [-- --only exp sin]`

#[macro_use]
#[path = "../../../tests/common/functions.rs"]
mod functions;

use bakelite::host::Level;
use bakelite::ode::{Pack, Real, Scalar};
use functions::*;
use std::hint::black_box;
use std::time::Instant;

const COUNT: usize = 4096;
const REPEATS: usize = 400;

/// Nanoseconds per element: a run of all elements, the best of many. What is compared takes turns, since the machine's
/// state changes.
fn best(runs: &mut [&mut dyn FnMut()]) -> Vec<f64> {
    let mut best = vec![f64::INFINITY; runs.len()];
    for _ in 0..REPEATS {
        for (run, best) in runs.iter_mut().zip(&mut best) {
            let start = Instant::now();
            run();
            *best = best.min(start.elapsed().as_secs_f64());
        }
    }
    best.iter().map(|best| best * 1e9 / COUNT as f64).collect()
}

fn inputs<T: Real>((low, high): (f64, f64)) -> Vec<T> {
    (0..COUNT)
        .map(|i| {
            T::from_f64(low + (high - low) * ((i * 2_654_435_761) % COUNT) as f64 / COUNT as f64)
        })
        .collect()
}

fn packs<T: Real>(values: &[T]) -> Vec<Pack<T, 16>> {
    let pack = |lanes: &[T]| Pack(lanes.try_into().expect("16 lanes"));
    values.chunks(16).map(pack).collect()
}

/// `$name`: a call for each pack, as in a step (a loop over packs would be vectorised across them), compiled as the
/// host executor compiles its loops.
macro_rules! compiled_for {
    ($name:ident, $features:literal, $t:ty, |$x:ident, $y:ident| $f:expr) => {
        #[inline(never)]
        #[target_feature(enable = $features)]
        fn $name($x: &Pack<$t, 16>, $y: &Pack<$t, 16>, out: &mut Pack<$t, 16>) {
            let ($x, $y) = (*$x, *$y);
            _ = $y;
            *out = $f;
        }
    };
}

macro_rules! rows {
    ($t:ty, $only:expr; $($name:ident($a:expr, $b:expr): |$x:ident, $y:ident| $ours:expr, $std:expr;)*) => {$(
        if $only.is_none_or(|only: &[String]| only.iter().any(|name| name == stringify!($name))) {
            compiled_for!(avx2, "avx2,fma", $t, |$x, $y| $ours);
            compiled_for!(avx512, "avx2,fma,avx512f,avx512dq,avx512vl", $t, |$x, $y| $ours);
            let (xs, ys) = (inputs::<$t>($a), inputs::<$t>($b));
            let (x_packs, y_packs) = (packs(&xs), packs(&ys));
            let (mut out2, mut out512, mut out) = (x_packs.clone(), x_packs.clone(), xs.clone());
            let mut std = || {
                let (xs, ys) = (black_box(&xs), black_box(&ys));
                for i in 0..COUNT {
                    let ($x, $y) = (xs[i], ys[i]);
                    _ = $y;
                    out[i] = $std;
                }
                black_box(&mut out);
            };
            let mut avx2 = || {
                let (x, y) = (black_box(&x_packs), black_box(&y_packs));
                for i in 0..COUNT / 16 {
                    // SAFETY: `main` saw both features on this processor.
                    unsafe { avx2(&x[i], &y[i], &mut out2[i]) };
                }
                black_box(&mut out2);
            };
            let mut avx512 = || {
                let (x, y) = (black_box(&x_packs), black_box(&y_packs));
                for i in 0..COUNT / 16 {
                    // SAFETY: called only where `Level::best` saw the features.
                    unsafe { avx512(&x[i], &y[i], &mut out512[i]) };
                }
                black_box(&mut out512);
            };
            let mut runs: Vec<&mut dyn FnMut()> = vec![&mut std, &mut avx2];
            if Level::best() == Level::Avx512 {
                runs.push(&mut avx512);
            }
            let times = best(&mut runs);
            print!("| {} | {:.2} |", stringify!($name), times[0]);
            for time in &times[1..] {
                print!(" {time:.2} | {:.1} |", times[0] / time);
            }
            println!();
        }
    )*};
}

macro_rules! all {
    ($t:ident, $only:expr) => {
        rows! { $t, $only;
            exp((-20.0, 20.0), (0.0, 1.0)): |x, y| x.exp(), x.exp();
            exp2((-20.0, 20.0), (0.0, 1.0)): |x, y| x.exp2(), x.exp2();
            exp_m1((-3.0, 3.0), (0.0, 1.0)): |x, y| x.exp_m1(), x.exp_m1();
            ln((0.01, 100.0), (0.0, 1.0)): |x, y| x.ln(), x.ln();
            log2((0.01, 100.0), (0.0, 1.0)): |x, y| x.log2(), x.log2();
            log10((0.01, 100.0), (0.0, 1.0)): |x, y| x.log10(), x.log10();
            ln_1p((-0.9, 10.0), (0.0, 1.0)): |x, y| x.ln_1p(), x.ln_1p();
            sin((-10.0, 10.0), (0.0, 1.0)): |x, y| x.sin(), x.sin();
            cos((-10.0, 10.0), (0.0, 1.0)): |x, y| x.cos(), x.cos();
            sin_cos((-10.0, 10.0), (0.0, 1.0)): |x, y| { let (s, c) = x.sin_cos(); s + c }, { let (s, c) = x.sin_cos(); s + c };
            tan((-10.0, 10.0), (0.0, 1.0)): |x, y| x.tan(), x.tan();
            asin((-1.0, 1.0), (0.0, 1.0)): |x, y| x.asin(), x.asin();
            acos((-1.0, 1.0), (0.0, 1.0)): |x, y| x.acos(), x.acos();
            atan((-10.0, 10.0), (0.0, 1.0)): |x, y| x.atan(), x.atan();
            atan2((-10.0, 10.0), (-1.0, 1.0)): |x, y| x.atan2(y), x.atan2(y);
            sinh((-5.0, 5.0), (0.0, 1.0)): |x, y| x.sinh(), x.sinh();
            cosh((-5.0, 5.0), (0.0, 1.0)): |x, y| x.cosh(), x.cosh();
            tanh((-5.0, 5.0), (0.0, 1.0)): |x, y| x.tanh(), x.tanh();
            powf((0.01, 10.0), (-3.0, 3.0)): |x, y| x.powf(y), x.powf(y);
            cbrt((-100.0, 100.0), (0.0, 1.0)): |x, y| x.cbrt(), x.cbrt();
            hypot((-10.0, 10.0), (-1.0, 1.0)): |x, y| x.hypot(y), x.hypot(y);
        }
    };
}

/// Arguments of each function whose error is measured.
const SAMPLES: usize = 6000;

macro_rules! errors {
    ($($name:ident)*) => {$(
        let (double, single) = (worst::<$name, f64>(SAMPLES, 11), worst::<$name, f32>(SAMPLES, 12));
        println!("| {} | {:.2} | {:.2} |", $name::NAME, double.0, single.0);
    )*};
}

fn main() {
    if Level::best() < Level::Avx2 {
        println!("this processor has no AVX2 with FMA: nothing to measure");
        return;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let only = match arguments.split_first() {
        Some((first, names)) if first == "--only" => Some(names),
        _ => None,
    };
    let levels = &Level::available()[1..];
    println!("packs of 16, best of {REPEATS}, {COUNT} elements, ns per element");
    for float in ["f64", "f32"] {
        print!("\n| {float} | std |");
        for level in levels {
            print!(" {} | ratio |", level.name());
        }
        println!("\n|---|---|{}", "---|---|".repeat(levels.len()));
        if float == "f64" {
            all!(f64, only);
        } else {
            all!(f32, only);
        }
    }
    if only.is_none() {
        println!("\n| function | f64, ulp | f32, ulp |\n|---|---|---|");
        each_function!(errors);
    }
}

//! The elementary functions of `Scalar` in packs of 16 beside the standard library's in a loop, in one run, and their errors.
//!
//! `cargo run --release -p bakelite-benches --bin elementary`

#[macro_use]
#[path = "../../../tests/common/functions.rs"]
mod functions;

use bakelite::host::Level;
use bakelite::{Pack, Real, Scalar};
use functions::*;
use std::hint::black_box;
use std::time::Instant;

const COUNT: usize = 4096;
const REPEATS: usize = 400;

/// Nanoseconds per element in packs of 16, compiled as the host executor compiles its loops.
macro_rules! packs {
    ($t:ty, |$a:ident, $b:ident| $f:expr, $x:expr, $y:expr) => {{
        // one pack a call, as in a step: a loop over packs would be vectorised across them
        #[inline(never)]
        #[target_feature(enable = "avx2,fma")]
        fn one($a: &Pack<$t, 16>, $b: &Pack<$t, 16>, out: &mut Pack<$t, 16>) {
            let ($a, $b) = (*$a, *$b);
            _ = $b;
            *out = $f;
        }
        let pack = |v: &[$t]| -> Vec<Pack<$t, 16>> {
            v.chunks(16).map(|c| Pack(c.try_into().unwrap())).collect()
        };
        let (x, y) = (pack($x), pack($y));
        let mut out = x.clone();
        best(|| {
            let (x, y) = (black_box(&x), black_box(&y));
            for i in 0..COUNT / 16 {
                // SAFETY: `main` saw both features on this processor.
                unsafe { one(&x[i], &y[i], &mut out[i]) };
            }
            black_box(&mut out);
        })
    }};
}

fn best(mut run: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..REPEATS {
        let start = Instant::now();
        run();
        best = best.min(start.elapsed().as_secs_f64());
    }
    best * 1e9 / COUNT as f64
}

fn inputs<T: Real>((low, high): (f64, f64)) -> Vec<T> {
    (0..COUNT)
        .map(|i| {
            T::from_f64(low + (high - low) * ((i * 2_654_435_761) % COUNT) as f64 / COUNT as f64)
        })
        .collect()
}

macro_rules! rows {
    ($t:ty; $($name:ident($a:expr, $b:expr): |$x:ident, $y:ident| $ours:expr, $std:expr;)*) => {$({
        let (xs, ys) = (inputs::<$t>($a), inputs::<$t>($b));
        let ours = packs!($t, |$x, $y| $ours, &xs, &ys);
        let mut out = xs.clone();
        let std = best(|| {
            let (xs, ys) = (black_box(&xs), black_box(&ys));
            for i in 0..COUNT {
                let ($x, $y) = (xs[i], ys[i]);
                _ = $y;
                out[i] = $std;
            }
            black_box(&mut out);
        });
        println!("| {} | {} | {ours:.2} | {std:.2} | {:.1} |", stringify!($name), stringify!($t), std / ours);
    })*};
}

macro_rules! all {
    ($t:ident) => {
        rows! { $t;
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
    if Level::best() != Level::Avx2 {
        println!("this processor has no AVX2 with FMA: nothing to measure");
        return;
    }
    println!(
        "best of {REPEATS}, {COUNT} elements\n\n| function | float | ns per element | std, ns | ratio |\n|---|---|---|---|---|"
    );
    all!(f64);
    all!(f32);
    println!("\n| function | f64, ulp | f32, ulp |\n|---|---|---|");
    each_function!(errors);
}

//! Fixed steps: classical Runge-Kutta beside a plain loop over eight lanes, in `f32`, and on two threads.

use crate::problems::{Lorenz, LorenzSystem, Problem};
use bakelite::host::{DEFAULT_WIDTH, Level, Tuning, Typed, WIDTH_OF_FIXED_F32};
use bakelite::ode::Method;
use bakelite::{ode::Real, prelude::*};
use ndarray::Array2;
use std::hint::black_box;
use std::time::Instant;

const STEPS: usize = 1000;
const STEP: f64 = 1e-3;
/// Lanes of the plain loop.
const LANES: usize = 8;
type Lanes = [f64; LANES];

type Double = Explicit<LorenzSystem, ClassicalRk4, Fixed>;
plan! { struct DoublePlan for <Double as Method>::Buffers = on(Sm80).block(32).sequential(); }
type Single = Explicit<LorenzSystem, ClassicalRk4, Fixed, f32>;
plan! { struct SinglePlan for <Single as Method>::Buffers = on(Sm80).block(32).sequential(); }

/// The first `runs` runs of the ensemble: seconds and end states, `[state][run]`.
fn ours<M, Plan: Planned, const W: usize>(runs: usize, threads: usize) -> (f64, Array2<M::Element>)
where
    M: Method<System = LorenzSystem>,
{
    let real = M::Element::from_f64;
    let initial = Array2::from_shape_fn((3, runs), |(row, run)| real(Lorenz::initial(run)[row]));
    let parameters =
        Array2::from_shape_fn((3, runs), |(row, run)| real(Lorenz::parameters(run)[row]));
    let ensemble = Ensemble::<LorenzSystem, M::Element>::new(
        initial.view(),
        parameters.view(),
        (0.0, Lorenz::END),
    )
    .expect("valid inputs");
    let options = Options {
        step: Some(STEP),
        ..Options::default()
    };
    let tuning = Tuning {
        threads,
        level: Level::best(),
    };
    let start = Instant::now();
    let solution = ensemble
        .solve_on_host::<M, W>(&options, Typed::<Plan>::NEW, &tuning)
        .expect("valid options");
    (start.elapsed().as_secs_f64(), solution.states().to_owned())
}

/// The same arithmetic in the same order, as one would write it for this problem and eight lanes.
#[inline(always)]
fn plain_lanes(parameters: &[Lanes; 3], y: &mut [Lanes; 3]) {
    let rhs = |y: &[Lanes; 3]| {
        let mut k = [[0.0; LANES]; 3];
        for lane in 0..LANES {
            let [x, v, z] = [y[0][lane], y[1][lane], y[2][lane]];
            k[0][lane] = parameters[0][lane] * (v - x);
            k[1][lane] = x * (parameters[1][lane] - z) - v;
            k[2][lane] = x * v - parameters[2][lane] * z;
        }
        k
    };
    let at = |y: &[Lanes; 3], factor: f64, h: f64, k: &[Lanes; 3]| {
        let mut result = *y;
        for row in 0..3 {
            for lane in 0..LANES {
                result[row][lane] = h.mul_add(factor * k[row][lane], y[row][lane]);
            }
        }
        result
    };
    let mut time = 0.0;
    for step in 0..STEPS {
        let h = if step + 1 == STEPS { 1.0 - time } else { STEP };
        time += h;
        let k1 = rhs(y);
        let k2 = rhs(&at(y, 0.5, h, &k1));
        let k3 = rhs(&at(y, 0.5, h, &k2));
        let k4 = rhs(&at(y, 1.0, h, &k3));
        for row in 0..3 {
            for lane in 0..LANES {
                let sum = 1.0 / 6.0 * k1[row][lane];
                let sum = (1.0_f64 / 3.0).mul_add(k2[row][lane], sum);
                let sum = (1.0_f64 / 3.0).mul_add(k3[row][lane], sum);
                let sum = (1.0_f64 / 6.0).mul_add(k4[row][lane], sum);
                y[row][lane] = h.mul_add(sum, y[row][lane]);
            }
        }
    }
}

/// # Safety
/// The processor must have AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn plain_avx2(parameters: &[Lanes; 3], y: &mut [Lanes; 3]) {
    plain_lanes(parameters, y);
}

fn plain(runs: usize) -> (f64, Array2<f64>) {
    let mut ends = Array2::zeros((3, runs));
    let start = Instant::now();
    for first in (0..runs).step_by(LANES) {
        let parameters = core::array::from_fn(|row| {
            core::array::from_fn(|lane| [10.0, Lorenz::swept(first + lane), 8.0 / 3.0][row])
        });
        let mut y = core::array::from_fn(|row| [Lorenz::initial(0)[row]; LANES]);
        #[cfg(target_arch = "x86_64")]
        if Level::best() >= Level::Avx2 {
            // SAFETY: `Level::best` saw both features on this processor.
            unsafe { plain_avx2(&parameters, &mut y) };
        } else {
            plain_lanes(&parameters, &mut y);
        }
        #[cfg(not(target_arch = "x86_64"))]
        plain_lanes(&parameters, &mut y);
        for row in 0..3 {
            for lane in 0..LANES {
                ends[[row, first + lane]] = y[row][lane];
            }
        }
    }
    let ends = black_box(ends);
    (start.elapsed().as_secs_f64(), ends)
}

/// Prints the table. `few` runs are timed at once by one thread, `many` by one and two.
pub fn table(rounds: usize) {
    let (few, many) = (512, 4096);
    let mut best = [f64::INFINITY; 5];
    for _ in 0..rounds {
        let (plain_seconds, plain_ends) = plain(few);
        let (seconds, ends) = ours::<Double, DoublePlan, DEFAULT_WIDTH>(few, 1);
        assert!(ends == plain_ends, "the plain loop computes the same bits");
        let all = [
            plain_seconds / few as f64,
            seconds / few as f64,
            ours::<Single, SinglePlan, WIDTH_OF_FIXED_F32>(few, 1).0 / few as f64,
            ours::<Double, DoublePlan, DEFAULT_WIDTH>(many, 1).0 / many as f64,
            ours::<Double, DoublePlan, DEFAULT_WIDTH>(many, 2).0 / many as f64,
        ];
        for (best, seconds) in best.iter_mut().zip(all) {
            *best = best.min(seconds);
        }
    }
    let [plain, double, single, one, two] = best;
    println!("| Lorenz, classical-rk4, {STEPS} fixed steps | us per run | |\n|---|---|---|");
    let row = |name: &str, seconds: f64, text: String| {
        println!("| {name} | {:.3} | {text} |", seconds * 1e6);
    };
    row(
        "plain loop over 8 lanes, f64, AVX2 with FMA",
        plain,
        String::new(),
    );
    let ratio = double / plain;
    row(
        "bakelite f64",
        double,
        format!("{ratio:.2} of the plain loop, the same bits; at most 1.15"),
    );
    let ratio = double / single;
    row(
        "bakelite f32",
        single,
        format!("{ratio:.2} times faster than f64; at least 1.7"),
    );
    row("bakelite f64, 4,096 runs, one thread", one, String::new());
    let ratio = one / two;
    row(
        "bakelite f64, 4,096 runs, two threads",
        two,
        format!("{ratio:.2} times faster than one; at least 1.9"),
    );
    println!();
}

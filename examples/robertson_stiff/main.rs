//! A stiff ensemble, and what accuracy costs: Robertson's reactions for many rates, by five implicit methods at several
//! tolerances.
//!
//! ```text
//! cargo run --release --example robertson_stiff
//! cargo run --release --example robertson_stiff --features cuda -- --device reference --runs 8 --tolerances 2 --repeats 1
//! ```
//!
//! `a' = -k1 a + k3 b c`, `b' = k1 a - k3 b c - k2 b²`, `c' = k2 b²` from (1, 0, 0), with k2 = 3e7 and k3 = 1e4, from t
//! = 0 to 1e5; k1 is 0.04 and up to 10 % less and more. Concentrations differ by seven orders of magnitude, and each
//! state has an absolute tolerance of its own. The results go to `robertson_stiff.npz`, for `numpy.load`, and a picture
//! to `robertson_stiff.png`: the concentrations over time, and the time per run beside the largest relative error of
//! any state of any run at the end.
//!
//! The errors are those from rodas5p with a tolerance of 1e-11. What it says for k1 = 0.04 is compared first: at t = 40
//! with an end by a Taylor method in quadruple precision, at t = 1e11 with that of the *Test Set for Initial Value
//! Problem Solvers* (F. Mazzia and C. Magherini, release 2.4, 2008). The program ends with an error where they differ
//! by more than 1e-8, where a run fails, or where a method's error is more than 100 times its tolerance.

#![allow(missing_docs)]

#[path = "../common/mod.rs"]
pub mod common;
pub mod curve;
pub mod picture;

use bakelite::consts::*;
use bakelite::ode::Method;
use bakelite::{
    ode::{
        DenseOutput, Integrator,
        methods::{Dirk, Firk, KenCarp4, Kvaerno5, RadauIia5, Rodas4, Rosenbrock},
        times,
    },
    prelude::*,
};
use clap::Parser;
use common::ready::ready;
use common::target::{Place, Target};
use curve::{Curve, error_text};
use ndarray::{Array1, Array2};
use ndarray_npy::NpzWriter;
use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

const K1: f64 = 0.04;
const END: f64 = 1e5;
/// Times and ends of the run with k1 = 0.04.
const PUBLISHED: [(f64, [f64; 3]); 2] = [
    (
        40.0,
        [
            0.715_827_068_719_405,
            9.185_534_764_557_764e-6,
            0.284_163_745_745_830_4,
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
const ALLOWED: f64 = 1e-8;
/// States are saved at even times on a logarithmic axis, from ten to the first power to ten to the second.
const SAVED_DECADES: (f64, f64) = (-5.0, 5.0);
const SAVES: usize = 201;

system! {
    /// H. H. Robertson (1966); parameters k1, k2, k3.
    pub struct Robertson;
    states: U3;
    parameters: U3;
    rhs: |_t, [a, b, c], [k1, k2, k3]| {
        let (first, second, third) = (k1 * a, k2 * b * b, k3 * b * c);
        [third - first, first - second - third, second]
    }
}

/// The reference, which saves states on the way.
type Reference =
    Integrator<Robertson, Rosenbrock<Rodas5p>, ProportionalIntegral, f64, Local, DenseOutput>;
plan! { struct ReferenceLayout for <Reference as Method>::Buffers = on(Sm80).block(64).packed(); }

/// Integrates Robertson's reactions for many rates k1, by five implicit methods.
#[derive(Debug, Parser)]
#[command(name = "robertson_stiff")]
pub struct Arguments {
    /// How many values of k1, from 0.036 to 0.044
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    runs: u32,
    /// How many tolerances, from 1e-3 on, each a tenth of the one before
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u8).range(1..=8))]
    tolerances: u8,
    /// How often each solve is repeated; the shortest time counts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    repeats: u8,
    #[command(flatten)]
    place: Place,
}

/// Runs from (1, 0, 0) at time 0, one for each k1.
fn ensemble(k1: &[f64], end: f64) -> Result<Ensemble<Robertson, f64>, String> {
    let initial = Array2::from_shape_fn((3, k1.len()), |(state, _)| [1.0, 0.0, 0.0][state]);
    let parameters = Array2::from_shape_fn((3, k1.len()), |(row, run)| [k1[run], 3e7, 1e4][row]);
    Ensemble::new(initial.view(), parameters.view(), (0.0, end)).map_err(error_text)
}

/// With absolute tolerances for concentrations as small as `smallest`.
fn options(rtol: f64, smallest: [f64; 3], save_times: Vec<f64>) -> Options {
    Options {
        rtol,
        atol: smallest.map(|smallest| rtol * smallest).to_vec(),
        save_times,
        ..Options::default()
    }
}

/// Those of the ensemble, far below which nothing is to be known.
const SMALLEST: [f64; 3] = [1e-2, 1e-8, 1e-2];

pub fn run(arguments: &Arguments) -> Result<(), String> {
    let output = &arguments.place.output;
    common::make(output)?;
    let target = Target::open(&arguments.place)?;
    println!("{}\n\n{}\n", Reference::name(), ReferenceLayout::VIEW);
    println!("device            {}", target.name());

    let solve = ready::<Reference, ReferenceLayout>(&target)?;
    for (end, published) in PUBLISHED {
        let options = options(1e-11, [1e-9, 1e-15, 1e-2], vec![end]);
        let solution = solve(&options, &ensemble(&[K1], end)?).map_err(error_text)?;
        let error = common::largest_error(solution.states(), &published);
        println!("t = {end:<13e} {error:.1e} from the published {published:?}");
        if error > ALLOWED {
            return Err(format!(
                "{} ends {error:.1e} from the published end at t = {end:e}, more than {ALLOWED:e} (status: {})",
                Reference::name(),
                solution.status(0).name()
            ));
        }
    }

    let k1 = times(0.9 * K1, 1.1 * K1, arguments.runs as usize);
    let all = ensemble(&k1, END)?;
    let mut save_times: Vec<f64> = times(SAVED_DECADES.0, SAVED_DECADES.1, SAVES)
        .into_iter()
        .map(|power| 10_f64.powf(power))
        .collect();
    save_times[SAVES - 1] = END;
    let solution =
        solve(&options(1e-11, SMALLEST, save_times.clone()), &all).map_err(error_text)?;
    curve::all_succeed(&Reference::name(), &solution)?;
    let curves = curves(arguments, &target, &all, &solution)?;
    report(&curves);

    common::written("arrays", &output.join("robertson_stiff.npz"), |path| {
        write(&k1, &save_times, &solution, &curves, path)
    })?;
    let text = format!(
        "Robertson’s reactions to t = 10⁵ for k₁ = 0.04 ± 10 %: {} runs, {}",
        k1.len(),
        target.name()
    );
    common::written("picture", &output.join("robertson_stiff.png"), |path| {
        picture::draw(&solution, &curves, &text, path)
    })
}

/// The five methods. Each line of the table is a type of its own.
fn curves(
    arguments: &Arguments,
    target: &Target,
    all: &Ensemble<Robertson, f64>,
    reference: &Solution<f64>,
) -> Result<Vec<Curve>, String> {
    macro_rules! methods {
        ($($name:literal $step:ty;)*) => {
            vec![$({
                type M = Integrator<Robertson, $step, ProportionalIntegral, f64, Local>;
                plan! { struct Layout for <M as Method>::Buffers = on(Sm80).block(64).packed(); }
                let solve = ready::<M, Layout>(target)?;
                Curve::measure($name, (arguments.tolerances, arguments.repeats), reference, |rtol| {
                    solve(&options(rtol, SMALLEST, Vec::new()), all).map_err(error_text)
                })?
            }),*]
        };
    }
    Ok(methods! {
        "rodas4" Rosenbrock<Rodas4>;
        "rodas5p" Rosenbrock<Rodas5p>;
        "kvaerno5" Dirk<Kvaerno5>;
        "kencarp4" Dirk<KenCarp4>;
        "radau-iia-5" Firk<RadauIia5>;
    })
}

fn report(curves: &[Curve]) {
    println!("\nmethod        tolerance  largest error   µs per run  steps per run");
    for curve in curves {
        for point in &curve.points {
            println!(
                "{:<14}{:<11.0e}{:<14.1e}{:>12.2}{:>15.1}",
                curve.name, point.tolerance, point.error, point.us_per_run, point.steps
            );
        }
    }
    println!();
}

fn write(
    k1: &[f64],
    save_times: &[f64],
    solution: &Solution<f64>,
    curves: &[Curve],
    path: &Path,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut file = NpzWriter::new(File::create(path)?);
    file.add_array("k1", &Array1::from(k1.to_vec()))?;
    file.add_array("states", &solution.states())?;
    file.add_array("save_times", &Array1::from(save_times.to_vec()))?;
    file.add_array("saved", &solution.saved())?;
    // tolerance, error, µs per run, steps per run
    for curve in curves {
        let rows = curve.points.len();
        let points = Array2::from_shape_fn((rows, 4), |(row, column)| {
            let point = &curve.points[row];
            [point.tolerance, point.error, point.us_per_run, point.steps][column]
        });
        file.add_array(curve.name, &points)?;
    }
    file.finish()?;
    Ok(())
}

fn main() -> ExitCode {
    common::finish(run(&Arguments::parse()))
}

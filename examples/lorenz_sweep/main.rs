//! A sweep over a parameter: the Lorenz system for many values of rho, on the host or on a device.
//!
//! ```text
//! cargo run --release --example lorenz_sweep -- --runs 100000
//! cargo run --release --example lorenz_sweep -- --runs 2000 --rho-max 200 --end 60 --save-from 30 --saves 6000
//! cargo run --release --example lorenz_sweep --features cuda -- --device reference --runs 2000
//! cargo run --release --example lorenz_sweep --features cuda -- --device gpu --method rk4 --precision f32
//! ```
//!
//! Method, controller, precision, placement of the buffers and dense output are one type, and its layout is a second
//! one that rustc has proved: the eight combinations are the table in [`solve`]. Every run saves its states on the way,
//! in the one solve that it takes. The results go to `lorenz_sweep.npz`, for `numpy.load`, and a picture of them to
//! `lorenz_sweep.png`.
//!
//! Memory: runs are solved slice by slice, and the saved states of a slice take at most 256 MiB, and as much again in
//! the executor. Those of at most 1000 runs are kept, evenly spaced (240 MB with the most saves, 10 000), and 52 bytes
//! of every run.

#![allow(missing_docs)]

#[path = "../common/mod.rs"]
pub mod common;
pub mod kept;
pub mod picture;

use bakelite::consts::*;
use bakelite::ode::Method;
use bakelite::{
    ode::{DenseOutput, times},
    prelude::*,
};
use clap::{CommandFactory, Parser, ValueEnum, error::ErrorKind};
use common::sweep::{Sweep, Value};
use common::target::{Place, Target};
use kept::Kept;
use ndarray::Array1;
use ndarray_npy::NpzWriter;
use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

const SIGMA: f64 = 10.0;
const BETA: f64 = 8.0 / 3.0;
const INITIAL: [f64; 3] = [1.0, 0.0, 0.0];

system! {
    /// Lorenz 1963; parameters sigma, rho, beta.
    pub struct Lorenz;
    states: U3;
    parameters: U3;
    rhs: |_t, [x, y, z], [sigma, rho, beta]| [
        sigma * (y - x),
        x * (rho - z) - y,
        x * y - beta * z,
    ]
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub enum MethodName {
    /// Tsitouras 5(4), adaptive
    Tsit5,
    /// The classical Runge-Kutta method, fixed steps
    Rk4,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub enum PrecisionName {
    F64,
    F32,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub enum PlacementName {
    /// Every buffer in registers or local memory
    Local,
    /// Every buffer in shared memory
    Shared,
}

/// Integrates the Lorenz system (sigma 10, beta 8/3, from (1, 0, 0)) for many values of rho.
#[derive(Debug, Parser)]
#[command(name = "lorenz_sweep", allow_negative_numbers = true)]
pub struct Arguments {
    /// How many values of rho, evenly spaced, ends included
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    runs: u32,
    /// The largest rho; the smallest is 0
    #[arg(long, default_value_t = 21.0, value_parser = rho)]
    rho_max: f64,
    /// The time at the end; it starts at 0
    #[arg(long, default_value_t = 1.0, value_parser = positive)]
    end: f64,
    /// How to integrate
    #[arg(long, value_enum, default_value_t = MethodName::Tsit5)]
    method: MethodName,
    /// Relative and absolute tolerance of tsit5 [default: 1e-6]
    #[arg(long, value_parser = positive)]
    tolerance: Option<f64>,
    /// Number of steps of rk4 [default: 1000]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000_000))]
    steps: Option<u32>,
    /// What the states are made of
    #[arg(long, value_enum, default_value_t = PrecisionName::F64)]
    precision: PrecisionName,
    /// Where a device keeps the buffers
    #[arg(long, value_enum, default_value_t = PlacementName::Local)]
    placement: PlacementName,
    /// How many times states are saved at, evenly spaced
    #[arg(long, default_value_t = 101, value_parser = clap::value_parser!(u16).range(3..=10_000))]
    saves: u16,
    /// The first of these times; the last is the end
    #[arg(long, default_value_t = 0.0, value_parser = time)]
    save_from: f64,
    #[command(flatten)]
    place: Place,
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(value) if f64::is_finite(value) && value > 0.0 => Ok(value),
        Ok(_) => Err("it must be finite and above 0".to_owned()),
        Err(_) => Err("it is not a number".to_owned()),
    }
}

fn time(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(0.0) => Ok(0.0),
        _ => positive(text).map_err(|error| error.replace("above 0", "0 or more")),
    }
}

fn rho(text: &str) -> Result<f64, String> {
    positive(text).and_then(|value| match value {
        1e-6..=1e9 => Ok(value),
        _ => Err("it must lie between 1e-6 and 1e9".to_owned()),
    })
}

impl Arguments {
    /// Why flags would have no effect, or an impossible one.
    pub fn conflict(&self) -> Option<&'static str> {
        match self.method {
            MethodName::Tsit5 if self.steps.is_some() => {
                Some("--steps is for --method rk4; tsit5 chooses its steps by --tolerance")
            }
            MethodName::Rk4 if self.tolerance.is_some() => {
                Some("--tolerance is for --method tsit5; rk4 takes --steps steps of one size")
            }
            _ => (self.save_from >= self.end).then_some("--save-from must lie before --end"),
        }
    }

    fn options(&self) -> Options {
        let save_times = times(self.save_from, self.end, self.saves.into());
        match self.method {
            MethodName::Tsit5 => {
                let tolerance = self.tolerance.unwrap_or(1e-6);
                Options {
                    rtol: tolerance,
                    atol: vec![tolerance],
                    save_times,
                    ..Options::default()
                }
            }
            MethodName::Rk4 => {
                let steps = self.steps.unwrap_or(1000);
                Options {
                    step: Some(self.end / f64::from(steps)),
                    // the step is rounded, so the end may take one more
                    max_steps: steps + 8,
                    save_times,
                    ..Options::default()
                }
            }
        }
    }
}

/// Picks the configuration that the arguments name. Each line of the table is a type of its own.
fn solve(arguments: &Arguments, target: &Target) -> Result<(), String> {
    macro_rules! configurations {
        ($($method:ident $precision:ident $placement:ident => $tableau:ty, $controller:ty, $element:ty, $place:ty;)*) => {
            match (arguments.method, arguments.precision, arguments.placement) {$(
                (MethodName::$method, PrecisionName::$precision, PlacementName::$placement) => {
                    type M = Explicit<Lorenz, $tableau, $controller, $element, $place, DenseOutput>;
                    plan! { struct Layout for <M as Method>::Buffers = on(Sm80).block(64).sequential(); }
                    sweep::<M, Layout>(arguments, target)
                }
            )*}
        };
    }
    configurations! {
        Tsit5 F64 Local  => Tsit5, ProportionalIntegral, f64, Local;
        Tsit5 F64 Shared => Tsit5, ProportionalIntegral, f64, Shared;
        Tsit5 F32 Local  => Tsit5, ProportionalIntegral, f32, Local;
        Tsit5 F32 Shared => Tsit5, ProportionalIntegral, f32, Shared;
        Rk4   F64 Local  => ClassicalRk4, Fixed, f64, Local;
        Rk4   F64 Shared => ClassicalRk4, Fixed, f64, Shared;
        Rk4   F32 Local  => ClassicalRk4, Fixed, f32, Local;
        Rk4   F32 Shared => ClassicalRk4, Fixed, f32, Shared;
    }
}

/// Integrates all runs, with the buffers where the plan `P` puts them; prints what happened, writes the arrays and the
/// picture.
fn sweep<M, P>(arguments: &Arguments, target: &Target) -> Result<(), String>
where
    M: Method<System = Lorenz, Element: Value>,
    P: Planned<Root = M::Buffers>,
{
    println!("{}\n\n{}\n", M::name(), P::VIEW);
    let runs = arguments.runs as usize;
    let grid = Grid::new()
        .fixed(SIGMA)
        .range(0.0, arguments.rho_max, runs)
        .fixed(BETA);
    let rho = |run: usize| grid.values(run)[1];
    let options = arguments.options();
    let mut kept = Kept::new(runs, rho, options.save_times.clone());
    let sweep = Sweep::solve::<M, P>(
        target,
        &options,
        runs,
        arguments.end,
        |run| (INITIAL.to_vec(), grid.values(run)),
        |slice, solution| kept.take(slice, solution),
    )?;
    sweep.report(target);

    let output = &arguments.place.output;
    common::written("arrays", &output.join("lorenz_sweep.npz"), |path| {
        let rho = (0..runs).map(rho).collect();
        write(&sweep, &rho, &kept, path)
    })?;
    let text = format!(
        "Lorenz system from (1, 0, 0), σ = 10, β = 8/3, t = {} to {}: {runs} runs",
        arguments.save_from, arguments.end
    );
    common::written("picture", &output.join("lorenz_sweep.png"), |path| {
        picture::draw(&kept, arguments.rho_max, &text, path)
    })
}

fn write<E: Value>(
    sweep: &Sweep<E>,
    rho: &Array1<f64>,
    kept: &Kept,
    path: &Path,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut file = NpzWriter::new(File::create(path)?);
    sweep.write(&mut file)?;
    file.add_array("rho", rho)?;
    file.add_array("save_times", &Array1::from_iter(kept.times.iter().copied()))?;
    file.add_array("saved", &kept.saved)?;
    let runs = kept.runs.iter().map(|&run| run as u64);
    file.add_array("saved_runs", &Array1::from_iter(runs))?;
    file.finish()?;
    Ok(())
}

pub fn run(arguments: &Arguments) -> Result<(), String> {
    common::make(&arguments.place.output)?;
    solve(arguments, &Target::open(&arguments.place)?)
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(conflict) = arguments.conflict() {
        Arguments::command()
            .error(ErrorKind::ArgumentConflict, conflict)
            .exit()
    }
    common::finish(run(&arguments))
}

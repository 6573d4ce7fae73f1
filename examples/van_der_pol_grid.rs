//! A grid over an initial state and a parameter: a million Van der Pol oscillators, on the host or on a device.
//!
//! ```text
//! cargo run --release --example van_der_pol_grid
//! cargo run --release --example van_der_pol_grid --features cuda -- --device reference --size 32
//! ```
//!
//! `x'' = mu (1 - x²) x' - x` from `x' = 0` and x0 between 1 and 2 at t = 0, to t = 20, with mu between 1 and 3: the
//! pair of Dormand and Prince with a relative tolerance of 1e-3 and an absolute one of 1e-6. The results go to
//! `van_der_pol_grid.npz`, for `numpy.load`, and a picture of them to `van_der_pol_grid.png`. It takes 90 MiB, of which
//! a run takes 44 bytes.
//!
//! Specks in the picture are runs that the tolerance let go astray: where x jumps, the estimate of a step's error may
//! be a hundred times too small.

#![allow(missing_docs)]

pub mod common;

use bakelite::consts::*;
use bakelite::ode::Method;
use bakelite::{
    ode::{methods::DormandPrince54, times},
    prelude::*,
};
use clap::Parser;
use common::colors::{FAILED, Ramp, Signed};
use common::picture::{Area, BAR, axes, color_bar, field, paint, title};
use common::sweep::Sweep;
use common::target::{Place, Target};
use ndarray::{Array1, ArrayView2};
use ndarray_npy::NpzWriter;
use std::error::Error;
use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

const X0: (f64, f64) = (1.0, 2.0);
const MU: (f64, f64) = (1.0, 3.0);
const END: f64 = 20.0;

system! {
    /// Van der Pol 1926, as two states; parameter mu.
    pub struct VanDerPol;
    states: U2;
    parameters: U1;
    rhs: |_t, [x, v], [mu]| [v, mu * ((R::lit(1.0) - x * x) * v) - x]
}

type Solver = Explicit<VanDerPol, DormandPrince54, ProportionalIntegral>;
plan! { struct Layout for <Solver as Method>::Buffers = on(Sm80).block(64).sequential(); }

/// Integrates Van der Pol's oscillator to t = 20 on a grid of x0 in [1, 2] and mu in [1, 3].
#[derive(Debug, Parser)]
#[command(name = "van_der_pol_grid")]
pub struct Arguments {
    /// How many values of x0, and of mu: the runs are its square
    #[arg(long, default_value_t = 1024, value_parser = clap::value_parser!(u16).range(2..=8192))]
    size: u16,
    #[command(flatten)]
    place: Place,
}

fn solve(arguments: &Arguments, target: &Target) -> Result<(), String> {
    println!("{}\n\n{}\n", Solver::name(), Layout::VIEW);
    let size = usize::from(arguments.size);
    // x0 is fastest: the runs of a pack have about the same mu, and so about as many steps
    let grid = Grid::new().range(MU.0, MU.1, size).range(X0.0, X0.1, size);
    let options = Options {
        rtol: 1e-3,
        atol: vec![1e-6],
        ..Options::default()
    };
    let sweep = Sweep::solve::<Solver, Layout>(
        target,
        &options,
        grid.runs(),
        END,
        |run| {
            let values = grid.values(run);
            (vec![values[1], 0.0], vec![values[0]])
        },
        |_, _| (),
    )?;
    sweep.report(target);

    let axis = |(first, last)| Array1::from(times(first, last, size));
    let output = &arguments.place.output;
    common::written("arrays", &output.join("van_der_pol_grid.npz"), |path| {
        let mut file = NpzWriter::new(File::create(path)?);
        sweep.write(&mut file)?;
        file.add_array("mu", &axis(MU))?;
        file.add_array("x0", &axis(X0))?;
        file.finish()?;
        Ok(())
    })?;
    common::written("picture", &output.join("van_der_pol_grid.png"), |path| {
        draw(&sweep, size, path)
    })
}

/// Two maps over x0 and mu: where the runs end, and how many steps they took.
fn draw(sweep: &Sweep<f64>, size: usize, path: &Path) -> Result<(), Box<dyn Error>> {
    let ended = sweep.states.row(0);
    let ended = ended.to_shape((size, size))?;
    let finite = ended.iter().filter(|x| x.is_finite());
    let most = finite.fold(0.0, |most: f64, x| most.max(x.abs()));
    let most = if most > 0.0 { most } else { 1.0 };
    let signed = Signed::up_to(most);

    let steps = Array1::from_shape_fn(size * size, |run| {
        f64::from(sweep.accepted[run] + sweep.rejected[run])
    });
    let steps = steps.to_shape((size, size))?;
    let least = steps.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = steps.iter().copied().fold(least + 1.0, f64::max);
    let amounts = Ramp::amounts();

    paint(path, (2000, 1000), |root| {
        let text = format!(
            "Van der Pol's oscillator, x″ = μ (1 − x²) x′ − x, from (x₀, 0): {size} × {size} runs"
        );
        let (left, right) = title(root, &text)?.split_horizontally(2000);
        let x_name = format!("x at t = {END}");
        map(&left, &x_name, ended.view(), -most..most, |x| signed.at(x))?;
        map(
            &right,
            "steps per run, rejected ones included",
            steps.view(),
            least..greatest,
            |count| amounts.at((count - least) / (greatest - least)),
        )
    })
}

/// A map of values `[mu][x0]`.
fn map(
    area: &Area,
    name: &str,
    values: ArrayView2<f64>,
    range: std::ops::Range<f64>,
    color: impl Fn(f64) -> plotters::style::RGBColor,
) -> Result<(), Box<dyn Error>> {
    let chart = axes(area, name, BAR, (X0.0..X0.1, "x₀"), (MU.0..MU.1, "μ"))?;
    let size = values.nrows();
    // a run is at the middle of what it colours
    let nearest = |share: f64| (share * (size - 1) as f64).round() as usize;
    field(&chart, |across, up| {
        match values[[nearest(up), nearest(across)]] {
            value if value.is_finite() => color(value),
            _ => FAILED,
        }
    })?;
    color_bar(area, (range, ""), color)
}

pub fn run(arguments: &Arguments) -> Result<(), String> {
    common::make(&arguments.place.output)?;
    solve(arguments, &Target::open(&arguments.place)?)
}

fn main() -> ExitCode {
    common::finish(run(&Arguments::parse()))
}

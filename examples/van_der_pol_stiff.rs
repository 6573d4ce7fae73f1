//! What stiffness costs: van der Pol's oscillator from hardly stiff to very stiff, by an explicit and an implicit
//! method.
//!
//! ```text
//! cargo run --release --example van_der_pol_stiff
//! cargo run --release --example van_der_pol_stiff --features cuda -- --device reference --runs 16 --max-steps 2000
//! ```
//!
//! `x'' = mu (1 - x²) x' - x` in the slow time s = t / mu: `x' = v`, `v' = ((1 - x²) v - x) / epsilon` with epsilon = 1
//! / mu², from x = 2, v = 0 at s = 0 to s = 2, with mu evenly in its logarithm from 1 to 1000. Once the oscillator
//! jumps, from mu = 10 on, rodas5p hardly needs more steps for a larger mu. tsit5, which is explicit, is held to small
//! ones by stability, until `--max-steps` ends its runs. The results go to `van_der_pol_stiff.npz`, for `numpy.load`,
//! and a picture of them to `van_der_pol_stiff.png`.
//!
//! First two runs of rodas5p are compared with published ends: for mu = 1000 that of the *Test Set for Initial Value
//! Problem Solvers* (F. Mazzia and C. Magherini, release 2.4, 2008), for epsilon = 1e-3 one by a Taylor method in
//! quadruple precision. The program ends with an error where they differ by more than 1e-5, relative.

#![allow(missing_docs)]

pub mod common;

use bakelite::consts::*;
use bakelite::ode::Method;
use bakelite::{
    ode::{DenseOutput, Integrator, methods::Rosenbrock, times},
    prelude::*,
};
use clap::Parser;
use common::colors::{FAILED, Signed};
use common::picture::{Area, Axis, BAR, LEGEND, axes, color_bar, field, legend, paint, title};
use common::ready::{Ready, ready};
use common::target::{Place, Target};
use ndarray::{Array1, Array2};
use ndarray_npy::NpzWriter;
use plotters::prelude::*;
use std::error::Error as StdError;
use std::fs::File;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

const INITIAL: [f64; 2] = [2.0, 0.0];
const END: f64 = 2.0;
/// mu goes from 1 to ten to this power.
const DECADES: f64 = 3.0;
const SAVES: usize = 800;
const TOLERANCE: f64 = 1e-6;
/// Ends at s = 2: epsilon, x, v.
const PUBLISHED: [(f64, [f64; 2]); 2] = [
    (1e-3, [1.763_234_540_203_445_7, -0.835_688_681_677_677_4]),
    (1e-6, [1.706_167_732_170_483, -0.892_809_701_024_797_5]),
];
const ALLOWED: f64 = 1e-5;

system! {
    /// Van der Pol 1926, in the slow time; parameter epsilon.
    pub struct VanDerPol;
    states: U2;
    parameters: U1;
    rhs: |_t, [x, v], [epsilon]| [v, ((R::lit(1.0) - x * x) * v - x) / epsilon]
}

type Implicit =
    Integrator<VanDerPol, Rosenbrock<Rodas5p>, ProportionalIntegral, f64, Local, DenseOutput>;
plan! { struct ImplicitLayout for <Implicit as Method>::Buffers = on(Sm80).block(64).packed(); }
type ExplicitMethod = Explicit<VanDerPol, Tsit5, ProportionalIntegral>;
plan! { struct ExplicitLayout for <ExplicitMethod as Method>::Buffers = on(Sm80).block(64).packed(); }

/// Integrates van der Pol's oscillator for mu from 1 to 1000, by an implicit and an explicit method.
#[derive(Debug, Parser)]
#[command(name = "van_der_pol_stiff")]
pub struct Arguments {
    /// How many values of mu
    #[arg(long, default_value_t = 601, value_parser = clap::value_parser!(u16).range(2..=10_000))]
    runs: u16,
    /// Steps after which a run is given up
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..))]
    max_steps: u32,
    #[command(flatten)]
    place: Place,
}

/// Runs from [`INITIAL`] to [`END`], one per epsilon.
fn ensemble(epsilon: &[f64]) -> Result<Ensemble<VanDerPol, f64>, String> {
    let initial = Array2::from_shape_fn((2, epsilon.len()), |(state, _)| INITIAL[state]);
    let parameters = Array2::from_shape_fn((1, epsilon.len()), |(_, run)| epsilon[run]);
    Ensemble::new(initial.view(), parameters.view(), (0.0, END)).map_err(|error| error.to_string())
}

fn options(max_steps: u32, save_times: Vec<f64>) -> Options {
    Options {
        rtol: TOLERANCE,
        atol: vec![TOLERANCE],
        max_steps,
        save_times,
        ..Options::default()
    }
}

/// Compares with the published ends.
fn check(solve: &Ready<VanDerPol, f64>) -> Result<(), String> {
    let epsilon = PUBLISHED.map(|(epsilon, _)| epsilon);
    let options = Options {
        rtol: 1e-9,
        atol: vec![1e-9],
        ..options(Options::default().max_steps, vec![END])
    };
    let solution = solve(&options, &ensemble(&epsilon)?).map_err(|error| error.to_string())?;
    for (run, (epsilon, published)) in PUBLISHED.iter().enumerate() {
        let end = solution.states().column(run).to_vec();
        let error = common::largest_error(&end, published);
        println!(
            "epsilon = {epsilon:e}: ends at {end:?}, {error:.1e} from the published {published:?}"
        );
        if error > ALLOWED {
            return Err(format!(
                "epsilon = {epsilon:e}: rodas5p ends {error:.1e} from the published end, more than {ALLOWED:e} (status: {})",
                solution.status(run).name()
            ));
        }
    }
    Ok(())
}

/// The steps of all runs, rejected ones included, and which of them came to their end.
pub struct Steps {
    name: &'static str,
    color: RGBColor,
    taken: Array1<u32>,
    ended: Vec<bool>,
}

impl Steps {
    fn of(name: &'static str, color: RGBColor, solution: &Solution<f64>, seconds: f64) -> Steps {
        let runs = solution.accepted().len();
        let taken = Array1::from_shape_fn(runs, |run| {
            solution.accepted()[run] + solution.rejected()[run]
        });
        let ended: Vec<bool> = (0..runs)
            .map(|run| solution.status(run) == Status::Success)
            .collect();
        println!(
            "{name:<18}{} of {runs} runs ended in {seconds:.3} s; {} steps for mu = 1, {} for mu = 1000",
            ended.iter().filter(|&&ended| ended).count(),
            taken[0],
            if ended[runs - 1] {
                taken[runs - 1].to_string()
            } else {
                format!("more than {}", taken[runs - 1])
            },
        );
        Steps {
            name,
            color,
            taken,
            ended,
        }
    }
}

pub fn run(arguments: &Arguments) -> Result<(), String> {
    let output = &arguments.place.output;
    common::make(output)?;
    let target = Target::open(&arguments.place)?;
    println!("{}\n\n{}\n", Implicit::name(), ImplicitLayout::VIEW);
    println!("device            {}", target.name());
    let implicit = ready::<Implicit, ImplicitLayout>(&target)?;
    let explicit = ready::<ExplicitMethod, ExplicitLayout>(&target)?;
    check(&implicit)?;

    let runs = usize::from(arguments.runs);
    let mu: Vec<f64> = times(0.0, DECADES, runs)
        .iter()
        .map(|power| 10_f64.powf(*power))
        .collect();
    let epsilon: Vec<f64> = mu.iter().map(|mu| 1.0 / (mu * mu)).collect();
    let ensemble = ensemble(&epsilon)?;
    let timed = |solve: &Ready<VanDerPol, f64>, options: &Options| {
        let start = Instant::now();
        let solution = solve(options, &ensemble).map_err(|error| error.to_string())?;
        Ok::<_, String>((solution, start.elapsed().as_secs_f64()))
    };
    let save_times = times(0.0, END, SAVES);
    let (solution, seconds) = timed(&implicit, &options(arguments.max_steps, save_times.clone()))?;
    let implicit = Steps::of("rodas5p", RGBColor(0, 114, 178), &solution, seconds);
    let (explicit, seconds) = timed(&explicit, &options(arguments.max_steps, Vec::new()))?;
    let explicit = Steps::of("tsit5", RGBColor(213, 94, 0), &explicit, seconds);
    if let Some(run) = implicit.ended.iter().position(|&ended| !ended) {
        return Err(format!(
            "rodas5p does not come to the end for mu = {}: {}\n  help: give more steps by --max-steps",
            mu[run],
            solution.status(run).name()
        ));
    }

    common::written("arrays", &output.join("van_der_pol_stiff.npz"), |path| {
        let mut file = NpzWriter::new(File::create(path)?);
        file.add_array("mu", &Array1::from(mu))?;
        file.add_array("times", &Array1::from(save_times))?;
        file.add_array("saved", &solution.saved())?;
        file.add_array("states", &solution.states())?;
        for steps in [&implicit, &explicit] {
            file.add_array(format!("steps_{}", steps.name), &steps.taken)?;
            file.add_array(
                format!("ended_{}", steps.name),
                &Array1::from(steps.ended.clone()),
            )?;
        }
        file.finish()?;
        Ok(())
    })?;
    common::written("picture", &output.join("van_der_pol_stiff.png"), |path| {
        draw(&solution, &[explicit, implicit], path)
    })
}

fn draw(solution: &Solution<f64>, both: &[Steps], path: &Path) -> Result<(), Box<dyn StdError>> {
    paint(path, (2000, 1000), |root| {
        let text = format!(
            "Van der Pol’s oscillator from (2, 0) in the slow time: {} runs",
            solution.accepted().len()
        );
        let (left, right) = title(root, &text)?.split_horizontally(2000);
        course(solution, &left)?;
        steps(both, &right)
    })
}

/// x over time and mu.
fn course(solution: &Solution<f64>, area: &Area) -> Result<(), Box<dyn StdError>> {
    let mu = Axis::decades(0.0..DECADES, "µ");
    let chart = axes(area, "x, by rodas5p", BAR, (0.0..END, "t / µ"), mu)?;
    let saved = solution.saved();
    let (saves, _, runs) = saved.dim();
    let colors = Signed::up_to(2.1);
    let nearest = |share: f64, count: usize| (share * (count - 1) as f64).round() as usize;
    field(&chart, |across, up| {
        match saved[[nearest(across, saves), 0, nearest(up, runs)]] {
            x if x.is_finite() => colors.at(x),
            _ => FAILED,
        }
    })?;
    color_bar(area, (-2.1..2.1, "x"), |x| colors.at(x))
}

fn steps(both: &[Steps], area: &Area) -> Result<(), Box<dyn StdError>> {
    let all = both.iter().flat_map(|steps| &steps.taken);
    let most = all.fold(1, |most, &steps| most.max(steps));
    let top = f64::from(most).log10().ceil() + 0.5;
    let mut chart = axes(
        area,
        "Steps of each run",
        LEGEND,
        Axis::decades(0.0..DECADES, "µ"),
        Axis::decades(1.0..top, "steps"),
    )?;
    for (index, steps) in both.iter().enumerate() {
        let last = (steps.taken.len() - 1) as f64;
        let points = steps.taken.iter().zip(&steps.ended).enumerate();
        let at = |run: usize, taken: u32| (DECADES * run as f64 / last, f64::from(taken).log10());
        for (run, (&taken, &ended)) in points {
            let color = if ended { steps.color } else { FAILED };
            chart.draw_series([Circle::new(at(run, taken), 7, color.filled())])?;
        }
        legend(area, index, steps.color, steps.name)?;
    }
    if both.iter().any(|steps| steps.ended.contains(&false)) {
        legend(area, both.len(), FAILED, "given up")?;
    }
    Ok(())
}

fn main() -> ExitCode {
    common::finish(run(&Arguments::parse()))
}

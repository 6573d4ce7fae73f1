//! A sweep over a parameter: the Lorenz system for many values of rho, on the host or on a device.
//!
//! ```text
//! cargo run --release --example lorenz_sweep -- --runs 100000
//! cargo run --release --example lorenz_sweep --features cuda -- --device reference --runs 2000
//! cargo run --release --example lorenz_sweep --features cuda -- --device gpu --method rk4 --precision f32
//! ```
//!
//! Method, controller, precision and placement of the buffers are one type, and its layout is a second one that rustc has
//! proved: the eight combinations are the table in [`solve`]. The results go to `lorenz_sweep.npz`, for `numpy.load`, and a
//! picture of them to `lorenz_sweep.png`.

use bakelite::consts::*;
#[cfg(feature = "cuda")]
use bakelite::cuda::{self, Choice, CudaError, Device, ReferenceOptions};
use bakelite::host::{DEFAULT_WIDTH, Tuning, Typed};
use bakelite::ode::Method;
use bakelite::*;
use clap::{CommandFactory, Parser, ValueEnum, error::ErrorKind};
use indicatif::{ProgressBar, ProgressStyle};
use ndarray::{Array1, Array2, s};
use ndarray_npy::{NpzWriter, WritableElement};
use plotters::prelude::*;
use plotters::style::register_font;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const SIGMA: f64 = 10.0;
const BETA: f64 = 8.0 / 3.0;
const INITIAL: [f64; 3] = [1.0, 0.0, 0.0];
/// The sweep is solved in so many slices if they do not become too small for the device.
const SLICES: usize = 50;
const STATUSES: [Status; 4] = [
    Status::Success,
    Status::StepTooSmall,
    Status::IterationLimit,
    Status::NonFinite,
];

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
enum DeviceName {
    /// The GPU if there is one, else the host
    Auto,
    /// All cores of this machine
    Host,
    /// The interpreter that checks every access of the kernel (feature `cuda`)
    Reference,
    /// GPU 0 (feature `cuda`)
    Gpu,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum MethodName {
    /// Tsitouras 5(4), adaptive
    Tsit5,
    /// The classical Runge-Kutta method, fixed steps
    Rk4,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum PrecisionName {
    F64,
    F32,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum PlacementName {
    /// Every buffer in registers or local memory
    Local,
    /// Every buffer in shared memory
    Shared,
}

/// Integrates the Lorenz system (sigma 10, beta 8/3, from (1, 0, 0)) for many values of rho.
#[derive(Debug, Parser)]
#[command(name = "lorenz_sweep", allow_negative_numbers = true)]
struct Arguments {
    /// How many values of rho, evenly spaced, ends included
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    runs: u32,
    /// The largest rho; the smallest is 0
    #[arg(long, default_value_t = 21.0, value_parser = rho)]
    rho_max: f64,
    /// The time at the end; it starts at 0
    #[arg(long, default_value_t = 1.0, value_parser = positive)]
    end: f64,
    /// Where to integrate
    #[arg(long, value_enum, default_value_t = DeviceName::Auto)]
    device: DeviceName,
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
    /// Threads of the host or of the reference device; 0: one per core
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=1024))]
    threads: u16,
    /// The folder of the results; made if it is missing
    #[arg(long, default_value = "out")]
    output: PathBuf,
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(value) if f64::is_finite(value) && value > 0.0 => Ok(value),
        Ok(_) => Err("it must be finite and above 0".to_owned()),
        Err(_) => Err("it is not a number".to_owned()),
    }
}

fn rho(text: &str) -> Result<f64, String> {
    positive(text).and_then(|value| match value {
        1e-6..=1e9 => Ok(value),
        _ => Err("it must lie between 1e-6 and 1e9".to_owned()),
    })
}

impl Arguments {
    /// The arguments, free of flags that would have no effect; ends the program with code 2 otherwise.
    fn checked() -> Arguments {
        let arguments = Arguments::parse();
        let conflict = match arguments.method {
            MethodName::Tsit5 if arguments.steps.is_some() => {
                "--steps is for --method rk4; tsit5 chooses its steps by --tolerance"
            }
            MethodName::Rk4 if arguments.tolerance.is_some() => {
                "--tolerance is for --method tsit5; rk4 takes --steps steps of one size"
            }
            _ => return arguments,
        };
        Arguments::command()
            .error(ErrorKind::ArgumentConflict, conflict)
            .exit()
    }

    fn options(&self) -> Options {
        match self.method {
            MethodName::Tsit5 => {
                let tolerance = self.tolerance.unwrap_or(1e-6);
                Options {
                    rtol: tolerance,
                    atol: vec![tolerance],
                    ..Options::default()
                }
            }
            MethodName::Rk4 => {
                let steps = self.steps.unwrap_or(1000);
                Options {
                    step: Some(self.end / f64::from(steps)),
                    // the step is rounded, so the end may take one more
                    max_steps: steps + 8,
                    ..Options::default()
                }
            }
        }
    }
}

/// Where a sweep runs.
enum Target {
    Host(Tuning),
    #[cfg(feature = "cuda")]
    Device(Device),
}

impl Target {
    /// Finds what the arguments ask for, and says why where that is left open.
    fn open(arguments: &Arguments) -> Result<Target, String> {
        let host = Target::Host(Tuning {
            threads: arguments.threads.into(),
            ..Tuning::default()
        });
        match arguments.device {
            DeviceName::Host => Ok(host),
            #[cfg(not(feature = "cuda"))]
            DeviceName::Auto => {
                println!("--device auto: the host, for this was built without feature `cuda`");
                Ok(host)
            }
            #[cfg(not(feature = "cuda"))]
            DeviceName::Reference | DeviceName::Gpu => Err(
                "this was built without feature `cuda`, so there is only the host\n  help: \
                 cargo run --release --example lorenz_sweep --features cuda -- ... (needs no CUDA installation)"
                    .to_owned(),
            ),
            #[cfg(feature = "cuda")]
            DeviceName::Auto => match Device::open(Choice::Auto) {
                // the host is faster, with the same bits
                Ok(device) if device.is_reference() => {
                    println!(
                        "--device auto: the host, for there is no GPU of compute capability 8.0 or more; --device gpu says why"
                    );
                    Ok(host)
                }
                Ok(device) => {
                    println!("--device auto: the GPU, for there is one");
                    Ok(Target::Device(device))
                }
                Err(error) => Err(error.to_string()),
            },
            #[cfg(feature = "cuda")]
            DeviceName::Reference => Device::reference_with(ReferenceOptions {
                threads: arguments.threads.into(),
                ..ReferenceOptions::default()
            })
            .map(Target::Device)
            .map_err(|error| error.to_string()),
            #[cfg(feature = "cuda")]
            DeviceName::Gpu => match Device::open(Choice::Gpu(0)) {
                Ok(device) => Ok(Target::Device(device)),
                Err(CudaError::NoDevice { reason }) => Err(format!(
                    "there is no GPU: {reason}\n  help: --device host, or --device reference"
                )),
                Err(error) => Err(error.to_string()),
            },
        }
    }

    fn name(&self) -> String {
        match self {
            Target::Host(tuning) => match tuning.threads {
                0 => format!("host, one thread per core, {:?}", tuning.level),
                threads => format!("host, {threads} threads, {:?}", tuning.level),
            },
            #[cfg(feature = "cuda")]
            Target::Device(device) => device.name().to_owned(),
        }
    }

    /// Runs in a slice at least: what keeps the device busy. Also what the size of a slice is a multiple of, so that only
    /// the last one has packs or blocks with idle lanes.
    fn least_slice(&self) -> usize {
        match self {
            Target::Host(_) => 1024,
            #[cfg(feature = "cuda")]
            Target::Device(device) if device.is_reference() => 64,
            #[cfg(feature = "cuda")]
            Target::Device(_) => 1 << 17,
        }
    }
}

#[cfg(not(feature = "cuda"))]
trait Value: Real + WritableElement {}
#[cfg(feature = "cuda")]
trait Value: Real + WritableElement + cuda::DeviceElement {}
impl Value for f32 {}
impl Value for f64 {}

/// What a sweep writes and draws. Arrays are indexed by run.
struct Sweep<E> {
    /// `[state][run]`
    states: Array2<E>,
    rho: Array1<f64>,
    status: Array1<u32>,
    accepted: Array1<u32>,
    rejected: Array1<u32>,
    reached: Array1<f64>,
    elapsed: Duration,
}

/// Picks the configuration that the arguments name. Each line of the table is a type of its own.
fn solve(arguments: &Arguments, target: &Target) -> Result<(), String> {
    macro_rules! configurations {
        ($($method:ident $precision:ident $placement:ident => $tableau:ty, $controller:ty, $element:ty, $place:ty;)*) => {
            match (arguments.method, arguments.precision, arguments.placement) {$(
                (MethodName::$method, PrecisionName::$precision, PlacementName::$placement) => {
                    type M = Explicit<Lorenz, $tableau, $controller, $element, $place>;
                    plan! { struct Layout for <M as Method>::Buffers = on(Sm80).block(64).sequential(); }
                    report(arguments, target, &sweep::<M, Layout>(arguments, target)?)
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

/// Integrates all runs, slice by slice, with the buffers where the plan `P` puts them.
fn sweep<M, P>(arguments: &Arguments, target: &Target) -> Result<Sweep<M::Element>, String>
where
    M: Method<System = Lorenz, Element: Value>,
    P: Planned<Root = M::Buffers>,
{
    let runs = arguments.runs as usize;
    println!("{}\n\n{}\n", M::name(), P::VIEW);

    let grid = Grid::new()
        .fixed(SIGMA)
        .range(0.0, arguments.rho_max, runs)
        .fixed(BETA);
    let mut sweep = Sweep {
        states: Array2::default((3, runs)),
        rho: Array1::zeros(runs),
        status: Array1::zeros(runs),
        accepted: Array1::zeros(runs),
        rejected: Array1::zeros(runs),
        reached: Array1::zeros(runs),
        elapsed: Duration::ZERO,
    };
    let options = &arguments.options();
    let begin = Instant::now();
    type Solve<'a, E> = dyn Fn(&Ensemble<Lorenz, E>) -> Result<Solution<E>, Error> + 'a;
    let solve: Box<Solve<M::Element>> = match target {
        Target::Host(tuning) => Box::new(|ensemble| {
            ensemble.solve_on_host::<M, DEFAULT_WIDTH>(options, Typed::<P>::NEW, tuning)
        }),
        #[cfg(feature = "cuda")]
        Target::Device(device) => {
            let baked =
                bakelite::ptx::bake_integrator::<M>(&P::VIEW).map_err(|error| error.to_string())?;
            let loaded = baked.load(device).map_err(|error| error.to_string())?;
            Box::new(move |ensemble| ensemble.solve_loaded(options, &loaded))
        }
    };
    sweep.elapsed = begin.elapsed();

    let style = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} runs, {eta} left");
    let bar = ProgressBar::new(runs as u64)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.tick();
    let least = target.least_slice();
    let length = runs.div_ceil(SLICES).next_multiple_of(least);
    for first in (0..runs).step_by(length) {
        let slice = first..runs.min(first + length);
        let mut parameters = Array2::default((3, slice.len()));
        for (column, run) in slice.clone().enumerate() {
            let values = grid.values(run);
            sweep.rho[run] = values[1];
            for (row, value) in values.into_iter().enumerate() {
                parameters[[row, column]] = M::Element::from_f64(value);
            }
        }
        let initial = Array2::from_shape_fn((3, slice.len()), |(row, _)| {
            M::Element::from_f64(INITIAL[row])
        });
        let ensemble = Ensemble::new(initial.view(), parameters.view(), (0.0, arguments.end))
            .map_err(|error| error.to_string())?;

        let begin = Instant::now();
        let solution = solve(&ensemble).map_err(|error| error.to_string())?;
        sweep.elapsed += begin.elapsed();

        sweep
            .states
            .slice_mut(s![.., slice.clone()])
            .assign(&solution.states());
        for (column, run) in slice.clone().enumerate() {
            sweep.status[run] = solution.status(column) as u32;
            sweep.accepted[run] = solution.accepted()[column];
            sweep.rejected[run] = solution.rejected()[column];
            sweep.reached[run] = solution.reached()[column];
        }
        bar.inc(slice.len() as u64);
    }
    bar.finish_and_clear();
    Ok(sweep)
}

/// Prints what happened, and writes the arrays and the picture.
fn report<E: Value>(
    arguments: &Arguments,
    target: &Target,
    sweep: &Sweep<E>,
) -> Result<(), String> {
    let runs = sweep.rho.len();
    let seconds = sweep.elapsed.as_secs_f64();
    let total = |steps: &Array1<u32>| steps.iter().map(|&n| u64::from(n)).sum::<u64>();
    println!("device           {}", target.name());
    println!("runs             {runs}");
    println!("seconds          {seconds:.3}");
    println!("runs per second  {:.0}", runs as f64 / seconds);
    println!("accepted steps   {}", total(&sweep.accepted));
    println!("rejected steps   {}", total(&sweep.rejected));
    for status in STATUSES {
        let count = sweep.status.iter().filter(|&&s| s == status as u32).count();
        println!("{:<16} {count} runs", status.name());
    }

    let failed = |path: &Path, error: String| format!("cannot write {}: {error}", path.display());
    let arrays = arguments.output.join("lorenz_sweep.npz");
    write(sweep, &arrays).map_err(|error| failed(&arrays, error.to_string()))?;
    println!("arrays           {}", arrays.display());
    let picture = arguments.output.join("lorenz_sweep.png");
    draw(arguments, sweep, &picture).map_err(|error| failed(&picture, error.to_string()))?;
    println!("picture          {}", picture.display());
    Ok(())
}

fn write<E: Value>(sweep: &Sweep<E>, path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut file = NpzWriter::new(File::create(path)?);
    file.add_array("states", &sweep.states)?;
    file.add_array("rho", &sweep.rho)?;
    file.add_array("status", &sweep.status)?;
    file.add_array("accepted", &sweep.accepted)?;
    file.add_array("rejected", &sweep.rejected)?;
    file.add_array("reached", &sweep.reached)?;
    file.finish()?;
    Ok(())
}

/// The end states over rho: one line each for x, y and z, broken where runs failed.
fn draw<E: Value>(
    arguments: &Arguments,
    sweep: &Sweep<E>,
    path: &Path,
) -> Result<(), Box<dyn std::error::Error>> {
    const FONT: &str = "sans-serif";
    // The fonts of the machine are not asked: the picture is the same everywhere.
    register_font(FONT, FontStyle::Normal, dejavu::sans::regular())
        .map_err(|_| "the font cannot be read")?;

    let lines: Vec<_> = (0..3).map(|row| pieces(sweep, row)).collect();
    let values = || lines.iter().flatten().flatten().map(|point| point.1);
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(f64::NEG_INFINITY, f64::max);
    let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
    let room = (0.05 * (high - low)).max(0.01 * high.abs()).max(1e-6);

    let root = BitMapBackend::new(path, (2000, 1250)).into_drawing_area();
    root.fill(&WHITE)?;
    let caption = format!(
        "Lorenz system at t = {}, from (1, 0, 0), σ = 10, β = 8/3: {} runs",
        arguments.end, arguments.runs
    );
    let mut chart = ChartBuilder::on(&root)
        .caption(caption, (FONT, 44))
        .margin(36)
        .x_label_area_size(110)
        .y_label_area_size(150)
        .build_cartesian_2d(0.0..arguments.rho_max, low - room..high + room)?;
    chart
        .configure_mesh()
        .x_desc("ρ")
        .y_desc("state at the end")
        .axis_desc_style((FONT, 40))
        .label_style((FONT, 34))
        .x_labels(12)
        .y_labels(10)
        .max_light_lines(1)
        .light_line_style(TRANSPARENT)
        .bold_line_style(RGBColor(222, 222, 222))
        .axis_style(BLACK.stroke_width(2))
        .set_all_tick_mark_size(10)
        .draw()?;
    // three of the colours of Okabe and Ito, which everyone can tell apart
    let colors = [
        RGBColor(0, 114, 178),
        RGBColor(213, 94, 0),
        RGBColor(0, 158, 115),
    ];
    for ((name, color), line) in ["x", "y", "z"].into_iter().zip(colors).zip(lines) {
        let style = color.stroke_width(5);
        for piece in line {
            // a few runs are points that a line connects; a run between two that failed is a point only
            if arguments.runs <= 100 || piece.len() == 1 {
                let dots = piece.iter().map(|&at| Circle::new(at, 8, color.filled()));
                chart.draw_series(dots)?;
            }
            chart.draw_series(LineSeries::new(piece, style))?;
        }
        // an empty line, for the legend
        chart
            .draw_series(LineSeries::new(std::iter::empty::<(f64, f64)>(), style))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 60, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .legend_area_size(80)
        .margin(24)
        .label_font((FONT, 38))
        .background_style(WHITE.mix(0.9))
        .border_style(RGBColor(160, 160, 160))
        .draw()?;
    root.present()?;
    Ok(())
}

/// One state over rho, in pieces without failed runs. Of many runs per column of pixels, only the first, lowest, highest and
/// last are kept: the line drawn through them is the same.
fn pieces<E: Value>(sweep: &Sweep<E>, row: usize) -> Vec<Vec<(f64, f64)>> {
    const COLUMNS: usize = 1000;
    let points: Vec<_> = (sweep.rho.iter().copied())
        .zip(sweep.states.row(row).iter().map(|value| value.to_f64()))
        .collect();
    let mut pieces = Vec::new();
    // values beyond 1e15 would leave nothing else to see
    for piece in points.split(|point| point.1.is_nan() || point.1.abs() > 1e15) {
        let mut kept = Vec::new();
        for column in piece.chunks(points.len().div_ceil(COLUMNS)) {
            let by_value = |a: &usize, b: &usize| column[*a].1.total_cmp(&column[*b].1);
            let lowest = (0..column.len()).min_by(by_value).unwrap_or(0);
            let highest = (0..column.len()).max_by(by_value).unwrap_or(0);
            let mut indices = [0, lowest, highest, column.len() - 1];
            indices.sort_unstable();
            let mut last = None;
            for index in indices {
                if last.replace(index) != Some(index) {
                    kept.push(column[index]);
                }
            }
        }
        if !kept.is_empty() {
            pieces.push(kept);
        }
    }
    pieces
}

fn main() -> ExitCode {
    let arguments = Arguments::checked();
    let folder = &arguments.output;
    let result = std::fs::create_dir_all(folder)
        .map_err(|error| format!("cannot make the folder {}: {error}", folder.display()))
        .and_then(|()| solve(&arguments, &Target::open(&arguments)?));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("error: {text}");
            ExitCode::from(2)
        }
    }
}

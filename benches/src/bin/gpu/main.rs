//! What a machine with a GPU is asked to show: the same bits as the host, registers, times, occupancy. `benches/gpu`
//! packs it with what it needs; `gpu --help` says what it can be asked for. Without feature `everything` it has few
//! configurations, and is built in seconds.
//!
//! It runs each section in a process of its own, for a share of the time, and writes the report as it grows. Exit
//! status 1: some bits differ, or a section failed.

mod arrange;
mod bits;
mod clock;
mod conduct;
mod differ;
mod ensembles;
mod kernels;
mod others;
mod published;
mod rehearsal;
mod report;
mod sample;
mod say;
mod subject;
mod thresholds;
mod timed;

use bakelite::cuda::{Choice, Device};
use clap::Parser;
use clock::Clock;
use report::Report;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Clone, Debug, Parser)]
struct Arguments {
    /// `auto`, `reference`, or the number of a GPU
    #[arg(long, default_value = "auto", value_parser = choice)]
    device: Choice,
    /// Runs of a launch that is timed; ensembles take 16 times as many, thresholds 4 times. Default: 65,536 on a GPU,
    /// 64 on the reference device, and no more there. The comparison of bits takes 4,099, or 41
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1 << 24))]
    runs: Option<u32>,
    /// Where the kernels by hand, the examples and the script for diffrax are
    #[arg(long, default_value = ".")]
    folder: PathBuf,
    /// The folder that gpu.md is written to. Default: $OUT if that is set, else this one
    #[arg(long)]
    out: Option<PathBuf>,
    /// How long all of it may take
    #[arg(long, default_value_t = 9.0)]
    minutes: f64,
    /// Only these sections, by name
    #[arg(long, value_delimiter = ',', value_parser = SECTIONS.map(|section| section.name))]
    sections: Vec<String>,
    /// Something that shall go wrong in the section of bits, to see the report
    #[arg(long)]
    plant: Option<rehearsal::Plant>,
    /// Tools that look at GPUs are run on the reference device too
    #[arg(long)]
    rehearse: bool,
    /// Each launch that is timed is made once: for profilers, which repeat it themselves
    #[arg(long, hide = true)]
    once: bool,
    /// The process of a section
    #[arg(long, hide = true)]
    section: Option<String>,
    /// The time of that process
    #[arg(long, hide = true, default_value_t = 60.0)]
    seconds: f64,
    /// Cases of it that were done before
    #[arg(long, hide = true, default_value_t = 0)]
    skip: usize,
}

/// A section of the report.
struct SectionOf {
    name: &'static str,
    title: &'static str,
    /// Its share of the time, in seconds of 9 minutes; 0: only where it is named.
    weight_of_default: u32,
    /// Whether it can go on behind a case that took its process down.
    goes_on: bool,
}

const fn section(name: &'static str, title: &'static str, weight_of_default: u32) -> SectionOf {
    SectionOf {
        name,
        title,
        weight_of_default,
        goes_on: false,
    }
}

/// In the order of their worth.
const SECTIONS: [SectionOf; 11] = [
    SectionOf {
        goes_on: true,
        ..section("bits", "The same bits", 155)
    },
    section("kernels", "The kernels of `kernels/ptx/VERIFY.tsv`", 75),
    section("hand", "Ensembles, beside kernels written by hand", 60),
    section("thresholds", "Where buffers are fastest", 85),
    section(
        "published",
        "A published benchmark: Lorenz, 1,000 fixed steps",
        15,
    ),
    section("examples", "Examples of the crate", 10),
    section("sanitizer", "compute-sanitizer", 60),
    section("diffrax", "diffrax", 45),
    section("profiler", "Profilers", 35),
    section("slow", "More cases than there is time for", 0),
    section("stuck", "A case that never ends", 0),
];

fn choice(text: &str) -> Result<Choice, String> {
    match text {
        "auto" => Ok(Choice::Auto),
        "reference" => Ok(Choice::Reference),
        number => number
            .parse()
            .map(Choice::Gpu)
            .map_err(|_| "`auto`, `reference`, or the number of a GPU".to_owned()),
    }
}

impl Arguments {
    fn runs(&self, device: &Device) -> usize {
        let default = if device.is_reference() { 64 } else { 65_536 };
        self.runs.map_or(default, |runs| runs as usize)
    }

    /// For the process of a section.
    fn again(&self) -> Vec<String> {
        let device = match self.device {
            Choice::Auto => "auto".to_owned(),
            Choice::Reference => "reference".to_owned(),
            Choice::Gpu(number) => number.to_string(),
        };
        let folder = self.folder.to_string_lossy().into_owned();
        let mut words = vec!["--device".to_owned(), device, "--folder".to_owned(), folder];
        if let Some(runs) = self.runs {
            words.extend(["--runs".to_owned(), runs.to_string()]);
        }
        if let Some(plant) = self
            .plant
            .and_then(|plant| clap::ValueEnum::to_possible_value(&plant))
        {
            words.extend(["--plant".to_owned(), plant.get_name().to_owned()]);
        }
        if self.rehearse {
            words.push("--rehearse".to_owned());
        }
        words
    }
}

/// The work of one section, in its own process.
fn one(name: &str, arguments: &Arguments) -> Result<(), String> {
    let clock = Clock::lasting(arguments.seconds);
    match name {
        "slow" => return rehearsal::slow(clock),
        "stuck" => return rehearsal::stuck(),
        _ => {}
    }
    let device = Device::open(arguments.device).map_err(|error| error.to_string())?;
    match name {
        "bits" => bits::section(&device, arguments, clock),
        "kernels" => timed::section(&device, arguments, clock),
        "hand" => ensembles::section(&device, arguments, clock),
        "thresholds" => thresholds::section(&device, arguments, clock),
        "published" => published::section(&device, arguments, clock),
        "examples" => others::examples(&device, arguments, clock),
        "sanitizer" => others::sanitizer(&device, arguments, clock),
        "diffrax" => others::diffrax(&device, arguments, clock),
        "profiler" => others::profiler(&device, arguments, clock),
        _ => Err(format!("there is no section {name}")),
    }
}

/// Whether all is well.
fn run(arguments: &Arguments) -> Result<bool, String> {
    if let Some(name) = &arguments.section {
        return one(name, arguments).map(|()| true);
    }
    let out = arguments
        .out
        .clone()
        .or_else(|| Some(std::env::var_os("OUT")?.into()));
    let out = out.unwrap_or_else(|| PathBuf::from("."));
    std::fs::create_dir_all(&out).map_err(|error| format!("{}: {error}", out.display()))?;
    let mut report = {
        // closed again: the sections have the GPU for themselves
        let device = Device::open(arguments.device).map_err(|error| error.to_string())?;
        Report::new(&device, arguments, out.join("gpu.md"))
    };
    conduct::all(&mut report, arguments)?;
    println!("{}", report.summary());
    Ok(!report.failed())
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}

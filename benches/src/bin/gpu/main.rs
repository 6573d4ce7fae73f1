//! What a machine with a GPU is asked to show: the same bits as the host, times, occupancy. `benches/gpu` packs it with what it needs.
//!
//! `gpu [--device auto|reference|N] [--runs N] [--folder FOLDER] [--out FILE] [--bits-only] [--few]`; without feature `everything` it has
//! few configurations, and is built in seconds.
//!
//! Prints and writes a report. Exit status 1: some bits differ, or a section failed.

mod bits;
mod ensembles;
mod others;
mod report;
mod timed;

use bakelite::cuda::{Choice, Device};
use clap::Parser;
use report::{Report, Verdict};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Clone, Debug, Parser)]
struct Arguments {
    /// `auto`, `reference`, or the number of a GPU
    #[arg(long, default_value = "auto", value_parser = choice)]
    device: Choice,
    /// Runs of a launch; ensembles take 16 times as many. Default: 65,536 on a GPU, 64 on the reference device, and no more there
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1 << 24))]
    runs: Option<u32>,
    /// Where the kernels by hand, the tests, the examples and the script for diffrax are
    #[arg(long, default_value = ".")]
    folder: PathBuf,
    /// Where the report is written
    #[arg(long)]
    out: Option<PathBuf>,
    /// Compare bits, and no more
    #[arg(long)]
    bits_only: bool,
    /// Compare bits of few configurations
    #[arg(long)]
    few: bool,
}

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
}

fn run(arguments: &Arguments) -> Result<bool, String> {
    let device = Device::open(arguments.device).map_err(|error| error.to_string())?;
    let mut report = Report::new(&device, arguments);
    report.section("The same bits", || bits::section(&device, arguments));
    if !arguments.bits_only {
        report.section("Tests and examples of the crate", || {
            others::tests(&device, arguments)
        });
        report.section("The kernels of `kernels/ptx/VERIFY.tsv`", || {
            timed::section(&device, arguments)
        });
        report.section("Ensembles, beside kernels written by hand", || {
            ensembles::section(&device, arguments)
        });
        report.section("diffrax", || others::diffrax(&device, arguments));
        report.section("compute-sanitizer", || {
            others::sanitizer(&device, arguments)
        });
    }
    let text = report.finish();
    if let Some(path) = &arguments.out {
        std::fs::write(path, &text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
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

/// A verdict and the text of a section.
type Section = Result<(Verdict, String), String>;

//! Packs buffers with lifetimes: MiniMalloc's CSV in, a JSON line for each file out.
//!
//! ```text
//! cargo run --release --example pack_csv -- tests/data/minimalloc/A.1048576.csv --seconds 10
//! cargo run --release --example pack_csv -- tests/data/minimalloc/*.csv --capacity 1174405 --output packed
//! ```
//!
//! Columns in any order: `id`, `lower` (or `begin`, `start`), `upper` (or an inclusive `end`), `size`; optional
//! `alignment` and `offset`, empty where there is none. With `--capacity` a file is done as soon as it fits, or cannot;
//! `fits` is null when the time did not tell. A file that makes no sense is named with line and column on the standard
//! error, and the exit code is 2.

pub mod table;

use bakelite::layout::rectangles::{Packing, Problem, Search};
use clap::Parser;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use table::Table;

/// Packs buffers with lifetimes as low as it can.
#[derive(Debug, Parser)]
#[command(name = "pack_csv")]
pub struct Arguments {
    /// CSV with the columns id, lower, upper, size, and perhaps alignment and offset
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The time for each file; less if the lowest peak is found and proved
    #[arg(long, default_value_t = 10.0, value_parser = seconds)]
    seconds: f64,
    /// Only asks whether the buffers fit in so many bytes
    #[arg(long)]
    capacity: Option<u64>,
    /// Where the random moves start from
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// So many searches at once, with the seeds that follow
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: u16,
    /// Writes each file with its offsets into this folder
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(s) if (0.0..=1e9).contains(&s) => Ok(s),
        _ => Err("give seconds, from 0 to 1e9".to_string()),
    }
}

fn main() -> ExitCode {
    ExitCode::from(run(
        &Arguments::parse(),
        &mut std::io::stdout().lock(),
        &mut std::io::stderr().lock(),
    ))
}

/// The exit code: 0, or 2 if a file was not packed.
pub fn run(arguments: &Arguments, out: &mut impl Write, errors: &mut impl Write) -> u8 {
    let mut code = 0;
    let mut written = HashSet::new();
    for file in &arguments.files {
        let line = pack(arguments, file, &mut written);
        let told = match line {
            Ok(line) => writeln!(out, "{line}"),
            Err(text) => {
                code = 2;
                writeln!(errors, "{text}")
            }
        };
        // nobody listens any more
        if told.is_err() {
            return 2;
        }
    }
    code
}

/// The JSON line of one file, or what is wrong with it.
fn pack(
    arguments: &Arguments,
    file: &Path,
    written: &mut HashSet<PathBuf>,
) -> Result<String, String> {
    let name = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|e| format!("{name}: cannot be read as text: {e}; give a CSV file"))?;
    let table = Table::parse(&text).map_err(|e| format!("{name}:{e}"))?;
    let problem = Problem::new(table.rectangles.clone())
        .map_err(|e| format!("{name}:{}", table.locate(&e)))?;
    let target = arguments
        .output
        .as_deref()
        .map(|folder| output(folder, file, written))
        .transpose()?;
    let start = Instant::now();
    let packing = search(arguments, &problem, start).map_err(|e| format!("{name}: {e}"))?;
    let seconds = start.elapsed().as_secs_f64();
    if let Some(target) = target {
        std::fs::write(&target, table.with_offsets(&packing.offsets)).map_err(|e| {
            format!(
                "{}: cannot be written: {e}; give another --output",
                target.display()
            )
        })?;
    }
    let fits = arguments.capacity.map_or(String::new(), |capacity| {
        let known = packing.fits(capacity).map(|fits| fits.to_string());
        format!(",\"fits\":{}", known.as_deref().unwrap_or("null"))
    });
    Ok(format!(
        "{{\"file\":{},\"buffers\":{},\"peak\":{},\"lower_bound\":{},\"proved\":{},\"seconds\":{seconds:.3}{fits}}}",
        json(&name.to_string()),
        packing.offsets.len(),
        packing.peak,
        packing.lower_bound,
        packing.proved,
    ))
}

/// The lowest packing of all threads; they end together.
fn search(
    arguments: &Arguments,
    problem: &Problem,
    start: Instant,
) -> Result<Packing, bakelite::layout::rectangles::Invalid> {
    let enough = AtomicBool::new(false);
    let one = |thread: u16| {
        let search = Search {
            seed: arguments.seed.wrapping_add(thread.into()),
            capacity: arguments.capacity,
        };
        let packing = problem.pack(search, |_| {
            start.elapsed().as_secs_f64() < arguments.seconds && !enough.load(Ordering::Relaxed)
        });
        // one that came back by itself has the answer for all
        enough.store(true, Ordering::Relaxed);
        packing
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..arguments.threads)
            .map(|thread| scope.spawn(move || one(thread)))
            .collect();
        let mut best = one(0)?;
        for other in others {
            let other = other
                .join()
                .unwrap_or_else(|e| std::panic::resume_unwind(e))?;
            if (other.peak, !other.proved) < (best.peak, !best.proved) {
                best = other;
            }
        }
        Ok(best)
    })
}

fn output(folder: &Path, file: &Path, written: &mut HashSet<PathBuf>) -> Result<PathBuf, String> {
    let name = file.display();
    std::fs::create_dir_all(folder).map_err(|e| {
        format!(
            "{}: cannot be made: {e}; give another --output",
            folder.display()
        )
    })?;
    let target = folder.join(file.file_name().unwrap_or_default());
    let same = |a: &Path, b: &Path| matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b);
    if same(&target, file) {
        return Err(format!(
            "{name}: --output would replace this file; give another folder"
        ));
    }
    if !written.insert(target.clone()) {
        return Err(format!(
            "{name}: --output has a file of this name from this call; rename one"
        ));
    }
    Ok(target)
}

fn json(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c < ' ' => {
                let _ = write!(quoted, "\\u{:04x}", c as u32);
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

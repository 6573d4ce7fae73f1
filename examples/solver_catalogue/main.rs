//! The memory that every solver of ours needs, beside that of CuBIE, the system this library grew from; buffer by
//! buffer.
//!
//! ```text
//! cargo run --features json --example solver_catalogue
//! cargo run --features json --example solver_catalogue -- --json
//! ```
//!
//! Each layout's books are kept: every buffer of CuBIE is a buffer here, or is said to be elsewhere or absent, every
//! buffer of ours is one of CuBIE's or is said to be only here, and CuBIE's total, less what is not here, with what is
//! only here, is our total. A buffer without a row, a row without a buffer or a sum that is wrong ends the program with
//! words on standard error and exit status 2. One more algorithm is one more entry in `algorithms.rs` or
//! `implicit_algorithms.rs`.
//!
//! CuBIE's own mistakes are taken off its totals before they are compared: a solver that is registered twice, a
//! predictor that is never used, elements of empty arrays; and a buffer that lies on one still needed gets a place of
//! its own. Last comes what implicit steps take, packed and all shared, beside that: `figure.rs`. The totals that
//! CuBIE's classes of settings had before it had a registry are reconciled in the same way: `seed.rs`.

pub(crate) mod algorithms;
pub(crate) mod amount;
pub(crate) mod axes;
pub(crate) mod catalogue;
pub(crate) mod cubie;
pub(crate) mod figure;
pub(crate) mod implicit_algorithms;
pub(crate) mod implicit_rows;
pub(crate) mod json;
pub(crate) mod model;
pub(crate) mod ours;
pub(crate) mod reconcile;
pub(crate) mod rows;
pub(crate) mod seed;
pub(crate) mod tableaus;
pub(crate) mod text;

use clap::Parser;
use std::io::Write;
use std::process::ExitCode;

/// Layouts of all solvers, beside CuBIE's.
#[derive(Debug, Parser)]
#[command(name = "solver_catalogue")]
struct Arguments {
    /// Prints JSON, not text
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let both = catalogue::catalogue().and_then(|layouts| Ok((layouts, seed::lines()?)));
    let (layouts, seed) = match both {
        Ok(both) => both,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let output = if arguments.json {
        format!("{:#}\n", json::json(&layouts, &seed))
    } else {
        text::text(&layouts) + &text::seed(&seed)
    };
    // an error: nobody listens any more
    match std::io::stdout().write_all(output.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(2),
    }
}

//! What the examples that solve many runs share: where to run, the slices and their progress, files, pictures.

pub mod colors;
pub mod picture;
pub mod ready;
pub mod sweep;
pub mod target;

use std::path::Path;
use std::process::ExitCode;

/// Makes the folder of the results.
pub fn make(output: &Path) -> Result<(), String> {
    std::fs::create_dir_all(output)
        .map_err(|error| format!("cannot make the folder {}: {error}", output.display()))
}

/// What the process ends with: code 2, and why, where something failed.
pub fn finish(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("error: {text}");
            ExitCode::from(2)
        }
    }
}

/// The largest relative difference of values and what they should be; a NaN counts as infinite.
pub fn largest_error<'a>(
    values: impl IntoIterator<Item = &'a f64>,
    wanted: impl IntoIterator<Item = &'a f64>,
) -> f64 {
    let errors = values.into_iter().zip(wanted);
    let errors = errors.map(|(value, wanted)| (value / wanted - 1.0).abs());
    errors.fold(0.0, |most, error| {
        // `f64::max` drops a NaN
        if error.is_nan() {
            f64::INFINITY
        } else {
            most.max(error)
        }
    })
}

/// Writes a file and says where it is.
pub fn written(
    what: &str,
    path: &Path,
    write: impl FnOnce(&Path) -> Result<(), Box<dyn std::error::Error>>,
) -> Result<(), String> {
    write(path).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    println!("{what:<18}{}", path.display());
    Ok(())
}

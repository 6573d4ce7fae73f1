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

//! Writes the baked kernels that are recorded into a folder: `cargo run --release --example bake_all -- FOLDER`.
//!
//! `kernels/verify` assembles them: one to eight states unrolled, 9, 20 and 100 looped; both floats, three explicit
//! methods, four placements; some implicit ones.

#[macro_use]
#[path = "../../tests/common/rings.rs"]
mod rings;
mod kernels;
#[path = "../../tests/common/mixed.rs"]
mod mixed;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os()
        .nth(1)
        .ok_or("give the folder to write to")?;
    let count = kernels::write_all(folder.as_ref())?;
    println!("{count} kernels in {}", folder.display());
    Ok(())
}

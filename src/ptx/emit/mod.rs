//! A recorded graph as PTX instructions.

mod fragment;
mod instructions;
pub(super) mod launched;
mod names;
pub(super) mod sweep;
pub(super) mod turns;

pub(super) use names::{letter, suffix};

/// Declares the registers of fragments that use at most `count` of a kind.
///
/// ```
/// assert!(bakelite::ptx::declarations(3).contains(".reg .f64 %bkd<3>;"));
/// ```
#[must_use]
pub fn declarations(count: usize) -> String {
    format!(
        "\t.reg .f64 %bkd<{count}>;\n\t.reg .f32 %bks<{count}>;\n\t.reg .pred %bkp<{count}>;\n\t.reg .b64 %bkq<{count}>;\n\t.reg .b32 %bkw<{count}>;\n"
    )
}

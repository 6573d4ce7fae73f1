//! Constants that take the place of symbols.

use std::fmt;

/// A constant that takes the place of a symbol `bk_<name>`.
///
/// ```
/// assert_eq!(bakelite::ptx::Constant::from(3_u32).to_string(), "3");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Constant {
    /// A 32-bit integer.
    U32(u32),
    /// An `f64` literal.
    F64(f64),
    /// An `f32` literal.
    F32(f32),
}

impl From<u32> for Constant {
    fn from(value: u32) -> Constant {
        Constant::U32(value)
    }
}

impl fmt::Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Constant::U32(value) => write!(f, "{value}"),
            Constant::F64(value) => write!(f, "0d{:016X}", value.to_bits()),
            Constant::F32(value) => write!(f, "0f{:08X}", value.to_bits()),
        }
    }
}

//! What PTX calls registers, types and spaces.

use crate::trace::graph::{Base, Kind};

pub(in crate::ptx) fn letter(kind: Kind) -> char {
    match kind {
        Kind::F64 => 'd',
        Kind::F32 => 's',
        Kind::Predicate => 'p',
    }
}

pub(in crate::ptx) fn suffix(kind: Kind) -> &'static str {
    match kind {
        Kind::F64 => "f64",
        Kind::F32 => "f32",
        Kind::Predicate => "pred",
    }
}

/// The state space of a base, in an instruction.
pub(super) fn space(base: &Base) -> &'static str {
    match base {
        Base::Shared | Base::Launched(_) => "shared",
        Base::Local => "local",
        Base::Global(_) => "global",
    }
}

/// The name of an access, for the reference device.
pub(super) fn comment(name: &str) -> String {
    if name.is_empty() {
        String::new()
    } else {
        format!(" //@{name}")
    }
}

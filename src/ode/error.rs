//! The error of an ensemble that has no solution.

use crate::layout::Fault;
use std::fmt;

/// Why an ensemble has no solution. The inputs are not changed.
///
/// ```
/// use bakelite::{consts::*, ensemble::Ensemble, system};
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// let error = Ensemble::<Decay, f64>::uniform(0, &[1.0], &[2.0], (0.0, 1.0)).unwrap_err();
/// assert_eq!(error.to_string(), "the ensemble has 0 runs\n  help: give at least one run");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    text: String,
}

impl Error {
    pub(crate) fn new(text: impl Into<String>) -> Error {
        Error { text: text.into() }
    }
}

impl From<Box<Fault>> for Error {
    fn from(fault: Box<Fault>) -> Error {
        Error::new(fault.text())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}

/// Fails with this text.
///
/// # Errors
///
/// Always: the [`Error`] with this text.
pub(crate) fn fail<T>(text: String) -> Result<T, Error> {
    Err(Error { text })
}

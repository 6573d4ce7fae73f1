//! Why a text could not be baked.

use std::fmt;

/// Why a text could not be baked.
///
/// ```
/// let error = bakelite::ptx::Baker::new("\tmov.u32 %r1, bk_width;\n").bake().unwrap_err();
/// assert_eq!(error.to_string(), "PTX line 1: symbol `bk_width` has no value\n  help: give it with `constant(\"width\", ..)`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BakeError {
    text: String,
}

impl BakeError {
    pub(crate) fn new(text: impl Into<String>) -> BakeError {
        BakeError { text: text.into() }
    }
}

impl fmt::Display for BakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for BakeError {}

pub(super) fn fault<T>(text: String) -> Result<T, BakeError> {
    Err(BakeError { text })
}

//! In place of the driver in a build without feature `cuda`: there is none.
use super::codes;

/// Why no driver is opened.
pub(in crate::cuda) fn no_driver() -> Option<String> {
    let reason = "bakelite was built without feature `cuda`, which opens the driver (`features = [\"cuda\"]` in Cargo.toml)";
    Some(reason.to_owned())
}

/// Where the driver's library is.
pub(super) fn library_path() -> Option<&'static str> {
    None
}

/// The number and the words for a code that a call has returned.
pub(in crate::cuda) fn words(code: u32) -> (u32, String) {
    let text = codes::text(code).to_string_lossy();
    (code, text.into_owned())
}

//! The driver's own number and words for a call that failed.
use super::error_string::cuGetErrorString;
use super::library::{library_path, text_at};
use std::cell::Cell;
use std::ffi::c_int;

/// The last call of this thread for which the driver returned an error. `cust` has 60 of its 100 numbers, and
/// `cust_raw` lacks those of newer drivers: both say 999, and this says which it was.
#[derive(Clone, Copy)]
pub(super) struct Failed {
    pub(super) code: u32,
    /// The function that the driver's library lacks.
    pub(super) lacks: Option<&'static str>,
}

thread_local! {
    pub(super) static FAILED: Cell<Option<Failed>> = const { Cell::new(None) };
}

/// `CUDA_ERROR_CALL_REQUIRES_NEWER_DRIVER`
pub(super) const NEEDS_NEWER: u32 = 36;
const UNKNOWN: u32 = 999;

/// The driver's number and its words for a code that a call on this thread has just returned.
pub(in crate::cuda) fn words(code: u32) -> (u32, String) {
    let failed = FAILED.get().filter(|_| code == UNKNOWN);
    match failed {
        None => (code, text(code as c_int)),
        Some(Failed { code, lacks: None }) => (code, text(code as c_int)),
        Some(Failed {
            code,
            lacks: Some(name),
        }) => {
            let path = library_path().unwrap_or("libcuda.so.1");
            (
                code,
                format!("the driver's library ({path}) has no function `{name}`"),
            )
        }
    }
}

/// The driver's words for a number, else ours.
fn text(code: c_int) -> String {
    let mut text = std::ptr::null();
    // SAFETY: `text` may be written; what is written is a static string.
    unsafe {
        let _ = cuGetErrorString(code, &mut text);
        text_at(text).unwrap_or_default()
    }
}

//! The `cu*` symbols that `cust` links to, and the driver's errors.
//!
//! A call goes to the driver, opened when first needed, or to the reference device: by the [`Guard`] of its thread,
//! else to the driver if there is one. Without feature `cuda` there is neither a symbol nor a driver, and `stand_in`
//! calls the reference device.

#[cfg(not(feature = "cuda"))]
mod absent;
mod backend;
mod codes;
#[cfg(feature = "cuda")]
mod error_string;
#[cfg(feature = "cuda")]
mod library;
mod remedies;
#[cfg(feature = "cuda")]
mod results;
#[cfg(feature = "cuda")]
mod symbols;
#[cfg(feature = "cuda")]
mod table;
#[cfg(feature = "cuda")]
mod words;

#[cfg(not(feature = "cuda"))]
use absent::library_path;
#[cfg(not(feature = "cuda"))]
pub(super) use absent::{no_driver, words};
pub(super) use backend::{Backend, Guard};
pub(super) use codes::{is_of_text, is_sticky};
#[cfg(feature = "cuda")]
use library::library_path;
#[cfg(feature = "cuda")]
pub(super) use library::no_driver;
pub(super) use remedies::and_remedy;
#[cfg(feature = "cuda")]
pub(super) use words::words;

//! The `cu*` symbols that `cust` links to, and what the driver says.
//!
//! A call goes to the driver, opened when first needed, or to the reference device: by the [`Guard`] of its thread, else to the driver
//! if there is one.

mod backend;
mod codes;
mod error_string;
mod library;
mod remedies;
mod results;
mod symbols;
mod table;
mod words;

pub(super) use backend::{Backend, Guard};
pub(super) use codes::{is_of_text, is_sticky};
pub(super) use library::no_driver;
pub(super) use remedies::and_remedy;
pub(super) use words::words;

//! The baker: one pass over a prebuilt PTX text that replaces symbols by constants and marker lines by instructions.

mod baker;
mod carried;
mod code;
mod constant;
mod entry;
mod error;
mod marker;
mod parameters;
mod text;

pub use baker::Baker;
pub use constant::Constant;
pub use error::BakeError;

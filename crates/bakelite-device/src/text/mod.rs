//! PTX text: statements, declarations and names.
pub(crate) mod header;
pub(crate) mod preamble;
pub(crate) mod reads;
pub(crate) mod scopes;
pub(crate) mod statements;
pub(crate) mod symbols;
pub(crate) mod typed;
pub(crate) mod variables;

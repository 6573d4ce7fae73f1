//! The repository itself.
#![allow(missing_docs, reason = "tests")]

mod arrows;
mod sources;

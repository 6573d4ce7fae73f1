//! The repository itself.
#![cfg(feature = "std")]
#![allow(missing_docs, reason = "tests")]

mod arrows;
mod prelude;
mod sources;

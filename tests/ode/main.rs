//! The integrator on the host: numbers, tableaus, control, options, reports.
#![cfg(feature = "std")]
#![allow(missing_docs, reason = "tests")]
#![cfg_attr(
    not(all(feature = "cuda", feature = "json")),
    allow(
        dead_code,
        unused_imports,
        unused_macros,
        reason = "used with all features"
    )
)]

#[macro_use]
mod common;

mod controllers;
mod elementary;
mod elementary_bands;
mod honest;
mod implicit_tableaus;
mod integrator;
mod livelock;
mod pictures;
mod reports;
mod tableaus;

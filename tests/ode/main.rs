//! The integrator on all executors.
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
mod damped_newton;
mod derivative_bits;
mod elementary;
mod elementary_bands;
mod f32_time;
mod fixed_rows;
mod honest;
mod implicit_bits;
mod implicit_lives;
mod implicit_orders;
mod implicit_tableaus;
mod integrator;
mod livelock;
mod own_derivatives;
mod pictures;
mod placement_invariance;
mod published_ends;
mod reports;
mod same_bits;
mod saving;
mod sensitivities;
mod stiff_ends;
mod stiff_examples;
mod stiff_kernels;
mod stiff_problems;
mod stiff_saving;
mod tableaus;

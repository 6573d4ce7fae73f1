//! The same bits on every executor.
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

mod derivative_bits;
mod f32_time;
mod fixed_rows;
mod implicit_bits;
mod own_derivatives;
mod placement_invariance;
mod same_bits;
mod saving;
mod sensitivities;

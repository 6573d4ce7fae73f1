//! Implicit methods and stiff problems.
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

mod common;

mod damped_newton;
mod implicit_lives;
mod implicit_orders;
mod published_ends;
mod stiff_ends;
mod stiff_examples;
mod stiff_kernels;
mod stiff_problems;
mod stiff_saving;

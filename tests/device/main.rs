//! The reference device: what PTX computes, what it refuses, what it finds.
#![cfg(feature = "reference")]
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

mod arithmetic;
mod chains;
mod cooperation;
mod edits;
mod faults;
mod layouts;
mod loading;
mod numbers;
mod operands;
mod planted_faults;
mod planted_kernels;
mod races;
mod random_c;
mod refused;
mod rows;
mod seam;
mod semantics;
mod spaces;
mod stale;
mod warps;

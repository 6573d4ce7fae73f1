//! The layout library.
#![cfg(feature = "alloc")]
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

mod asm;
mod attack;
mod auto;
mod banks;
mod faults;
mod given;
mod header;
mod json;
mod largest;
mod laws;
mod lookups;
mod map;
mod occupancy;
mod packing;
mod range;
mod rectangles;
mod registers;
mod seed;
mod solver_catalogue;
mod solver_layouts;
mod typed;

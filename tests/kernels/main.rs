//! Baked and launched kernels.
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

mod argument_layouts;
mod baker;
mod baker_markers;
mod component;
mod launched;
mod launching;
mod looped;
mod own_kernels;
mod several_parameters;
mod tiled;
mod traced_loops;

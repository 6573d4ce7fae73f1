// #390/#403/#409: an alias of a buffer that has another name.
// Class: wrong aliases.
// Stopped by: fault `Overlay`.
use bakelite::{consts::*, layout::Times, prelude::*};

registry! {
    pub struct Dirk<N: Extent> in dirk, phases [base, combine] {
        accumulator: [f32; Times<U2, N>] in Shared, during combine;
        stage_base: [f32; N] in Shared, during base, over accumulator;
    }
}

registry! {
    pub struct Renamed<N: Extent> in renamed, phases [base, combine] {
        stage_accumulator: [f32; Times<U2, N>] in Shared, during combine;
        stage_base: [f32; N] in Shared, during base, over accumulator;
    }
}

plan! { pub struct Right for Dirk<U3> = on(Sm90).block(32).sequential(); }
plan! { pub struct Wrong for Renamed<U3> = on(Sm90).block(32).sequential(); }

fn main() {}

// Seed (i): with one stage the accumulator is empty, and `stage_base` lies on nothing.
// Class: alias that is not there.
// Stopped by: fault `Overlay`.
use bakelite::{consts::*, layout::{Minus, Times}, prelude::*};

registry! {
    pub struct Dirk<N: Extent, S: Extent> in dirk, phases [base, solve, combine] {
        accumulator: [f32; Times<Minus<S, U1>, N>] in Shared, during combine;
        stage_base: [f32; N] in Shared, during base..=solve, over accumulator;
    }
}

plan! { pub struct Right for Dirk<U3, U2> = on(Sm90).block(32).sequential(); }
plan! { pub struct Wrong for Dirk<U3, U1> = on(Sm90).block(32).sequential(); }

fn main() {}

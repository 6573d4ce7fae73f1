// v0.0.8: blocks larger than the device allows failed when they were launched, or shrank below a warp.
// Class: limit known only at launch.
// Stopped by: fault `SharedOverflow`, with the block that fits.
use bakelite::{consts::*, layout::{Minus, Times}, prelude::*};

registry! {
    pub struct Erk<N: Extent, S: Extent> in erk {
        state: [f32; N] in Shared, keep;
        stage_rhs: [f32; N] in Shared;
        stage_accumulator: [f32; Times<Minus<S, U1>, N>] in Shared;
    }
}

plan! { pub struct Right for Erk<U50, U7> = on(Sm86).block(32).sequential(); }
plan! { pub struct Wrong for Erk<U50, U7> = on(Sm86).block(128).sequential(); }

fn main() {}

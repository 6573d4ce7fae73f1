use bakelite::{assert_occupancy, consts::*, layout::Times, prelude::*};

registry! {
    pub struct Step<N: Extent> in step {
        state: [f64; N] in Shared;
        stages: [f64; Times<N, U6>] in Shared;
    }
}

plan! { pub struct P for Step<U5> = on(Sm90).block(128).sequential(); }

assert_occupancy!(P: blocks_per_sm >= 6, registers = 128);

fn main() {}

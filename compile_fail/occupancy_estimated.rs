use bakelite::{assert_occupancy, consts::*, layout::Times, prelude::*};

registry! {
    pub struct Step<N: Extent> in step {
        state: [f64; N] in Local;
        stages: [f64; Times<N, U6>] in Local;
    }
}

plan! { pub struct P for Step<U8> = on(Sm86).block(64).sequential(); }

const WARPS: usize = 24;

fn main() {
    assert_occupancy!(P: warps_per_sm >= WARPS, registers = estimated);
}

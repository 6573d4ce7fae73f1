#![deny(warnings)]
//! Occupancy, asserted and used as a constant.
use bakelite::{assert_occupancy, consts::*, layout::{Limiter, Occupancy, Occupied, Times}, prelude::*};

registry! {
    pub struct Step<N: Extent> in step {
        state: [f64; N] in Shared;
        stages: [f64; Times<N, U6>] in Shared;
    }
}

plan! { pub struct P for Step<U5> = on(Sm90).block(128).sequential(); }
plan! { pub struct OnMine for Step<U5> = on(Arch::custom(91, 300_000)).block(128).sequential(); }

assert_occupancy!(P: blocks_per_sm >= 4, registers = 128);
assert_occupancy! { P: warps_per_sm >= 16, registers = estimated, }
assert_occupancy!(OnMine: blocks_per_sm >= 8, registers = 0);

const AT_128: Occupancy = P::PLAN.launch.occupancy(128);
const RUNS: usize = match P::PLAN.launch.largest_block(Occupied::BlocksPerSm(2), 128) {
    Some(block) => block,
    None => 32,
};

fn main() {
    // 16384 / (16 x 256) = 4 warps per partition: 16 warps, 4 blocks of 128 or 2 of 256
    assert_eq!((AT_128.blocks_per_sm, AT_128.limiter), (4, Limiter::Registers));
    assert_eq!(RUNS, 256);
}

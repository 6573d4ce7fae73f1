use bakelite::{consts::*, prelude::*};

registry! {
    pub struct Newton<N: Extent> in newton, phases [residual, solve, update] {
        delta: [f32; N] in Shared, during solve..=update;
        residual: [f32; N] in Shared, during residual..=solve;
        base: [f32; N] in Shared, during residual;
    }
}

// found for an earlier version, in which `residual` was dead during `solve`
const OFFSETS_BYTES: [usize; 3] = [0, 0, 12];

plan! { pub struct Good for Newton<U3> = on(Sm90).block(128).offsets(&[0, 12, 0]); }
plan! { pub struct Bad for Newton<U3> = on(Sm90).block(128).offsets(&OFFSETS_BYTES); }

fn main() {}

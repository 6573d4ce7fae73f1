// A life from a later phase to an earlier one.
use bakelite::{consts::*, prelude::*};

registry! {
    pub struct Newton<N: Extent> in newton, phases [residual, solve, update] {
        delta: [f32; N] in Shared, during update..=residual;
    }
}

plan! { struct P for Newton<U3> = on(Sm90).block(64).packed(); }

fn main() {}

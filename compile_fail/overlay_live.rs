use bakelite::{consts::*, prelude::*};

registry! {
    pub struct Newton<N: Extent> in newton, phases [residual, solve, update] {
        residual: [f32; N] in Shared, during residual..=solve;
        base: [f32; N] in Shared, during solve..=update, over residual;
    }
}

plan! { pub struct Bad for Newton<U3> = on(Sm90).block(128).packed(); }

fn main() {}

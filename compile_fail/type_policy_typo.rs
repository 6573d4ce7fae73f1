use bakelite::{consts::*, prelude::*};

registry! {
    pub struct Pair<N: Extent> in pair, width N {
        alpha: [f32; N] in Shared;
        beta: [f64; N] in Shared;
    }
}

plan! { pub struct Bad for Pair<U3> = on(Sm90).block(128).sequentail(); }

fn main() {}

use bakelite::{consts::*, prelude::*};

registry! {
    pub struct Pair<N: Extent> in pair {
        alpha: [f32; N] in Shared;
        beta: [f64; N] in Shared;
    }
}

plan! { pub struct Good for Pair<U3> = on(Sm90).block(128).pinned(&[("beta", 0)]).packed(); }
plan! { pub struct Bad for Pair<U3> = on(Sm90).block(128).pinned(&[("beta", 12)]).packed(); }

fn main() {}

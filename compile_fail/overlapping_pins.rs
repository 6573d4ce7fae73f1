use bakelite::{consts::*, prelude::*};

registry! {
    pub struct Pair<N: Extent> in pair {
        alpha: [f32; N] in Shared;
        beta: [f32; N] in Shared;
    }
}

plan! { pub struct Good for Pair<U3> = on(Sm90).block(128).pinned(&[("alpha", 12), ("beta", 0)]).sequential(); }
plan! { pub struct Bad for Pair<U3> = on(Sm90).block(128).pinned(&[("alpha", 8), ("beta", 0)]).sequential(); }

fn main() {}

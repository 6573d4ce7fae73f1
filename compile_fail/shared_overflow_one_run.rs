use bakelite::{consts::*, prelude::*};

registry! {
    pub struct Pair<N: Extent> in pair, width N {
        alpha: [f32; N] in Shared;
        beta: [f64; N] in Shared;
    }
}

plan! { pub struct Bad for Pair<U10000> = on(Sm86).block(1).sequential(); }

fn main() {}

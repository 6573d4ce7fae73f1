use bakelite::{consts::*, layout::{Times, Wide}, prelude::*};

registry! {
    pub struct Pair<N: Extent> in pair, width N {
        alpha: [f32; N] in Shared;
        beta: [f64; N] in Shared;
    }
}

registry! {
    pub struct Step<N: Extent, C: Wide<N>> in step {
        state: [f32; Times<N, U2>] in Shared;
        counters: [u32; U2] in Shared;
        pair: child C;
    }
}

plan! { pub struct Bad for Step<U100, Pair<U100>> = on(Sm86).block(128).sequential(); }

fn main() {}

use bakelite::{consts::*, layout::Wide, prelude::*};

registry! {
    pub struct Pair<N: Extent> in pair, width N {
        alpha: [f32; N] in Shared;
        beta: [f64; N] in Shared;
    }
}

registry! {
    pub struct Step<N: Extent, C: Wide<N>> in step {
        state: [f32; N] in Shared;
        pair: child C;
    }
}

plan! { pub struct Bad for Step<U3, Pair<U4>> = on(Sm90).block(128).sequential(); }

fn main() {}

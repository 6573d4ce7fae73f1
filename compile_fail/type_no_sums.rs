// `sums` was not asked for.
use bakelite::{consts::*, layout::SharedWords, prelude::*};

registry! {
    pub struct Pair<N: Extent> in pair, width N {
        alpha: [f32; N] in Shared;
        beta: [f64; N] in Shared;
    }
}

pub fn words<R: SharedWords>() {}

pub fn all() {
    words::<Pair<U3>>()
}

fn main() {}

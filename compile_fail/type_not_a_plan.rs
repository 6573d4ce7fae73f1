use bakelite::{consts::*, prelude::*};

registry! {
    pub struct Pair<N: Extent> in pair, width N {
        alpha: [f32; N] in Shared;
        beta: [f64; N] in Shared;
    }
}

pub fn arena<P: Planned>() -> usize {
    P::SHARED.bytes
}

pub fn bytes() -> usize {
    arena::<Pair<U3>>()
}

fn main() {}

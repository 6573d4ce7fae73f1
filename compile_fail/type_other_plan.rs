// A path of another registry than the plan's.
use bakelite::{consts::*, layout::{Placed, Root}, prelude::*};

registry! {
    pub struct Pair<N: Extent> in pair, width N {
        alpha: [f32; N] in Shared;
        beta: [f64; N] in Shared;
    }
}

plan! { pub struct P for Pair<U3> = on(Sm90).block(128).sequential(); }

pub fn offset() -> usize {
    <P as Placed<Root<Pair<U4>>, pair::alpha>>::OFFSET_BYTES
}

fn main() {}

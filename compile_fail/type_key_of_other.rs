use bakelite::{consts::*, layout::{Root, Site}, prelude::*};

registry! {
    pub struct Pair<N: Extent> in pair, width N {
        alpha: [f32; N] in Shared;
        beta: [f64; N] in Shared;
    }
}

registry! {
    pub struct Other in other {
        gamma: [f32; U1] in Shared;
    }
}

pub fn length() -> usize {
    <Root<Pair<U3>> as Site<other::gamma>>::LEN
}

fn main() {}

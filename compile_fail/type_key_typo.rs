use bakelite::{layout::{Has, Path, Site}, prelude::*};

registry! {
    pub struct Pair<N: Extent> in pair, width N {
        alpha: [f32; N] in Shared;
        beta: [f64; N] in Shared;
    }
}

pub fn length<A: Path<Here: Has<pair::alpha>>>() -> usize {
    <A as Site<pair::alhpa>>::LEN
}

fn main() {}

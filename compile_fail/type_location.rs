use bakelite::prelude::*;

pub struct Global;

registry! {
    pub struct Stage<N: Extent> in stage {
        accumulator: [f32; N] in Global;
    }
}

fn main() {}

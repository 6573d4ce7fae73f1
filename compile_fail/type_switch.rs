use bakelite::prelude::*;

registry! {
    pub struct Stage<N: Extent> in stage {
        accumulator: [f32; N] in Shared, if bool;
    }
}

fn main() {}

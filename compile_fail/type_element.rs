use bakelite::prelude::*;

registry! {
    pub struct Stage<N: Extent> in stage {
        accumulator: [String; N] in Shared;
    }
}

fn main() {}

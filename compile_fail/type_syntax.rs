use bakelite::prelude::*;

registry! {
    pub struct Stage<N: Extent> in stage, phases [base, solve] {
        accumulator: [f32; N] in Shared during base;
    }
}

fn main() {}

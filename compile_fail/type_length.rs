use bakelite::prelude::*;

registry! {
    pub struct Stage in stage {
        accumulator: [f32; usize] in Shared;
    }
}

fn main() {}

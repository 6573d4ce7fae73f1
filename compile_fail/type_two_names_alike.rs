// A field is a key type, so two alike are a redefinition and conflicting impls to rustc, before any constant is evaluated.
use bakelite::prelude::*;

registry! {
    pub struct Stage<N: Extent> in stage {
        delta: [f32; N] in Shared;
        delta: [f64; N] in Local;
    }
}

fn main() {}

// Typos in look-ups of functions that nobody calls, and of a plan's buffer that is disabled.
use bakelite::{consts::*, layout::Switch, prelude::*};

registry! {
    pub struct Newton<D: Switch> in newton {
        alpha: [f32; U3] in Shared;
        history: [f32; U3] in Shared, if D;
    }
}

plan! { struct P for Newton<B0> = on(Sm90).block(64).packed(); }

pub fn offset() -> usize {
    offset!(P, "alpah")
}

pub fn length() -> usize {
    slot!(P, "history").len_elements
}

fn main() {}

// Seed (iv): the linear solver gets an open-ended slice of the shared pool, which hides an overrun.
// Class: window without an end.
// Stopped by: rustc's lint `unconditional_panic`, in `cargo build`. The arena is an array of the plan's exact size.
use bakelite::{consts::*, prelude::*};

registry! {
    pub struct Newton<N: Extent> in newton {
        delta: [f32; N] in Shared;
        residual: [f32; N] in Shared;
        linear_temp: [f32; N] in Shared;
    }
}

plan! { pub struct P for Newton<U3> = on(Sm90).block(32).sequential(); }

const START: usize = slot!(P, "linear_temp").offset_elements();

fn main() {
    let shared = P::shared_arena(0.0f32);
    let right = shared[START + 2];
    let wrong = shared[START + 3];
    assert_eq!(right, wrong);
}

// #520/#545: a solver of another size than the step has. A fully implicit step solves for all its stages at once: s n values.
// Class: stale child size.
// Stopped by: rustc, E0277 at the bound `Wide`.
use bakelite::{consts::*, layout::{Times, Wide}, prelude::*};

registry! {
    pub struct Newton<N: Extent> in newton, width N {
        delta: [f32; N] in Shared;
    }
}

registry! {
    pub struct Firk<N: Extent, S: Extent, C: Wide<Times<S, N>>> in firk {
        stage_increment: [f32; Times<S, N>] in LocalPersistent;
        solver: child C;
    }
}

plan! { pub struct Right for Firk<U3, U2, Newton<Times<U2, U3>>> = on(Sm90).block(32).sequential(); }
plan! { pub struct Wrong for Firk<U3, U2, Newton<U3>> = on(Sm90).block(32).sequential(); }

fn main() {}

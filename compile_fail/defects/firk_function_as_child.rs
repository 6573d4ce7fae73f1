// #520/#545: the step passed its compiled function as the child instead of the solver, and got windows of size 0.
// Class: wrong child.
// Stopped by: rustc, E0277. A child is a registry.
use bakelite::{consts::*, layout::Times, prelude::*};

registry! {
    pub struct Newton<N: Extent> in newton {
        delta: [f32; N] in Shared;
    }
}

registry! {
    pub struct Firk<N: Extent, S: Extent, C: Registry> in firk {
        stage_increment: [f32; Times<S, N>] in LocalPersistent;
        solver: child C;
    }
}

pub struct CompiledNewton(pub fn(&mut [f32]));

plan! { pub struct Right for Firk<U3, U2, Newton<U6>> = on(Sm90).block(32).sequential(); }
plan! { pub struct Wrong for Firk<U3, U2, CompiledNewton> = on(Sm90).block(32).sequential(); }

fn main() {}

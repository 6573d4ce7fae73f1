// Live 4: the linear solver and the cached auxiliaries appear only in the build, so limits computed before it see less.
// Class: totals change at build.
// Stopped by: rustc, E0107. A plan of a step whose solver is not known cannot be written.
use bakelite::{consts::*, layout::{Times, Wide}, prelude::*};

registry! {
    pub struct Linear<N: Extent> in linear, width N {
        preconditioned_vec: [f32; N] in Shared;
        temp: [f32; N] in Shared;
    }
}

registry! {
    pub struct Rosenbrock<N: Extent, S: Extent, A: Extent, L: Wide<N>> in rosenbrock {
        stage_store: [f32; Times<S, N>] in Shared;
        cached_auxiliaries: [f32; A] in Shared;
        linear_solver: child L;
    }
}

plan! { pub struct Right for Rosenbrock<U10, U3, U4, Linear<U10>> = on(Sm90).block(32).sequential(); }
plan! { pub struct Wrong for Rosenbrock<U10, U3> = on(Sm90).block(32).sequential(); }

fn main() {}

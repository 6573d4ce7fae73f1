// Live 1: a stage's increment on the bytes of `stage_store`, of which later stages still read row K_0: all results are NaN.
// Class: alias of storage that is live at the same time.
// Stopped by: fault `Overlay`.
use bakelite::{consts::*, layout::{Times, Wide}, prelude::*};

registry! {
    pub struct Linear<N: Extent> in linear, width N {
        preconditioned_vec: [f64; N] in Shared;
        temp: [f64; N] in Shared;
    }
}

registry! {
    pub struct Rosenbrock<N: Extent, S: Extent, L: Wide<N>> in rosenbrock, phases [evaluate, solve, store] {
        stage_rhs: [f64; N] in Shared, during evaluate..=solve;
        stage_store: [f64; Times<S, N>] in Shared;
        stage_increment: [f64; N] in Shared, during solve..=store;
        linear_solver: child L, during solve;
    }
}

registry! {
    pub struct Overlapped<N: Extent, S: Extent, L: Wide<N>> in overlapped, phases [evaluate, solve, store] {
        stage_rhs: [f64; N] in Shared, during evaluate..=solve;
        stage_store: [f64; Times<S, N>] in Shared;
        stage_increment: [f64; N] in Shared, during solve..=store, over stage_store;
        linear_solver: child L, during solve;
    }
}

plan! { pub struct Right for Rosenbrock<U3, U3, Linear<U3>> = on(Sm90).block(32).packed(); }
plan! { pub struct Wrong for Overlapped<U3, U3, Linear<U3>> = on(Sm90).block(32).packed(); }

fn main() {}

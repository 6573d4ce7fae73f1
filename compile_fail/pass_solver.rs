// Passes: no macro warns.
#![deny(warnings, missing_docs)]
//! A user who denies all warnings.
use bakelite::{consts::*, layout::{Placed, Root}, prelude::*};

registry! {
    /// Two buffers.
    pub struct Pair<N: Extent> in pair, width N {
        alpha: [f32; N] in Shared;
        beta: [f64; N] in Shared;
    }
}

plan! {
    /// A plan.
    pub struct P for Pair<U3> = on(Sm90).block(128).sequential();
}

const BETA: usize = offset!(P, "beta");

fn main() {
    assert_eq!(BETA, 16);
    assert_eq!(<P as Placed<Root<Pair<U3>>, pair::beta>>::OFFSET_BYTES, BETA);
}

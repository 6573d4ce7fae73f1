// #390/#403/#409: a buffer asked for by a name that it does not have.
// Class: wrong names.
// Stopped by: fault `UnknownName`.
use bakelite::{consts::*, prelude::*};

registry! {
    pub struct Bicgstab<N: Extent> in bicgstab {
        bicg_r0_hat: [f32; N] in Shared;
        bicg_p: [f32; N] in Shared;
        bicg_v: [f32; N] in Shared;
        bicg_s_hat: [f32; N] in Shared;
    }
}

plan! { pub struct P for Bicgstab<U3> = on(Sm90).block(32).sequential(); }

pub const RIGHT: usize = offset!(P, "bicg_r0_hat");
pub const WRONG: usize = offset!(P, "r0_hat");

fn main() {}

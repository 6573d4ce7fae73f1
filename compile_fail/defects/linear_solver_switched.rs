// #668: after switching the linear solver the buffers were still those of the old one.
// Class: global mutable state.
// Stopped by: rustc, E0277. The buffers are those of the type that is hosted, and code names the ones it needs.
use bakelite::{consts::*, layout::{Has, In, Path, Root, Site, Wide}, prelude::*};

registry! {
    pub struct MinimalResidual<N: Extent> in minimal_residual, width N {
        preconditioned_vec: [f32; N] in Shared;
    }
}

registry! {
    pub struct Bicgstab<N: Extent> in bicgstab, width N {
        bicg_p: [f32; N] in Shared;
    }
}

registry! {
    pub struct Newton<N: Extent, L: Wide<N>> in newton {
        delta: [f32; N] in Shared;
        linear_solver: child L;
    }
}

pub fn solve<A: Path<Here: Has<bicgstab::bicg_p>>>() -> usize {
    <A as Site<bicgstab::bicg_p>>::INDEX
}

pub fn right() -> usize {
    solve::<In<Root<Newton<U3, Bicgstab<U3>>>, newton::linear_solver>>()
}

pub fn wrong() -> usize {
    solve::<In<Root<Newton<U3, MinimalResidual<U3>>>, newton::linear_solver>>()
}

fn main() {}

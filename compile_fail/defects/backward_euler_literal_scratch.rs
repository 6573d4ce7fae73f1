// Seed (ii): the solver's scratch is a literal 2n. Moving a buffer of the linear solver to shared memory overruns it.
// Class: size not from the child.
// Stopped by: rustc, E0277. The solver runs at the path of a hosted child, and a buffer is none.
use bakelite::{consts::*, layout::{In, Location, Path, Root, Times, Wide}, prelude::*};

registry! {
    pub struct Newton<N: Extent, At: Location> in newton, width N {
        delta: [f32; N] in Shared;
        residual: [f32; N] in Shared;
        preconditioned_vec: [f32; N] in At;
    }
}

registry! {
    pub struct BackwardEuler<N: Extent, S: Wide<N>> in backward_euler {
        increment_cache: [f32; N] in LocalPersistent;
        solver: child S;
    }
}

registry! {
    pub struct Literal<N: Extent> in literal {
        increment_cache: [f32; N] in LocalPersistent;
        solver: [f32; Times<U2, N>] in Shared;
    }
}

pub fn solve<A: Path>() -> usize {
    <A::Here as Registry>::NODE.count()
}

type Hosted<At> = BackwardEuler<U3, Newton<U3, At>>;
plan! { pub struct In2n for Hosted<Local> = on(Sm90).block(32).sequential(); }
plan! { pub struct In3n for Hosted<Shared> = on(Sm90).block(32).sequential(); }
const _: () = assert!(In2n::PLAN.shared.elements == 6 && In3n::PLAN.shared.elements == 9);

pub fn right() -> usize {
    solve::<In<Root<Hosted<Shared>>, backward_euler::solver>>()
}

pub fn wrong() -> usize {
    solve::<In<Root<Literal<U3>>, literal::solver>>()
}

fn main() {}

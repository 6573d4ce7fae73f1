//! Compiled by `tests/layout/asm.rs`: what an offset costs in machine code.
use bakelite::{consts::*, layout::{Element, Has, In, Path, Placed, Root, Times, Wide, child}, prelude::*};

registry! {
    pub struct Linear<N: Extent, E: Element> in linear, width N {
        preconditioned: [E; N] in Shared;
        temp: [E; N] in Shared;
    }
}
registry! {
    pub struct Newton<N: Extent, E: Element, C: Wide<N>> in newton {
        delta: [E; N] in Shared;
        linear: child C;
    }
}
registry! {
    pub struct Step<N: Extent, E: Element, C: Wide<N>> in step {
        state: [E; Times<N, U6>] in Shared;
        newton: child Newton<N, E, C>;
    }
}
type Tree = Step<U3, f32, Linear<U3, f32>>;
plan! { pub struct P for Tree = on(Sm90).block(128).sequential(); }

/// Generic code, three levels down: 72 for the state, 12 for delta.
fn offset<P: Planned, A: Path<Root = P::Root, Here: Has<linear::preconditioned>>>() -> usize {
    <P as Placed<A, linear::preconditioned>>::OFFSET_BYTES
}

#[unsafe(no_mangle)]
pub fn typed_offset() -> usize {
    offset::<P, In<In<Root<Tree>, step::newton>, newton::linear>>()
}

#[unsafe(no_mangle)]
pub fn named_offset() -> usize {
    const AT: usize = offset!(P, "newton.linear.preconditioned");
    AT
}

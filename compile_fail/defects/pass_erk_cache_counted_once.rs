// Seed (iii): a persistent `stage_cache` is counted in the persistent total and in the local one.
// Class: totals not derived from the layout.
// Cannot be written: a slot is in one location, and totals are ends of slots.
#![deny(warnings)]
use bakelite::{consts::*, layout::{Location, Minus, Switch, Times}, prelude::*};

registry! {
    pub struct Erk<N: Extent, S: Extent, Cache: Location, Fsal: Switch> in erk, phases [stages, finish] {
        stage_rhs: [f32; N] in Local, during stages;
        stage_accumulator: [f32; Times<Minus<S, U1>, N>] in Local;
        stage_cache: [f32; N] in Cache, if Fsal, keep;
    }
}

plan! { pub struct Persistent for Erk<U3, U4, LocalPersistent, B1> = on(Sm90).block(32).sequential(); }
plan! { pub struct InShared for Erk<U3, U4, Shared, B1> = on(Sm90).block(32).packed(); }
plan! { pub struct Without for Erk<U3, U4, LocalPersistent, B0> = on(Sm90).block(32).packed(); }

const fn elements<P: Planned>() -> [usize; 3] {
    [
        P::SHARED.elements,
        P::LOCAL.elements,
        P::PERSISTENT.elements,
    ]
}

fn main() {
    assert_eq!(elements::<Persistent>(), [0, 3 + 9, 3]);
    assert_eq!(elements::<InShared>(), [3, 3 + 9, 0]);
    assert_eq!(elements::<Without>(), [0, 3 + 9, 0]);
    // no sum over locations counts a slot twice
    for plan in [Persistent::VIEW, InShared::VIEW, Without::VIEW] {
        let counted: usize = plan.totals.iter().map(|t| t.elements).sum();
        assert_eq!(
            counted,
            plan.slots.iter().map(|s| s.len_elements).sum::<usize>()
        );
    }
}

// Live 2: a buffer of size 0 is 1 long when local and 0 long when shared, so a copy loop over the one leaves the other.
// Class: length depends on location.
// Cannot be written: a length is a type beside the location.
#![deny(warnings)]
use bakelite::{consts::*, layout::{Location, Placed, Root, Site}, prelude::*};

registry! {
    pub struct IvpLoop<N: Extent, D: Extent, At: Location, Proposed: Location> in ivp_loop {
        drivers: [f32; D] in At;
        proposed_drivers: [f32; D] in Proposed;
        state: [f32; N] in Shared, keep;
    }
}

type Mixed<D> = IvpLoop<U3, D, Local, Shared>;
plan! { pub struct None for Mixed<U0> = on(Sm90).block(32).sequential(); }
plan! { pub struct Two for Mixed<U2> = on(Sm90).block(32).sequential(); }
plan! { pub struct Persistent for IvpLoop<U3, U0, LocalPersistent, Local> = on(Sm90).block(32).sequential(); }

// no stub of 1 in any location, and nobody moves for it
const _: () = assert!(slot!(None, "drivers").len_elements == 0 && None::PLAN.local.bytes == 0);
const _: () = assert!(Persistent::PLAN.persistent.bytes == 0 && Persistent::PLAN.local.bytes == 0);
const _: () = assert!(None::PLAN.shared.bytes == 12 && offset!(None, "state") == 0);
const _: () = assert!(Two::PLAN.local.elements == 2 && Two::PLAN.shared.elements == 5);

/// The loop of a step that keeps its last stage: its bound is the length of the one buffer, its target the other.
fn copy<P: Planned<Root = Mixed<D>>, D: Extent>() -> usize {
    let mut shared = P::shared_arena(7.0f32);
    let local = P::local_arena(1.0f32);
    let from = <P as Placed<Root<Mixed<D>>, ivp_loop::drivers>>::OFFSET_ELEMENTS;
    let to = <P as Placed<Root<Mixed<D>>, ivp_loop::proposed_drivers>>::OFFSET_ELEMENTS;
    for i in 0..<Root<Mixed<D>> as Site<ivp_loop::drivers>>::LEN {
        shared.as_mut()[to + i] = local.as_ref()[from + i];
    }
    shared.as_ref().iter().filter(|x| **x == 1.0).count()
}

fn main() {
    assert_eq!((copy::<None, U0>(), copy::<Two, U2>()), (0, 2));
}

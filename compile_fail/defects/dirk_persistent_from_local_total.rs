// #610: the persistent array gets the size of the plain local buffers, so the step runs past its end: NaN on hardware.
// Class: total taken from the wrong class.
// Stopped by: rustc, E0308. Each location has an arena type of its own.
use bakelite::{consts::*, prelude::*};

registry! {
    pub struct Dirk<N: Extent> in dirk {
        stage_increment: [f32; N] in LocalPersistent;
        stage_rhs: [f32; N] in LocalPersistent;
        stage_base: [f32; N] in Local;
    }
}

plan! { pub struct P for Dirk<U3> = on(Sm90).block(32).sequential(); }

pub fn right<P: Planned>() -> P::PersistentArena<f32> {
    P::persistent_arena(0.0)
}

pub fn wrong<P: Planned>() -> P::PersistentArena<f32> {
    P::local_arena(0.0)
}

fn main() {
    assert_eq!(right::<P>().len(), 6);
}

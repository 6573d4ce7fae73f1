// #390/#403/#409: buffers without a first value, later an option to fill them with zeros.
// Class: initialisation.
// Cannot be written on the host: an arena is made from a value. Shared memory on a device is what was there before.
#![deny(warnings)]
use bakelite::{consts::*, prelude::*};

registry! {
    pub struct IvpLoop<N: Extent> in ivp_loop {
        state: [f32; N] in Shared;
        dt: [f64; U1] in Shared;
        counters: [i32; U4] in LocalPersistent;
        error: [f32; N] in Local;
    }
}

plan! { pub struct P for IvpLoop<U3> = on(Sm90).block(32).sequential(); }

fn main() {
    // the padding before `dt` as well
    assert_eq!(P::shared_arena(7u32), [7; 6]);
    assert_eq!(P::local_arena(7u32), [7; 3]);
    assert_eq!(P::persistent_arena(7u32), [7; 4]);
}

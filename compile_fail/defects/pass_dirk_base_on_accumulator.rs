// Seed (i): at the default placement, all local, `stage_base` has size 0 in one table and n in another; n entries are written.
// Class: alias that is not there.
// Cannot be written: an overlay has its own length in every location, inside what it lies on.
#![deny(warnings)]
use bakelite::{consts::*, layout::{Location, Minus, Times, Total}, prelude::*};

registry! {
    pub struct Dirk<N: Extent, S: Extent, At: Location> in dirk, phases [base, solve, combine] {
        stage_increment: [f32; N] in At, during solve..=combine;
        accumulator: [f32; Times<Minus<S, U1>, N>] in At, during combine;
        stage_base: [f32; N] in At, during base..=solve, over accumulator;
    }
}

plan! { pub struct InLocal for Dirk<U3, U4, Local> = on(Sm90).block(32).sequential(); }
plan! { pub struct InShared for Dirk<U3, U4, Shared> = on(Sm90).block(32).sequential(); }
plan! { pub struct Packed for Dirk<U3, U4, Local> = on(Sm90).block(32).packed(); }

const fn holds<P: Planned>(total: Total) -> bool {
    let [_, accumulator, base] = P::SLOTS else {
        return false;
    };
    let inside =
        base.offset_bytes == accumulator.offset_bytes && base.bytes() <= accumulator.bytes();
    base.len_elements == 3 && inside && total.elements == 3 + 9 && total.bytes == 4 * 12
}
const _: () = assert!(holds::<InLocal>(InLocal::LOCAL));
const _: () = assert!(holds::<InShared>(InShared::SHARED));
const _: () = assert!(holds::<Packed>(Packed::LOCAL));

fn main() {
    // the arena is what the device gets: the last entry that is written is in it
    let base = slot!(InLocal, "stage_base");
    let mut local = InLocal::local_arena(0.0f32);
    local[base.offset_elements()..][..base.len_elements].fill(1.0);
    assert_eq!(local.iter().sum::<f32>(), 3.0);
}

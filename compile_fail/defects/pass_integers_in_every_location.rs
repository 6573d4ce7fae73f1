// Live 5: integer buffers become floats when they are placed in shared or persistent memory.
// Class: element depends on location.
// Cannot be written: an element is a type beside the location.
#![deny(warnings)]
use bakelite::{consts::*, layout::{Element, ElementKind, Location, Total}, prelude::*};

registry! {
    pub struct IvpLoop<E: Element, At: Location> in ivp_loop {
        accept_step: [i32; U1] in At;
        error: [E; U3] in At;
        counters: [i32; U4] in At;
    }
}

plan! { pub struct InShared for IvpLoop<f64, Shared> = on(Sm90).block(32).sequential(); }
plan! { pub struct InLocal for IvpLoop<f64, Local> = on(Sm90).block(32).sequential(); }
plan! { pub struct Kept for IvpLoop<f64, LocalPersistent> = on(Sm90).block(32).sequential(); }

const fn holds<P: Planned>(total: Total) -> bool {
    let ([accept, error, counters], 48) = (P::SLOTS, total.bytes) else {
        return false;
    };
    accept.bytes() == 4 && counters.bytes() == 16 && error.offset_bytes == 8
}
const _: () = assert!(holds::<InShared>(InShared::SHARED));
const _: () = assert!(holds::<InLocal>(InLocal::LOCAL));
const _: () = assert!(holds::<Kept>(Kept::PERSISTENT));

fn main() {
    for plan in [InShared::VIEW, InLocal::VIEW, Kept::VIEW] {
        assert_eq!(plan.get("counters").unwrap().element, ElementKind::I32);
        assert_eq!(plan.get("error").unwrap().element, ElementKind::F64);
    }
}

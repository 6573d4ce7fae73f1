use bakelite::{assert_occupancy, consts::*, layout::Slot, prelude::*};

registry! {
    pub struct Step<C: Registry> in step {
        state: [f32; U3] in Shared;
        inner: child C;
    }
}

plan! { pub struct Bad for Step<u32> = on(Sm90).block(128).pinned(&[("state", 16)]).sequential(); }

// what hangs on a plan in error is not a second error
const STATE: usize = offset!(Bad, "state");
const SLOT: &Slot = slot!(Bad, "state");
const _: () = assert!(Bad::PLAN.shared.bytes == 28);
assert_occupancy!(Bad: blocks_per_sm >= 4, registers = 128);

fn words<P: Planned>() -> usize {
    P::shared_arena(0.0f32).as_ref().len()
}

fn main() {
    let mut arena = Bad::shared_arena(0.0f32);
    arena[6] = 1.0;
    let [first, ..] = arena;
    println!("{STATE} {} {} {first}", SLOT.offset_bytes, words::<Bad>());
    println!("{} {:?}", arena[1], Bad::PLAN.slots[1]);
}

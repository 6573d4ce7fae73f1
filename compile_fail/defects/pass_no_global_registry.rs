// #525/#533, #580/#581, 49da7a3c, #595: swapping or refreshing one component wiped or kept the buffers of others.
// Class: global mutable state.
// Cannot be written: there is no registry but the type, or the value that the user holds.
#![deny(warnings)]
use bakelite::{consts::*, layout::{RuntimeRegistry, Space, Times, Wide}, prelude::*};

registry! {
    pub struct Pi in pi {
        timestep_buffer: [f32; U1] in LocalPersistent;
    }
}

registry! {
    pub struct Gustafsson in gustafsson {
        timestep_buffer: [f32; U2] in LocalPersistent;
    }
}

registry! {
    pub struct Dirk<N: Extent> in dirk, width N {
        stage_increment: [f32; N] in LocalPersistent;
        accumulator: [f32; Times<U2, N>] in Local;
    }
}

registry! {
    pub struct Erk<N: Extent> in erk, width N {
        stage_accumulator: [f32; Times<U6, N>] in Local;
    }
}

registry! {
    pub struct IvpLoop<N: Extent, A: Wide<N>, C: Registry> in ivp_loop {
        state: [f32; N] in Shared, keep;
        controller: child C;
        algorithm: child A;
    }
}

type Tree<A, C> = IvpLoop<U3, A, C>;
plan! { pub struct First for Tree<Dirk<U3>, Pi> = on(Sm90).block(32).sequential(); }
plan! { pub struct OtherController for Tree<Dirk<U3>, Gustafsson> = on(Sm90).block(32).sequential(); }
plan! { pub struct OtherAlgorithm for Tree<Erk<U3>, Pi> = on(Sm90).block(32).sequential(); }

// what is not swapped is as it was, and what is swapped out is gone
const _: () = assert!(First::PLAN.persistent.elements == 1 + 3 && First::PLAN.local.elements == 6);
const _: () = assert!(OtherController::PLAN.persistent.elements == 2 + 3);
const _: () = assert!(OtherController::PLAN.local.elements == 6);
const _: () = assert!(OtherAlgorithm::PLAN.persistent.elements == 1);
const _: () = assert!(
    slot!(OtherAlgorithm, "controller.timestep_buffer")
        .len_elements
        == 1
);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let spec = on(Arch::Sm90).block(32).sequential();
    let (increment, timestep) = ("algorithm.stage_increment", "controller.timestep_buffer");
    let make = || RuntimeRegistry::from_node(<Tree<Dirk<U3>, Pi>>::NODE);
    let (mut one, mut two) = (make(), make());
    one.set_space(increment, Space::Shared)?;
    one.set_space(timestep, Space::Local)?;
    // the order of updates makes no difference, and a registry that is gone leaves nothing
    two.set_space(timestep, Space::Local)?;
    two.set_space(increment, Space::Shared)?;
    let plan = one.plan(spec)?;
    drop(one);
    assert_eq!(plan, two.plan(spec)?);
    assert_eq!(make().plan(spec)?.view().slots, First::SLOTS);
    Ok(())
}

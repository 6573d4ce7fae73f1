// #520/#545: the child's size is copied when it is registered, so a later change of the child is not seen (4, 4, 10).
// Class: stale child size.
// Cannot be written: a parent holds its children, and a plan reads them when it is made.
#![deny(warnings)]
use bakelite::{consts::*, layout::{RuntimePlan, RuntimeRegistry, Space, Wide}, prelude::*};

registry! {
    pub struct Linear<N: Extent> in linear, width N {
        preconditioned_vec: [f32; N] in Local;
        temp: [f32; N] in Shared;
    }
}

registry! {
    pub struct Newton<N: Extent, L: Wide<N>> in newton, width N {
        delta: [f32; N] in Shared;
        linear_solver: child L;
    }
}

registry! {
    pub struct Firk<N: Extent, S: Wide<N>> in firk {
        solver: child S;
    }
}

type Tree<N> = Firk<N, Newton<N, Linear<N>>>;
plan! { pub struct Small for Tree<U4> = on(Sm90).block(32).sequential(); }
plan! { pub struct Large for Tree<U10> = on(Sm90).block(32).sequential(); }
const _: () = assert!(Small::PLAN.shared.elements == 8 && Large::PLAN.shared.elements == 20);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let spec = on(Arch::Sm90).block(32).sequential();
    let mut tree = RuntimeRegistry::from_node(<Tree<U4>>::NODE);
    let before = tree.plan(spec)?;
    // three levels down, after the merge
    tree.set_space("solver.linear_solver.preconditioned_vec", Space::Shared)?;
    let after = tree.plan(spec)?;
    let shared = |plan: &RuntimePlan| plan.total(Space::Shared).elements;
    assert_eq!((shared(&before), shared(&after)), (8, 12));
    assert_eq!(after.get("solver.linear_solver.temp")?.offset_elements(), 8);
    Ok(())
}

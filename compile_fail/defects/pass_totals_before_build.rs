// Live 4: totals read before the build (80 elements) and after it (104) differ by the solver and the cached auxiliaries.
// Class: totals change at build.
// Cannot be written: a total is a constant of a type that names its solver.
#![deny(warnings)]
use bakelite::{consts::*, layout::{Space, Times, Wide, try_plan}, prelude::*};

registry! {
    pub struct Linear<N: Extent> in linear, width N {
        preconditioned_vec: [f32; N] in Shared;
        temp: [f32; N] in Shared;
    }
}

registry! {
    pub struct Rosenbrock<N: Extent, S: Extent, A: Extent, L: Wide<N>> in rosenbrock {
        stage_rhs: [f32; N] in Shared;
        stage_store: [f32; Times<S, N>] in Shared;
        cached_auxiliaries: [f32; A] in Shared;
        linear_solver: child L;
    }
}

plan! { pub struct P for Rosenbrock<U10, U3, U4, Linear<U10>> = on(Sm90).block(32).sequential(); }

// before anything runs: the 24 elements that CuBIE's total lacked until the build are in it, and in what is checked
const OWN: usize = 10 + 3 * 10;
const _: () = assert!(P::PLAN.shared.elements == OWN + 4 + 2 * 10);
const _: () = assert!(P::PLAN.launch.dynamic_shared_bytes == 32 * 4 * P::PLAN.shared.elements);
static ARENA: [f32; 64] = [0.0; P::PLAN.shared.elements];

fn main() {
    // and the plan made at run time is the same one
    let spec = on(Arch::Sm90).block(32).sequential();
    let again = try_plan::<Rosenbrock<U10, U3, U4, Linear<U10>>>(spec).unwrap();
    assert_eq!(again.total(Space::Shared), P::PLAN.shared);
    assert_eq!(P::shared_arena(0.0f32), ARENA);
}

// Live 3: one solver under two prefixes.
// Class: child hosted twice.
// Not refused: two solvers of one type can be meant. Every buffer of both is named and counted, and `packed()` lets two that
// never run together share bytes.
#![deny(warnings)]
use bakelite::{consts::*, prelude::*};

registry! {
    pub struct Newton<N: Extent> in newton, phases [residual, linear, update], width N {
        delta: [f32; N] in Shared, during linear..=update;
        residual: [f32; N] in Shared, during residual..=linear;
        prev_theta: [f32; U1] in Shared, keep;
    }
}

registry! {
    pub struct Once<N: Extent> in once, phases [predict, correct] {
        increment_cache: [f32; N] in Shared, keep;
        solver: child Newton<N>, during correct;
    }
}

registry! {
    pub struct Twice<N: Extent> in twice, phases [predict, correct] {
        increment_cache: [f32; N] in Shared, keep;
        solver_scratch: child Newton<N>, during predict;
        solver: child Newton<N>, during correct;
    }
}

plan! { pub struct P1 for Once<U3> = on(Sm90).block(32).sequential(); }
plan! { pub struct P2 for Twice<U3> = on(Sm90).block(32).sequential(); }
plan! { pub struct Packed1 for Once<U3> = on(Sm90).block(32).packed(); }
plan! { pub struct Packed2 for Twice<U3> = on(Sm90).block(32).packed(); }

const SOLVER: usize = 2 * 3 + 1;
const _: () = assert!(P1::PLAN.shared.elements == 3 + SOLVER);
const _: () = assert!(P2::PLAN.shared.elements == 3 + 2 * SOLVER);
const _: () =
    assert!(offset!(P2, "solver.delta") != offset!(P2, "solver_scratch.delta"));
// packed, the second solver costs what it keeps: one word
const _: () = assert!(Packed2::PLAN.shared.bytes == Packed1::PLAN.shared.bytes + 4);

fn main() {
    assert!(P2::PLAN.view().to_string().contains("solver_scratch.delta"));
}

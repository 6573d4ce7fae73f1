// Live 3: one solver as `solver_scratch` (backward Euler) and as `solver` (predictor-corrector): 1110 elements, not 708.
// Class: child hosted twice.
// Stopped by: fault `SharedOverflow`, and only where the block no longer fits: two prefixes are legal, and counted twice.
use bakelite::{consts::*, layout::{Switch, Wide}, prelude::*};

registry! {
    pub struct Linear<N: Extent> in linear, width N {
        preconditioned_vec: [f32; N] in Shared;
        temp: [f32; N] in Shared;
    }
}

registry! {
    pub struct Newton<N: Extent> in newton, width N {
        delta: [f32; N] in Shared;
        residual: [f32; N] in Shared;
        krylov_iters_local: [i32; U1] in Shared;
        prev_theta: [f32; U1] in Shared, keep;
        linear_solver: child Linear<N>;
    }
}

registry! {
    pub struct BackwardEulerPc<N: Extent, Again: Switch> in be_pc, width N {
        solver_scratch: child Newton<N>;
        increment_cache: [f32; N] in Shared, keep;
        solver: child Newton<N>, if Again;
    }
}

registry! {
    pub struct IvpLoop<N: Extent, A: Wide<N>> in ivp_loop {
        state: [f32; N] in Shared, keep;
        proposed_state: [f32; N] in Shared;
        parameters: [f32; U2] in Shared, keep;
        dt: [f32; U1] in Shared, keep;
        accept_step: [i32; U1] in Shared;
        proposed_counters: [i32; U2] in Shared;
        algorithm: child A;
    }
}

plan! { pub struct Right for IvpLoop<U100, BackwardEulerPc<U100, B0>> = on(Sm86).block(32).sequential(); }
const _: () = assert!(Right::PLAN.shared.elements == 708);
plan! { pub struct Wrong for IvpLoop<U100, BackwardEulerPc<U100, B1>> = on(Sm86).block(32).sequential(); }

fn main() {}

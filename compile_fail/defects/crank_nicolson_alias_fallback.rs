// Review of 34f1ea93: an alias that does not fit falls back to memory of its own, which the total left out.
// Class: totals not derived from the layout.
// Stopped by: fault `Overlay`. An overlay lies where it says, or there is no plan.
use bakelite::{consts::*, prelude::*};

registry! {
    pub struct CrankNicolson<N: Extent, M: Extent> in crank_nicolson, phases [explicit, implicit] {
        solver_shared: [f32; M] in Shared, during implicit;
        cn_dxdt: [f32; N] in Shared, during explicit, over solver_shared;
    }
}

plan! { pub struct Right for CrankNicolson<U80, U80> = on(Sm90).block(32).sequential(); }
const _: () = assert!(Right::PLAN.shared.elements == 80);
plan! { pub struct Wrong for CrankNicolson<U80, U50> = on(Sm90).block(32).sequential(); }

fn main() {}

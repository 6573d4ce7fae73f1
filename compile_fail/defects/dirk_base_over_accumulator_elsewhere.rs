// Seed (i): `stage_base` lies on the accumulator and has size 0 of its own. With the accumulator local, n entries overrun it.
// Class: alias that is not there.
// Stopped by: fault `Overlay`. Where both are local it is there: pass_dirk_base_on_accumulator.rs.
use bakelite::{consts::*, layout::{Location, Minus, Times}, prelude::*};

registry! {
    pub struct Dirk<N: Extent, S: Extent, Base: Location, Acc: Location> in dirk, phases [base, solve, combine] {
        accumulator: [f32; Times<Minus<S, U1>, N>] in Acc, during combine;
        stage_base: [f32; N] in Base, during base..=solve, over accumulator;
    }
}

plan! { pub struct Right for Dirk<U3, U3, Shared, Shared> = on(Sm90).block(32).sequential(); }
plan! { pub struct Wrong for Dirk<U3, U3, Shared, Local> = on(Sm90).block(32).sequential(); }

fn main() {}

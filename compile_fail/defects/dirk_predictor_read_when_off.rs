// Live 7: the scratch of the dense predictor is declared even where there is no prediction: 49 elements for kvaerno5.
// Class: dead declarations.
// Stopped by: fault `Disabled`, for the opposite mistake: switched off and used. A buffer that nobody uses is not found.
use bakelite::{consts::*, layout::{Minus, Switch, Times}, prelude::*};

registry! {
    pub struct Predictor<S: Extent> in predictor {
        predictor_transform: [f32; Times<Minus<S, U1>, S>] in Local;
        predictor_previous_values: [f32; S] in Local;
    }
}

registry! {
    pub struct Dirk<N: Extent, S: Extent, D: Switch> in dirk {
        stage_increment: [f32; N] in LocalPersistent;
        dense_predictor: child Predictor<S>, if D;
    }
}

plan! { pub struct Predicts for Dirk<U3, U7, B1> = on(Sm90).block(32).sequential(); }
plan! { pub struct Kvaerno5 for Dirk<U3, U7, B0> = on(Sm90).block(32).sequential(); }

pub const RIGHT: usize = offset!(Predicts, "dense_predictor.predictor_transform");
pub const WRONG: usize = offset!(Kvaerno5, "dense_predictor.predictor_transform");

fn main() {}

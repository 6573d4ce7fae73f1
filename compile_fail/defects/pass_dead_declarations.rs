// Live 7: predictor scratch without a prediction (49 elements for kvaerno5), persistent `stage_rhs` without FSAL.
// Class: dead declarations.
// Not refused, but a buffer can carry a switch, and costs nothing when it is off.
#![deny(warnings)]
use bakelite::{consts::*, layout::{In, Minus, Placed, Root, Site, Switch, Times}, prelude::*};

registry! {
    pub struct Predictor<S: Extent> in predictor {
        predictor_transform: [f32; Times<Minus<S, U1>, S>] in Local;
        predictor_previous_values: [f32; S] in Local;
    }
}

registry! {
    pub struct Dirk<N: Extent, S: Extent, D: Switch> in dirk {
        dense_predictor: child Predictor<S>, if D;
        stage_base: [f32; N] in Local;
    }
}

registry! {
    pub struct Erk<N: Extent, S: Extent, Fsal: Switch> in erk {
        stage_rhs: [f32; N] in LocalPersistent, if Fsal;
        stage_accumulator: [f32; Times<Minus<S, U1>, N>] in Local;
    }
}

plan! { pub struct Predicts for Dirk<U3, U7, B1> = on(Sm90).block(32).sequential(); }
plan! { pub struct Kvaerno5 for Dirk<U3, U7, B0> = on(Sm90).block(32).sequential(); }
plan! { pub struct Tsit5 for Erk<U3, U7, B1> = on(Sm90).block(32).sequential(); }
plan! { pub struct ClassicalRk4 for Erk<U3, U4, B0> = on(Sm90).block(32).sequential(); }

const _: () = assert!(Predicts::PLAN.local.elements == 49 + 3);
const _: () =
    assert!(Kvaerno5::PLAN.local.elements == 3 && offset!(Kvaerno5, "stage_base") == 0);
const _: () =
    assert!(Tsit5::PLAN.persistent.elements == 3 && ClassicalRk4::PLAN.persistent.elements == 0);

fn main() {
    type At<D> = In<Root<Dirk<U3, U7, D>>, dirk::dense_predictor>;
    assert_eq!(<At<B1> as Site<predictor::predictor_transform>>::LEN, 42);
    assert_eq!(<At<B0> as Site<predictor::predictor_transform>>::LEN, 0);
    assert_eq!(
        <Kvaerno5 as Placed<At<B0>, predictor::predictor_transform>>::IF_ON,
        None
    );
}

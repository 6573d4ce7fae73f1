//! The clause `places` beside every other, and the trait that it makes.

use bakelite::{consts::*, layout::{Places, RunLocation, Switch}, prelude::*};

registry! {
    /// An inner component.
    pub struct Inner<N: Extent, P: InnerPlaces> in inner, width N,
        ///
        /// It is a user's own words that stand here.
        places InnerPlaces
    {
        a: [f64; N] by P;
    }
}
registry! {
    pub struct Outer<N: Extent, D: Switch, P: OuterPlaces> in outer, phases [one, two], barriers [two], width N, since Sm80,
        places OuterPlaces + InnerPlaces in RunLocation where N: Wider
    {
        b: [f64; N] by P, during one, if D;
        c: [f64; N] in Shared, during two;
        d: [f64; N] by Shared;
        inner: child Inner<N, P>;
    }
}
registry! { pub struct Nothing in nothing, places NothingPlaces { x: [f64; U1] in Local; } }

pub trait Wider {}
impl Wider for U3 {}

pub struct Mine;
impl Places<inner::a> for Mine {
    type At = Shared<PerBlock>;
}
impl Places<outer::b> for Mine {
    type At = Local;
}
impl Places<outer::d> for Mine {
    type At = Shared;
}

fn outer<P: OuterPlaces>() {
    fn inner<P: InnerPlaces + Places<outer::b, At: RunLocation> + Places<outer::d>>() {}
    inner::<P>();
}
fn nothing<P: NothingPlaces>() {}

plan! { struct Check for Outer<U3, B1, Mine> = on(Sm90).block(128).sequential(); }

fn main() {
    outer::<Mine>();
    outer::<Shared>();
    nothing::<()>();
    assert_eq!(Check::PLAN.slots.len(), 4);
}

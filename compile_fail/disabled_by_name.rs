use bakelite::{consts::*, layout::Switch, prelude::*};

registry! {
    pub struct Inner<D: Switch> in inner {
        history: [f32; U3] in Shared, if D;
    }
}

registry! {
    pub struct Outer<C: Registry> in outer {
        state: [f32; U3] in Shared;
        inner: child C;
    }
}

plan! { pub struct P for Outer<Inner<B0>> = on(Sm90).block(128).sequential(); }

const HISTORY: usize = offset!(P, "inner.history");

fn main() {}

// Only `cargo build` sees this one: `cargo check` evaluates no associated constant.
use bakelite::{consts::*, layout::{In, Placed, Root, Switch}, prelude::*};

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

type Inside = In<Root<Outer<Inner<B0>>>, outer::inner>;

fn main() {
    println!("{}", <P as Placed<Inside, inner::history>>::OFFSET_BYTES);
}

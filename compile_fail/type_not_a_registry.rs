use bakelite::{consts::*, prelude::*};

registry! {
    pub struct Step<C: Registry> in step {
        state: [f32; U3] in Shared;
        inner: child C;
    }
}

plan! { pub struct Bad for Step<u32> = on(Sm90).block(128).sequential(); }

fn main() {}

use bakelite::{consts::*, layout::Times, prelude::*};

registry! {
    pub struct Long<N: Extent> in long {
        a: [f64; Times<N, Times<N, N>>] in Shared;
    }
}

plan! { pub struct Bad for Long<U4294967296> = on(Sm90).block(128).sequential(); }

fn main() {}

// One run can be counted, a block of runs cannot.
use bakelite::{consts::*, prelude::*};

registry! {
    pub struct Long<N: Extent> in long {
        a: [f64; N] in Shared;
    }
}

plan! { pub struct Bad for Long<U72057594037927936> = on(Sm90).block(128).sequential(); }

fn main() {}

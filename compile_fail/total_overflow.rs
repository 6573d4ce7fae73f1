use bakelite::{consts::*, prelude::*};

registry! {
    pub struct Long<N: Extent> in long {
        a: [f64; N] in Local;
        b: [f64; N] in Local;
        c: [f32; N] in Local;
    }
}

plan! { pub struct Bad for Long<U1152921504606846976> = on(Sm90).block(128).sequential(); }

fn main() {}

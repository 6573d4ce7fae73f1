use bakelite::{consts::*, prelude::*};

registry! {
    pub struct Pair<N: Extent> in pair, width N {
        alpha: [f32; N] in Shared;
        beta: [f64; N] in Shared;
    }
}

registry! {
    pub struct Deep<C: Registry> in deep {
        next: child C;
    }
}

type Four<C> = Deep<Deep<Deep<Deep<C>>>>;

plan! { pub struct Bad for Four<Four<Pair<U3>>> = on(Sm90).block(128).sequential(); }

fn main() {}

use bakelite::{consts::*, layout::Times, prelude::*};

registry! {
    pub struct Product<N: Extent> in product {
        tile: [f64; Times<N, U100>] in Shared<PerBlock>;
        row: [f64; U10] in Shared;
    }
}

plan! { pub struct Good for Product<U64> = on(Sm90).block(128).sequential(); }
plan! { pub struct Bad for Product<U64> = on(Sm86).block(640).sequential(); }
plan! { pub struct Worse for Product<U256> = on(Sm86).block(32).sequential(); }

fn main() {}

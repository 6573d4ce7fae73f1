use bakelite::{consts::*, prelude::*};

// some lanes still read the tile while others write the sums
registry! {
    pub struct Product<N: Extent> in product, phases [load, multiply, reduce], barriers [load, multiply] {
        tile: [f32; N] in Shared<PerBlock>, during load..=multiply;
        sums: [f32; N] in Shared<PerBlock>, during reduce, over tile;
    }
}
registry! {
    pub struct Met<N: Extent> in met, phases [load, multiply, reduce], barriers [load, multiply, reduce] {
        tile: [f32; N] in Shared<PerBlock>, during load..=multiply;
        sums: [f32; N] in Shared<PerBlock>, during reduce, over tile;
    }
}

plan! { pub struct Good for Met<U256> = on(Sm90).block(256).packed(); }
plan! { pub struct Bad for Product<U256> = on(Sm90).block(256).packed(); }

fn main() {}

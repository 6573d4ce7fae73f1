use bakelite::{consts::*, prelude::*};

registry! {
    pub struct Product<N: Extent> in product, phases [load, reduce], barriers [load, redcue] {
        tile: [f32; N] in Shared<PerBlock>, during load;
    }
}

plan! { pub struct Bad for Product<U256> = on(Sm90).block(256).packed(); }

fn main() {}

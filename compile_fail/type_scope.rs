use bakelite::prelude::*;

pub struct PerGrid;

registry! {
    pub struct Product<N: Extent> in product {
        tile: [f32; N] in Shared<PerGrid>;
    }
}

fn main() {}

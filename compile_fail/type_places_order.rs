use bakelite::prelude::*;

registry! {
    pub struct Own<N: Extent, P: OwnPlaces> in own, places OwnPlaces, width N {
        residual: [f64; N] by P;
    }
}

fn main() {}

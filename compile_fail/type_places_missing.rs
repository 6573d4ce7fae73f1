use bakelite::{consts::*, layout::Places, prelude::*};

registry! {
    pub struct Pair<P: PairPlaces> in pair, places PairPlaces {
        alpha: [f32; U3] by P;
        beta: [f64; U3] by P;
        fixed: [f64; U3] in Shared;
    }
}

pub struct Mine;
impl Places<pair::alpha> for Mine {
    type At = Shared;
}

plan! { pub struct Bad for Pair<Mine> = on(Sm90).block(128).sequential(); }

fn main() {}

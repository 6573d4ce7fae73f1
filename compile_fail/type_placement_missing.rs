use bakelite::{consts::*, layout::Places, prelude::*};

registry! {
    pub struct Pair<P: PairPlaces> in pair {
        alpha: [f32; U3] by P;
        beta: [f64; U3] by P;
    }
}

pub trait PairPlaces: Places<pair::alpha> + Places<pair::beta> {}
impl<P: Places<pair::alpha> + Places<pair::beta>> PairPlaces for P {}

pub struct Mine;
impl Places<pair::alpha> for Mine {
    type At = Shared;
}

plan! { pub struct Bad for Pair<Mine> = on(Sm90).block(128).sequential(); }

fn main() {}

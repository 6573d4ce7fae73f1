use bakelite::{consts::*, layout::{Places, RunLocation}, prelude::*};

registry! {
    pub struct Own<P: OwnPlaces> in own, places OwnPlaces in RunLocation {
        residual: [f64; U3] by P;
    }
}

pub struct Mine;
impl Places<own::residual> for Mine {
    type At = Shared<PerBlock>;
}

plan! { pub struct Bad for Own<Mine> = on(Sm90).block(128).sequential(); }

fn main() {}

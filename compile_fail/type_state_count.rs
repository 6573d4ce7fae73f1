use bakelite::{consts::*, prelude::*};

system! {
    pub struct Decay;
    states: U2;
    parameters: U1;
    rhs: |_t, [_y, z], [rate]| [-(rate * z)]
}

fn main() {}

use bakelite::{consts::*, prelude::*};

system! {
    pub struct Decay;
    states: U2;
    parameters: U1;
    rhs: |_t, [y, z], [rate]| [-(rate * y), rate * z];
    jacobian_product: |_t, _y, [rate], [by_y]| [-(rate * by_y), rate]
}

fn main() {}

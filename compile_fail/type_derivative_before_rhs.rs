use bakelite::{consts::*, prelude::*};

system! {
    pub struct Decay;
    states: U1;
    parameters: U1;
    jacobian_product: |_t, [_y], [rate], [v]| [-(rate * v)];
    rhs: |_t, [y], [rate]| [-(rate * y)]
}

fn main() {}

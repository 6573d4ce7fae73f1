use bakelite::{consts::*, prelude::*};

system! {
    pub struct Decay;
    states: U1;
    parameters: U1;
    rhs: |_t, [y], [rate]| [-(rate * y)];
    jacobian_product: |_t, [_y], [rate]| [-rate]
}

fn main() {}

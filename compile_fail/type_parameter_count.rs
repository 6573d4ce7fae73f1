use bakelite::{consts::*, prelude::*};

system! {
    pub struct Lorenz;
    states: U3;
    parameters: U2;
    rhs: |_t, [x, y, z], [sigma, rho, beta]| [sigma * (y - x), x * (rho - z) - y, x * y - beta * z]
}

fn main() {}

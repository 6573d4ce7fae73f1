//! Time with a name that says it is not used, and used.

use bakelite::{consts::*, system};

system! {
    pub struct Driven;
    states: U1;
    parameters: U1;
    rhs: |_t, [y], [rate]| [_t - rate * y]
}

fn main() {}

// #624/#654: a name of the generated right-hand side that is also a name of the user.
// Class: name capture.
// Stopped by: rustc, E0416: `system!` binds time, states and parameters in one pattern.
use bakelite::{consts::*, prelude::*};

system! {
    pub struct Right;
    states: U2;
    parameters: U1;
    rhs: |_t, [x, v], [k]| [v, -(k * x)]
}

system! {
    pub struct Wrong;
    states: U2;
    parameters: U1;
    rhs: |_t, [x, v], [v]| [v, -(v * x)]
}

fn main() {}

// Passes: the names that `plan!` and `system!` use inside are not those of users.
use bakelite::{consts::*, prelude::*};

pub struct Option;
pub struct On;
pub struct Made;
const ROOT: usize = 32;
const UNIT: usize = 2;
const MADE: usize = UNIT * ROOT;

registry! { pub struct Custom<N: Extent> in custom { alpha: [f32; N] in Shared; } }
plan! { pub struct P for Custom<U3> = on(Sm90).block(MADE).sequential(); }

system! {
    pub struct Spring;
    states: U2;
    parameters: U1;
    rhs: |time, [states, parameters], [derivative]| [parameters, -(derivative * states) + time]
}

fn main() {
    let _ = (Option, On, Made);
    assert_eq!(P::PLAN.launch.block, 64);
    let d = Spring::rhs(10.0, &[2.0, 3.0].into(), &[5.0].into());
    assert_eq!(d.as_slice(), [3.0, 0.0]);
}

use bakelite::{consts::*, prelude::*};

system! {
    pub struct Decay;
    states: U1;
    parameters: U1;
    rhs: |_t, y, p| [-(p[0] * y[0])]
}
type Solver = Explicit<Decay, Tsit5, ProportionalIntegral>;

plan! { struct Old for <Solver as Method>::Buffers = on(Sm75).block(32).packed(); }

fn main() {}

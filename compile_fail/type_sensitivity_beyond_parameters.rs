use bakelite::{consts::*, ode::{ByParameter, Sensitivities}, prelude::*};

system! {
    pub struct Decay;
    states: U2;
    parameters: U1;
    rhs: |_t, [y, z], [rate]| [-(rate * y), rate * z]
}

fn solve(ensemble: &Ensemble<Decay, f64>) {
    Sensitivities::<Decay, ByParameter<U1>>::ensemble(ensemble);
}

fn main() {}

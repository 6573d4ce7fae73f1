use bakelite::{consts::*, *};

system! {
    pub struct Decay;
    states: U2;
    parameters: U1;
    rhs: |_t, [y, z], [rate]| [-(rate * y), rate * z]
}

type Solver = Explicit<Sensitivities<Decay, U1>, Tsit5, ProportionalIntegral>;

fn solve(ensemble: &Ensemble<Sensitivities<Decay, U1>, f64>) {
    let _ = ensemble.solve::<Solver>(&Options::default());
}

fn main() {}

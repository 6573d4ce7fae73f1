use bakelite::{consts::*, prelude::*};

system! {
    pub struct Decay;
    states: U1;
    parameters: U1;
    rhs: |_t, y, p| [-(p[1] * y[0])]
}

fn main() {
    let ensemble = Ensemble::<Decay, f64>::uniform(1, &[1.0], &[1.0], (0.0, 1.0)).unwrap();
    let _ = ensemble.solve::<Explicit<Decay, ClassicalRk4, Fixed>>(&Options::default());
}

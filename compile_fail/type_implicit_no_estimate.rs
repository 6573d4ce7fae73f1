use bakelite::{consts::*, ode::{Integrator, methods::{Dirk, ImplicitMidpoint}}, prelude::*};

system! {
    pub struct Decay;
    states: U1;
    parameters: U1;
    rhs: |_t, y, p| [-(p[0] * y[0])]
}

fn main() {
    let ensemble = Ensemble::<Decay, f64>::uniform(1, &[1.0], &[1.0], (0.0, 1.0)).unwrap();
    type Method = Integrator<Decay, Dirk<ImplicitMidpoint>, ProportionalIntegral, f64>;
    let _ = ensemble.solve::<Method>(&Options::default());
}

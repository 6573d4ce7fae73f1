use bakelite::{consts::*, ode::{Integrator, methods::Erk}, prelude::*};

system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }

// the runs of a block would write to one state
type Method = Integrator<Decay, Erk<Tsit5>, ProportionalIntegral, f64, Shared<PerBlock>>;

fn main() {
    let ensemble = Ensemble::<Decay, f64>::uniform(2, &[1.0], &[2.0], (0.0, 1.0)).unwrap();
    let _ = ensemble.solve::<Method>(&Options::default());
}

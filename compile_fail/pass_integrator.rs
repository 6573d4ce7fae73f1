#![deny(warnings, missing_docs)]
//! A user of the integrator who denies all warnings; the right-hand sides beside it in this folder are wrong.
use bakelite::{consts::*, prelude::*};

system! {
    /// A chain of decays without parameters.
    pub struct Chain;
    states: U2;
    parameters: U0;
    rhs: |_t, y, _p| [-y[0], y[0] - y[1]]
}

fn main() {
    let ensemble = Ensemble::<Chain, f64>::uniform(3, &[1.0, 0.0], &[], (0.0, 1.0)).unwrap();
    let solution = ensemble
        .solve::<Explicit<Chain, Tsit5, ProportionalIntegral>>(&Options::default())
        .unwrap();
    assert_eq!(solution.count(Status::Success), 3);
}

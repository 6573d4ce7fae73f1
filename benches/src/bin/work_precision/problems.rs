//! The ensembles, for bakelite as a system, for the peers as a plain right-hand side.

use bakelite::{consts::*, ode::System, system};

system! {
    /// Lorenz 1963; parameters sigma, rho, beta.
    pub struct LorenzSystem;
    states: U3;
    parameters: U3;
    rhs: |_t, [x, y, z], [sigma, rho, beta]| [sigma * (y - x), x * (rho - z) - y, x * y - beta * z]
}

system! {
    /// Van der Pol's oscillator; parameter mu.
    pub struct VanDerPolSystem;
    states: U2;
    parameters: U1;
    rhs: |_t, [x, v], [mu]| [v, mu * ((R::lit(1.0) - x * x) * v) - x]
}

/// An ensemble of `N` states per run over one swept parameter, from time 0 to `END`.
pub trait Problem<const N: usize>: Copy + Send + Sync + 'static {
    type System: System;
    const TITLE: &'static str;
    const END: f64;
    const RUNS: usize;

    fn initial(run: usize) -> [f64; N];
    fn swept(run: usize) -> f64;
    /// All parameters of the system, in its order.
    fn parameters(run: usize) -> Vec<f64>;
    /// The right-hand side as a user of a peer writes it, constants in the code.
    fn derivative(swept: f64, y: &[f64; N]) -> [f64; N];
}

/// Evenly from `first` to `last`, both included.
fn evenly(first: f64, last: f64, index: usize, count: usize) -> f64 {
    first + (last - first) * index as f64 / (count - 1) as f64
}

#[derive(Clone, Copy)]
pub struct Lorenz;
impl Problem<3> for Lorenz {
    type System = LorenzSystem;
    const TITLE: &'static str =
        "Lorenz, 4,096 runs from (1, 0, 0), rho evenly in [0, 21], t in [0, 1]";
    const END: f64 = 1.0;
    const RUNS: usize = 4096;

    fn initial(_: usize) -> [f64; 3] {
        [1.0, 0.0, 0.0]
    }
    fn swept(run: usize) -> f64 {
        evenly(0.0, 21.0, run, Self::RUNS)
    }
    fn parameters(run: usize) -> Vec<f64> {
        vec![10.0, Self::swept(run), 8.0 / 3.0]
    }
    #[inline(always)]
    fn derivative(rho: f64, &[x, y, z]: &[f64; 3]) -> [f64; 3] {
        [10.0 * (y - x), x * (rho - z) - y, x * y - 8.0 / 3.0 * z]
    }
}

#[derive(Clone, Copy)]
pub struct VanDerPol;
impl VanDerPol {
    const SIDE: usize = 128;
}
impl Problem<2> for VanDerPol {
    type System = VanDerPolSystem;
    const TITLE: &'static str = "Van der Pol, 128 x 128 runs from (x0, 0), x0 evenly in [1, 2], mu evenly in [1, 3] (faster), t in [0, 20]";
    const END: f64 = 20.0;
    const RUNS: usize = Self::SIDE * Self::SIDE;

    fn initial(run: usize) -> [f64; 2] {
        [evenly(1.0, 2.0, run / Self::SIDE, Self::SIDE), 0.0]
    }
    fn swept(run: usize) -> f64 {
        evenly(1.0, 3.0, run % Self::SIDE, Self::SIDE)
    }
    fn parameters(run: usize) -> Vec<f64> {
        vec![Self::swept(run)]
    }
    #[inline(always)]
    fn derivative(mu: f64, &[x, v]: &[f64; 2]) -> [f64; 2] {
        [v, mu * ((1.0 - x * x) * v) - x]
    }
}

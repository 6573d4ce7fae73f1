//! `differential-equations`, with an output that keeps nothing but the last state.

use super::solver;
use crate::problems::Problem;
use bakelite_benches::last_state::LastState;
use bakelite_benches::measure::Solver;
use differential_equations::prelude::*;
use std::marker::PhantomData;

struct Run<P> {
    swept: f64,
    problem: PhantomData<P>,
}

impl<P: Problem<N>, const N: usize> ODE<f64, [f64; N]> for Run<P> {
    #[inline(always)]
    fn diff(&self, _: f64, y: &[f64; N], dydt: &mut [f64; N]) {
        *dydt = P::derivative(self.swept, y);
    }
}

macro_rules! end {
    ($method:ident) => {
        |swept: f64, y: [f64; N], tolerance: f64| -> [f64; N] {
            let run = Run::<P> {
                swept,
                problem: PhantomData,
            };
            let method = ExplicitRungeKutta::$method()
                .rtol(tolerance)
                .atol(tolerance)
                .max_steps(1_000_000);
            let mut last = LastState(None);
            let solved = IVP::ode(&run, 0.0, P::END, y)
                .method(method)
                .solout(&mut last)
                .solve();
            match solved {
                Ok(_) => last.0.expect("the peer has an end state"),
                Err(_) => [f64::NAN; N],
            }
        }
    };
}

/// dopri5, dop853, Verner's 9(8) pair.
pub fn solvers<P: Problem<N>, const N: usize>(tolerances: &[f64]) -> Vec<Solver<N>> {
    vec![
        solver::<P, N>("differential-equations dopri5", tolerances, end!(dopri5)),
        solver::<P, N>("differential-equations dop853", tolerances, end!(dop853)),
        solver::<P, N>("differential-equations rkv988e", tolerances, end!(rkv988e)),
    ]
}

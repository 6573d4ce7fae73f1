//! `ode_solvers`: its cheapest output that ends with the end state is every accepted step.

use super::solver;
use crate::problems::Problem;
use bakelite_benches::measure::Solver;
use ode_solvers::dop_shared::OutputType;
use ode_solvers::{Dop853, Dopri5, SVector};
use std::marker::PhantomData;

struct Run<P> {
    swept: f64,
    problem: PhantomData<P>,
}

impl<P: Problem<N>, const N: usize> ode_solvers::System<f64, SVector<f64, N>> for Run<P> {
    #[inline(always)]
    fn system(&self, _: f64, y: &SVector<f64, N>, dy: &mut SVector<f64, N>) {
        *dy = SVector::from(P::derivative(self.swept, &y.data.0[0]));
    }
}

macro_rules! end {
    ($stepper:ident) => {
        |swept: f64, y: [f64; N], tolerance: f64| -> [f64; N] {
            let run = Run::<P> {
                swept,
                problem: PhantomData,
            };
            let y = SVector::<f64, N>::from(y);
            let mut stepper = $stepper::new(run, 0.0, P::END, P::END, y, tolerance, tolerance);
            stepper.set_output(OutputType::Sparse);
            stepper.integrate().expect("the peer integrates");
            let end = stepper.y_out().last();
            (*end.expect("the peer has an end state")).into()
        }
    };
}

/// dopri5, dop853.
pub fn solvers<P: Problem<N>, const N: usize>(tolerances: &[f64]) -> Vec<Solver<N>> {
    vec![
        solver::<P, N>("ode_solvers dopri5", tolerances, end!(Dopri5)),
        solver::<P, N>("ode_solvers dop853", tolerances, end!(Dop853)),
    ]
}

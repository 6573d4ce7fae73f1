//! Evaluations of a system's right-hand side, with the parameters of the run.

use super::rounded_late::{Moment, rhs};
use crate::layout::Site;
use crate::ode::integration as run;
use crate::ode::{Frame, Scalar, System, Values, Vector, View, Workspace, splat};
use generic_array::GenericArray;
use typenum::Unsigned;

/// The parameters of a run.
type Parameters<F> =
    GenericArray<<F as Frame>::Scalar, <<F as Frame>::System as System>::Parameters>;

impl<R: Scalar, F: Frame<Scalar = R>, B> View<'_, F, B> {
    /// The right-hand side at `time` and the state in a vector.
    #[inline(always)]
    pub(in crate::ode) fn evaluate(&mut self, time: Moment<R>, at: Vector) -> Values<F> {
        let parameters = self.parameters();
        let argument = self.gathered(at);
        rhs::<F::System, R>(time, &argument, &parameters)
    }

    /// The right-hand side at `time` and a state that is in no buffer.
    #[inline(always)]
    pub(in crate::ode) fn evaluate_at(&mut self, time: Moment<R>, at: &Values<F>) -> Values<F> {
        let parameters = self.parameters();
        rhs::<F::System, R>(time, at, &parameters)
    }

    /// One value for each state, from a vector.
    #[inline(always)]
    pub(in crate::ode) fn gathered(&mut self, from: Vector) -> Values<F> {
        let mut values = splat(R::lit(0.0));
        for index in 0..F::STATES {
            values[index] = self.get(from, index);
        }
        values
    }

    /// The parameters of the run.
    #[inline(always)]
    pub(in crate::ode) fn parameters(&mut self) -> Parameters<F> {
        let mut values = splat(R::lit(0.0));
        for index in 0..<F::System as System>::Parameters::USIZE {
            let slot = <F::Loop as Site<run::parameters>>::INDEX;
            values[index] = self.workspace().load(slot, index);
        }
        values
    }
}

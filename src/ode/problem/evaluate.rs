//! Evaluations of a system's right-hand side, with the parameters of the run.

use super::rounded_late::{Moment, rhs};
use crate::Site;
use crate::ode::integration as run;
use crate::ode::{LoopPath, Scalar, System, Workspace, load, splat};
use generic_array::GenericArray;
use typenum::Unsigned;

/// The right-hand side at `time` and the state in buffer `K` of component `A`, from element `first` on.
#[inline(always)]
pub(in crate::ode) fn evaluate<S: System, L: LoopPath, A: Site<K>, K, R: Scalar>(
    workspace: &mut impl Workspace<R>,
    time: Moment<R>,
    first: usize,
) -> GenericArray<R, S::States> {
    let values = parameters::<S, L, R>(workspace);
    let mut argument = splat::<R, S::States>(R::lit(0.0));
    for index in 0..S::States::USIZE {
        argument[index] = load::<A, K, R>(workspace, first + index);
    }
    rhs::<S, R>(time, &argument, &values)
}

/// The right-hand side at `time` and a state that is in no buffer.
#[inline(always)]
pub(in crate::ode) fn evaluate_at<S: System, L: LoopPath, R: Scalar>(
    workspace: &mut impl Workspace<R>,
    time: Moment<R>,
    argument: &GenericArray<R, S::States>,
) -> GenericArray<R, S::States> {
    let values = parameters::<S, L, R>(workspace);
    rhs::<S, R>(time, argument, &values)
}

/// The parameters of the run.
#[inline(always)]
pub(in crate::ode) fn parameters<S: System, L: LoopPath, R: Scalar>(
    workspace: &mut impl Workspace<R>,
) -> GenericArray<R, S::Parameters> {
    let mut values = splat::<R, S::Parameters>(R::lit(0.0));
    for index in 0..S::Parameters::USIZE {
        values[index] = load::<L, run::parameters, R>(workspace, index);
    }
    values
}

//! Derivatives of a right-hand side: products with its Jacobian, and its rate in time.

use crate::Site;
use crate::ode::integration as run;
use crate::ode::{Dual, LoopPath, Scalar, System, Workspace, load, splat};
use generic_array::GenericArray;
use typenum::Unsigned;

type Duals<R, N> = GenericArray<Dual<R>, N>;

/// The system's right-hand side on duals, at the loop's state, which `seed` may give slopes.
#[inline(always)]
fn duals<S: System, L: LoopPath, R: Scalar>(
    workspace: &mut impl Workspace<R>,
    time: Dual<R>,
    states: &Duals<R, S::States>,
) -> Duals<R, S::States> {
    let mut values = splat::<Dual<R>, S::Parameters>(Dual::lit(0.0));
    for index in 0..S::Parameters::USIZE {
        values[index] = Dual::constant(load::<L, run::parameters, R>(workspace, index));
    }
    S::rhs(time, states, &values)
}

/// Column `state` of the Jacobian at `time` and the loop's state: entries that are zero by structure are absent.
#[inline(always)]
pub(super) fn column<S: System, L: LoopPath, R: Scalar>(
    workspace: &mut impl Workspace<R>,
    time: R,
    state: usize,
) -> GenericArray<Option<R>, S::States> {
    let mut states = splat::<Dual<R>, S::States>(Dual::lit(0.0));
    for index in 0..S::States::USIZE {
        let value = load::<L, run::state, R>(workspace, index);
        states[index] = if index == state {
            Dual::new(value, R::lit(1.0))
        } else {
            Dual::constant(value)
        };
    }
    let derivative = duals::<S, L, R>(workspace, Dual::constant(time), &states);
    let mut entries = splat::<Option<R>, S::States>(None);
    for index in 0..S::States::USIZE {
        entries[index] = derivative[index].known_slope();
    }
    entries
}

/// The Jacobian at `time` and the loop's state times the vector that begins at element `first` of buffer `K`.
#[inline(always)]
pub(super) fn product<S: System, L: LoopPath, A: Site<K>, K, R: Scalar>(
    workspace: &mut impl Workspace<R>,
    time: R,
    first: usize,
) -> GenericArray<R, S::States> {
    let mut states = splat::<Dual<R>, S::States>(Dual::lit(0.0));
    for index in 0..S::States::USIZE {
        let value = load::<L, run::state, R>(workspace, index);
        let direction = load::<A, K, R>(workspace, first + index);
        states[index] = Dual::new(value, direction);
    }
    let derivative = duals::<S, L, R>(workspace, Dual::constant(time), &states);
    let mut result = splat::<R, S::States>(R::lit(0.0));
    for index in 0..S::States::USIZE {
        result[index] = derivative[index].slope();
    }
    result
}

/// The derivative of the right-hand side in time alone, at the loop's state; 0 for what does not depend on time.
#[inline(always)]
pub(super) fn in_time<S: System, L: LoopPath, R: Scalar>(
    workspace: &mut impl Workspace<R>,
    time: R,
) -> GenericArray<R, S::States> {
    let mut states = splat::<Dual<R>, S::States>(Dual::lit(0.0));
    for index in 0..S::States::USIZE {
        states[index] = Dual::constant(load::<L, run::state, R>(workspace, index));
    }
    let derivative = duals::<S, L, R>(workspace, Dual::new(time, R::lit(1.0)), &states);
    let mut result = splat::<R, S::States>(R::lit(0.0));
    for index in 0..S::States::USIZE {
        result[index] = derivative[index].slope();
    }
    result
}

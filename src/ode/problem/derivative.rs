//! Derivatives of a right-hand side: products with its Jacobian, and its rate in time; the system's own, else by duals.

use crate::Site;
use crate::ode::integration as run;
use crate::ode::problem::evaluate::parameters;
use crate::ode::problem::rounded_late::{
    Moment, RoundedLate, Seen, all_seen, parameters_as, rounds_late, states_as,
};
use crate::ode::{Dual, LoopPath, Scalar, System, Workspace, load, splat};
use generic_array::{ArrayLength, GenericArray};
use typenum::Unsigned;

type Duals<R, N> = GenericArray<Dual<R>, N>;

/// Values that do not depend on the direction.
#[inline(always)]
fn constants<R: Scalar, N: ArrayLength>(values: &GenericArray<R, N>) -> Duals<R, N> {
    let mut duals = splat::<Dual<R>, N>(Dual::lit(0.0));
    for index in 0..N::USIZE {
        duals[index] = Dual::constant(values[index]);
    }
    duals
}

#[inline(always)]
fn slopes<R: Scalar, N: ArrayLength>(duals: &Duals<R, N>) -> GenericArray<R, N> {
    let mut result = splat::<R, N>(R::lit(0.0));
    for index in 0..N::USIZE {
        result[index] = duals[index].slope();
    }
    result
}

#[inline(always)]
fn states<S: System, L: LoopPath, R: Scalar>(
    workspace: &mut impl Workspace<R>,
) -> GenericArray<R, S::States> {
    let mut values = splat::<R, S::States>(R::lit(0.0));
    for index in 0..S::States::USIZE {
        values[index] = load::<L, run::state, R>(workspace, index);
    }
    values
}

/// Calls `$function`; its last type argument is the scalar that a right-hand side is called with.
macro_rules! as_seen {
    ($function:ident::<$($type:ty),*>($($argument:expr),*)) => {
        if const { rounds_late::<S, R>() } {
            $function::<$($type,)* RoundedLate<R>>($($argument),*)
        } else {
            $function::<$($type,)* R>($($argument),*)
        }
    };
}

/// Column `state` of the Jacobian at `time` and the loop's state: entries that are zero by structure are absent.
#[inline(always)]
pub(in crate::ode) fn column<S: System, L: LoopPath, R: Scalar>(
    workspace: &mut impl Workspace<R>,
    time: Moment<R>,
    state: usize,
) -> GenericArray<Option<R>, S::States> {
    as_seen!(column_as::<S, L, R, _>(workspace, time, state))
}

#[inline(always)]
fn column_as<S: System, L: LoopPath, R: Scalar, W: Workspace<R>, F: Seen<R>>(
    workspace: &mut W,
    time: Moment<R>,
    state: usize,
) -> GenericArray<Option<R>, S::States> {
    let mut seeds = splat::<Dual<F>, S::States>(Dual::lit(0.0));
    let mut states = splat::<Dual<F>, S::States>(Dual::lit(0.0));
    let mut direction = splat::<Dual<F>, S::States>(Dual::lit(0.0));
    for index in 0..S::States::USIZE {
        let value = F::state(load::<L, run::state, R>(workspace, index));
        states[index] = Dual::constant(value);
        seeds[index] = states[index];
        if index == state {
            let one = F::lit(1.0);
            seeds[index] = Dual::new(value, one);
            direction[index] = Dual::new(one, one);
        }
    }
    let parameters = parameters::<S, L, R>(workspace);
    let parameters = constants(&parameters_as::<F, R, S::Parameters>(&parameters));
    let time = Dual::constant(F::time(time));
    // the system's own product is linear in its direction, so its slope along an element is a column
    let derivative = match S::jacobian_product(time, &states, &parameters, &direction) {
        Some(own) => own,
        None => S::rhs(time, &seeds, &parameters),
    };
    let mut entries = splat::<Option<R>, S::States>(None);
    for index in 0..S::States::USIZE {
        entries[index] = match derivative[index].known_slope() {
            Some(slope) => Some(slope.seen()),
            None => None,
        };
    }
    entries
}

/// The Jacobian at `time` and the loop's state times the vector that begins at element `first` of buffer `K`.
#[inline(always)]
pub(in crate::ode) fn product<S: System, L: LoopPath, A: Site<K>, K, R: Scalar>(
    workspace: &mut impl Workspace<R>,
    time: Moment<R>,
    first: usize,
) -> GenericArray<R, S::States> {
    let mut states = splat::<R, S::States>(R::lit(0.0));
    let mut direction = splat::<R, S::States>(R::lit(0.0));
    for index in 0..S::States::USIZE {
        states[index] = load::<L, run::state, R>(workspace, index);
        direction[index] = load::<A, K, R>(workspace, first + index);
    }
    let parameters = parameters::<S, L, R>(workspace);
    as_seen!(product_as::<S, R>(time, &states, &parameters, &direction))
}

#[inline(always)]
fn product_as<S: System, R: Scalar, F: Seen<R>>(
    time: Moment<R>,
    states: &GenericArray<R, S::States>,
    parameters: &GenericArray<R, S::Parameters>,
    direction: &GenericArray<R, S::States>,
) -> GenericArray<R, S::States> {
    let time = F::time(time);
    let states = states_as::<F, R, S::States>(states);
    let parameters = parameters_as::<F, R, S::Parameters>(parameters);
    let direction = states_as::<F, R, S::States>(direction);
    let product = match S::jacobian_product(time, &states, &parameters, &direction) {
        Some(own) => own,
        None => {
            let mut seeds = splat::<Dual<F>, S::States>(Dual::lit(0.0));
            for index in 0..S::States::USIZE {
                seeds[index] = Dual::new(states[index], direction[index]);
            }
            let parameters = constants(&parameters);
            slopes(&S::rhs(Dual::constant(time), &seeds, &parameters))
        }
    };
    all_seen(&product)
}

/// The derivative of the right-hand side in time alone, at the loop's state; 0 for what does not depend on time.
#[inline(always)]
pub(in crate::ode) fn in_time<S: System, L: LoopPath, R: Scalar>(
    workspace: &mut impl Workspace<R>,
    time: Moment<R>,
) -> GenericArray<R, S::States> {
    let states = states::<S, L, R>(workspace);
    let parameters = parameters::<S, L, R>(workspace);
    as_seen!(in_time_as::<S, R>(time, &states, &parameters))
}

#[inline(always)]
fn in_time_as<S: System, R: Scalar, F: Seen<R>>(
    time: Moment<R>,
    states: &GenericArray<R, S::States>,
    parameters: &GenericArray<R, S::Parameters>,
) -> GenericArray<R, S::States> {
    let time = F::time(time);
    let states = states_as::<F, R, S::States>(states);
    let parameters = parameters_as::<F, R, S::Parameters>(parameters);
    let rate = match S::time_derivative(time, &states, &parameters) {
        Some(own) => own,
        None => {
            let time = Dual::new(time, F::lit(1.0));
            slopes(&S::rhs(time, &constants(&states), &constants(&parameters)))
        }
    };
    all_seen(&rate)
}

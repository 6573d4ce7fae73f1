//! Derivatives of a right-hand side: products with its Jacobian, and its rate in time; the system's own, else by duals.

use super::rounded_late::{
    Moment, RoundedLate, Seen, all_seen, parameters_as, rounds_late, states_as,
};
use crate::ode::{Dual, Frame, Scalar, States, System, Values, Vector, View, splat};
use generic_array::{ArrayLength, GenericArray};
use typenum::Unsigned;

type Duals<R, N> = GenericArray<Dual<R>, N>;
/// A column of a Jacobian: entries that are zero by structure are absent.
type Column<R, N> = GenericArray<Option<R>, N>;

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

/// Calls `$function` with the scalar that a right-hand side is called with as the last of its types.
macro_rules! as_seen {
    ($function:ident($($argument:expr),*)) => {
        if const { rounds_late::<F::System, R>() } {
            $function::<F::System, R, RoundedLate<R>>($($argument),*)
        } else {
            $function::<F::System, R, R>($($argument),*)
        }
    };
}

impl<R: Scalar, F: Frame<Scalar = R>, B> View<'_, F, B> {
    /// Column `state` of the Jacobian at `time` and the loop's state.
    #[inline(always)]
    pub(in crate::ode) fn column(&mut self, time: Moment<R>, state: usize) -> Column<R, States<F>> {
        if const { rounds_late::<F::System, R>() } {
            self.column_as::<RoundedLate<R>>(time, state)
        } else {
            self.column_as::<R>(time, state)
        }
    }

    #[inline(always)]
    fn column_as<S: Seen<R>>(&mut self, time: Moment<R>, state: usize) -> Column<R, States<F>> {
        let mut seeds = splat(Dual::<S>::lit(0.0));
        let mut states = splat(Dual::<S>::lit(0.0));
        let mut direction = splat(Dual::<S>::lit(0.0));
        for index in 0..F::STATES {
            let value = S::state(self.state(index));
            states[index] = Dual::constant(value);
            seeds[index] = states[index];
            if index == state {
                let one = S::lit(1.0);
                seeds[index] = Dual::new(value, one);
                direction[index] = Dual::new(one, one);
            }
        }
        let parameters = constants(&parameters_as::<S, R, _>(&self.parameters()));
        let time = Dual::constant(S::time(time));
        // the system's own product is linear in its direction, so its slope along an element is a column
        let derivative = match F::System::jacobian_product(time, &states, &parameters, &direction) {
            Some(own) => own,
            None => F::System::rhs(time, &seeds, &parameters),
        };
        let mut entries = splat(None);
        for index in 0..F::STATES {
            entries[index] = match derivative[index].known_slope() {
                Some(slope) => Some(slope.seen()),
                None => None,
            };
        }
        entries
    }

    /// The Jacobian at `time` and the loop's state times a vector.
    #[inline(always)]
    pub(in crate::ode) fn product(&mut self, time: Moment<R>, along: Vector) -> Values<F> {
        let mut states = splat(R::lit(0.0));
        let mut direction = splat(R::lit(0.0));
        for index in 0..F::STATES {
            states[index] = self.state(index);
            direction[index] = self.get(along, index);
        }
        let parameters = self.parameters();
        as_seen!(product_as(time, &states, &parameters, &direction))
    }

    /// The derivative of the right-hand side in time alone, at the loop's state; 0 for what does not depend on time.
    #[inline(always)]
    pub(in crate::ode) fn in_time(&mut self, time: Moment<R>) -> Values<F> {
        let states = self.gathered(self.states());
        let parameters = self.parameters();
        as_seen!(in_time_as(time, &states, &parameters))
    }
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

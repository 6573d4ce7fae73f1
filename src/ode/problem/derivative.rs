//! Derivatives of a right-hand side: products with its Jacobian, and its derivative in time. They are the system's own,
//! or by dual numbers.

use super::rounded_late::{
    Moment, RoundedLate, Seen, all_seen, parameters_as, rounds_late, states_as,
};
use crate::ode::{Dual, Frame, Scalar, States, System, Values, Vector, View, splat};
use generic_array::{ArrayLength, GenericArray};

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

/// Calls a method with the scalar type that a right-hand side is called with.
macro_rules! as_seen {
    ($self:ident.$method:ident($($argument:expr),*)) => {
        if const { rounds_late::<F::System, R>() } {
            $self.$method::<RoundedLate<R>>($($argument),*)
        } else {
            $self.$method::<R>($($argument),*)
        }
    };
}

impl<R: Scalar, F: Frame<Scalar = R>, B> View<'_, F, B> {
    /// Column `state` of the Jacobian at `time` and the loop's state.
    #[inline(always)]
    pub(in crate::ode) fn column(&mut self, time: Moment<R>, state: usize) -> Column<R, States<F>> {
        as_seen!(self.column_as(time, state))
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
        as_seen!(self.product_as(time, along))
    }

    #[inline(always)]
    fn product_as<S: Seen<R>>(&mut self, time: Moment<R>, along: Vector) -> Values<F> {
        let mut states = splat(R::lit(0.0));
        let mut direction = splat(R::lit(0.0));
        for index in 0..F::STATES {
            states[index] = self.state(index);
            direction[index] = self.get(along, index);
        }
        let parameters = self.parameters();
        let time = S::time(time);
        let states = states_as::<S, R, States<F>>(&states);
        let parameters = parameters_as::<S, R, _>(&parameters);
        let direction = states_as::<S, R, States<F>>(&direction);
        let product = match F::System::jacobian_product(time, &states, &parameters, &direction) {
            Some(own) => own,
            None => {
                let mut seeds = splat(Dual::<S>::lit(0.0));
                for index in 0..F::STATES {
                    seeds[index] = Dual::new(states[index], direction[index]);
                }
                let parameters = constants(&parameters);
                slopes(&F::System::rhs(Dual::constant(time), &seeds, &parameters))
            }
        };
        all_seen(&product)
    }

    /// The derivative of the right-hand side in time alone, at the loop's state; 0 if it does not depend on time.
    #[inline(always)]
    pub(in crate::ode) fn in_time(&mut self, time: Moment<R>) -> Values<F> {
        as_seen!(self.in_time_as(time))
    }

    #[inline(always)]
    fn in_time_as<S: Seen<R>>(&mut self, time: Moment<R>) -> Values<F> {
        let states = self.gathered(self.states());
        let parameters = self.parameters();
        let time = S::time(time);
        let states = states_as::<S, R, States<F>>(&states);
        let parameters = parameters_as::<S, R, _>(&parameters);
        let rate = match F::System::time_derivative(time, &states, &parameters) {
            Some(own) => own,
            None => {
                let time = Dual::new(time, S::lit(1.0));
                slopes(&F::System::rhs(
                    time,
                    &constants(&states),
                    &constants(&parameters),
                ))
            }
        };
        all_seen(&rate)
    }
}

//! A scalar that keeps what is known of time in `f64` until it meets a state.

use crate::ode::{Scalar, System, splat};
use core::ops::{Add, Div, Mul, Neg, Sub};
use generic_array::{ArrayLength, GenericArray};

/// A value inside a right-hand side whose states have fewer bits than time has.
///
/// What is computed from time, literals and parameters alone has the bits of time; where it meets a state it is rounded, once. What
/// it is made of is known after inlining, so code that does not use time is compiled as on `R` itself.
#[derive(Clone, Copy, Debug)]
pub(super) enum RoundedLate<R: Scalar> {
    /// A state, or made of one.
    State(R),
    /// Made of literals and parameters alone: as `R` computes it, which is what meets a state, and as time does, which is what meets time.
    Fixed { narrow: R, wide: R::Time },
    /// Made of time too, but of no state.
    Timed(R::Time),
}
use RoundedLate::{Fixed, State, Timed};

impl<R: Scalar> RoundedLate<R> {
    #[inline(always)]
    fn narrow(self) -> R {
        match self {
            State(value) | Fixed { narrow: value, .. } => value,
            Timed(value) => R::from_time(value),
        }
    }
    #[inline(always)]
    fn wide(self) -> R::Time {
        match self {
            State(value) => value.to_time(),
            Fixed { wide: value, .. } | Timed(value) => value,
        }
    }
}

/// The scalar that a right-hand side is called with, for states in `R`.
pub(super) trait Seen<R: Scalar>: Scalar<Mask = R::Mask> {
    fn time(time: R::Time) -> Self;
    fn parameter(value: R) -> Self;
    fn state(value: R) -> Self;
    /// What is left of it in `R`.
    fn seen(self) -> R;
}
impl<R: Scalar> Seen<R> for R {
    #[inline(always)]
    fn time(time: R::Time) -> R {
        R::from_time(time)
    }
    #[inline(always)]
    fn parameter(value: R) -> R {
        value
    }
    #[inline(always)]
    fn state(value: R) -> R {
        value
    }
    #[inline(always)]
    fn seen(self) -> R {
        self
    }
}
impl<R: Scalar> Seen<R> for RoundedLate<R> {
    #[inline(always)]
    fn time(time: R::Time) -> Self {
        Timed(time)
    }
    #[inline(always)]
    fn parameter(value: R) -> Self {
        Fixed {
            narrow: value,
            wide: value.to_time(),
        }
    }
    #[inline(always)]
    fn state(value: R) -> Self {
        State(value)
    }
    #[inline(always)]
    fn seen(self) -> R {
        self.narrow()
    }
}

/// Whether a system on states in `R` gets time in more bits than they have.
pub(super) const fn rounds_late<S: System, R: Scalar>() -> bool {
    !S::AUTONOMOUS && R::SIGNIFICAND_BITS < <R::Time as Scalar>::SIGNIFICAND_BITS
}

/// Applies `convert`, an associated function of `F`, to each element.
macro_rules! each {
    ($values:ident, $into:ty, $zero:expr, $convert:path) => {{
        let mut result = splat::<$into, N>($zero);
        for index in 0..N::USIZE {
            result[index] = $convert($values[index]);
        }
        result
    }};
}

/// States as a right-hand side sees them.
#[inline(always)]
pub(super) fn states_as<F: Seen<R>, R: Scalar, N: ArrayLength>(
    values: &GenericArray<R, N>,
) -> GenericArray<F, N> {
    each!(values, F, F::state(R::lit(0.0)), F::state)
}
/// Parameters likewise.
#[inline(always)]
pub(super) fn parameters_as<F: Seen<R>, R: Scalar, N: ArrayLength>(
    values: &GenericArray<R, N>,
) -> GenericArray<F, N> {
    each!(values, F, F::state(R::lit(0.0)), F::parameter)
}
/// What a right-hand side gives.
#[inline(always)]
pub(super) fn all_seen<F: Seen<R>, R: Scalar, N: ArrayLength>(
    values: &GenericArray<F, N>,
) -> GenericArray<R, N> {
    each!(values, R, R::lit(0.0), F::seen)
}

/// The right-hand side of `S`; its time has not been rounded.
#[inline(always)]
pub(super) fn rhs<S: System, R: Scalar>(
    time: R::Time,
    states: &GenericArray<R, S::States>,
    parameters: &GenericArray<R, S::Parameters>,
) -> GenericArray<R, S::States> {
    if const { rounds_late::<S, R>() } {
        let states = states_as::<RoundedLate<R>, R, S::States>(states);
        let parameters = parameters_as::<RoundedLate<R>, R, S::Parameters>(parameters);
        all_seen(&S::rhs(Timed(time), &states, &parameters))
    } else {
        S::rhs(R::from_time(time), states, parameters)
    }
}

/// `$name` of one value.
macro_rules! of_one {
    ($value:expr, $name:path, $narrow:path) => {
        match $value {
            State(value) => State($narrow(value)),
            Fixed { narrow, wide } => Fixed {
                narrow: $narrow(narrow),
                wide: $name(wide),
            },
            Timed(value) => Timed($name(value)),
        }
    };
}

/// `$name` of two.
macro_rules! of_two {
    ($a:expr, $b:expr, $of:ident, $name:ident) => {
        match ($a, $b) {
            (Fixed { narrow: a, wide: x }, Fixed { narrow: b, wide: y }) => Fixed {
                narrow: $of::$name(a, b),
                wide: $of::$name(x, y),
            },
            (State(_), _) | (_, State(_)) => State($of::$name($a.narrow(), $b.narrow())),
            _ => Timed($of::$name($a.wide(), $b.wide())),
        }
    };
}

macro_rules! arithmetic {
    ($($trait:ident $method:ident),*) => {$(
        impl<R: Scalar> $trait for RoundedLate<R> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                of_two!(self, other, $trait, $method)
            }
        }
    )*};
}
arithmetic!(Add add, Sub sub, Mul mul, Div div);

impl<R: Scalar> Neg for RoundedLate<R> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        of_one!(self, Neg::neg, Neg::neg)
    }
}

macro_rules! functions {
    ($($one:ident)*; $($two:ident)*; $($test:ident)*) => {
        $(
            #[inline(always)]
            fn $one(self) -> Self {
                of_one!(self, Scalar::$one, Scalar::$one)
            }
        )*
        $(
            #[inline(always)]
            fn $two(self, other: Self) -> Self {
                of_two!(self, other, Scalar, $two)
            }
        )*
        $(
            #[inline(always)]
            fn $test(self, other: Self) -> R::Mask {
                match (self, other) {
                    (State(_), _) | (_, State(_)) | (Fixed { .. }, Fixed { .. }) => {
                        self.narrow().$test(other.narrow())
                    }
                    _ => self.wide().$test(other.wide()),
                }
            }
        )*
    };
}

impl<R: Scalar> Scalar for RoundedLate<R> {
    type Mask = R::Mask;
    type Time = R::Time;
    const SIGNIFICAND_BITS: u32 = R::SIGNIFICAND_BITS;

    #[inline(always)]
    fn lit(value: f64) -> Self {
        Fixed {
            narrow: R::lit(value),
            wide: R::Time::lit(value),
        }
    }
    /// Who rounds by name, rounds.
    #[inline(always)]
    fn from_time(time: R::Time) -> Self {
        State(R::from_time(time))
    }
    #[inline(always)]
    fn to_time(self) -> R::Time {
        match self {
            State(value) | Fixed { narrow: value, .. } => value.to_time(),
            Timed(value) => value,
        }
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, term: Self) -> Self {
        match (self, factor, term) {
            (
                Fixed { narrow: a, wide: x },
                Fixed { narrow: b, wide: y },
                Fixed { narrow: c, wide: z },
            ) => Fixed {
                narrow: a.mul_add(b, c),
                wide: x.mul_add(y, z),
            },
            (State(_), _, _) | (_, State(_), _) | (Fixed { .. }, Fixed { .. }, State(_)) => {
                State(self.narrow().mul_add(factor.narrow(), term.narrow()))
            }
            // the product has not met the state, so it is not rounded before
            (_, _, State(_)) => {
                State(R::from_time(self.wide().mul_add(factor.wide(), term.wide())))
            }
            _ => Timed(self.wide().mul_add(factor.wide(), term.wide())),
        }
    }
    #[inline(always)]
    fn select(mask: R::Mask, yes: Self, no: Self) -> Self {
        match (yes, no) {
            (Fixed { narrow: a, wide: x }, Fixed { narrow: b, wide: y }) => Fixed {
                narrow: R::select(mask, a, b),
                wide: R::Time::select(mask, x, y),
            },
            (State(_), _) | (_, State(_)) => State(R::select(mask, yes.narrow(), no.narrow())),
            _ => Timed(R::Time::select(mask, yes.wide(), no.wide())),
        }
    }
    #[inline(always)]
    fn bit(self, index: u32) -> R::Mask {
        match self {
            State(value) | Fixed { narrow: value, .. } => value.bit(index),
            Timed(value) => value.bit(index),
        }
    }
    #[inline(always)]
    fn sin_cos(self) -> (Self, Self) {
        match self {
            State(value) => {
                let (sin, cos) = value.sin_cos();
                (State(sin), State(cos))
            }
            Fixed { narrow, wide } => {
                let ((sin, cos), (wide_sin, wide_cos)) = (narrow.sin_cos(), wide.sin_cos());
                (
                    Fixed {
                        narrow: sin,
                        wide: wide_sin,
                    },
                    Fixed {
                        narrow: cos,
                        wide: wide_cos,
                    },
                )
            }
            Timed(value) => {
                let (sin, cos) = value.sin_cos();
                (Timed(sin), Timed(cos))
            }
        }
    }
    functions! {
        sqrt abs exponent mantissa exp2i nearest exp exp2 exp_m1 ln log2 log10 ln_1p sin cos tan asin acos atan sinh cosh tanh cbrt;
        max min copysign powf atan2 hypot;
        lt le same
    }
}

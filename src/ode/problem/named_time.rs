//! How [`system!`](crate::system) uses the name of time: a body cannot use a time whose name marks it as unused.

use crate::ode::Scalar;

/// Whether time has a name that begins with a letter.
#[doc(hidden)]
#[must_use]
pub const fn is_named(name: &str) -> bool {
    name.as_bytes()[0] != b'_'
}

/// Takes the place of a time whose name begins with an underscore. To use time, rename it.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct TimeNamedAsUnused;

/// Whether time is [named](is_named).
#[doc(hidden)]
#[derive(Debug)]
pub struct Named<const NAMED: bool>;

/// What a body sees as time.
#[doc(hidden)]
pub trait TimeName {
    type Time<R: Scalar>;
    fn time<R: Scalar>(time: R) -> Self::Time<R>;
}
impl TimeName for Named<true> {
    type Time<R: Scalar> = R;
    #[inline(always)]
    fn time<R: Scalar>(time: R) -> R {
        time
    }
}
impl TimeName for Named<false> {
    type Time<R: Scalar> = TimeNamedAsUnused;
    #[inline(always)]
    fn time<R: Scalar>(_: R) -> TimeNamedAsUnused {
        TimeNamedAsUnused
    }
}

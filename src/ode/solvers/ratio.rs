//! Ratios below 1 as types. They are tolerances of inner solvers, relative to the tolerances of the step.

use core::marker::PhantomData;
use typenum::{B1, IsLess, Unsigned};

/// The ratio `A / B` as a type.
///
/// ```
/// use bakelite::{consts::*, ode::{BelowOne, Ratio}};
/// assert_eq!(<Ratio<U1, U100> as BelowOne>::VALUE, 0.01);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Ratio<A, B>(PhantomData<fn() -> (A, B)>);

/// A ratio above 0 and below 1: how exactly an inner solver works, relative to what the step's tolerances allow.
///
/// ```
/// fn tighter<T: bakelite::ode::BelowOne>() {}
/// tighter::<bakelite::ode::Ratio<bakelite::consts::U1, bakelite::consts::U10>>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a ratio below 1",
    label = "an inner solver must be more exact than the step around it",
    note = "give a `Ratio<A, B>` of typenum numbers with 0 < A < B, such as `Ratio<U1, U100>`"
)]
pub trait BelowOne: Send + Sync + 'static {
    /// The ratio, dimensionless.
    const VALUE: f64;
}

/// Whether a ratio is below 1: the result of `A < B`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this ratio is 1 or more: an inner solver must be more exact than the step around it",
    label = "a ratio of 1 or more",
    note = "give a `Ratio<A, B>` of typenum numbers with 0 < A < B, such as `Ratio<U1, U100>`"
)]
pub trait Less {}
impl Less for B1 {}

impl<A, B> BelowOne for Ratio<A, B>
where
    A: Unsigned + typenum::NonZero + IsLess<B, Output: Less> + 'static,
    B: Unsigned + 'static,
{
    const VALUE: f64 = A::U64 as f64 / B::U64 as f64;
}

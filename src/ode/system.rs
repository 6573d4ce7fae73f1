//! What is integrated: a right-hand side, written once.

use crate::Extent;
use crate::ode::Scalar;
use generic_array::{ArrayLength, GenericArray};

/// A number of states or parameters: a `typenum` number such as `U3`.
///
/// ```
/// fn is_dimension<N: bakelite::Dimension>() {}
/// is_dimension::<bakelite::consts::U3>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a dimension",
    label = "expected a `typenum` number such as `U3`",
    note = "dimensions size a `GenericArray`; `Const<N>` is for registries"
)]
pub trait Dimension: ArrayLength + Extent {}
impl<N: ArrayLength + Extent> Dimension for N {}

/// A system of ordinary differential equations `y' = f(t, y, p)`.
///
/// Declare it with [`system!`](crate::system), which inlines the right-hand side into the vectorised entry points. By hand, put
/// `#[inline(always)]` on `rhs` and on everything it calls: not inlined, it is compiled for the baseline processor and runs
/// about ten times slower.
///
/// ```
/// use bakelite::{GenericArray, Scalar, System, consts::*};
/// struct Decay;
/// impl System for Decay {
///     const NAME: &'static str = "Decay";
///     type States = U1;
///     type Parameters = U1;
///     #[inline(always)]
///     fn rhs<R: Scalar>(_t: R, y: &GenericArray<R, U1>, p: &GenericArray<R, U1>) -> GenericArray<R, U1> {
///         GenericArray::from([-(p[0] * y[0])])
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a system of differential equations",
    label = "expected a type declared with `system!`",
    note = "declare it with `system! {{ pub struct {Self}; states: U3; parameters: U1; rhs: |t, y, p| [...] }}`"
)]
pub trait System: Send + Sync + 'static {
    /// What reports call it.
    const NAME: &'static str;
    /// How many states.
    type States: Dimension;
    /// How many parameters.
    type Parameters: Dimension;
    /// The derivative of `y` at time `t` for parameters `p`, all in the system's own units.
    ///
    /// It must be straight-line: a branch on a value is a [`Scalar::select`].
    fn rhs<R: Scalar>(
        t: R,
        y: &GenericArray<R, Self::States>,
        p: &GenericArray<R, Self::Parameters>,
    ) -> GenericArray<R, Self::States>;
}

/// Declares a [`System`] whose right-hand side inlines by construction. Inside the body, `R` is the [`Scalar`].
///
/// ```
/// use bakelite::{consts::*, system};
/// system! {
///     /// Lorenz 1963.
///     pub struct Lorenz;
///     states: U3;
///     parameters: U3;
///     rhs: |_t, [x, y, z], [sigma, rho, beta]| [
///         sigma * (y - x),
///         x * (rho - z) - y,
///         x * y - beta * z,
///     ]
/// }
/// ```
///
/// Named like this, a wrong number of states or parameters is a type error. A plain name stands for the whole array, by
/// reference, for loops over many states; there an index beyond the end is an error of `cargo build`, once a solve uses it.
///
/// ```
/// use bakelite::{consts::*, system};
/// system! {
///     /// A chain of 40 decays at one rate.
///     pub struct Chain;
///     states: U40;
///     parameters: U1;
///     rhs: |_t, y, [rate]| core::array::from_fn(|i| match i {
///         0 => -(rate * y[0]),
///         _ => rate * (y[i - 1] - y[i]),
///     })
/// }
/// ```
#[macro_export]
macro_rules! system {
    ($(#[$meta:meta])* $vis:vis struct $name:ident;
     states: $n:ty; parameters: $p:ty;
     rhs: |$t:ident, $y:tt, $q:tt| $body:expr) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default)]
        $vis struct $name;
        impl $crate::System for $name {
            const NAME: &'static str = stringify!($name);
            type States = $n;
            type Parameters = $p;
            #[inline(always)]
            fn rhs<R: $crate::Scalar>(
                time: R,
                states: &$crate::GenericArray<R, $n>,
                parameters: &$crate::GenericArray<R, $p>,
            ) -> $crate::GenericArray<R, $n> {
                // one pattern, so that one name for two values is an error
                let ($t, $y, $q): (R, $crate::system!(@type $n, $y), $crate::system!(@type $p, $q)) =
                    (time, $crate::system!(@value states, $y), $crate::system!(@value parameters, $q));
                let derivative: [R; <$n as $crate::typenum::Unsigned>::USIZE] = $body;
                $crate::GenericArray::from(derivative)
            }
        }
    };
    (@type $n:ty, $name:ident) => { &[R; <$n as $crate::typenum::Unsigned>::USIZE] };
    (@type $n:ty, $names:tt) => { [R; <$n as $crate::typenum::Unsigned>::USIZE] };
    (@value $from:ident, $name:ident) => { $from.as_ref() };
    (@value $from:ident, $names:tt) => { *$from.as_ref() };
}

//! What is integrated: a right-hand side, written once.

use crate::layout::Extent;
use crate::ode::Scalar;
use generic_array::{ArrayLength, GenericArray};
use typenum::Unsigned;

/// A number of states or parameters: a `typenum` number such as `U3`.
///
/// ```
/// fn is_dimension<N: bakelite::ode::Dimension>() {}
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
/// use bakelite::{GenericArray, consts::*, ode::{Scalar, System}};
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
    ///
    /// Time has the bits of `f64`, also where states are `f32`. What is computed from time, literals and parameters alone then stays `f64` until
    /// it meets a state, where it is rounded to `f32`, once; so do derivatives by [`Dual`](crate::ode::Dual) numbers. So `(omega * t).cos()` is
    /// as exact at `t = 1e9` as at 0, and has the range of `f64`: NaN for angles above 2^45 radians only. `t - y[0]` rounds `t`: write
    /// `(t - p[0]) - y[0]`, with a time near `t` as the parameter, where that is too coarse. [`Scalar::from_time`] rounds at once. What a right-hand side does with time
    /// costs `f64` instructions, in kernels too; `benches/README.md` has their number.
    fn rhs<R: Scalar>(
        t: R,
        y: &GenericArray<R, Self::States>,
        p: &GenericArray<R, Self::Parameters>,
    ) -> GenericArray<R, Self::States>;

    /// Whether `rhs` and the derivatives do without their time. They then get it rounded to the precision of states, and code for `f32` states need
    /// not tell what is made of time, which is faster where states are an array in memory, that loops run over.
    ///
    /// [`system!`](crate::system) sets it where the name of time begins with an underscore, as in `|_t, y, p|`.
    const AUTONOMOUS: ::core::primitive::bool = false;

    /// How many states, from the first on, step-size control looks at: the norm of the error is theirs, and so is the first step. The
    /// equations of implicit steps are solved for all states. At least 1, or 0 of 0.
    const CONTROLLED_STATES: usize = Self::States::USIZE;

    /// The product of the Jacobian `∂f/∂y` with `v`, where it is known better than by [`Dual`](crate::ode::Dual) numbers; `None`: by those.
    ///
    /// Implicit steps ask for it, and nothing else does. It must be straight-line and linear in `v`: [`Lu`](crate::ode::Lu) takes its derivatives
    /// by the elements of `v`, where zeros by structure cost nothing. [`Newton`](crate::ode::Newton)'s solution does not depend on it, only how
    /// soon it is found; a Rosenbrock step needs the exact one, unless its tableau is a
    /// [W-method](crate::ode::methods::RosenbrockTableau::W_METHOD). Put `#[inline(always)]` on it.
    ///
    /// ```
    /// use bakelite::{GenericArray, consts::*, ode::{Scalar, System}};
    /// struct Growth;
    /// impl System for Growth {
    ///     const NAME: &'static str = "Growth";
    ///     type States = U1;
    ///     type Parameters = U1;
    ///     #[inline(always)]
    ///     fn rhs<R: Scalar>(_t: R, y: &GenericArray<R, U1>, p: &GenericArray<R, U1>) -> GenericArray<R, U1> {
    ///         GenericArray::from([p[0] * y[0] * (R::lit(1.0) - y[0])])
    ///     }
    ///     #[inline(always)]
    ///     fn jacobian_product<R: Scalar>(
    ///         _t: R,
    ///         y: &GenericArray<R, U1>,
    ///         p: &GenericArray<R, U1>,
    ///         v: &GenericArray<R, U1>,
    ///     ) -> Option<GenericArray<R, U1>> {
    ///         Some(GenericArray::from([p[0] * (R::lit(1.0) - R::lit(2.0) * y[0]) * v[0]]))
    ///     }
    /// }
    /// ```
    #[inline(always)]
    fn jacobian_product<R: Scalar>(
        _t: R,
        _y: &GenericArray<R, Self::States>,
        _p: &GenericArray<R, Self::Parameters>,
        _v: &GenericArray<R, Self::States>,
    ) -> Option<GenericArray<R, Self::States>> {
        None
    }

    /// The derivative `∂f/∂t` in time alone, where it is known better than by [`Dual`](crate::ode::Dual) numbers; `None`: by those.
    /// Rosenbrock steps ask for it, and nothing else does. [`system!`](crate::system) has an example.
    #[inline(always)]
    fn time_derivative<R: Scalar>(
        _t: R,
        _y: &GenericArray<R, Self::States>,
        _p: &GenericArray<R, Self::Parameters>,
    ) -> Option<GenericArray<R, Self::States>> {
        None
    }
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
///
/// A user's own derivatives, instead of those by [`Dual`](crate::ode::Dual) numbers, stand behind `rhs`: either, both, in any order. They are
/// [`System::jacobian_product`], the Jacobian times the last argument, and [`System::time_derivative`].
///
/// ```
/// use bakelite::{consts::*, system};
/// system! {
///     /// An oscillator that is driven.
///     pub struct Driven;
///     states: U2;
///     parameters: U1;
///     rhs: |t, [x, v], [stiffness]| [v, t.sin() - stiffness * x * x * x];
///     jacobian_product: |_t, [x, _v], [stiffness], [along_x, along_v]| [
///         along_v,
///         -(R::lit(3.0) * stiffness * x * x * along_x),
///     ];
///     time_derivative: |t, _y, _p| [R::lit(0.0), t.cos()]
/// }
/// ```
#[macro_export]
macro_rules! system {
    ($(#[$meta:meta])* $vis:vis struct $name:ident;
     states: $n:ty; parameters: $p:ty;
     rhs: |$t:ident, $y:tt, $q:tt| $body:expr $(; $($own:tt)*)?) => {
        $(#[$meta])*
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug, ::core::default::Default)]
        $vis struct $name;
        impl $crate::ode::System for $name {
            const NAME: &'static ::core::primitive::str = $crate::layout::hidden::word(::core::stringify!($name));
            const AUTONOMOUS: ::core::primitive::bool = !$crate::ode::is_named(::core::stringify!($t));
            type States = $n;
            type Parameters = $p;
            #[inline(always)]
            fn rhs<R: $crate::ode::Scalar>(
                bakelite_time: R,
                bakelite_states: &$crate::GenericArray<R, $n>,
                bakelite_parameters: &$crate::GenericArray<R, $p>,
            ) -> $crate::GenericArray<R, $n> {
                // one pattern, so that one name for two values is an error
                let ($t, $y, $q): (
                    <$crate::system!(@name $t) as $crate::ode::TimeName>::Time<R>,
                    $crate::system!(@type $n, $y),
                    $crate::system!(@type $p, $q),
                ) = (
                    <$crate::system!(@name $t) as $crate::ode::TimeName>::time(bakelite_time),
                    $crate::system!(@value bakelite_states, $y),
                    $crate::system!(@value bakelite_parameters, $q),
                );
                let bakelite_derivative: [R; <$n as $crate::typenum::Unsigned>::USIZE] = $body;
                ::core::convert::From::from(bakelite_derivative)
            }
            $($crate::system!(@own $n, $p; $($own)*);)?
        }
    };
    (@own $n:ty, $p:ty; ) => {};
    (@own $n:ty, $p:ty;
     jacobian_product: |$t:ident, $y:tt, $q:tt, $v:tt| $body:expr $(; $($own:tt)*)?) => {
        #[inline(always)]
        fn jacobian_product<R: $crate::ode::Scalar>(
            bakelite_time: R,
            bakelite_states: &$crate::GenericArray<R, $n>,
            bakelite_parameters: &$crate::GenericArray<R, $p>,
            bakelite_direction: &$crate::GenericArray<R, $n>,
        ) -> ::core::option::Option<$crate::GenericArray<R, $n>> {
            let ($t, $y, $q, $v): (
                <$crate::system!(@name $t) as $crate::ode::TimeName>::Time<R>,
                $crate::system!(@type $n, $y),
                $crate::system!(@type $p, $q),
                $crate::system!(@type $n, $v),
            ) = (
                <$crate::system!(@name $t) as $crate::ode::TimeName>::time(bakelite_time),
                $crate::system!(@value bakelite_states, $y),
                $crate::system!(@value bakelite_parameters, $q),
                $crate::system!(@value bakelite_direction, $v),
            );
            let bakelite_product: [R; <$n as $crate::typenum::Unsigned>::USIZE] = $body;
            ::core::option::Option::Some(::core::convert::From::from(bakelite_product))
        }
        $($crate::system!(@own $n, $p; $($own)*);)?
    };
    (@own $n:ty, $p:ty; time_derivative: |$t:ident, $y:tt, $q:tt| $body:expr $(; $($own:tt)*)?) => {
        #[inline(always)]
        fn time_derivative<R: $crate::ode::Scalar>(
            bakelite_time: R,
            bakelite_states: &$crate::GenericArray<R, $n>,
            bakelite_parameters: &$crate::GenericArray<R, $p>,
        ) -> ::core::option::Option<$crate::GenericArray<R, $n>> {
            let ($t, $y, $q): (
                <$crate::system!(@name $t) as $crate::ode::TimeName>::Time<R>,
                $crate::system!(@type $n, $y),
                $crate::system!(@type $p, $q),
            ) = (
                <$crate::system!(@name $t) as $crate::ode::TimeName>::time(bakelite_time),
                $crate::system!(@value bakelite_states, $y),
                $crate::system!(@value bakelite_parameters, $q),
            );
            let bakelite_derivative: [R; <$n as $crate::typenum::Unsigned>::USIZE] = $body;
            ::core::option::Option::Some(::core::convert::From::from(bakelite_derivative))
        }
        $($crate::system!(@own $n, $p; $($own)*);)?
    };
    (@own $n:ty, $p:ty; $($other:tt)+) => {
        ::core::compile_error!(
            "behind `rhs`, a system has `jacobian_product: |t, y, p, v| [...]` or `time_derivative: |t, y, p| [...]`, or both"
        );
    };
    (@name $name:ident) => { $crate::ode::Named<{ $crate::ode::is_named(::core::stringify!($name)) }> };
    (@type $n:ty, $name:ident) => { &[R; <$n as $crate::typenum::Unsigned>::USIZE] };
    (@type $n:ty, $names:tt) => { [R; <$n as $crate::typenum::Unsigned>::USIZE] };
    (@value $from:ident, $name:ident) => { ::core::convert::AsRef::as_ref($from) };
    (@value $from:ident, $names:tt) => { *::core::convert::AsRef::as_ref($from) };
}

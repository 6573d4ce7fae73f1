//! The system of equations: its right-hand side, written once.

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
/// Declare it with [`system!`](crate::system), which inlines the right-hand side into the vectorised entry points. If
/// you implement it by hand, put `#[inline(always)]` on `rhs` and on everything it calls. Code that is not inlined is
/// compiled for the baseline processor and runs about ten times slower.
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
    /// The name that reports use.
    const NAME: &'static str;
    /// The number of states.
    type States: Dimension;
    /// The number of parameters.
    type Parameters: Dimension;
    /// The derivative of `y` at time `t` for parameters `p`, all in the system's own units.
    ///
    /// It must be straight-line code: write a branch on a value as a [`Scalar::select`].
    ///
    /// Time has the bits of `f64`, even if states are `f32`. A value computed from time, literals and parameters alone
    /// stays `f64` until it is combined with a state. There it is rounded to `f32`, once. Derivatives by
    /// [`Dual`](crate::ode::Dual) numbers follow the same rule. So `(omega * t).cos()` is as exact at `t = 1e9` as at
    /// 0, and has the range of `f64`: it is NaN only for angles above 2^45 radians. `t - y[0]` rounds `t`. Where that
    /// is too coarse, write `(t - p[0]) - y[0]`, with a parameter that is near `t`. [`Scalar::from_time`] rounds at
    /// once. What a right-hand side computes from time costs `f64` instructions, in kernels too; `benches/README.md`
    /// gives their number.
    fn rhs<R: Scalar>(
        t: R,
        y: &GenericArray<R, Self::States>,
        p: &GenericArray<R, Self::Parameters>,
    ) -> GenericArray<R, Self::States>;

    /// Whether `rhs` and the derivatives do not use their time. If so, they get time rounded to the precision of the
    /// states. Code for `f32` states then need not keep track of which values come from time. That is faster where the
    /// states are an array in memory that loops run over.
    ///
    /// [`system!`](crate::system) sets it if the name of time begins with an underscore, as in `|_t, y, p|`.
    const AUTONOMOUS: ::core::primitive::bool = false;

    /// The number of states that step-size control looks at, counted from the first. The norm of the error is taken
    /// over these states, and so is the norm that chooses the first step. The equations of implicit steps are solved
    /// for all states. The number is at least 1, or 0 if there are no states.
    const CONTROLLED_STATES: usize = Self::States::USIZE;

    /// The product of the Jacobian `∂f/∂y` with `v`, if you know a better form than the one by
    /// [`Dual`](crate::ode::Dual) numbers. `None`: dual numbers are used.
    ///
    /// Only implicit steps call it. It must be straight-line code, and linear in `v`: [`Lu`](crate::ode::Lu)
    /// differentiates it by each element of `v`, where entries that are zero by structure cost nothing. The solution
    /// that [`Newton`](crate::ode::Newton) finds does not depend on it; how fast it is found does. A Rosenbrock step
    /// needs the exact product, unless its tableau is a [W-method](crate::ode::methods::RosenbrockTableau::W_METHOD).
    /// Put `#[inline(always)]` on it.
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

    /// The derivative `∂f/∂t` in time alone, if you know a better form than the one by [`Dual`](crate::ode::Dual)
    /// numbers. `None`: dual numbers are used. Only Rosenbrock steps call it. [`system!`](crate::system) has an
    /// example.
    #[inline(always)]
    fn time_derivative<R: Scalar>(
        _t: R,
        _y: &GenericArray<R, Self::States>,
        _p: &GenericArray<R, Self::Parameters>,
    ) -> Option<GenericArray<R, Self::States>> {
        None
    }
}

/// Declares a [`System`] whose right-hand side is always inlined. Inside the body, `R` is the [`Scalar`].
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
/// With a name for each element, as above, a wrong number of states or parameters is a type error. A single name means
/// the whole array, by reference, for loops over many states. Then an index beyond the end is an error of `cargo build`
/// if a solve uses the system.
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
/// Your own derivatives, in place of those by [`Dual`](crate::ode::Dual) numbers, follow `rhs`: either one or both, in
/// any order. They are [`System::jacobian_product`], the Jacobian times the last argument, and
/// [`System::time_derivative`].
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
                // one pattern, so that the use of one name for two values is an error
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

//! Step-size controllers, as types; their coefficients are run-time values.

use crate::consts::U1;
use crate::ode::number::power::{exp2, log2};
use crate::ode::{Adaptive, Frame, Lanes, Scalar, Scheme, View};
use crate::{
    layout::{Element, Extent, Registry, RunLocation},
    registry,
};

registry! {
    /// A controller without memory.
    pub struct NoBuffers in no_buffers {}
}

registry! {
    /// The memory of a controller: `N` numbers.
    pub struct PiBuffers<N: Extent, E: Element, P: PiPlaces> in pi,
        ///
        /// ```
        /// fn places<P: bakelite::ode::PiPlaces>() {}
        /// places::<bakelite::layout::Local>();
        /// ```
        places PiPlaces in RunLocation
    {
        /// The first number is `log2` of the mean square error of the last accepted step.
        history: [E; N] by P, keep;
    }
}

/// Coefficients of the adaptive controllers, in Söderlind's form (G. Söderlind, ACM TOMS 29 (2003) 1, eq. 27): the next
/// step is `h · safety · err^-β1 · err_prev^β2 · err_prev2^-β3`, with the errors of the last three accepted steps. The
/// factor of `h` is clamped to `[min_factor, max_factor]`. A rejected step is tried again with at most
/// [`LARGEST_AFTER_REJECTION`] times its size, regardless of the coefficients. [`Predictive`](crate::ode::Predictive)
/// uses another formula.
///
/// ```
/// let c = bakelite::ode::Coefficients::for_order(5);
/// assert_eq!(c.safety, 0.9);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coefficients<R = f64> {
    /// β1, dimensionless.
    pub beta1: R,
    /// β2, dimensionless; the integral controller ignores it.
    pub beta2: R,
    /// β3, dimensionless; only [`ProportionalIntegralDerivative`](crate::ode::ProportionalIntegralDerivative) uses it.
    pub beta3: R,
    /// Multiplies every proposed step, in (0, 1).
    pub safety: R,
    /// The smallest factor by which a step changes, in (0, 1).
    pub min_factor: R,
    /// The largest factor by which a step changes, above 1.
    pub max_factor: R,
}

impl Coefficients {
    /// The defaults for an error estimate of `O(h^order)`: β1 = 0.7/order, β2 = 0.4/order (K. Gustafsson, ACM TOMS 17
    /// (1991) 533), safety 0.9, factors 0.2 to 10 (Hairer, Nørsett, Wanner, *Solving ODEs I*, section II.4).
    #[must_use]
    pub fn for_order(order: u32) -> Coefficients {
        let order = f64::from(order);
        Coefficients {
            beta1: 0.7 / order,
            beta2: 0.4 / order,
            beta3: 0.0,
            safety: 0.9,
            min_factor: 0.2,
            max_factor: 10.0,
        }
    }

    /// The defaults of the integral controller: β1 = 1/order.
    #[must_use]
    pub fn integral(order: u32) -> Coefficients {
        Coefficients {
            beta1: 1.0 / f64::from(order),
            beta2: 0.0,
            ..Coefficients::for_order(order)
        }
    }
}

/// What a controller knows about a step that was tried.
///
/// ```
/// use bakelite::ode::{Coefficients, Tried};
/// let tried = Tried { error2: 0.25, accepted: true, coefficients: &Coefficients::for_order(5) };
/// assert_eq!(tried.error2, 0.25);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Tried<'a, R: Scalar> {
    /// The mean square of the scaled error; a NaN counts as infinite.
    pub error2: R,
    /// The lanes whose step was accepted.
    pub accepted: R::Mask,
    /// The controller's coefficients.
    pub coefficients: &'a Coefficients<R>,
}

/// The workspace as the controller `C` of step `T` sees it. `P` places its memory.
///
/// ```
/// use bakelite::{layout::Local, ode::{ControlView, Controller, Frame, Integral, Tried, methods::{Erk, Tsit5}}};
/// fn factor<F: Frame>(
///     here: &mut ControlView<F, Integral, Erk<Tsit5>, Local>,
///     tried: &Tried<F::Scalar>,
/// ) -> F::Scalar {
///     <Integral as Controller<Erk<Tsit5>>>::factor::<F, Local>(here, tried)
/// }
/// ```
pub type ControlView<'w, F, C, T, P> =
    View<'w, F, <C as Controller<T>>::Buffers<<F as Frame>::Element, P>>;

/// How the next step is chosen. `T` is the step: a controller with a step that it cannot use does not compile.
///
/// ```
/// fn adaptive<T: bakelite::ode::Scheme, C: bakelite::ode::Controller<T>>() -> bool { C::ADAPTIVE }
/// assert!(adaptive::<bakelite::ode::methods::Erk<bakelite::ode::methods::Tsit5>, bakelite::ode::Integral>());
/// ```
pub trait Controller<T: Scheme>: Send + Sync + 'static {
    /// The name that reports use.
    const NAME: &'static str;
    /// Whether steps adapt to the error.
    const ADAPTIVE: bool;
    /// The controller's memory.
    type Buffers<E: Element, P: PiPlaces>: Registry;

    /// The default coefficients for step `T`.
    fn defaults() -> Coefficients;

    /// Resets the memory, in the lanes that begin an integration.
    #[inline(always)]
    fn begin<F: Frame, P: PiPlaces>(_: &mut ControlView<F, Self, T, P>, _: Lanes<F>) {}

    /// The factor for the size of the next step. In lanes whose step was rejected, it must be at most
    /// [`LARGEST_AFTER_REJECTION`]; otherwise the same step would be tried again and again.
    fn factor<F: Frame, P: PiPlaces>(
        here: &mut ControlView<F, Self, T, P>,
        tried: &Tried<F::Scalar>,
    ) -> F::Scalar;

    /// Called after [`factor`](Controller::factor), for the lanes whose step was shortened to stop at a time, and was
    /// accepted. There the next step is `ratio` times that one, and the factor is not used.
    #[inline(always)]
    fn resume<F: Frame, P: PiPlaces>(
        _here: &mut ControlView<F, Self, T, P>,
        _ratio: F::Scalar,
        _lanes: Lanes<F>,
    ) {
    }
}

/// Steps of a fixed size.
///
/// No error is estimated. [`Status::Success`](crate::ode::Status) only says that the end was reached and that all
/// numbers on the way were finite. A step that is too long for the problem is not noticed, and neither is a step across
/// a pole: `y' = y²` from 1 is infinite at `t = 1`, and 200 steps of [`Rodas4`](crate::ode::methods::Rodas4) to `t = 2`
/// jump over it. No test of the numbers alone can tell such a run from one with large states. If there may be a pole,
/// use a method with an error estimate and another controller: its runs end before the pole, with
/// [`Status::StepTooSmall`](crate::ode::Status).
///
/// ```
/// use bakelite::{Error, consts::*, ode::{Integrator, methods::{Rodas4, Rosenbrock}}, prelude::*};
/// system! { struct Blowup; states: U1; parameters: U0; rhs: |_t, [y], []| [y * y] }
/// let ensemble = Ensemble::<Blowup, f64>::uniform(1, &[1.0], &[], (0.0, 2.0))?;
/// let fixed = Options { step: Some(0.01), ..Options::default() };
/// let fixed = ensemble.solve::<Integrator<Blowup, Rosenbrock<Rodas4>, Fixed, f64>>(&fixed)?;
/// assert_eq!(fixed.status(0), Status::Success);
/// assert!(fixed.states()[[0, 0]] > 1e60); // and there is no solution at t = 2
/// let adaptive = ensemble.solve::<Explicit<Blowup, Tsit5, ProportionalIntegral>>(&Options::default())?;
/// assert_eq!(adaptive.status(0), Status::StepTooSmall);
/// assert!((adaptive.reached()[0] - 1.0).abs() < 1e-6);
/// # Ok::<(), Error>(())
/// ```
///
/// ```
/// use bakelite::ode::{Controller, Fixed, methods::{ClassicalRk4, Erk}};
/// assert!(!<Fixed as Controller<Erk<ClassicalRk4>>>::ADAPTIVE);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Fixed;

impl<T: Scheme> Controller<T> for Fixed {
    const NAME: &'static str = "fixed";
    const ADAPTIVE: bool = false;
    type Buffers<E: Element, P: PiPlaces> = NoBuffers;
    fn defaults() -> Coefficients {
        Coefficients::for_order(T::ORDER)
    }
    #[inline(always)]
    fn factor<F: Frame, P: PiPlaces>(
        _: &mut ControlView<F, Self, T, P>,
        _: &Tried<F::Scalar>,
    ) -> F::Scalar {
        F::Scalar::lit(1.0)
    }
}

/// `log2` of the smallest mean square error that counts. A root mean square error below `2^-30` says nothing about the
/// next step.
pub(in crate::ode) const SMALLEST_ERROR2: f64 = -60.0;

/// The largest factor for the size of a rejected step. It is less than 1/[`STRETCH`](crate::ode::integration::STRETCH).
/// Otherwise a step to the end of the span, shortened by less than that, would be stretched to the end again: the same
/// step would be rejected again and again.
///
/// ```
/// use bakelite::ode::{LARGEST_AFTER_REJECTION, integration::STRETCH};
/// assert!(LARGEST_AFTER_REJECTION * STRETCH < 1.0);
/// ```
pub const LARGEST_AFTER_REJECTION: f64 = 0.98;

#[inline(always)]
pub(in crate::ode) fn clamp<R: Scalar>(factor: R, tried: &Tried<R>) -> R {
    let c = tried.coefficients;
    let factor = (c.safety * factor).max(c.min_factor).min(c.max_factor);
    let shorter = factor.min(R::lit(LARGEST_AFTER_REJECTION));
    R::select(tried.accepted, factor, shorter)
}

/// The elementary controller: β2 = 0.
///
/// ```
/// use bakelite::ode::{Controller, Integral, methods::{Erk, Tsit5}};
/// assert_eq!(<Integral as Controller<Erk<Tsit5>>>::NAME, "integral");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Integral;

impl<T: Adaptive> Controller<T> for Integral {
    const NAME: &'static str = "integral";
    const ADAPTIVE: bool = true;
    type Buffers<E: Element, P: PiPlaces> = NoBuffers;
    fn defaults() -> Coefficients {
        Coefficients::integral(T::ORDER.min(T::EMBEDDED_ORDER) + 1)
    }
    #[inline(always)]
    fn factor<F: Frame, P: PiPlaces>(
        _: &mut ControlView<F, Self, T, P>,
        tried: &Tried<F::Scalar>,
    ) -> F::Scalar {
        // err = sqrt(error2): half the exponent
        let beta1 = F::Scalar::lit(0.5) * tried.coefficients.beta1;
        clamp(exp2(-beta1 * log2(tried.error2)), tried)
    }
}

/// The proportional-integral controller: it changes step sizes more smoothly, and fewer steps are rejected.
///
/// ```
/// use bakelite::ode::{Controller, ProportionalIntegral, methods::{Erk, Tsit5}};
/// assert!(<ProportionalIntegral as Controller<Erk<Tsit5>>>::ADAPTIVE);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ProportionalIntegral;

impl<T: Adaptive> Controller<T> for ProportionalIntegral {
    const NAME: &'static str = "proportional-integral";
    const ADAPTIVE: bool = true;
    type Buffers<E: Element, P: PiPlaces> = PiBuffers<U1, E, P>;
    fn defaults() -> Coefficients {
        Coefficients::for_order(T::ORDER.min(T::EMBEDDED_ORDER) + 1)
    }
    #[inline(always)]
    fn begin<F: Frame, P: PiPlaces>(here: &mut ControlView<F, Self, T, P>, lanes: Lanes<F>) {
        here.store_where(lanes, pi::history, 0, F::Scalar::lit(0.0));
    }
    #[inline(always)]
    fn factor<F: Frame, P: PiPlaces>(
        here: &mut ControlView<F, Self, T, P>,
        tried: &Tried<F::Scalar>,
    ) -> F::Scalar {
        let (c, accepted) = (tried.coefficients, tried.accepted);
        let half = F::Scalar::lit(0.5);
        let last = here.load(pi::history, 0);
        let now = log2(tried.error2).max(F::Scalar::lit(SMALLEST_ERROR2));
        let integral = -(half * c.beta1) * now;
        let both = (half * c.beta2).mul_add(last, integral);
        here.store_where(accepted, pi::history, 0, now);
        clamp(exp2(F::Scalar::select(accepted, both, integral)), tried)
    }
}

//! Controllers that remember two steps.

use super::controller::{SMALLEST_ERROR2, clamp, pi};
use crate::consts::U2;
use crate::layout::Element;
use crate::ode::number::power::{exp2, log2};
use crate::ode::{
    Adaptive, Coefficients, ControlView, Controller, Frame, Lanes, PiBuffers, PiPlaces, Scalar,
    Tried,
};

/// The proportional-integral-derivative controller: it chooses the next step from the errors of the last three steps.
///
/// The defaults are β1 = 0.58/k, β2 = 0.21/k, β3 = 0.1/k for an error estimate of `O(h^k)`: Ch. A. Kennedy, M. H.
/// Carpenter, Appl. Numer. Math. 44 (2003) 139, and SUNDIALS' PID controller. It remembers two numbers, as CuBIE's
/// does: `log2` of the mean square errors of the last two accepted steps. Before there are such steps, their errors
/// count as 1. After a rejection, the next step is chosen from the last error alone.
///
/// ```
/// use bakelite::ode::{Controller, ProportionalIntegralDerivative, methods::{Erk, Tsit5}};
/// let defaults = <ProportionalIntegralDerivative as Controller<Erk<Tsit5>>>::defaults();
/// assert_eq!(defaults.beta1, 0.58 / 5.0);
/// ```
#[doc(alias = "PID")]
#[derive(Clone, Copy, Debug)]
pub struct ProportionalIntegralDerivative;

impl<T: Adaptive> Controller<T> for ProportionalIntegralDerivative {
    const NAME: &'static str = "proportional-integral-derivative";
    const ADAPTIVE: bool = true;
    type Buffers<E: Element, P: PiPlaces> = PiBuffers<U2, E, P>;
    fn defaults() -> Coefficients {
        let order = T::ORDER.min(T::EMBEDDED_ORDER) + 1;
        let k = f64::from(order);
        Coefficients {
            beta1: 0.58 / k,
            beta2: 0.21 / k,
            beta3: 0.1 / k,
            ..Coefficients::for_order(order)
        }
    }
    #[inline(always)]
    fn begin<F: Frame, P: PiPlaces>(here: &mut ControlView<F, Self, T, P>, lanes: Lanes<F>) {
        for element in 0..2 {
            here.store_where(lanes, pi::history, element, F::Scalar::lit(0.0));
        }
    }
    #[inline(always)]
    fn factor<F: Frame, P: PiPlaces>(
        here: &mut ControlView<F, Self, T, P>,
        tried: &Tried<F::Scalar>,
    ) -> F::Scalar {
        let (c, accepted) = (tried.coefficients, tried.accepted);
        let half = F::Scalar::lit(0.5);
        let last = here.load(pi::history, 0);
        let before = here.load(pi::history, 1);
        let now = log2(tried.error2).max(F::Scalar::lit(SMALLEST_ERROR2));
        let integral = -(half * c.beta1) * now;
        let two = (half * c.beta2).mul_add(last, integral);
        let three = (-(half * c.beta3)).mul_add(before, two);
        here.store_where(accepted, pi::history, 1, last);
        here.store_where(accepted, pi::history, 0, now);
        clamp(exp2(F::Scalar::select(accepted, three, integral)), tried)
    }
}

/// The smallest error that the predictive controller remembers, as `log2` of its square: 0.01, as `ERRACC` in Hairer's
/// `radau5.f`.
const SMALLEST_REMEMBERED: f64 = -13.287_712_379_549_45;

/// Gustafsson's predictive controller: it expects the error to keep growing or falling as it did in the last step.
///
/// After an accepted step of size `h`, the next step is the smaller of `h · safety · err^-β1` and
/// `h · safety · (h / h_prev) · err^-β1 · (err_prev / err)^β2`, with the size and the error of the accepted step
/// before. After a rejected step, and after the first step, it is `h · safety · err^-β1`. Source: K. Gustafsson, ACM
/// TOMS 20 (1994) 496; E. Hairer, G. Wanner, *Solving ODEs II*, eq. (IV.8.25), for explicit methods: the safety factor
/// does not depend on Newton iterations. The defaults are β1 = β2 = 1/k for an error estimate of `O(h^k)`. It remembers
/// two numbers: `log2` of the mean square error of the last accepted step, and the ratio of the next step to that one.
///
/// ```
/// use bakelite::ode::{Controller, Predictive, methods::{Erk, Tsit5}};
/// assert_eq!(<Predictive as Controller<Erk<Tsit5>>>::defaults().beta2, 0.2);
/// ```
#[doc(alias = "Gustafsson")]
#[derive(Clone, Copy, Debug)]
pub struct Predictive;

impl<T: Adaptive> Controller<T> for Predictive {
    const NAME: &'static str = "predictive";
    const ADAPTIVE: bool = true;
    type Buffers<E: Element, P: PiPlaces> = PiBuffers<U2, E, P>;
    fn defaults() -> Coefficients {
        let order = T::ORDER.min(T::EMBEDDED_ORDER) + 1;
        Coefficients {
            beta2: 1.0 / f64::from(order),
            ..Coefficients::integral(order)
        }
    }
    #[inline(always)]
    fn begin<F: Frame, P: PiPlaces>(here: &mut ControlView<F, Self, T, P>, lanes: Lanes<F>) {
        for element in 0..2 {
            here.store_where(lanes, pi::history, element, F::Scalar::lit(0.0));
        }
    }
    #[inline(always)]
    fn factor<F: Frame, P: PiPlaces>(
        here: &mut ControlView<F, Self, T, P>,
        tried: &Tried<F::Scalar>,
    ) -> F::Scalar {
        let (c, accepted) = (tried.coefficients, tried.accepted);
        let half = F::Scalar::lit(0.5);
        let last = here.load(pi::history, 0);
        // the ratio of this step to the last accepted one; 0 before there is one
        let ratio = here.load(pi::history, 1);
        let now = log2(tried.error2).max(F::Scalar::lit(SMALLEST_ERROR2));
        let elementary = -(half * c.beta1) * now;
        let trend = (half * c.beta2).mul_add(last - now, elementary);
        let (elementary, predicted) = (exp2(elementary), ratio * exp2(trend));
        let known = accepted & F::Scalar::lit(0.0).lt(ratio);
        let factor = F::Scalar::select(known, elementary.min(predicted), elementary);
        let factor = clamp(factor, tried);
        let remembered = now.max(F::Scalar::lit(SMALLEST_REMEMBERED));
        here.store_where(accepted, pi::history, 0, remembered);
        let next = F::Scalar::select(accepted, factor, ratio * factor);
        here.store(pi::history, 1, next);
        factor
    }
    #[inline(always)]
    fn resume<F: Frame, P: PiPlaces>(
        here: &mut ControlView<F, Self, T, P>,
        ratio: F::Scalar,
        lanes: Lanes<F>,
    ) {
        here.store_where(lanes, pi::history, 1, ratio);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consts::{U0, U1};
    use crate::ode::View;
    use crate::ode::integration::Running;
    use crate::{
        layout::{Local, Root},
        ode::{
            Explicit, Fixed, Workspace,
            methods::{Erk, Tsit5},
        },
        system,
    };

    system! { struct Rest; states: U1; parameters: U0; rhs: |_t, y, []| [y[0]] }

    struct Flat([f64; 2]);
    impl Workspace<f64> for Flat {
        fn load(&mut self, _: usize, element: usize) -> f64 {
            self.0[element]
        }
        fn store_where(&mut self, mask: bool, _: usize, element: usize, value: f64) {
            if mask {
                self.0[element] = value;
            }
        }
    }

    /// The factors after errors, some of which are above 1.
    fn factors<C>(errors: &[f64]) -> Vec<f64>
    where
        C: Controller<Erk<Tsit5>, Buffers<f64, Local> = PiBuffers<U2, f64, Local>>,
    {
        type Memory = PiBuffers<U2, f64, Local>;
        type Run = Running<Explicit<Rest, Tsit5, Fixed>, f64, Flat>;
        let mut memory = Flat([f64::NAN; 2]);
        let mut here = View::<Run, Memory>::at::<Root<Memory>>(&mut memory);
        C::begin::<_, Local>(&mut here, true);
        let coefficients = C::defaults();
        let mut next = |&error: &f64| {
            let (accepted, error2) = (error <= 1.0, error * error);
            let tried = Tried {
                error2,
                accepted,
                coefficients: &coefficients,
            };
            C::factor::<_, Local>(&mut here, &tried)
        };
        errors.iter().map(&mut next).collect()
    }

    fn agree(got: &[f64], want: &[f64]) {
        for (got, want) in got.iter().zip(want) {
            // `power` is exact to 1e-5
            assert!((got / want - 1.0).abs() < 3e-5, "{got} for {want}");
        }
    }

    #[test]
    fn three_errors_give_the_next_step() {
        let got = factors::<ProportionalIntegralDerivative>(&[0.5, 0.1, 3.0, 0.2, 0.8]);
        let term = |error: f64, gain: f64| error.powf(gain / 5.0);
        let want = [
            0.9 * term(0.5, -0.58),
            0.9 * term(0.1, -0.58) * term(0.5, 0.21),
            0.9 * term(3.0, -0.58),
            0.9 * term(0.2, -0.58) * term(0.1, 0.21) * term(0.5, -0.1),
            0.9 * term(0.8, -0.58) * term(0.2, 0.21) * term(0.1, -0.1),
        ];
        agree(&got, &want);
    }

    #[test]
    fn the_trend_goes_on() {
        let got = factors::<Predictive>(&[0.5, 0.9, 3.0, 0.4, 0.001, 0.002]);
        let root = |error: f64| error.powf(-0.2);
        let first = 0.9 * root(0.5);
        let second = 0.9 * first * root(0.9) * root(0.9 / 0.5);
        let rejected = 0.9 * root(3.0);
        // the error falls: the elementary step is the smaller one
        let third = 0.9 * f64::min(root(0.4), second * rejected * root(0.4) * root(0.4 / 0.9));
        let fourth = 0.9 * f64::min(root(0.001), third * root(0.001) * root(0.001 / 0.4));
        // the error before counts as 0.01
        let fifth = 0.9 * f64::min(root(0.002), fourth * root(0.002) * root(0.002 / 0.01));
        agree(&got, &[first, second, rejected, third, fourth, fifth]);
        assert!(second < 0.9 * root(0.9));
    }
}

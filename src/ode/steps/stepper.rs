//! What the integration loop needs from a step.

use crate::layout::{Element, Registry, Wide};
use crate::ode::problem::rounded_late::Moment;
use crate::ode::{
    Dimension, Frame, Lanes, Output, Polynomials, Scalar, Scheme, Settings, States, Time, Vector,
    View, Weights,
};

/// The workspace as the step `St` sees it. `P` places its buffers.
///
/// ```
/// use bakelite::{layout::Shared, ode::{Frame, Here, Stepper, methods::{Erk, Tsit5}}};
/// fn slope<F: Frame>(here: &mut Here<F, Erk<Tsit5>, Shared>) -> F::Scalar {
///     <Erk<Tsit5> as Stepper<Shared>>::slope(here, 0)
/// }
/// ```
pub type Here<'w, F, St, P> = View<
    'w,
    F,
    <St as Stepper<P>>::Buffers<States<F>, <F as Frame>::Element, <F as Frame>::Output>,
>;

/// A step to be tried from the loop's state.
///
/// ```
/// use bakelite::ode::{Coefficients, Settings, Trial};
/// let settings = Settings { end: 1.0, min_step: 0.0, rtol: 1e-6, atol: &[1e-6], coefficients: Coefficients::for_order(5) };
/// let trial = Trial { time: 0.0, step: 0.1, lanes: true, settings: &settings };
/// assert!(trial.time + trial.step < trial.settings.end);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Trial<'a, R: Scalar> {
    /// The time that it starts from.
    pub time: R::Time,
    /// Its size, signed.
    pub step: R,
    /// The lanes that try it.
    pub lanes: R::Mask,
    /// What all runs have in common.
    pub settings: &'a Settings<'a, R>,
}

/// The vectors that hold a step's derivatives and states.
///
/// ```
/// use bakelite::{layout::Shared, ode::{Frame, Here, Stepper, methods::{Erk, Tsit5}}};
/// fn proposed<F: Frame>(here: &mut Here<F, Erk<Tsit5>, Shared>) -> F::Scalar {
///     let parts = <Erk<Tsit5> as Stepper<Shared>>::parts(here);
///     here.get(parts.proposals, 0)
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Parts {
    /// The derivative at the start.
    pub slopes: Vector,
    /// The place to which [`probe`](Stepper::probe) writes the derivative that it evaluates.
    pub probes: Vector,
    /// The state that the step leads to.
    pub proposals: Vector,
    /// The place to which [`extend`](Stepper::extend) writes the derivatives at the start and at the end, one after the
    /// other, if it evaluates them.
    pub ends: Option<Vector>,
}

/// One step of an integration, with its buffers placed by `P`: what the loop calls. An implementation says where its
/// derivatives and its proposed state are, and how it advances. The functions that follow from those are provided.
///
/// ```
/// use bakelite::{layout::Shared, ode::{Stepper, methods::{Erk, Tsit5}}};
/// assert!(<Erk<Tsit5> as Stepper<Shared>>::FIRST_IS_KEPT);
/// ```
pub trait Stepper<P>: Scheme {
    /// The step's workspace.
    type Buffers<N: Dimension, E: Element, O: Output>: Registry + Wide<N>;
    /// Whether the derivative at the start is kept from the step before. If so, [`first`](Stepper::first) evaluates
    /// that of the first step.
    const FIRST_IS_KEPT: bool = false;
    /// Whether [`advance`](Stepper::advance) can fail, because it may find no solution of its equations.
    const CAN_FAIL: bool;
    /// The weights by which the interpolant multiplies each [`derivative`](Stepper::derivative).
    const INTERPOLANT: Polynomials;
    /// The estimated error, as a sum of derivatives. Empty if there is none, or if [`error`](Stepper::error) computes
    /// it by other means.
    const ERROR: &'static [f64];
    /// The second estimate: see [`Tableau::SECOND_ERROR`](crate::ode::methods::Tableau::SECOND_ERROR).
    const SECOND_ERROR: &'static [f64] = &[];
    /// Whether derivatives are multiplied by the step already, and so are increments of the state.
    const INCREMENTS: bool = false;

    /// The vectors that hold derivatives and states.
    fn parts<F: Frame>(here: &Here<F, Self, P>) -> Parts;

    /// The derivative of one state in a stage. Stages that only the interpolant uses are included.
    #[inline(always)]
    fn derivative<F: Frame>(here: &mut Here<F, Self, P>, stage: usize, state: usize) -> F::Scalar {
        here.get(Self::parts(here).slopes, stage * F::STATES + state)
    }

    /// Resets the step's own solvers, in the lanes that begin an integration.
    #[inline(always)]
    fn begin<F: Frame>(_: &mut Here<F, Self, P>, _: Lanes<F>) {}

    /// Begins an integration in some lanes: evaluates the derivative at the start, if it is kept.
    #[inline(always)]
    fn first<F: Frame>(here: &mut Here<F, Self, P>, time: Time<F>, lanes: Lanes<F>) {
        Self::begin(here, lanes);
        if Self::FIRST_IS_KEPT {
            let slopes = Self::parts(here).slopes;
            let derivative = here.evaluate(Moment::at(time), here.states());
            for index in 0..F::STATES {
                here.set_where(lanes, slopes, index, derivative[index]);
            }
        }
    }

    /// Evaluates the derivative at the start, which [`slope`](Stepper::slope) then returns. If the derivative is kept,
    /// it is known already.
    #[inline(always)]
    fn start<F: Frame>(here: &mut Here<F, Self, P>, time: Time<F>) {
        if !Self::FIRST_IS_KEPT {
            let derivative = here.evaluate(Moment::at(time), here.states());
            here.put(Self::parts(here).slopes, &derivative);
        }
    }

    /// Evaluates the derivative at `time` and at the state plus `step` times the slope at the start, to choose a first
    /// step.
    #[inline(always)]
    fn probe<F: Frame>(here: &mut Here<F, Self, P>, time: Time<F>, step: F::Scalar) {
        let argument = Self::parts(here).probes;
        for index in 0..F::STATES {
            let slope = Self::slope(here, index);
            let start = here.state(index);
            here.set(argument, index, step.mul_add(slope, start));
        }
        let derivative = here.evaluate(Moment::at(time), argument);
        here.put(argument, &derivative);
    }

    /// The derivative of one state at the start.
    #[inline(always)]
    fn slope<F: Frame>(here: &mut Here<F, Self, P>, state: usize) -> F::Scalar {
        here.get(Self::parts(here).slopes, state)
    }

    /// The derivative of one state at the [`probe`](Stepper::probe).
    #[inline(always)]
    fn probed<F: Frame>(here: &mut Here<F, Self, P>, state: usize) -> F::Scalar {
        here.get(Self::parts(here).probes, state)
    }

    /// Tries a step: computes the proposed state, and returns the lanes that have one.
    fn advance<F: Frame>(here: &mut Here<F, Self, P>, trial: &Trial<F::Scalar>) -> Lanes<F>;

    /// One element of the proposed state.
    #[inline(always)]
    fn proposed<F: Frame>(here: &mut Here<F, Self, P>, state: usize) -> F::Scalar {
        here.get(Self::parts(here).proposals, state)
    }

    /// `Σ row[j] k_j` of one state, with the derivatives `k` of the stages. The sum starts from +0 and goes up in `j`;
    /// zeros are skipped.
    #[inline(always)]
    fn combine<F: Frame>(here: &mut Here<F, Self, P>, row: &[f64], state: usize) -> F::Scalar {
        let mut sum = F::Scalar::lit(0.0);
        let mut stage = 0;
        while stage < row.len() {
            if row[stage] != 0.0 {
                let derivative = Self::derivative(here, stage, state);
                sum = F::Scalar::lit(row[stage]).mul_add(derivative, sum);
            }
            stage += 1;
        }
        sum
    }

    /// The estimated error of one state after a step of `step`. The method must have an embedded estimate.
    #[inline(always)]
    fn error<F: Frame>(here: &mut Here<F, Self, P>, step: F::Scalar, state: usize) -> F::Scalar {
        let sum = Self::combine(here, Self::ERROR, state);
        Self::rise(step, sum)
    }

    /// The second estimate of the error of one state.
    #[inline(always)]
    fn second_error<F: Frame>(here: &mut Here<F, Self, P>, step: F::Scalar, i: usize) -> F::Scalar {
        let sum = Self::combine(here, Self::SECOND_ERROR, i);
        Self::rise(step, sum)
    }

    /// The change of a state that follows from a sum of derivatives.
    #[inline(always)]
    fn rise<R: Scalar>(step: R, sum: R) -> R {
        if Self::INCREMENTS { sum } else { step * sum }
    }

    /// Evaluates what only the interpolant needs, after a step of `step` from `time`.
    #[inline(always)]
    fn extend<F: Frame>(here: &mut Here<F, Self, P>, time: Time<F>, step: F::Scalar) {
        let parts = Self::parts(here);
        if let Some(ends) = parts.ends {
            let (start, end) = (Moment::at(time), Moment::at(time + step.to_time()));
            let derivative = here.evaluate(start, here.states());
            here.put(ends, &derivative);
            let derivative = here.evaluate(end, parts.proposals);
            here.put(ends.from(F::STATES), &derivative);
        }
    }

    /// The weight of each derivative of the step in the interpolant. `theta` is 0 at the start and 1 at the end.
    #[inline(always)]
    fn weights<R: Scalar>(theta: R) -> Weights<R> {
        Self::INTERPOLANT.at(theta)
    }

    /// One state by the interpolant with these `weights`, after a step of `step`.
    #[inline(always)]
    fn interpolated<F: Frame>(
        here: &mut Here<F, Self, P>,
        step: F::Scalar,
        weights: &Weights<F::Scalar>,
        state: usize,
    ) -> F::Scalar {
        let start = here.state(state);
        if Self::INTERPOLANT.is_hermite() {
            let proposed = Self::proposed(here, state);
            let (first, last) = match Self::parts(here).ends {
                Some(ends) => (here.get(ends, state), here.get(ends, F::STATES + state)),
                None => (
                    Self::derivative(here, 0, state),
                    Self::derivative(here, Self::STAGES - 1, state),
                ),
            };
            let bend = weights[1].mul_add(first, weights[2] * last);
            return step.mul_add(bend, weights[0].mul_add(proposed - start, start));
        }
        let sum = Self::weighed(here, weights, state);
        if Self::INCREMENTS {
            start + sum
        } else {
            step.mul_add(sum, start)
        }
    }

    /// `Σ weights[j] k_j` of one state, with the derivatives of all stages that the interpolant uses.
    #[inline(always)]
    fn weighed<F: Frame>(
        here: &mut Here<F, Self, P>,
        weights: &Weights<F::Scalar>,
        state: usize,
    ) -> F::Scalar {
        let mut sum = F::Scalar::lit(0.0);
        for (stage, &weight) in weights.iter().enumerate().take(Self::INTERPOLANT.count) {
            if Self::INTERPOLANT.used[stage] {
                sum = weight.mul_add(Self::derivative(here, stage, state), sum);
            }
        }
        sum
    }

    /// In the lanes that accepted the step, keeps what the next step needs.
    #[inline(always)]
    fn accept<F: Frame>(here: &mut Here<F, Self, P>, accepted: Lanes<F>) {
        if Self::FIRST_IS_KEPT {
            let slopes = Self::parts(here).slopes;
            for index in 0..F::STATES {
                let value = Self::derivative(here, Self::STAGES - 1, index);
                here.set_where(accepted, slopes, index, value);
            }
        }
    }
}

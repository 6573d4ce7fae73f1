//! What the integration loop asks of a step.

use crate::ode::problem::rounded_late::Moment;
use crate::ode::{
    Dimension, Frame, Lanes, Output, Polynomials, Scalar, Scheme, Settings, States, Time, Vector,
    View, Weights,
};
use crate::{Element, Registry, Wide};

/// The workspace as the step `St` sees it, whose buffers `P` places.
pub type StepView<'w, F, St, P> = View<
    'w,
    F,
    <St as Stepper<P>>::Buffers<States<F>, <F as Frame>::Element, <F as Frame>::Output>,
>;

/// A step that is tried: from the loop's state.
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

/// One step of an integration, with its buffers placed by `P`: what the loop calls. A step says where its derivatives and its proposed state
/// are, and how it advances; what follows from those is provided.
///
/// ```
/// use bakelite::{Erk, Shared, Stepper, Tsit5};
/// assert!(<Erk<Tsit5> as Stepper<Shared>>::FIRST_IS_KEPT);
/// ```
pub trait Stepper<P>: Scheme {
    /// The step's workspace.
    type Buffers<N: Dimension, E: Element, O: Output>: Registry + Wide<N>;
    /// Whether the derivative at the start is kept from the step before, and [`first`](Stepper::first) evaluates that of the first step.
    const FIRST_IS_KEPT: bool = false;
    /// Whether [`advance`](Stepper::advance) can fail: its equations may have no solution that it finds.
    const CAN_FAIL: bool;
    /// Whether there is a [`second_error`](Stepper::second_error).
    const HAS_SECOND_ERROR: bool = false;
    /// What the interpolant weighs each [`derivative`](Stepper::derivative) with.
    const INTERPOLANT: Polynomials;

    /// Where the derivative at the start is.
    fn slopes<F: Frame>(here: &StepView<F, Self, P>) -> Vector;
    /// Where [`probe`](Stepper::probe) leaves the derivative that it evaluates.
    fn probes<F: Frame>(here: &StepView<F, Self, P>) -> Vector;
    /// Where the state is that the step leads to.
    fn proposals<F: Frame>(here: &StepView<F, Self, P>) -> Vector;
    /// Where [`extend`](Stepper::extend) leaves the derivatives at the start and at the end, one behind the other, if it evaluates them.
    #[inline(always)]
    fn ends<F: Frame>(_: &StepView<F, Self, P>) -> Option<Vector> {
        None
    }
    /// The derivative of one state in a stage, those that only the interpolant has included.
    fn derivative<F: Frame>(
        here: &mut StepView<F, Self, P>,
        stage: usize,
        state: usize,
    ) -> F::Scalar;

    /// Makes the step's own solvers forget the last integration, in the lanes that begin one.
    #[inline(always)]
    fn begin<F: Frame>(_: &mut StepView<F, Self, P>, _: Lanes<F>) {}

    /// Begins an integration in some lanes: evaluates the derivative at the start, where it is kept.
    #[inline(always)]
    fn first<F: Frame>(here: &mut StepView<F, Self, P>, time: Time<F>, lanes: Lanes<F>) {
        Self::begin(here, lanes);
        if Self::FIRST_IS_KEPT {
            let derivative = here.evaluate(Moment::at(time), here.states());
            for index in 0..F::STATES {
                here.set_where(lanes, Self::slopes(here), index, derivative[index]);
            }
        }
    }

    /// Evaluates the derivative at the start, which [`slope`](Stepper::slope) then gives, unless it is kept: then it is known.
    #[inline(always)]
    fn start<F: Frame>(here: &mut StepView<F, Self, P>, time: Time<F>) {
        if !Self::FIRST_IS_KEPT {
            let derivative = here.evaluate(Moment::at(time), here.states());
            here.put(Self::slopes(here), &derivative);
        }
    }

    /// Evaluates the derivative at `time` and the state plus `step` times the slope at the start, for the choice of a first step.
    fn probe<F: Frame>(here: &mut StepView<F, Self, P>, time: Time<F>, step: F::Scalar);

    /// The derivative of one state at the start.
    #[inline(always)]
    fn slope<F: Frame>(here: &mut StepView<F, Self, P>, state: usize) -> F::Scalar {
        here.get(Self::slopes(here), state)
    }

    /// The derivative of one state at the [`probe`](Stepper::probe).
    #[inline(always)]
    fn probed<F: Frame>(here: &mut StepView<F, Self, P>, state: usize) -> F::Scalar {
        here.get(Self::probes(here), state)
    }

    /// Tries a step: the proposed state, and the lanes that have one.
    fn advance<F: Frame>(here: &mut StepView<F, Self, P>, trial: &Trial<'_, F::Scalar>)
    -> Lanes<F>;

    /// One state of those proposed.
    #[inline(always)]
    fn proposed<F: Frame>(here: &mut StepView<F, Self, P>, state: usize) -> F::Scalar {
        here.get(Self::proposals(here), state)
    }

    /// `Σ coefficients[j] k_j` of one state, with the derivatives `k` of the stages: from +0, ascending, zeros skipped.
    #[inline(always)]
    fn combine<F: Frame>(
        here: &mut StepView<F, Self, P>,
        coefficients: &[f64],
        state: usize,
    ) -> F::Scalar {
        let mut sum = F::Scalar::lit(0.0);
        let mut stage = 0;
        while stage < coefficients.len() {
            if coefficients[stage] != 0.0 {
                let derivative = Self::derivative(here, stage, state);
                sum = F::Scalar::lit(coefficients[stage]).mul_add(derivative, sum);
            }
            stage += 1;
        }
        sum
    }

    /// Where a sum of derivatives leads to from `start`.
    #[inline(always)]
    fn along<R: Scalar>(start: R, step: R, sum: R) -> R {
        step.mul_add(sum, start)
    }

    /// The estimated error of one state after a step of `step`. The method must have an embedded estimate.
    fn error<F: Frame>(here: &mut StepView<F, Self, P>, step: F::Scalar, state: usize)
    -> F::Scalar;

    /// The second estimate of one state's error after a step of `step`: see [`Tableau::SECOND_ERROR`](crate::Tableau::SECOND_ERROR).
    #[inline(always)]
    fn second_error<F: Frame>(
        _: &mut StepView<F, Self, P>,
        _step: F::Scalar,
        _state: usize,
    ) -> F::Scalar {
        F::Scalar::lit(0.0)
    }

    /// Evaluates what only the interpolant needs, after a step of `step` from `time`.
    #[inline(always)]
    fn extend<F: Frame>(here: &mut StepView<F, Self, P>, time: Time<F>, step: F::Scalar) {
        if let Some(ends) = Self::ends(here) {
            let (start, end) = (Moment::at(time), Moment::at(time + step.to_time()));
            let derivative = here.evaluate(start, here.states());
            here.put(ends, &derivative);
            let derivative = here.evaluate(end, Self::proposals(here));
            here.put(ends.from(F::STATES), &derivative);
        }
    }

    /// What the interpolant weighs each derivative of the step with, `theta` of the way: 0 at the start, 1 at the end.
    #[inline(always)]
    fn weights<R: Scalar>(theta: R) -> Weights<R> {
        Self::INTERPOLANT.at(theta)
    }

    /// One state by the interpolant with these `weights`, after a step of `step`.
    #[inline(always)]
    fn interpolated<F: Frame>(
        here: &mut StepView<F, Self, P>,
        step: F::Scalar,
        weights: &Weights<F::Scalar>,
        state: usize,
    ) -> F::Scalar {
        let start = here.state(state);
        if Self::INTERPOLANT.is_hermite() {
            let proposed = Self::proposed(here, state);
            let (first, last) = match Self::ends(here) {
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
        Self::along(start, step, sum)
    }

    /// `Σ weights[j] k_j` of one state, with the derivatives of all stages that the interpolant uses.
    #[inline(always)]
    fn weighed<F: Frame>(
        here: &mut StepView<F, Self, P>,
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

    /// Keeps what the next step needs of this one, in the lanes that accepted it.
    #[inline(always)]
    fn accept<F: Frame>(here: &mut StepView<F, Self, P>, accepted: Lanes<F>) {
        if Self::FIRST_IS_KEPT {
            for index in 0..F::STATES {
                let value = Self::derivative(here, Self::STAGES - 1, index);
                here.set_where(accepted, Self::slopes(here), index, value);
            }
        }
    }
}

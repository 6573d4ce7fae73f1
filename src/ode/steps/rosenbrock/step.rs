//! The Rosenbrock step: it solves linear equations only, one set for each stage.

use super::tableau::check;
use crate::consts::U2;
use crate::ode::problem::rounded_late::Moment;
use crate::ode::{
    Adaptive, Coupling, Dimension, Frame, Here, Lanes, LinearSolver, Matrix, Output, Parts,
    Polynomials, Scalar, Scheme, Stepper, Time, Trial,
    methods::{EmbeddedRosenbrock, RosenbrockTableau},
    splat,
};
use crate::{
    layout::{Element, Extent, RunLocation, Switch, Times, Wide},
    ode::Lu,
    registry,
};
use core::marker::PhantomData;

registry! {
    /// The workspace of a Rosenbrock step of `N` states and `K` stages.
    pub struct RosenbrockBuffers<N: Extent, K: Extent, E: Element, Inner: Wide<N>, Ends: Switch, P: RosenbrockPlaces> in rosenbrock,
        phases [stages, finish], width N,
        ///
        /// ```
        /// fn places<P: bakelite::ode::methods::RosenbrockPlaces>() {}
        /// places::<bakelite::layout::Shared>();
        /// ```
        places RosenbrockPlaces in RunLocation
    {
        /// The stages `u_i`, one after the other.
        stage_store: [E; Times<K, N>] by P, during stages..=finish;
        /// The derivative of the right-hand side in time.
        time_derivative: [E; N] by P, during stages;
        /// The state that the step leads to.
        proposed_state: [E; N] by P, during finish;
        /// The derivatives at both ends, for dense output by a Hermite cubic.
        end_derivatives: [E; Times<U2, N>] by P, during finish, if Ends;
        /// The solver of the stages.
        linear: child Inner, during stages;
    }
}

/// The Rosenbrock step of tableau `T`. `Solver` solves its linear equations: see [`RosenbrockTableau`]. The Jacobian
/// and the derivative in time are exact, and taken at the step's start.
///
/// ```
/// use bakelite::ode::{Scheme, methods::{Rodas5p, Rosenbrock}};
/// assert_eq!(<Rosenbrock<Rodas5p> as Scheme>::ORDER, 5);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Rosenbrock<T, Solver = Lu>(PhantomData<fn() -> (T, Solver)>);

/// The one diagonal entry of all stages.
#[derive(Debug)]
pub struct RosenbrockDiagonal<T>(PhantomData<fn() -> T>);
impl<T: RosenbrockTableau> Coupling for RosenbrockDiagonal<T> {
    const A: &'static [&'static [f64]] = &[&[T::GAMMA]];
    type Unknowns<N: Dimension> = N;
}

impl<T: RosenbrockTableau, Solver: Send + Sync + 'static> Scheme for Rosenbrock<T, Solver> {
    const NAME: &'static str = T::NAME;
    const ORDER: u32 = T::ORDER;
    const STAGES: usize = Self::COUNT;
    const ESTIMATES: bool = T::HasError::ON;
    const EVALUATIONS: Option<u32> = None;
}
impl<T: EmbeddedRosenbrock, Solver: Send + Sync + 'static> Adaptive for Rosenbrock<T, Solver> {
    const EMBEDDED_ORDER: u32 = T::EMBEDDED_ORDER;
}

/// Whether both ends of a step must be evaluated for its interpolant.
#[derive(Debug)]
pub struct EvaluatesEnds<T, Dense>(PhantomData<fn() -> (T, Dense)>);
#[diagnostic::do_not_recommend]
impl<T: RosenbrockTableau, Dense: Switch> Switch for EvaluatesEnds<T, Dense> {
    const ON: bool = Dense::ON && T::DENSE.is_empty();
}

impl<T: RosenbrockTableau, Solver> Rosenbrock<T, Solver> {
    const COUNT: usize = check::<T>();
}

impl<T: RosenbrockTableau, Solver: LinearSolver<P>, P: RosenbrockPlaces> Stepper<P>
    for Rosenbrock<T, Solver>
{
    type Buffers<N: Dimension, E: Element, O: Output> =
        RosenbrockBuffers<N, T::Stages, E, Solver::Buffers<N, E>, EvaluatesEnds<T, O::Dense>, P>;
    const CAN_FAIL: bool = true;
    const INTERPOLANT: Polynomials = Polynomials::of_rows(T::DENSE);

    const ERROR: &'static [f64] = T::ERROR;
    /// The stages `u`.
    const INCREMENTS: bool = true;

    #[inline(always)]
    fn parts<F: Frame>(here: &Here<F, Self, P>) -> Parts {
        Parts {
            slopes: here.buffer(rosenbrock::stage_store),
            probes: here.buffer(rosenbrock::time_derivative),
            proposals: here.buffer(rosenbrock::proposed_state),
            ends: if EvaluatesEnds::<T, <F::Output as Output>::Dense>::ON {
                Some(here.buffer(rosenbrock::end_derivatives))
            } else {
                None
            },
        }
    }

    #[inline(always)]
    fn probe<F: Frame>(here: &mut Here<F, Self, P>, time: Time<F>, step: F::Scalar) {
        let mut argument = splat(F::Scalar::lit(0.0));
        for index in 0..F::STATES {
            let slope = <Self as Stepper<P>>::slope(here, index);
            let start = here.state(index);
            argument[index] = step.mul_add(slope, start);
        }
        let derivative = here.evaluate_at(Moment::at(time), &argument);
        here.put(<Self as Stepper<P>>::parts(here).probes, &derivative);
    }

    #[inline(always)]
    fn advance<F: Frame>(here: &mut Here<F, Self, P>, trial: &Trial<F::Scalar>) -> Lanes<F> {
        let Trial { time, step, .. } = *trial;
        let moment = Moment::at(time);
        let matrix = Matrix::<F, RosenbrockDiagonal<T>>::of(trial);
        Solver::prepare(&mut here.child(rosenbrock::linear), &matrix);
        let rate = here.in_time(moment);
        here.put(here.buffer(rosenbrock::time_derivative), &rate);
        let gain = step * F::Scalar::lit(T::GAMMA);
        let inverse = F::Scalar::lit(1.0) / step;
        let wide_step = step.to_time();
        let mut solved = trial.lanes;
        for stage in 0..Self::COUNT {
            let mut argument = splat(F::Scalar::lit(0.0));
            for index in 0..F::STATES {
                let sum = <Self as Stepper<P>>::combine(here, T::A[stage], index);
                let start = here.state(index);
                argument[index] = if stage == 0 { start } else { start + sum };
            }
            let stage_time = Time::<F>::lit(T::ALPHA[stage]).mul_add(wide_step, time);
            let derivative = here.evaluate_at(Moment::at(stage_time), &argument);
            let drift = step * F::Scalar::lit(T::GAMMAS[stage]);
            let u = here.buffer(rosenbrock::stage_store);
            let u = u.from(stage * F::STATES);
            for index in 0..F::STATES {
                let sum = <Self as Stepper<P>>::combine(here, T::C[stage], index);
                let rate = here.load(rosenbrock::time_derivative, index);
                let value = drift.mul_add(rate, sum.mul_add(inverse, derivative[index]));
                here.set(u, index, gain * value);
            }
            let mut linear = here.child(rosenbrock::linear);
            solved = Solver::solve(&mut linear, &matrix, u, solved);
        }
        for index in 0..F::STATES {
            let sum = <Self as Stepper<P>>::combine(here, T::M, index);
            let start = here.state(index);
            here.store(rosenbrock::proposed_state, index, start + sum);
        }
        solved
    }
}

//! The Rosenbrock step: linear equations only, one set for each stage.

use super::tableau::check;
use crate::consts::U2;
use crate::ode::integration as run;
use crate::ode::problem::derivative::in_time;
use crate::ode::problem::evaluate::{evaluate, evaluate_at};
use crate::ode::problem::rounded_late::Moment;
use crate::ode::solvers::linear::{Coupling, LinearSolver, Matrix};
use crate::ode::solvers::newton::put;
use crate::ode::steps::polynomials::Polynomials;
use crate::ode::{
    Adaptive, Dimension, EmbeddedRosenbrock, LoopPath, Output, RosenbrockTableau, Scalar, Scheme,
    Settings, Stepper, System, Weights, Workspace, load, splat, store,
};
use crate::{
    Element, Extent, In, Lu, Path, Places, RunLocation, Site, Switch, Times, Wide, registry,
};
use core::marker::PhantomData;
use typenum::Unsigned;

registry! {
    /// The workspace of a Rosenbrock step of `N` states and `K` stages.
    pub struct RosenbrockBuffers<N: Extent, K: Extent, E: Element, Inner: Wide<N>, Ends: Switch, P: RosenbrockPlaces> in rosenbrock,
        phases [stages, finish], width N
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

/// A placement that says where [`RosenbrockBuffers`] live.
///
/// ```
/// fn places<P: bakelite::ode::RosenbrockPlaces>() {}
/// places::<bakelite::Shared>();
/// ```
pub trait RosenbrockPlaces:
    Places<rosenbrock::stage_store, At: RunLocation>
    + Places<rosenbrock::time_derivative, At: RunLocation>
    + Places<rosenbrock::proposed_state, At: RunLocation>
    + Places<rosenbrock::end_derivatives, At: RunLocation>
{
}
impl<P> RosenbrockPlaces for P where
    P: Places<rosenbrock::stage_store, At: RunLocation>
        + Places<rosenbrock::time_derivative, At: RunLocation>
        + Places<rosenbrock::proposed_state, At: RunLocation>
        + Places<rosenbrock::end_derivatives, At: RunLocation>
{
}

/// The Rosenbrock step of tableau `T`, whose linear equations `Solver` solves: see [`RosenbrockTableau`]. The Jacobian and the
/// derivative in time are exact, at the step's start.
///
/// ```
/// use bakelite::{Rodas5p, Rosenbrock, Scheme};
/// assert_eq!(<Rosenbrock<Rodas5p> as Scheme>::ORDER, 5);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Rosenbrock<T, Solver = Lu>(PhantomData<fn() -> (T, Solver)>);

/// The one diagonal entry that all stages have.
#[derive(Debug)]
pub struct RosenbrockDiagonal<T>(PhantomData<fn() -> T>);
impl<T: RosenbrockTableau> Coupling for RosenbrockDiagonal<T> {
    const A: &'static [&'static [f64]] = &[&[T::GAMMA]];
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
    const POLYNOMIALS: Polynomials = Polynomials::of_rows(T::DENSE);
}

/// `Σ coefficients[j] u_j` of one state: from +0, ascending, zeros skipped.
#[inline(always)]
fn combine<A: Site<rosenbrock::stage_store>, R: Scalar>(
    workspace: &mut impl Workspace<R>,
    coefficients: &[f64],
    states: usize,
    state: usize,
) -> R {
    let mut sum = R::lit(0.0);
    for (stage, &coefficient) in coefficients.iter().enumerate() {
        if coefficient != 0.0 {
            let element = stage * states + state;
            let value = load::<A, rosenbrock::stage_store, R>(workspace, element);
            sum = R::lit(coefficient).mul_add(value, sum);
        }
    }
    sum
}

impl<T: RosenbrockTableau, Solver, P> Stepper<P> for Rosenbrock<T, Solver>
where
    Solver: LinearSolver<P>,
    P: RosenbrockPlaces + 'static,
{
    const FIRST_IS_KEPT: bool = false;
    const HAS_SECOND_ERROR: bool = false;
    const CAN_FAIL: bool = true;
    type Buffers<N: Dimension, E: Element, O: Output> =
        RosenbrockBuffers<N, T::Stages, E, Solver::Buffers<N, E>, EvaluatesEnds<T, O::Dense>, P>;

    #[inline(always)]
    fn first<S: System, E: Element, O: Output, L: LoopPath, A, R: Scalar>(
        _workspace: &mut impl Workspace<R>,
        _time: R::Time,
        _mask: R::Mask,
    ) where
        A: Path<Here = Self::Buffers<S::States, E, O>>,
    {
    }

    #[inline(always)]
    fn start<S: System, E: Element, O: Output, L: LoopPath, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
    ) where
        A: Path<Here = Self::Buffers<S::States, E, O>>,
    {
        let derivative = evaluate::<S, L, L, run::state, R>(workspace, Moment::at(time), 0);
        put::<A, rosenbrock::stage_store, S::States, R>(workspace, 0, &derivative);
    }

    #[inline(always)]
    fn probe<S: System, E: Element, O: Output, L: LoopPath, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
        step: R,
    ) where
        A: Path<Here = Self::Buffers<S::States, E, O>>,
    {
        let mut argument = splat::<R, S::States>(R::lit(0.0));
        for index in 0..S::States::USIZE {
            let slope = load::<A, rosenbrock::stage_store, R>(workspace, index);
            let start = load::<L, run::state, R>(workspace, index);
            argument[index] = step.mul_add(slope, start);
        }
        let time = Moment::at(time);
        let derivative = evaluate_at::<S, L, R>(workspace, time, &argument);
        put::<A, rosenbrock::time_derivative, S::States, R>(workspace, 0, &derivative);
    }

    #[inline(always)]
    fn slope<S: System, E: Element, O: Output, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        state: usize,
    ) -> R
    where
        A: Path<Here = Self::Buffers<S::States, E, O>>,
    {
        load::<A, rosenbrock::stage_store, R>(workspace, state)
    }

    #[inline(always)]
    fn probed<S: System, E: Element, O: Output, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        state: usize,
    ) -> R
    where
        A: Path<Here = Self::Buffers<S::States, E, O>>,
    {
        load::<A, rosenbrock::time_derivative, R>(workspace, state)
    }

    #[inline(always)]
    fn advance<S: System, E: Element, O: Output, L: LoopPath, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
        step: R,
        lanes: R::Mask,
        settings: &Settings<'_, R>,
    ) -> R::Mask
    where
        A: Path<Here = Self::Buffers<S::States, E, O>>,
    {
        let states = S::States::USIZE;
        let narrow_time = Moment::at(time);
        let matrix = Matrix::<R, RosenbrockDiagonal<T>>::new(narrow_time, step);
        Solver::prepare::<S, E, RosenbrockDiagonal<T>, L, In<A, rosenbrock::linear>, S::States, R>(
            workspace, &matrix,
        );
        let rate = in_time::<S, L, R>(workspace, narrow_time);
        put::<A, rosenbrock::time_derivative, S::States, R>(workspace, 0, &rate);
        let gain = step * R::lit(T::GAMMA);
        let inverse = R::lit(1.0) / step;
        let wide_step = step.to_time();
        let mut solved = lanes;
        for stage in 0..Self::COUNT {
            let mut argument = splat::<R, S::States>(R::lit(0.0));
            for index in 0..states {
                let sum = combine::<A, R>(workspace, T::A[stage], states, index);
                let start = load::<L, run::state, R>(workspace, index);
                argument[index] = if stage == 0 { start } else { start + sum };
            }
            let stage_time = R::Time::lit(T::ALPHA[stage]).mul_add(wide_step, time);
            let derivative = evaluate_at::<S, L, R>(workspace, Moment::at(stage_time), &argument);
            let drift = step * R::lit(T::GAMMAS[stage]);
            for index in 0..states {
                let sum = combine::<A, R>(workspace, T::C[stage], states, index);
                let rate = load::<A, rosenbrock::time_derivative, R>(workspace, index);
                let value = drift.mul_add(rate, sum.mul_add(inverse, derivative[index]));
                let element = stage * states + index;
                store::<A, rosenbrock::stage_store, R>(workspace, element, gain * value);
            }
            solved = Solver::solve::<
                S,
                E,
                RosenbrockDiagonal<T>,
                L,
                In<A, rosenbrock::linear>,
                S::States,
                A,
                rosenbrock::stage_store,
                R,
            >(workspace, &matrix, stage * states, solved, settings);
        }
        for index in 0..states {
            let sum = combine::<A, R>(workspace, T::M, states, index);
            let start = load::<L, run::state, R>(workspace, index);
            store::<A, rosenbrock::proposed_state, R>(workspace, index, start + sum);
        }
        solved
    }

    #[inline(always)]
    fn proposed<S: System, E: Element, O: Output, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        state: usize,
    ) -> R
    where
        A: Path<Here = Self::Buffers<S::States, E, O>>,
    {
        load::<A, rosenbrock::proposed_state, R>(workspace, state)
    }

    #[inline(always)]
    fn error<S: System, E: Element, O: Output, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        _step: R,
        state: usize,
    ) -> R
    where
        A: Path<Here = Self::Buffers<S::States, E, O>>,
    {
        combine::<A, R>(workspace, T::ERROR, S::States::USIZE, state)
    }

    #[inline(always)]
    fn second_error<S: System, E: Element, O: Output, A, R: Scalar>(
        _workspace: &mut impl Workspace<R>,
        _step: R,
        _state: usize,
    ) -> R
    where
        A: Path<Here = Self::Buffers<S::States, E, O>>,
    {
        R::lit(0.0)
    }

    #[inline(always)]
    fn extend<S: System, E: Element, O: Output, L: LoopPath, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
        step: R,
    ) where
        A: Path<Here = Self::Buffers<S::States, E, O>>,
    {
        if EvaluatesEnds::<T, O::Dense>::ON {
            let (start, end) = (Moment::at(time), Moment::at(time + step.to_time()));
            let derivative = evaluate::<S, L, L, run::state, R>(workspace, start, 0);
            put::<A, rosenbrock::end_derivatives, S::States, R>(workspace, 0, &derivative);
            let derivative = evaluate::<S, L, A, rosenbrock::proposed_state, R>(workspace, end, 0);
            put::<A, rosenbrock::end_derivatives, S::States, R>(
                workspace,
                S::States::USIZE,
                &derivative,
            );
        }
    }

    #[inline(always)]
    fn weights<R: Scalar>(theta: R) -> Weights<R> {
        Self::POLYNOMIALS.at(theta, if T::DENSE.is_empty() { 3 } else { Self::COUNT })
    }

    #[inline(always)]
    fn interpolated<S: System, E: Element, O: Output, L: LoopPath, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        step: R,
        weights: &Weights<R>,
        state: usize,
    ) -> R
    where
        A: Path<Here = Self::Buffers<S::States, E, O>>,
    {
        let start = load::<L, run::state, R>(workspace, state);
        if T::DENSE.is_empty() {
            let proposed = load::<A, rosenbrock::proposed_state, R>(workspace, state);
            let first = load::<A, rosenbrock::end_derivatives, R>(workspace, state);
            let last =
                load::<A, rosenbrock::end_derivatives, R>(workspace, S::States::USIZE + state);
            let bend = weights[1].mul_add(first, weights[2] * last);
            return step.mul_add(bend, weights[0].mul_add(proposed - start, start));
        }
        let mut sum = R::lit(0.0);
        for (stage, &weight) in weights.iter().enumerate().take(Self::COUNT) {
            if Self::POLYNOMIALS.used[stage] {
                let element = stage * S::States::USIZE + state;
                let derivative = load::<A, rosenbrock::stage_store, R>(workspace, element);
                sum = weight.mul_add(derivative, sum);
            }
        }
        start + sum
    }

    #[inline(always)]
    fn accept<S: System, E: Element, O: Output, A, R: Scalar>(
        _workspace: &mut impl Workspace<R>,
        _accepted: R::Mask,
    ) where
        A: Path<Here = Self::Buffers<S::States, E, O>>,
    {
    }
}

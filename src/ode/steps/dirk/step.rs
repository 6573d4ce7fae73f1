//! The diagonally implicit Runge-Kutta step: one stage after the other, each a set of equations for Newton's method.

use super::tableau::check;
use crate::consts::U2;
use crate::ode::integration as run;
use crate::ode::problem::evaluate::{evaluate, parameters};
use crate::ode::problem::rounded_late::{Moment, rhs};
use crate::ode::solvers::linear::{Coupling, Matrix};
use crate::ode::solvers::newton::{add, put};
use crate::ode::steps::polynomials::Polynomials;
use crate::ode::{
    Adaptive, Dimension, DirkTableau, EmbeddedDirk, Equations, LoopPath, Newton, NonlinearSolver,
    Output, Scalar, Scheme, Settings, Stepper, System, Weights, Workspace, load, splat, store,
    store_where,
};
use crate::{
    Element, Extent, In, Lu, Path, Places, RunLocation, Site, Switch, Times, Wide, registry,
};
use core::marker::PhantomData;
use typenum::Unsigned;

registry! {
    /// The workspace of a diagonally implicit step of `N` states and `K` stages.
    pub struct DirkBuffers<
        N: Extent, K: Extent, E: Element, Inner: Wide<N>, First: Switch, Ends: Switch, P: DirkPlaces
    > in dirk, phases [stages, interpolate], width N {
        /// The first stage, where it is explicit: the derivative at the step's start.
        first_derivative: [E; N] by P, if First, keep;
        /// The derivatives of the stages that are solved, one after the other. The one that is solved: how far it is from the state that
        /// it starts from.
        stage_derivatives: [E; Times<K, N>] by P, during stages..=interpolate;
        /// The state that a stage starts from; in the end, the state that the step leads to.
        proposed_state: [E; N] by P, during stages..=interpolate;
        /// The derivatives at both ends, for dense output by a Hermite cubic, where they are no stages.
        end_derivatives: [E; Times<U2, N>] by P, during interpolate, if Ends;
        /// The solver of each stage; then, with the error in it, of the equations that bound the error, where it is filtered.
        newton: child Inner, during stages;
    }
}

/// A placement that says where [`DirkBuffers`] live.
///
/// ```
/// fn places<P: bakelite::ode::DirkPlaces>() {}
/// places::<bakelite::Shared>();
/// ```
pub trait DirkPlaces:
    Places<dirk::first_derivative, At: RunLocation>
    + Places<dirk::stage_derivatives, At: RunLocation>
    + Places<dirk::proposed_state, At: RunLocation>
    + Places<dirk::end_derivatives, At: RunLocation>
{
}
impl<P> DirkPlaces for P where
    P: Places<dirk::first_derivative, At: RunLocation>
        + Places<dirk::stage_derivatives, At: RunLocation>
        + Places<dirk::proposed_state, At: RunLocation>
        + Places<dirk::end_derivatives, At: RunLocation>
{
}

/// The diagonally implicit Runge-Kutta step of tableau `T`, whose stages `Solver` solves.
///
/// A stage is solved for `z = h γ k`, its distance from what the stages before give; its derivative is then `z / (h γ)`, not a new
/// evaluation, which for stiff systems would magnify what Newton's method left (E. Hairer, G. Wanner, *Solving ODEs II*, section IV.8).
/// The first guess of a stage is by the tableau's predictor, else the derivative of the stage before.
///
/// For the same reason an explicit first stage is evaluated once, at the start of the integration. Later it is the last stage of the step
/// before, of which it is the derivative at the end (the tableau must be stiffly accurate for that; else it is evaluated in each step).
/// A cubic Hermite interpolant takes its derivatives from there, too.
///
/// ```
/// use bakelite::{Dirk, Kvaerno3, Scheme};
/// assert_eq!(<Dirk<Kvaerno3> as Scheme>::NAME, "kvaerno3");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Dirk<T, Solver = Newton<Lu>>(PhantomData<fn() -> (T, Solver)>);

/// The one diagonal entry that all stages have.
#[derive(Debug)]
pub struct Diagonal<T>(PhantomData<fn() -> T>);
impl<T: DirkTableau> Coupling for Diagonal<T> {
    const A: &'static [&'static [f64]] = &[&[T::GAMMA]];
}

impl<T: DirkTableau, Solver: Send + Sync + 'static> Scheme for Dirk<T, Solver> {
    const NAME: &'static str = T::NAME;
    const ORDER: u32 = T::ORDER;
    const STAGES: usize = Self::COUNT;
    const ESTIMATES: bool = T::HasError::ON;
    const EVALUATIONS: Option<u32> = None;
}
impl<T: EmbeddedDirk, Solver: Send + Sync + 'static> Adaptive for Dirk<T, Solver> {
    const EMBEDDED_ORDER: u32 = T::EMBEDDED_ORDER;
}

/// Whether both ends of a step must be evaluated for its interpolant: a Hermite cubic, with derivatives that are no stages.
#[derive(Debug)]
pub struct EvaluatesEnds<T, Dense>(PhantomData<fn() -> (T, Dense)>);
#[diagnostic::do_not_recommend]
impl<T: DirkTableau, Dense: Switch> Switch for EvaluatesEnds<T, Dense> {
    const ON: bool = Dense::ON && T::DENSE.is_empty() && !keeps_first::<T>();
}

/// Whether the last stage of a step is the first of the next.
const fn keeps_first<T: DirkTableau>() -> bool {
    T::StiffFirst::ON && T::STIFFLY_ACCURATE
}

impl<T: DirkTableau, Solver> Dirk<T, Solver> {
    const COUNT: usize = check::<T>();
    const POLYNOMIALS: Polynomials = Polynomials::of_rows(T::DENSE);
    const KEEPS_FIRST: bool = keeps_first::<T>();
    /// The first stage that is solved.
    const SOLVED: usize = T::StiffFirst::ON as usize;
}

/// The derivative of one state in a stage.
#[inline(always)]
fn derivative<T: DirkTableau, A, R: Scalar>(
    workspace: &mut impl Workspace<R>,
    stage: usize,
    states: usize,
    state: usize,
) -> R
where
    A: Site<dirk::first_derivative> + Site<dirk::stage_derivatives>,
{
    if T::StiffFirst::ON && stage == 0 {
        return load::<A, dirk::first_derivative, R>(workspace, state);
    }
    let element = (stage - T::StiffFirst::ON as usize) * states + state;
    load::<A, dirk::stage_derivatives, R>(workspace, element)
}

/// `z = h γ f(t, base + z)`, with `z` in the place of the stage's derivative.
struct Stage<S, L, A, R: Scalar> {
    time: Moment<R>,
    /// The first element of `z`.
    first: usize,
    /// `h γ`, in units of time.
    gain: R,
    #[allow(clippy::type_complexity)] // the plain marker of three type parameters
    sites: PhantomData<fn() -> (S, L, A)>,
}

impl<S: System, L: LoopPath, A, R: Scalar> Equations<R> for Stage<S, L, A, R>
where
    A: Site<dirk::stage_derivatives> + Site<dirk::proposed_state>,
{
    #[inline(always)]
    fn lack<B: Site<K>, K>(&self, workspace: &mut impl Workspace<R>) {
        let values = parameters::<S, L, R>(workspace);
        let mut argument = splat::<R, S::States>(R::lit(0.0));
        for index in 0..S::States::USIZE {
            let base = load::<A, dirk::proposed_state, R>(workspace, index);
            let increment = load::<A, dirk::stage_derivatives, R>(workspace, self.first + index);
            argument[index] = base + increment;
        }
        let derivative = rhs::<S, R>(self.time, &argument, &values);
        for index in 0..S::States::USIZE {
            let now = load::<A, dirk::stage_derivatives, R>(workspace, self.first + index);
            let value = self.gain.mul_add(derivative[index], -now);
            store::<B, K, R>(workspace, index, value);
        }
    }
    #[inline(always)]
    fn correct<B: Site<K>, K>(&self, workspace: &mut impl Workspace<R>, lanes: R::Mask) {
        let states = S::States::USIZE;
        add::<B, K, A, dirk::stage_derivatives, R>(workspace, self.first, states, lanes);
    }
}

/// `Σ coefficients[j] k_j` of one state: from +0, ascending, zeros skipped.
#[inline(always)]
fn combine<T: DirkTableau, A, R: Scalar>(
    workspace: &mut impl Workspace<R>,
    coefficients: &[f64],
    states: usize,
    state: usize,
) -> R
where
    A: Site<dirk::first_derivative> + Site<dirk::stage_derivatives>,
{
    let mut sum = R::lit(0.0);
    for (stage, &coefficient) in coefficients.iter().enumerate() {
        if coefficient != 0.0 {
            let derivative = derivative::<T, A, R>(workspace, stage, states, state);
            sum = R::lit(coefficient).mul_add(derivative, sum);
        }
    }
    sum
}

impl<T: DirkTableau, Solver, P> Stepper<P> for Dirk<T, Solver>
where
    Solver: NonlinearSolver<P>,
    P: DirkPlaces + 'static,
{
    const FIRST_IS_KEPT: bool = Self::KEEPS_FIRST;
    const HAS_SECOND_ERROR: bool = false;
    const CAN_FAIL: bool = true;
    type Buffers<N: Dimension, E: Element, O: Output> = DirkBuffers<
        N,
        T::StoredStages,
        E,
        Solver::Buffers<N, E>,
        T::StiffFirst,
        EvaluatesEnds<T, O::Dense>,
        P,
    >;

    #[inline(always)]
    fn first<S: System, E: Element, O: Output, L: LoopPath, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
        mask: R::Mask,
    ) where
        A: Path<Here = Self::Buffers<S::States, E, O>>,
    {
        Solver::begin::<E, In<A, dirk::newton>, S::States, R>(workspace, mask);
        if Self::KEEPS_FIRST {
            let derivative = evaluate::<S, L, L, run::state, R>(workspace, Moment::at(time), 0);
            for index in 0..S::States::USIZE {
                let value = derivative[index];
                store_where::<A, dirk::first_derivative, R>(workspace, mask, index, value);
            }
        }
    }

    #[inline(always)]
    fn start<S: System, E: Element, O: Output, L: LoopPath, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
    ) where
        A: Path<Here = Self::Buffers<S::States, E, O>>,
    {
        if Self::KEEPS_FIRST {
            return;
        }
        let derivative = evaluate::<S, L, L, run::state, R>(workspace, Moment::at(time), 0);
        if T::StiffFirst::ON {
            put::<A, dirk::first_derivative, S::States, R>(workspace, 0, &derivative);
        } else {
            put::<A, dirk::stage_derivatives, S::States, R>(workspace, 0, &derivative);
        }
    }

    #[inline(always)]
    fn probe<S: System, E: Element, O: Output, L: LoopPath, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
        step: R,
    ) where
        A: Path<Here = Self::Buffers<S::States, E, O>>,
    {
        for index in 0..S::States::USIZE {
            let slope = derivative::<T, A, R>(workspace, 0, S::States::USIZE, index);
            let start = load::<L, run::state, R>(workspace, index);
            store::<A, dirk::proposed_state, R>(workspace, index, step.mul_add(slope, start));
        }
        let time = Moment::at(time);
        let derivative = evaluate::<S, L, A, dirk::proposed_state, R>(workspace, time, 0);
        put::<A, dirk::proposed_state, S::States, R>(workspace, 0, &derivative);
    }

    #[inline(always)]
    fn slope<S: System, E: Element, O: Output, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        state: usize,
    ) -> R
    where
        A: Path<Here = Self::Buffers<S::States, E, O>>,
    {
        derivative::<T, A, R>(workspace, 0, S::States::USIZE, state)
    }

    #[inline(always)]
    fn probed<S: System, E: Element, O: Output, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        state: usize,
    ) -> R
    where
        A: Path<Here = Self::Buffers<S::States, E, O>>,
    {
        load::<A, dirk::proposed_state, R>(workspace, state)
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
        let matrix = Matrix::<R, Diagonal<T>>::new(Moment::at(time), step);
        Solver::prepare::<S, E, Diagonal<T>, L, In<A, dirk::newton>, S::States, R>(
            workspace, &matrix,
        );
        let gain = step * R::lit(T::GAMMA);
        let inverse = R::lit(1.0) / gain;
        let wide_step = step.to_time();
        let mut solved = lanes;
        if T::StiffFirst::ON {
            <Self as Stepper<P>>::start::<S, E, O, L, A, R>(workspace, time);
        }
        for stage in Self::SOLVED..Self::COUNT {
            let first = (stage - Self::SOLVED) * states;
            for index in 0..states {
                let sum = combine::<T, A, R>(workspace, &T::A[stage][..stage], states, index);
                let start = load::<L, run::state, R>(workspace, index);
                let base = if stage == 0 {
                    start
                } else {
                    step.mul_add(sum, start)
                };
                store::<A, dirk::proposed_state, R>(workspace, index, base);
                let row: &[f64] = if stage < T::PREDICTOR.len() {
                    T::PREDICTOR[stage]
                } else {
                    &[]
                };
                let guess = if !row.is_empty() {
                    combine::<T, A, R>(workspace, row, states, index)
                } else if stage > 0 {
                    derivative::<T, A, R>(workspace, stage - 1, states, index)
                } else {
                    R::lit(0.0)
                };
                store::<A, dirk::stage_derivatives, R>(workspace, first + index, gain * guess);
            }
            let stage_time = R::Time::lit(T::C[stage]).mul_add(wide_step, time);
            let equations = Stage::<S, L, A, R> {
                time: Moment::at(stage_time),
                first,
                gain,
                sites: PhantomData,
            };
            solved = Solver::solve::<S, E, Diagonal<T>, L, In<A, dirk::newton>, S::States, _, R>(
                workspace, &matrix, &equations, solved, settings,
            );
            for index in 0..states {
                let element = first + index;
                let increment = load::<A, dirk::stage_derivatives, R>(workspace, element);
                if T::STIFFLY_ACCURATE && stage + 1 == Self::COUNT {
                    let base = load::<A, dirk::proposed_state, R>(workspace, index);
                    store::<A, dirk::proposed_state, R>(workspace, index, base + increment);
                }
                store::<A, dirk::stage_derivatives, R>(workspace, element, increment * inverse);
            }
        }
        if !T::STIFFLY_ACCURATE {
            for index in 0..states {
                let sum = combine::<T, A, R>(workspace, T::B, states, index);
                let start = load::<L, run::state, R>(workspace, index);
                store::<A, dirk::proposed_state, R>(workspace, index, step.mul_add(sum, start));
            }
        }
        if T::FILTER_ERROR {
            for index in 0..states {
                let sum = combine::<T, A, R>(workspace, T::ERROR, states, index);
                Solver::set_filtered::<E, In<A, dirk::newton>, S::States, R>(
                    workspace,
                    index,
                    step * sum,
                );
            }
            solved = Solver::filter::<S, E, Diagonal<T>, L, In<A, dirk::newton>, S::States, R>(
                workspace, &matrix, solved, settings,
            );
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
        load::<A, dirk::proposed_state, R>(workspace, state)
    }

    #[inline(always)]
    fn error<S: System, E: Element, O: Output, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        step: R,
        state: usize,
    ) -> R
    where
        A: Path<Here = Self::Buffers<S::States, E, O>>,
    {
        if T::FILTER_ERROR {
            Solver::filtered::<E, In<A, dirk::newton>, S::States, R>(workspace, state)
        } else {
            step * combine::<T, A, R>(workspace, T::ERROR, S::States::USIZE, state)
        }
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
            put::<A, dirk::end_derivatives, S::States, R>(workspace, 0, &derivative);
            let derivative = evaluate::<S, L, A, dirk::proposed_state, R>(workspace, end, 0);
            put::<A, dirk::end_derivatives, S::States, R>(workspace, S::States::USIZE, &derivative);
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
            let proposed = load::<A, dirk::proposed_state, R>(workspace, state);
            let states = S::States::USIZE;
            let (first, last) = if Self::KEEPS_FIRST {
                let last = Self::COUNT - 1;
                [0, last].map(|stage| derivative::<T, A, R>(workspace, stage, states, state))
            } else {
                [state, states + state]
                    .map(|element| load::<A, dirk::end_derivatives, R>(workspace, element))
            }
            .into();
            let bend = weights[1].mul_add(first, weights[2] * last);
            return step.mul_add(bend, weights[0].mul_add(proposed - start, start));
        }
        let mut sum = R::lit(0.0);
        for (stage, &weight) in weights.iter().enumerate().take(Self::COUNT) {
            if Self::POLYNOMIALS.used[stage] {
                let derivative = derivative::<T, A, R>(workspace, stage, S::States::USIZE, state);
                sum = weight.mul_add(derivative, sum);
            }
        }
        step.mul_add(sum, start)
    }

    #[inline(always)]
    fn accept<S: System, E: Element, O: Output, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        accepted: R::Mask,
    ) where
        A: Path<Here = Self::Buffers<S::States, E, O>>,
    {
        if Self::KEEPS_FIRST {
            let (last, states) = (Self::COUNT - 1, S::States::USIZE);
            for index in 0..states {
                let value = derivative::<T, A, R>(workspace, last, states, index);
                store_where::<A, dirk::first_derivative, R>(workspace, accepted, index, value);
            }
        }
    }
}

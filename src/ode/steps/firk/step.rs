//! The fully implicit Runge-Kutta step: all stages at once, one large set of equations for Newton's method.

use super::tableau::check;
use crate::ode::integration as run;
use crate::ode::problem::evaluate::{evaluate, parameters};
use crate::ode::problem::rounded_late::{Moment, rhs};
use crate::ode::solvers::linear::{Coupling, LinearSolver, Matrix};
use crate::ode::solvers::newton::{add, put};
use crate::ode::steps::polynomials::Polynomials;
use crate::ode::{
    Adaptive, Dimension, EmbeddedFirk, Equations, FirkTableau, LoopPath, Newton, NonlinearSolver,
    Output, Scalar, Scheme, Settings, Stepper, System, Weights, Workspace, load, splat, store,
};
use crate::{
    Element, Extent, In, Lu, Path, Places, RunLocation, Site, Switch, Times, Wide, registry,
};
use core::marker::PhantomData;
use typenum::Unsigned;

registry! {
    /// The workspace of a fully implicit step of `N` states and `K` stages: its Newton solver is `K N` wide.
    pub struct FirkBuffers<
        N: Extent, K: Extent, E: Element, Inner: Wide<Times<K, N>>, Filter: Wide<N>, Estimate: Switch, P: FirkPlaces
    > in firk, phases [stages, finish], width N
    {
        /// How far each stage is from the start; then the derivatives of the stages.
        stage_increment: [E; Times<K, N>] by P, during stages..=finish;
        /// The state that the step leads to.
        proposed_state: [E; N] by P, during finish;
        /// The estimated error.
        error: [E; N] by P, during finish, if Estimate;
        /// The solver of the stages.
        newton: child Inner, during stages;
        /// The solver of the equations that bound the error of stiff components.
        filter: child Filter, during finish, if Estimate;
    }
}

/// A placement that says where [`FirkBuffers`] live.
///
/// ```
/// fn places<P: bakelite::ode::FirkPlaces>() {}
/// places::<bakelite::Shared>();
/// ```
pub trait FirkPlaces:
    Places<firk::stage_increment, At: RunLocation>
    + Places<firk::proposed_state, At: RunLocation>
    + Places<firk::error, At: RunLocation>
{
}
impl<P> FirkPlaces for P where
    P: Places<firk::stage_increment, At: RunLocation>
        + Places<firk::proposed_state, At: RunLocation>
        + Places<firk::error, At: RunLocation>
{
}

/// The fully implicit Runge-Kutta step of tableau `T`, whose stages `Solver` solves together; `Filter` solves the linear equations
/// of the error estimate, where it has any.
///
/// The unknowns are `z_i = h Σ_j a_ij k_j` (E. Hairer, G. Wanner, *Solving ODEs II*, eq. IV.8.2), first 0. The derivatives of the stages follow from
/// them by the inverse of `A`.
///
/// ```
/// use bakelite::{Firk, RadauIia5, Scheme};
/// assert_eq!(<Firk<RadauIia5> as Scheme>::ORDER, 5);
/// ```
#[derive(Clone, Copy, Debug)]
#[allow(clippy::type_complexity)] // the plain marker of three type parameters
pub struct Firk<T, Solver = Newton<Lu>, Filter = Lu>(PhantomData<fn() -> (T, Solver, Filter)>);

/// The stages' own coefficients.
#[derive(Debug)]
pub struct Coupled<T>(PhantomData<fn() -> T>);
impl<T: FirkTableau> Coupling for Coupled<T> {
    const A: &'static [&'static [f64]] = T::A;
}
/// The matrix of the error estimate.
#[derive(Debug)]
pub struct Filtering<T>(PhantomData<fn() -> T>);
impl<T: FirkTableau> Coupling for Filtering<T> {
    const A: &'static [&'static [f64]] = &[&[T::FILTER_GAMMA]];
}

impl<T: FirkTableau, Solver: Send + Sync + 'static, Filter: Send + Sync + 'static> Scheme
    for Firk<T, Solver, Filter>
{
    const NAME: &'static str = T::NAME;
    const ORDER: u32 = T::ORDER;
    const STAGES: usize = Self::COUNT;
    const ESTIMATES: bool = T::HasError::ON;
    const EVALUATIONS: Option<u32> = None;
}
impl<T: EmbeddedFirk, Solver: Send + Sync + 'static, Filter: Send + Sync + 'static> Adaptive
    for Firk<T, Solver, Filter>
{
    const EMBEDDED_ORDER: u32 = T::EMBEDDED_ORDER;
}

/// The most stages of a fully implicit tableau.
const MOST_STAGES: usize = 8;

impl<T: FirkTableau, Solver, Filter> Firk<T, Solver, Filter> {
    const COUNT: usize = check::<T>();
    const POLYNOMIALS: Polynomials = Polynomials::of_rows(T::DENSE);
    const INVERSE: [[f64; MOST_STAGES]; MOST_STAGES] = inverse(T::A);
}

/// The inverse of a small matrix, by Gauss and Jordan with partial pivoting.
const fn inverse(a: &[&[f64]]) -> [[f64; MOST_STAGES]; MOST_STAGES] {
    let count = a.len();
    assert!(
        count <= MOST_STAGES,
        "a fully implicit tableau has at most 8 stages"
    );
    let mut left = [[0.0; MOST_STAGES]; MOST_STAGES];
    let mut right = [[0.0; MOST_STAGES]; MOST_STAGES];
    let mut row = 0;
    while row < count {
        right[row][row] = 1.0;
        let mut column = 0;
        while column < count {
            left[row][column] = a[row][column];
            column += 1;
        }
        row += 1;
    }
    let mut k = 0;
    while k < count {
        let mut pivot = k;
        let mut row = k + 1;
        while row < count {
            if left[row][k].abs() > left[pivot][k].abs() {
                pivot = row;
            }
            row += 1;
        }
        assert!(
            left[pivot][k] != 0.0,
            "`A` of a fully implicit tableau must have an inverse"
        );
        (left[k], left[pivot]) = (left[pivot], left[k]);
        (right[k], right[pivot]) = (right[pivot], right[k]);
        let scale = 1.0 / left[k][k];
        let mut row = 0;
        while row < count {
            if row != k {
                let factor = left[row][k] * scale;
                let mut column = 0;
                while column < count {
                    left[row][column] -= factor * left[k][column];
                    right[row][column] -= factor * right[k][column];
                    column += 1;
                }
            }
            row += 1;
        }
        let mut column = 0;
        while column < count {
            left[k][column] *= scale;
            right[k][column] *= scale;
            column += 1;
        }
        k += 1;
    }
    right
}

/// `z_i = h Σ_j a_ij f(t_j, y + z_j)`, with `z` in the step's buffer.
struct Stages<T, S, L, A, R: Scalar> {
    time: R::Time,
    step: R,
    #[allow(clippy::type_complexity)] // the plain marker of four type parameters
    sites: PhantomData<fn() -> (T, S, L, A)>,
}

impl<T: FirkTableau, S: System, L: LoopPath, A, R: Scalar> Equations<R> for Stages<T, S, L, A, R>
where
    A: Site<firk::stage_increment>,
{
    #[inline(always)]
    fn lack<B: Site<K>, K>(&self, workspace: &mut impl Workspace<R>) {
        let states = S::States::USIZE;
        for index in 0..states * T::A.len() {
            let now = load::<A, firk::stage_increment, R>(workspace, index);
            store::<B, K, R>(workspace, index, -now);
        }
        let wide_step = self.step.to_time();
        let values = parameters::<S, L, R>(workspace);
        for from in 0..T::A.len() {
            let time = Moment::at(R::Time::lit(T::C[from]).mul_add(wide_step, self.time));
            let mut argument = splat::<R, S::States>(R::lit(0.0));
            for index in 0..states {
                let start = load::<L, run::state, R>(workspace, index);
                let rise = load::<A, firk::stage_increment, R>(workspace, from * states + index);
                argument[index] = start + rise;
            }
            let derivative = rhs::<S, R>(time, &argument, &values);
            for to in 0..T::A.len() {
                if T::A[to][from] != 0.0 {
                    let gain = self.step * R::lit(T::A[to][from]);
                    for index in 0..states {
                        let element = to * states + index;
                        let before = load::<B, K, R>(workspace, element);
                        let value = gain.mul_add(derivative[index], before);
                        store::<B, K, R>(workspace, element, value);
                    }
                }
            }
        }
    }
    #[inline(always)]
    fn correct<B: Site<K>, K>(&self, workspace: &mut impl Workspace<R>, lanes: R::Mask) {
        let count = S::States::USIZE * T::A.len();
        add::<B, K, A, firk::stage_increment, R>(workspace, 0, count, lanes);
    }
}

/// `Σ coefficients[j] k_j` of one state: from +0, ascending, zeros skipped.
#[inline(always)]
fn combine<A: Site<firk::stage_increment>, R: Scalar>(
    workspace: &mut impl Workspace<R>,
    coefficients: &[f64],
    states: usize,
    state: usize,
) -> R {
    let mut sum = R::lit(0.0);
    for (stage, &coefficient) in coefficients.iter().enumerate() {
        if coefficient != 0.0 {
            let element = stage * states + state;
            let value = load::<A, firk::stage_increment, R>(workspace, element);
            sum = R::lit(coefficient).mul_add(value, sum);
        }
    }
    sum
}

impl<T: FirkTableau, Solver, Filter, P> Stepper<P> for Firk<T, Solver, Filter>
where
    Solver: NonlinearSolver<P>,
    Filter: LinearSolver<P>,
    P: FirkPlaces + 'static,
{
    const FIRST_IS_KEPT: bool = false;
    const HAS_SECOND_ERROR: bool = false;
    const CAN_FAIL: bool = true;
    type Buffers<N: Dimension, E: Element, O: Output> = FirkBuffers<
        N,
        T::Stages,
        E,
        Solver::Buffers<Times<T::Stages, N>, E>,
        Filter::Buffers<N, E>,
        T::HasError,
        P,
    >;

    #[inline(always)]
    fn first<S: System, E: Element, O: Output, L: LoopPath, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        _time: R::Time,
        mask: R::Mask,
    ) where
        A: Path<Here = Self::Buffers<S::States, E, O>>,
    {
        Solver::begin::<E, In<A, firk::newton>, Times<T::Stages, S::States>, R>(workspace, mask);
    }

    #[inline(always)]
    fn start<S: System, E: Element, O: Output, L: LoopPath, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
    ) where
        A: Path<Here = Self::Buffers<S::States, E, O>>,
    {
        let derivative = evaluate::<S, L, L, run::state, R>(workspace, Moment::at(time), 0);
        put::<A, firk::stage_increment, S::States, R>(workspace, 0, &derivative);
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
            let slope = load::<A, firk::stage_increment, R>(workspace, index);
            let start = load::<L, run::state, R>(workspace, index);
            store::<A, firk::proposed_state, R>(workspace, index, step.mul_add(slope, start));
        }
        let time = Moment::at(time);
        let derivative = evaluate::<S, L, A, firk::proposed_state, R>(workspace, time, 0);
        put::<A, firk::proposed_state, S::States, R>(workspace, 0, &derivative);
    }

    #[inline(always)]
    fn slope<S: System, E: Element, O: Output, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        state: usize,
    ) -> R
    where
        A: Path<Here = Self::Buffers<S::States, E, O>>,
    {
        load::<A, firk::stage_increment, R>(workspace, state)
    }

    #[inline(always)]
    fn probed<S: System, E: Element, O: Output, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        state: usize,
    ) -> R
    where
        A: Path<Here = Self::Buffers<S::States, E, O>>,
    {
        load::<A, firk::proposed_state, R>(workspace, state)
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
        let matrix = Matrix::<R, Coupled<T>>::new(narrow_time, step);
        Solver::prepare::<S, E, Coupled<T>, L, In<A, firk::newton>, Times<T::Stages, S::States>, R>(
            workspace, &matrix,
        );
        for index in 0..states * Self::COUNT {
            store::<A, firk::stage_increment, R>(workspace, index, R::lit(0.0));
        }
        let equations = Stages::<T, S, L, A, R> {
            time,
            step,
            sites: PhantomData,
        };
        let mut solved = Solver::solve::<
            S,
            E,
            Coupled<T>,
            L,
            In<A, firk::newton>,
            Times<T::Stages, S::States>,
            _,
            R,
        >(workspace, &matrix, &equations, lanes, settings);
        let inverse = R::lit(1.0) / step;
        for index in 0..states {
            let start = load::<L, run::state, R>(workspace, index);
            let mut increments = [R::lit(0.0); MOST_STAGES];
            for (stage, increment) in increments.iter_mut().enumerate().take(Self::COUNT) {
                let element = stage * states + index;
                *increment = load::<A, firk::stage_increment, R>(workspace, element);
            }
            let mut sum = R::lit(0.0);
            for stage in 0..Self::COUNT {
                let mut derivative = R::lit(0.0);
                for (other, &increment) in increments.iter().enumerate().take(Self::COUNT) {
                    let coefficient = R::lit(Self::INVERSE[stage][other]);
                    derivative = coefficient.mul_add(increment, derivative);
                }
                let derivative = derivative * inverse;
                sum = R::lit(T::B[stage]).mul_add(derivative, sum);
                let element = stage * states + index;
                store::<A, firk::stage_increment, R>(workspace, element, derivative);
            }
            let value = if T::STIFFLY_ACCURATE {
                start + increments[Self::COUNT - 1]
            } else {
                step.mul_add(sum, start)
            };
            store::<A, firk::proposed_state, R>(workspace, index, value);
        }
        if T::HasError::ON {
            let start = if T::ERROR_START == 0.0 {
                splat::<R, S::States>(R::lit(0.0))
            } else {
                evaluate::<S, L, L, run::state, R>(workspace, narrow_time, 0)
            };
            for index in 0..states {
                let sum = combine::<A, R>(workspace, T::ERROR, states, index);
                let sum = R::lit(T::ERROR_START).mul_add(start[index], sum);
                store::<A, firk::error, R>(workspace, index, step * sum);
            }
            if T::FILTER_GAMMA != 0.0 {
                let matrix = Matrix::<R, Filtering<T>>::new(narrow_time, step);
                Filter::prepare::<S, E, Filtering<T>, L, In<A, firk::filter>, S::States, R>(
                    workspace, &matrix,
                );
                solved = Filter::solve::<
                    S,
                    E,
                    Filtering<T>,
                    L,
                    In<A, firk::filter>,
                    S::States,
                    A,
                    firk::error,
                    R,
                >(workspace, &matrix, 0, solved, settings);
            }
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
        load::<A, firk::proposed_state, R>(workspace, state)
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
        load::<A, firk::error, R>(workspace, state)
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
        _workspace: &mut impl Workspace<R>,
        _time: R::Time,
        _step: R,
    ) where
        A: Path<Here = Self::Buffers<S::States, E, O>>,
    {
    }

    #[inline(always)]
    fn weights<R: Scalar>(theta: R) -> Weights<R> {
        Self::POLYNOMIALS.at(theta, Self::COUNT)
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
        let mut sum = R::lit(0.0);
        for (stage, &weight) in weights.iter().enumerate().take(Self::COUNT) {
            if Self::POLYNOMIALS.used[stage] {
                let element = stage * S::States::USIZE + state;
                let derivative = load::<A, firk::stage_increment, R>(workspace, element);
                sum = weight.mul_add(derivative, sum);
            }
        }
        step.mul_add(sum, start)
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

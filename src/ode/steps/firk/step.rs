//! The fully implicit Runge-Kutta step: all stages at once, one large set of equations for Newton's method.

use super::tableau::check;
use crate::ode::problem::rounded_late::{Moment, rhs};
use crate::ode::{
    Adaptive, Coupling, Dimension, Equations, Frame, Here, Lanes, LinearSolver, Matrix, Newton,
    NonlinearSolver, Output, Parts, Polynomials, Scalar, Scheme, Stepper, Time, Trial, Vector,
    View,
    methods::{EmbeddedFirk, FirkTableau},
    splat,
};
use crate::{
    layout::{Element, Extent, RunLocation, Switch, Times, Wide},
    ode::Lu,
    registry,
};
use core::marker::PhantomData;

registry! {
    /// The workspace of a fully implicit step of `N` states and `K` stages: its Newton solver is `K N` wide.
    pub struct FirkBuffers<
        N: Extent, K: Extent, E: Element, Inner: Wide<Times<K, N>>, Filter: Wide<N>, Estimate: Switch, P: FirkPlaces
    > in firk, phases [stages, finish], width N,
        ///
        /// ```
        /// fn places<P: bakelite::ode::methods::FirkPlaces>() {}
        /// places::<bakelite::layout::Shared>();
        /// ```
        places FirkPlaces in RunLocation
    {
        /// The distance of each stage from the start; then the derivatives of the stages.
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

/// The fully implicit Runge-Kutta step of tableau `T`. `Solver` solves all stages together. `Filter` solves the linear
/// equations of the error estimate, if it has any.
///
/// The unknowns are `z_i = h Σ_j a_ij k_j` (E. Hairer, G. Wanner, *Solving ODEs II*, eq. IV.8.2), with 0 as the first
/// guess. The derivatives of the stages follow from them by the inverse of `A`.
///
/// ```
/// use bakelite::ode::{Scheme, methods::{Firk, RadauIia5}};
/// assert_eq!(<Firk<RadauIia5> as Scheme>::ORDER, 5);
/// ```
#[derive(Clone, Copy, Debug)]
#[allow(
    clippy::type_complexity,
    reason = "the plain marker of three type parameters"
)]
pub struct Firk<T, Solver = Newton<Lu>, Filter = Lu>(PhantomData<fn() -> (T, Solver, Filter)>);

/// The coupling of the stages, by the tableau's own coefficients.
#[derive(Debug)]
pub struct Coupled<T>(PhantomData<fn() -> T>);
impl<T: FirkTableau> Coupling for Coupled<T> {
    const A: &'static [&'static [f64]] = T::A;
    type Unknowns<N: Dimension> = Times<T::Stages, N>;
}
/// The matrix of the error estimate.
#[derive(Debug)]
pub struct Filtering<T>(PhantomData<fn() -> T>);
impl<T: FirkTableau> Coupling for Filtering<T> {
    const A: &'static [&'static [f64]] = &[&[T::FILTER_GAMMA]];
    type Unknowns<N: Dimension> = N;
}

impl<T: FirkTableau, Solver: 'static, Filter: 'static> Scheme for Firk<T, Solver, Filter> {
    const NAME: &'static str = T::NAME;
    const ORDER: u32 = T::ORDER;
    const STAGES: usize = Self::COUNT;
    const ESTIMATES: bool = T::HasError::ON;
    const EVALUATIONS: Option<u32> = None;
}
impl<T: EmbeddedFirk, Solver: 'static, Filter: 'static> Adaptive for Firk<T, Solver, Filter> {
    const EMBEDDED_ORDER: u32 = T::EMBEDDED_ORDER;
}

/// The most stages of a fully implicit tableau.
const MOST_STAGES: usize = 8;

impl<T: FirkTableau, Solver, Filter> Firk<T, Solver, Filter> {
    const COUNT: usize = check::<T>();
    const INVERSE: [[f64; MOST_STAGES]; MOST_STAGES] = inverse(T::A);
}

/// The inverse of a small matrix, by Gauss-Jordan elimination with partial pivoting.
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
struct Stages<T, R: Scalar> {
    time: R::Time,
    step: R,
    z: Vector,
    tableau: PhantomData<fn() -> T>,
}

impl<T: FirkTableau, F: Frame> Equations<F> for Stages<T, F::Scalar> {
    #[inline(always)]
    fn lack<B>(&self, here: &mut View<F, B>, to: Vector) {
        for index in 0..F::STATES * T::A.len() {
            let now = here.get(self.z, index);
            here.set(to, index, -now);
        }
        let wide_step = self.step.to_time();
        let parameters = here.parameters();
        for from in 0..T::A.len() {
            let time = Time::<F>::lit(T::C[from]).mul_add(wide_step, self.time);
            let time = Moment::at(time);
            let mut argument = splat(F::Scalar::lit(0.0));
            for index in 0..F::STATES {
                let start = here.state(index);
                let rise = here.get(self.z, from * F::STATES + index);
                argument[index] = start + rise;
            }
            let derivative = rhs::<F::System, _>(time, &argument, &parameters);
            for to_stage in 0..T::A.len() {
                if T::A[to_stage][from] != 0.0 {
                    let gain = self.step * F::Scalar::lit(T::A[to_stage][from]);
                    for index in 0..F::STATES {
                        let element = to_stage * F::STATES + index;
                        let before = here.get(to, element);
                        here.set(to, element, gain.mul_add(derivative[index], before));
                    }
                }
            }
        }
    }
    #[inline(always)]
    fn correct<B>(&self, here: &mut View<F, B>, by: Vector, lanes: Lanes<F>) {
        here.add(by, self.z, F::STATES * T::A.len(), lanes);
    }
}

impl<T: FirkTableau, Solver, Filter, P: FirkPlaces> Stepper<P> for Firk<T, Solver, Filter>
where
    Solver: NonlinearSolver<P>,
    Filter: LinearSolver<P>,
{
    type Buffers<N: Dimension, E: Element, O: Output> = FirkBuffers<
        N,
        T::Stages,
        E,
        Solver::Buffers<Times<T::Stages, N>, E>,
        Filter::Buffers<N, E>,
        T::HasError,
        P,
    >;
    const CAN_FAIL: bool = true;
    const INTERPOLANT: Polynomials = Polynomials::of_rows(T::DENSE);

    /// Another solver finds it.
    const ERROR: &'static [f64] = &[];

    #[inline(always)]
    fn parts<F: Frame>(here: &Here<F, Self, P>) -> Parts {
        let proposals = here.buffer(firk::proposed_state);
        Parts {
            slopes: here.buffer(firk::stage_increment),
            probes: proposals,
            proposals,
            ends: None,
        }
    }

    #[inline(always)]
    fn begin<F: Frame>(here: &mut Here<F, Self, P>, lanes: Lanes<F>) {
        Solver::begin::<F, Coupled<T>>(&mut here.child(firk::newton), lanes);
    }

    #[inline(always)]
    fn advance<F: Frame>(here: &mut Here<F, Self, P>, trial: &Trial<F::Scalar>) -> Lanes<F> {
        let Trial { time, step, .. } = *trial;
        let moment = Moment::at(time);
        let z = here.buffer(firk::stage_increment);
        let matrix = Matrix::<F, Coupled<T>>::of(trial);
        Solver::prepare(&mut here.child(firk::newton), &matrix);
        for index in 0..F::STATES * Self::COUNT {
            here.set(z, index, F::Scalar::lit(0.0));
        }
        let equations = Stages::<T, _> {
            time,
            step,
            z,
            tableau: PhantomData,
        };
        let mut newton = here.child(firk::newton);
        let mut solved = Solver::solve(&mut newton, &matrix, &equations, trial.lanes);
        let inverse = F::Scalar::lit(1.0) / step;
        for index in 0..F::STATES {
            let start = here.state(index);
            let mut increments = [F::Scalar::lit(0.0); MOST_STAGES];
            for (stage, increment) in increments.iter_mut().enumerate().take(Self::COUNT) {
                *increment = here.get(z, stage * F::STATES + index);
            }
            let mut sum = F::Scalar::lit(0.0);
            for stage in 0..Self::COUNT {
                let mut derivative = F::Scalar::lit(0.0);
                for (other, &increment) in increments.iter().enumerate().take(Self::COUNT) {
                    let coefficient = F::Scalar::lit(Self::INVERSE[stage][other]);
                    derivative = coefficient.mul_add(increment, derivative);
                }
                let derivative = derivative * inverse;
                sum = F::Scalar::lit(T::B[stage]).mul_add(derivative, sum);
                here.set(z, stage * F::STATES + index, derivative);
            }
            let value = if T::STIFFLY_ACCURATE {
                start + increments[Self::COUNT - 1]
            } else {
                step.mul_add(sum, start)
            };
            here.store(firk::proposed_state, index, value);
        }
        if T::HasError::ON {
            let start = if T::ERROR_START == 0.0 {
                splat(F::Scalar::lit(0.0))
            } else {
                here.evaluate(moment, here.states())
            };
            let error = here.buffer(firk::error);
            for index in 0..F::STATES {
                let sum = <Self as Stepper<P>>::combine(here, T::ERROR, index);
                let sum = F::Scalar::lit(T::ERROR_START).mul_add(start[index], sum);
                here.set(error, index, step * sum);
            }
            if T::FILTER_GAMMA != 0.0 {
                let matrix = Matrix::<F, Filtering<T>>::of(trial);
                let mut filter = here.child(firk::filter);
                Filter::prepare(&mut filter, &matrix);
                solved = Filter::solve(&mut filter, &matrix, error, solved);
            }
        }
        solved
    }

    #[inline(always)]
    fn error<F: Frame>(here: &mut Here<F, Self, P>, _step: F::Scalar, state: usize) -> F::Scalar {
        here.load(firk::error, state)
    }
}

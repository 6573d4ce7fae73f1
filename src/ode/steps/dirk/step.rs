//! The diagonally implicit Runge-Kutta step: one stage after the other, each a set of equations for Newton's method.

use super::tableau::check;
use crate::consts::U2;
use crate::ode::problem::rounded_late::{Moment, rhs};
use crate::ode::{
    Adaptive, Coupling, Dimension, Equations, Frame, Here, Lanes, Matrix, Newton, NonlinearSolver,
    Output, Parts, Polynomials, Scalar, Scheme, Stepper, Time, Trial, Vector, View,
    methods::{DirkTableau, EmbeddedDirk},
    splat,
};
use crate::{
    layout::{Element, Extent, RunLocation, Switch, Times, Wide},
    ode::Lu,
    registry,
};
use core::marker::PhantomData;

registry! {
    /// The workspace of a diagonally implicit step of `N` states and `K` stages.
    pub struct DirkBuffers<
        N: Extent, K: Extent, E: Element, Inner: Wide<N>, First: Switch, Ends: Switch, P: DirkPlaces
    > in dirk, phases [stages, interpolate], width N,
        ///
        /// ```
        /// fn places<P: bakelite::ode::methods::DirkPlaces>() {}
        /// places::<bakelite::layout::Shared>();
        /// ```
        places DirkPlaces in RunLocation
    {
        /// The derivative at the step's start: the first stage, if that is explicit.
        first_derivative: [E; N] by P, if First, keep;
        /// The derivatives of the stages that are solved, one after the other. In the place of the one that is being
        /// solved: its distance from the state that it starts from.
        stage_derivatives: [E; Times<K, N>] by P, during stages..=interpolate;
        /// The state that a stage starts from. In the end, the state that the step leads to.
        proposed_state: [E; N] by P, during stages..=interpolate;
        /// The derivatives at both ends, for dense output by a Hermite cubic, if they are not stages.
        end_derivatives: [E; Times<U2, N>] by P, during interpolate, if Ends;
        /// The solver of each stage. If the error is filtered, the solver then holds the error, and solves the
        /// equations that bound it.
        newton: child Inner, during stages;
    }
}

/// The diagonally implicit Runge-Kutta step of tableau `T`. `Solver` solves its stages.
///
/// A stage is solved for `z = h γ k`, its distance from what the stages before it give. Its derivative is then
/// `z / (h γ)`, not a new evaluation: for stiff systems, that would magnify the error that Newton's method left (E.
/// Hairer, G. Wanner, *Solving ODEs II*, section IV.8). The first guess of a stage is by the tableau's predictor, or
/// else the derivative of the stage before.
///
/// For the same reason an explicit first stage is evaluated only once, at the start of the integration. In later steps
/// it is the last stage of the step before, which is the derivative at that step's end. For that the tableau must be
/// stiffly accurate; otherwise the stage is evaluated in each step. A cubic Hermite interpolant takes its derivatives
/// from the same stages.
///
/// ```
/// use bakelite::ode::{Scheme, methods::{Dirk, Kvaerno3}};
/// assert_eq!(<Dirk<Kvaerno3> as Scheme>::NAME, "kvaerno3");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Dirk<T, Solver = Newton<Lu>>(PhantomData<fn() -> (T, Solver)>);

/// The one diagonal entry of all stages.
#[derive(Debug)]
pub struct Diagonal<T>(PhantomData<fn() -> T>);
impl<T: DirkTableau> Coupling for Diagonal<T> {
    const A: &'static [&'static [f64]] = &[&[T::GAMMA]];
    type Unknowns<N: Dimension> = N;
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

/// Whether both ends of a step must be evaluated for its interpolant: a Hermite cubic whose derivatives are not stages.
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
    const KEEPS_FIRST: bool = keeps_first::<T>();
    /// The index of the first stage that is solved.
    const SOLVED: usize = T::StiffFirst::ON as usize;
}

/// `z = h γ f(t, base + z)`, with `z` in the buffer of the stage's derivative.
struct Stage<R: Scalar> {
    time: Moment<R>,
    base: Vector,
    z: Vector,
    /// `h γ`, in units of time.
    gain: R,
}

impl<F: Frame> Equations<F> for Stage<F::Scalar> {
    #[inline(always)]
    fn lack<B>(&self, here: &mut View<F, B>, to: Vector) {
        let parameters = here.parameters();
        let mut argument = splat(F::Scalar::lit(0.0));
        for index in 0..F::STATES {
            let base = here.get(self.base, index);
            let increment = here.get(self.z, index);
            argument[index] = base + increment;
        }
        let derivative = rhs::<F::System, _>(self.time, &argument, &parameters);
        for index in 0..F::STATES {
            let now = here.get(self.z, index);
            here.set(to, index, self.gain.mul_add(derivative[index], -now));
        }
    }
    #[inline(always)]
    fn correct<B>(&self, here: &mut View<F, B>, by: Vector, lanes: Lanes<F>) {
        here.add(by, self.z, F::STATES, lanes);
    }
}

impl<T: DirkTableau, Solver: NonlinearSolver<P>, P: DirkPlaces> Stepper<P> for Dirk<T, Solver> {
    type Buffers<N: Dimension, E: Element, O: Output> = DirkBuffers<
        N,
        T::StoredStages,
        E,
        Solver::Buffers<N, E>,
        T::StiffFirst,
        EvaluatesEnds<T, O::Dense>,
        P,
    >;
    const FIRST_IS_KEPT: bool = Self::KEEPS_FIRST;
    const CAN_FAIL: bool = true;
    const INTERPOLANT: Polynomials = Polynomials::of_rows(T::DENSE);

    const ERROR: &'static [f64] = T::ERROR;

    #[inline(always)]
    fn parts<F: Frame>(here: &Here<F, Self, P>) -> Parts {
        let proposals = here.buffer(dirk::proposed_state);
        Parts {
            slopes: if T::StiffFirst::ON {
                here.buffer(dirk::first_derivative)
            } else {
                here.buffer(dirk::stage_derivatives)
            },
            probes: proposals,
            proposals,
            ends: if EvaluatesEnds::<T, <F::Output as Output>::Dense>::ON {
                Some(here.buffer(dirk::end_derivatives))
            } else {
                None
            },
        }
    }

    #[inline(always)]
    fn derivative<F: Frame>(here: &mut Here<F, Self, P>, stage: usize, state: usize) -> F::Scalar {
        if T::StiffFirst::ON && stage == 0 {
            return here.load(dirk::first_derivative, state);
        }
        let element = (stage - Self::SOLVED) * F::STATES + state;
        here.load(dirk::stage_derivatives, element)
    }

    #[inline(always)]
    fn begin<F: Frame>(here: &mut Here<F, Self, P>, lanes: Lanes<F>) {
        Solver::begin::<F, Diagonal<T>>(&mut here.child(dirk::newton), lanes);
    }

    #[inline(always)]
    fn advance<F: Frame>(here: &mut Here<F, Self, P>, trial: &Trial<F::Scalar>) -> Lanes<F> {
        let Trial { time, step, .. } = *trial;
        let base = here.buffer(dirk::proposed_state);
        let stages = here.buffer(dirk::stage_derivatives);
        let matrix = Matrix::<F, Diagonal<T>>::of(trial);
        Solver::prepare(&mut here.child(dirk::newton), &matrix);
        let gain = step * F::Scalar::lit(T::GAMMA);
        let inverse = F::Scalar::lit(1.0) / gain;
        let wide_step = step.to_time();
        let mut solved = trial.lanes;
        if T::StiffFirst::ON {
            <Self as Stepper<P>>::start(here, time);
        }
        for stage in Self::SOLVED..Self::COUNT {
            let z = stages.from((stage - Self::SOLVED) * F::STATES);
            for index in 0..F::STATES {
                let sum = <Self as Stepper<P>>::combine(here, &T::A[stage][..stage], index);
                let start = here.state(index);
                let from = if stage == 0 {
                    start
                } else {
                    step.mul_add(sum, start)
                };
                here.set(base, index, from);
                let row: &[f64] = if stage < T::PREDICTOR.len() {
                    T::PREDICTOR[stage]
                } else {
                    &[]
                };
                let guess = if !row.is_empty() {
                    <Self as Stepper<P>>::combine(here, row, index)
                } else if stage > 0 {
                    <Self as Stepper<P>>::derivative(here, stage - 1, index)
                } else {
                    F::Scalar::lit(0.0)
                };
                here.set(z, index, gain * guess);
            }
            let time = Time::<F>::lit(T::C[stage]).mul_add(wide_step, time);
            let time = Moment::at(time);
            let equations = Stage {
                time,
                base,
                z,
                gain,
            };
            let mut newton = here.child(dirk::newton);
            solved = Solver::solve(&mut newton, &matrix, &equations, solved);
            for index in 0..F::STATES {
                let increment = here.get(z, index);
                if T::STIFFLY_ACCURATE && stage + 1 == Self::COUNT {
                    let from = here.get(base, index);
                    here.set(base, index, from + increment);
                }
                here.set(z, index, increment * inverse);
            }
        }
        if !T::STIFFLY_ACCURATE {
            for index in 0..F::STATES {
                let sum = <Self as Stepper<P>>::combine(here, T::B, index);
                let start = here.state(index);
                here.set(base, index, step.mul_add(sum, start));
            }
        }
        if T::FILTER_ERROR {
            let filtered = Solver::filtered::<F, Diagonal<T>>(&mut here.child(dirk::newton));
            for index in 0..F::STATES {
                let sum = <Self as Stepper<P>>::combine(here, T::ERROR, index);
                here.set(filtered, index, step * sum);
            }
            let mut newton = here.child(dirk::newton);
            solved = Solver::filter(&mut newton, &matrix, solved);
        }
        solved
    }

    #[inline(always)]
    fn error<F: Frame>(here: &mut Here<F, Self, P>, step: F::Scalar, state: usize) -> F::Scalar {
        if T::FILTER_ERROR {
            let filtered = Solver::filtered::<F, Diagonal<T>>(&mut here.child(dirk::newton));
            here.get(filtered, state)
        } else {
            step * <Self as Stepper<P>>::combine(here, T::ERROR, state)
        }
    }
}

//! The explicit Runge-Kutta step, traced as a whole into the kernels.

use super::dense;
use crate::ode::problem::rounded_late::Moment;
use crate::ode::steps::checks::{close, sum};
use crate::ode::{
    Adaptive, Dimension, Frame, Here, Lanes, Output, Parts, Polynomials, Scalar, Scheme, Stepper,
    Sweep, Time, Trial, Weights, Workspace,
    methods::{Embedded, Tableau},
};
use crate::{
    layout::{Element, Extent, RunLocation, Switch, Times},
    registry,
};
use core::marker::PhantomData;

registry! {
    /// The workspace of an explicit Runge-Kutta step of `N` states. It stores `K` of the stages, and `D` more for dense
    /// output. The estimated error has no buffer: it is summed from the derivatives where it is needed.
    pub struct ErkBuffers<N: Extent, K: Extent, D: Extent, E: Element, Fsal: Switch, Dense: Switch, P: ErkPlaces> in erk,
        phases [stages, propose, interpolate], width N,
        ///
        /// ```
        /// fn places<P: bakelite::ode::methods::ErkPlaces>() {}
        /// places::<bakelite::layout::Shared>();
        /// ```
        places ErkPlaces in RunLocation
    {
        /// The derivative at the step's start, which a rejected step needs again. For first-same-as-last tableaus only.
        first_derivative: [E; N] by P, if Fsal, keep;
        /// The argument of the right-hand side.
        stage_state: [E; N] by P, during stages;
        /// The derivatives of the other stages, one after the other.
        stage_derivatives: [E; Times<K, N>] by P, during stages..=interpolate;
        /// The state that the step leads to.
        proposed_state: [E; N] by P, during propose..=interpolate;
        /// The derivative there, which is the first of the next step. For first-same-as-last tableaus only.
        last_derivative: [E; N] by P, during propose..=interpolate, if Fsal;
        /// The derivatives of the stages that only the interpolant needs. Each place first holds the argument of its
        /// stage.
        dense_derivatives: [E; Times<D, N>] by P, during interpolate, if Dense;
    }
}

/// If stages times states is at most this, the host's code unrolls the stages, so that coefficients and offsets are
/// constants.
const MOST_UNROLLED: usize = 64;

/// The explicit Runge-Kutta step of tableau `T`.
///
/// ```
/// use bakelite::ode::{Scheme, methods::{ClassicalRk4, Erk}};
/// assert_eq!(Erk::<ClassicalRk4>::EVALUATIONS, Some(4));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Erk<T>(PhantomData<fn() -> T>);

/// The number of stages of a tableau whose parts agree. Each kernel asks for it, so a tableau with a mistake does not
/// build.
const fn stages<T: Tableau>() -> usize {
    let count = T::B.len();
    assert!(count > 0, "a tableau needs a stage: `B` is empty");
    assert!(
        T::A.len() == count && T::C.len() == count,
        "`A`, `B` and `C` of a tableau need one entry per stage"
    );
    assert!(
        close(sum(T::B), 1.0),
        "the weights `B` of a tableau must add up to 1"
    );
    let mut row = 0;
    while row < count {
        assert!(
            T::A[row].len() <= row,
            "row i of an explicit tableau's `A` has at most i entries"
        );
        assert!(
            close(sum(T::A[row]), T::C[row]),
            "row i of a tableau's `A` must add up to `C[i]`"
        );
        row += 1;
    }
    assert!(
        T::StoredStages::LEN + 2 * T::Fsal::ON as usize == count,
        "`StoredStages` of a tableau is its number of stages, less two where the first is the last of the step before"
    );
    if T::Fsal::ON {
        let last = T::A[count - 1];
        let mut column = 0;
        while column < count {
            let entry = if column < last.len() {
                last[column]
            } else {
                0.0
            };
            assert!(
                T::B[column] == entry,
                "first-same-as-last: the last row of a tableau's `A` must equal `B`"
            );
            column += 1;
        }
    }
    assert!(
        T::ERROR.len() == if T::HasError::ON { count } else { 0 },
        "`ERROR` of a tableau needs one entry per stage where `HasError` is `B1`, and none elsewhere"
    );
    assert!(
        count > 1 || !T::HasError::ON,
        "a tableau of one stage has no second method to estimate its error with"
    );
    assert!(
        close(sum(T::ERROR), 0.0),
        "the entries of a tableau's `ERROR` must add up to 0"
    );
    assert!(
        T::SECOND_ERROR.is_empty() || T::SECOND_ERROR.len() == T::ERROR.len(),
        "`SECOND_ERROR` of a tableau needs one entry per stage, like `ERROR`, or none"
    );
    assert!(
        close(sum(T::SECOND_ERROR), 0.0),
        "the entries of a tableau's `SECOND_ERROR` must add up to 0"
    );
    dense::check::<T>();
    count
}

impl<T: Tableau> Erk<T> {
    const COUNT: usize = stages::<T>();
    /// The number of stages in the loop: all that come before the proposed state.
    const LOOPED: usize = Self::COUNT - Self::KEPT;
    /// The number of stages whose derivatives have buffers of their own.
    const KEPT: usize = T::Fsal::ON as usize;

    /// The derivative of one state in a stage before the proposed state.
    #[inline(always)]
    fn before<F: Frame, P: ErkPlaces>(
        here: &mut Here<F, Self, P>,
        stage: usize,
        state: usize,
    ) -> F::Scalar {
        if T::Fsal::ON && stage == 0 {
            here.load(erk::first_derivative, state)
        } else {
            let element = (stage - Self::KEPT) * F::STATES + state;
            here.load(erk::stage_derivatives, element)
        }
    }

    /// `Σ row[j] k_j` of one state over the stages in the loop. The last stage and the extra ones are left out: with a
    /// branch for them inside, LLVM does not unroll the loop.
    #[inline(always)]
    fn looped<F: Frame, P: ErkPlaces>(
        here: &mut Here<F, Self, P>,
        row: &[f64],
        state: usize,
    ) -> F::Scalar {
        let mut sum = F::Scalar::lit(0.0);
        let mut stage = 0;
        while stage < row.len() && stage < Self::LOOPED {
            if row[stage] != 0.0 {
                let derivative = Self::before::<F, P>(here, stage, state);
                sum = F::Scalar::lit(row[stage]).mul_add(derivative, sum);
            }
            stage += 1;
        }
        sum
    }

    /// Evaluates the derivative of a stage before the proposed state.
    #[inline(always)]
    fn stage<F: Frame, P: ErkPlaces>(
        here: &mut Here<F, Self, P>,
        trial: &Trial<F::Scalar>,
        wide_step: Time<F>,
        stage: usize,
    ) {
        let is_start = T::A[stage].is_empty();
        let mut sweep = Sweep::over(F::STATES);
        while let Some(index) = here.workspace().next(&mut sweep, &mut []) {
            let sum = Self::looped(here, T::A[stage], index);
            let start = here.state(index);
            let value = if is_start {
                start
            } else {
                trial.step.mul_add(sum, start)
            };
            here.store(erk::stage_state, index, value);
        }
        let time = if is_start {
            trial.time
        } else {
            Time::<F>::lit(T::C[stage]).mul_add(wide_step, trial.time)
        };
        let argument = here.buffer(erk::stage_state);
        let derivative = here.evaluate(Moment::at(time), argument);
        let to = here.buffer(erk::stage_derivatives);
        here.put(to.from((stage - Self::KEPT) * F::STATES), &derivative);
    }
}

impl<T: Tableau> Scheme for Erk<T> {
    const NAME: &'static str = T::NAME;
    const ORDER: u32 = T::ORDER;
    const STAGES: usize = Self::COUNT;
    const ESTIMATES: bool = T::HasError::ON;
    const EVALUATIONS: Option<u32> = Some(Self::LOOPED as u32);
}
impl<T: Embedded> Adaptive for Erk<T> {
    const EMBEDDED_ORDER: u32 = T::EMBEDDED_ORDER;
}

impl<T: Tableau, P: ErkPlaces> Stepper<P> for Erk<T> {
    type Buffers<N: Dimension, E: Element, O: Output> =
        ErkBuffers<N, T::StoredStages, T::DenseStages, E, T::Fsal, O::Dense, P>;
    const FIRST_IS_KEPT: bool = T::Fsal::ON;
    const CAN_FAIL: bool = false;
    const INTERPOLANT: Polynomials = dense::polynomials::<T>();

    const ERROR: &'static [f64] = T::ERROR;
    const SECOND_ERROR: &'static [f64] = T::SECOND_ERROR;

    #[inline(always)]
    fn parts<F: Frame>(here: &Here<F, Self, P>) -> Parts {
        let stages = here.buffer(erk::stage_derivatives);
        let (slopes, probes) = if T::Fsal::ON {
            let last = here.buffer(erk::last_derivative);
            (here.buffer(erk::first_derivative), last)
        } else {
            (stages, stages.from(F::STATES))
        };
        Parts {
            slopes,
            // the step writes them before it reads them
            probes,
            proposals: here.buffer(erk::proposed_state),
            ends: None,
        }
    }

    #[inline(always)]
    fn derivative<F: Frame>(here: &mut Here<F, Self, P>, stage: usize, state: usize) -> F::Scalar {
        if stage >= Self::COUNT {
            let element = (stage - Self::COUNT) * F::STATES + state;
            here.load(erk::dense_derivatives, element)
        } else if T::Fsal::ON && stage == Self::LOOPED {
            here.load(erk::last_derivative, state)
        } else {
            Self::before::<F, P>(here, stage, state)
        }
    }

    #[inline(always)]
    fn combine<F: Frame>(here: &mut Here<F, Self, P>, row: &[f64], state: usize) -> F::Scalar {
        let mut sum = Self::looped(here, row, state);
        let mut stage = Self::LOOPED;
        while stage < row.len() {
            if row[stage] != 0.0 {
                let derivative = <Self as Stepper<P>>::derivative(here, stage, state);
                sum = F::Scalar::lit(row[stage]).mul_add(derivative, sum);
            }
            stage += 1;
        }
        sum
    }

    #[inline(always)]
    fn probe<F: Frame>(here: &mut Here<F, Self, P>, time: Time<F>, step: F::Scalar) {
        let mut sweep = Sweep::over(F::STATES);
        while let Some(index) = here.workspace().next(&mut sweep, &mut []) {
            let slope = <Self as Stepper<P>>::slope(here, index);
            let start = here.state(index);
            here.store(erk::stage_state, index, step.mul_add(slope, start));
        }
        let argument = here.buffer(erk::stage_state);
        let derivative = here.evaluate(Moment::at(time), argument);
        if Self::COUNT > 1 {
            here.put(<Self as Stepper<P>>::parts(here).probes, &derivative);
        }
    }

    #[inline(always)]
    fn probed<F: Frame>(here: &mut Here<F, Self, P>, state: usize) -> F::Scalar {
        if Self::COUNT > 1 {
            here.get(<Self as Stepper<P>>::parts(here).probes, state)
        } else {
            // a method of one stage has no error estimate, so its first step is given
            F::Scalar::lit(0.0)
        }
    }

    #[inline(always)]
    fn advance<F: Frame>(here: &mut Here<F, Self, P>, trial: &Trial<F::Scalar>) -> Lanes<F> {
        let wide_step = trial.step.to_time();
        let mut looped = Self::KEPT;
        if here.workspace().in_place() {
            <Self as Stepper<P>>::start(here, trial.time);
            looped = 1;
        }
        if const { Self::COUNT * F::STATES <= MOST_UNROLLED } {
            macro_rules! spell_out {
                ($($stage:literal)*) => {$(
                    if const { Self::KEPT <= $stage && $stage < Self::LOOPED } && looped <= $stage {
                        Self::stage(here, trial, wide_step, $stage);
                        looped = $stage + 1;
                    }
                )*};
            }
            spell_out!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23);
        }
        for stage in looped..Self::LOOPED {
            Self::stage(here, trial, wide_step, stage);
        }
        let mut sweep = Sweep::over(F::STATES);
        while let Some(index) = here.workspace().next(&mut sweep, &mut []) {
            let sum = Self::looped(here, T::B, index);
            let start = here.state(index);
            here.store(erk::proposed_state, index, trial.step.mul_add(sum, start));
        }
        if T::Fsal::ON {
            let node = Time::<F>::lit(T::C[Self::LOOPED]);
            let end = Moment::at(node.mul_add(wide_step, trial.time));
            let derivative = here.evaluate(end, <Self as Stepper<P>>::parts(here).proposals);
            here.put(here.buffer(erk::last_derivative), &derivative);
        }
        trial.lanes
    }

    #[inline(always)]
    fn extend<F: Frame>(here: &mut Here<F, Self, P>, time: Time<F>, step: F::Scalar) {
        let wide_step = step.to_time();
        for extra in 0..T::DenseStages::LEN {
            let node = Time::<F>::lit(dense::node::<T>(extra));
            let stage_time = Moment::at(node.mul_add(wide_step, time));
            let stage = here.buffer(erk::dense_derivatives);
            let stage = stage.from(extra * F::STATES);
            let derivative = if dense::is_hermite::<T>() {
                here.evaluate(stage_time, <Self as Stepper<P>>::parts(here).proposals)
            } else {
                let mut sweep = Sweep::over(F::STATES);
                while let Some(index) = here.workspace().next(&mut sweep, &mut []) {
                    let row = dense::row::<T>(extra);
                    let sum = <Self as Stepper<P>>::combine(here, row, index);
                    let start = here.state(index);
                    here.set(stage, index, step.mul_add(sum, start));
                }
                here.evaluate(stage_time, stage)
            };
            here.put(stage, &derivative);
        }
    }

    /// The sum comes before the start: kernels read them in this order.
    #[inline(always)]
    fn interpolated<F: Frame>(
        here: &mut Here<F, Self, P>,
        step: F::Scalar,
        weights: &Weights<F::Scalar>,
        state: usize,
    ) -> F::Scalar {
        let sum = <Self as Stepper<P>>::weighed(here, weights, state);
        let start = here.state(state);
        step.mul_add(sum, start)
    }

    #[inline(always)]
    fn accept<F: Frame>(here: &mut Here<F, Self, P>, accepted: Lanes<F>) {
        if T::Fsal::ON {
            let mut sweep = Sweep::over(F::STATES);
            while let Some(index) = here.workspace().next(&mut sweep, &mut []) {
                let value = here.load(erk::last_derivative, index);
                here.store_where(accepted, erk::first_derivative, index, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consts::{B0, B1, U0, U1, U2};

    /// What is wrong with a two-stage tableau of these parts.
    macro_rules! slip {
        ($a:expr, $b:expr, $c:expr, $error:expr, $fsal:ty, $stored:ty, $has_error:ty) => {{
            struct Slip;
            impl Tableau for Slip {
                const NAME: &'static str = "slip";
                const ORDER: u32 = 2;
                const A: &'static [&'static [f64]] = &$a;
                const B: &'static [f64] = &$b;
                const C: &'static [f64] = &$c;
                const ERROR: &'static [f64] = &$error;
                type Fsal = $fsal;
                type StoredStages = $stored;
                type DenseStages = typenum::Diff<U1, $fsal>;
                type HasError = $has_error;
            }
            std::panic::catch_unwind(stages::<Slip>)
                .map_err(|text| *text.downcast::<&str>().unwrap())
        }};
    }

    #[test]
    fn parts_that_disagree_are_named() {
        let heun = slip!(
            [&[], &[1.0]],
            [0.5, 0.5],
            [0.0, 1.0],
            [0.5, -0.5],
            B0,
            U2,
            B1
        );
        assert_eq!(heun, Ok(2));
        let slips = [
            (
                slip!([&[], &[1.0]], [0.5, 0.5], [0.0], [], B0, U2, B0),
                "one entry per stage",
            ),
            (
                slip!([&[], &[1.0]], [0.5, 0.4], [0.0, 1.0], [], B0, U2, B0),
                "must add up to 1",
            ),
            (
                slip!([&[], &[1.0, 0.0]], [0.5, 0.5], [0.0, 1.0], [], B0, U2, B0),
                "at most i entries",
            ),
            (
                slip!([&[], &[1.0]], [0.5, 0.5], [0.0, 0.5], [], B0, U2, B0),
                "must add up to `C[i]`",
            ),
            (
                slip!([&[], &[1.0]], [0.5, 0.5], [0.0, 1.0], [], B0, U1, B0),
                "`StoredStages`",
            ),
            (
                slip!([&[], &[1.0]], [0.5, 0.5], [0.0, 1.0], [], B1, U0, B0),
                "must equal `B`",
            ),
            (
                slip!([&[], &[1.0]], [0.5, 0.5], [0.0, 1.0], [], B0, U2, B1),
                "`HasError`",
            ),
            (
                slip!(
                    [&[], &[1.0]],
                    [0.5, 0.5],
                    [0.0, 1.0],
                    [0.5, 0.5],
                    B0,
                    U2,
                    B1
                ),
                "add up to 0",
            ),
        ];
        for (got, words) in slips {
            assert!(got.unwrap_err().contains(words), "{words}: {got:?}");
        }
    }
}

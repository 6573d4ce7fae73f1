//! The explicit Runge-Kutta step, traced as a whole into the kernels.

use super::dense;
use crate::ode::integration as run;
use crate::ode::problem::evaluate::evaluate;
use crate::ode::problem::rounded_late::Moment;
use crate::ode::steps::checks::{close, sum};
use crate::ode::steps::polynomials::Polynomials;
use crate::ode::{
    Adaptive, Dimension, Embedded, LoopPath, Output, Scalar, Scheme, Settings, Stepper, Sweep,
    System, Tableau, Weights, Workspace, load, store, store_where,
};
use crate::{Element, Extent, Path, Places, RunLocation, Switch, Times, registry};
use core::marker::PhantomData;
use typenum::Unsigned;

registry! {
    /// The workspace of an explicit Runge-Kutta step of `N` states that stores `K` of its stages, and `D` more for dense output. The
    /// estimated error has no buffer: it is summed from the derivatives where it is needed.
    pub struct ErkBuffers<N: Extent, K: Extent, D: Extent, E: Element, Fsal: Switch, Dense: Switch, P: ErkPlaces> in erk,
        phases [stages, propose, interpolate], width N
    {
        /// The derivative at the step's start, which a rejected step needs again: first-same-as-last tableaus.
        first_derivative: [E; N] by P, if Fsal, keep;
        /// The argument of the right-hand side.
        stage_state: [E; N] by P, during stages;
        /// The derivatives of the other stages, one after the other.
        stage_derivatives: [E; Times<K, N>] by P, during stages..=interpolate;
        /// The state that the step leads to.
        proposed_state: [E; N] by P, during propose..=interpolate;
        /// The derivative there, which is the first of the next step: first-same-as-last tableaus.
        last_derivative: [E; N] by P, during propose..=interpolate, if Fsal;
        /// The derivatives of the stages that only the interpolant needs; first, the argument of each.
        dense_derivatives: [E; Times<D, N>] by P, during interpolate, if Dense;
    }
}

/// A placement that says where [`ErkBuffers`] live.
///
/// ```
/// fn places<P: bakelite::ode::ErkPlaces>() {}
/// places::<bakelite::Shared>();
/// ```
pub trait ErkPlaces:
    Places<erk::first_derivative, At: RunLocation>
    + Places<erk::stage_state, At: RunLocation>
    + Places<erk::stage_derivatives, At: RunLocation>
    + Places<erk::proposed_state, At: RunLocation>
    + Places<erk::last_derivative, At: RunLocation>
    + Places<erk::dense_derivatives, At: RunLocation>
{
}
impl<P> ErkPlaces for P where
    P: Places<erk::first_derivative, At: RunLocation>
        + Places<erk::stage_state, At: RunLocation>
        + Places<erk::stage_derivatives, At: RunLocation>
        + Places<erk::proposed_state, At: RunLocation>
        + Places<erk::last_derivative, At: RunLocation>
        + Places<erk::dense_derivatives, At: RunLocation>
{
}

/// Stages times states up to which the host's code spells out each stage, so that coefficients and offsets are constants there.
const MOST_UNROLLED: usize = 64;
/// The explicit Runge-Kutta step of tableau `T`.
///
/// ```
/// use bakelite::{ClassicalRk4, Erk, Scheme};
/// assert_eq!(Erk::<ClassicalRk4>::EVALUATIONS, Some(4));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Erk<T>(PhantomData<fn() -> T>);

/// The number of stages of a tableau whose parts agree. Each kernel asks, so a slip does not build.
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

    #[inline(always)]
    fn derivative<N: Extent, E: Element, P: ErkPlaces, O: Output, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        stage: usize,
        state: usize,
    ) -> R
    where
        A: Path<Here = ErkBuffers<N, T::StoredStages, T::DenseStages, E, T::Fsal, O::Dense, P>>,
    {
        if T::Fsal::ON && stage == 0 {
            load::<A, erk::first_derivative, R>(workspace, state)
        } else {
            let stored = stage - usize::from(T::Fsal::ON);
            load::<A, erk::stage_derivatives, R>(workspace, stored * N::LEN + state)
        }
    }

    const WEIGHED: usize = dense::stages::<T>();
    const POLYNOMIALS: Polynomials = Polynomials::of::<T>();

    /// The derivative of any stage, the last and the extra ones included.
    #[inline(always)]
    fn any_derivative<N: Extent, E: Element, P: ErkPlaces, O: Output, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        stage: usize,
        state: usize,
    ) -> R
    where
        A: Path<Here = ErkBuffers<N, T::StoredStages, T::DenseStages, E, T::Fsal, O::Dense, P>>,
    {
        if stage >= Self::COUNT {
            let element = (stage - Self::COUNT) * N::LEN + state;
            load::<A, erk::dense_derivatives, R>(workspace, element)
        } else if T::Fsal::ON && stage == Self::LOOPED {
            load::<A, erk::last_derivative, R>(workspace, state)
        } else {
            Self::derivative::<N, E, P, O, A, R>(workspace, stage, state)
        }
    }

    /// The stages of the loop: all that come before the proposed state.
    const LOOPED: usize = Self::COUNT - if T::Fsal::ON { 1 } else { 0 };

    /// `Σ coefficients[j] k_j` of one state over the looped stages: from +0, ascending, zeros skipped.
    #[inline(always)]
    fn combine<N: Extent, E: Element, P: ErkPlaces, O: Output, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        coefficients: &'static [f64],
        state: usize,
    ) -> R
    where
        A: Path<Here = ErkBuffers<N, T::StoredStages, T::DenseStages, E, T::Fsal, O::Dense, P>>,
    {
        let mut sum = R::lit(0.0);
        let mut stage = 0;
        while stage < coefficients.len() && stage < Self::LOOPED {
            if coefficients[stage] != 0.0 {
                let derivative = Self::derivative::<N, E, P, O, A, R>(workspace, stage, state);
                sum = R::lit(coefficients[stage]).mul_add(derivative, sum);
            }
            stage += 1;
        }
        sum
    }

    /// The derivative of a stage before the proposed state.
    #[inline(always)]
    fn stage<S: System, E: Element, P: ErkPlaces, O: Output, L: LoopPath, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
        (step, wide_step): (R, R::Time),
        stage: usize,
    ) where
        A: Path<
            Here = ErkBuffers<S::States, T::StoredStages, T::DenseStages, E, T::Fsal, O::Dense, P>,
        >,
    {
        let mut sweep = Sweep::over(S::States::USIZE);
        while let Some(index) = workspace.next(&mut sweep, &mut []) {
            let sum = Self::combine::<S::States, E, P, O, A, R>(workspace, T::A[stage], index);
            let start = load::<L, run::state, R>(workspace, index);
            let value = if T::A[stage].is_empty() {
                start
            } else {
                step.mul_add(sum, start)
            };
            store::<A, erk::stage_state, R>(workspace, index, value);
        }
        let stage_time = if T::A[stage].is_empty() {
            time
        } else {
            R::Time::lit(T::C[stage]).mul_add(wide_step, time)
        };
        let stage_time = Moment::at(stage_time);
        let derivative = evaluate::<S, L, A, erk::stage_state, R>(workspace, stage_time, 0);
        for index in 0..S::States::USIZE {
            let element = (stage - usize::from(T::Fsal::ON)) * S::States::USIZE + index;
            store::<A, erk::stage_derivatives, R>(workspace, element, derivative[index]);
        }
    }

    /// The same over all stages: the last one of a first-same-as-last tableau is not looped over.
    #[inline(always)]
    fn estimate<N: Extent, E: Element, P: ErkPlaces, O: Output, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        coefficients: &'static [f64],
        state: usize,
    ) -> R
    where
        A: Path<Here = ErkBuffers<N, T::StoredStages, T::DenseStages, E, T::Fsal, O::Dense, P>>,
    {
        let mut sum = Self::combine::<N, E, P, O, A, R>(workspace, coefficients, state);
        if T::Fsal::ON && coefficients[Self::LOOPED] != 0.0 {
            let last = load::<A, erk::last_derivative, R>(workspace, state);
            sum = R::lit(coefficients[Self::LOOPED]).mul_add(last, sum);
        }
        sum
    }
}

impl<T: Tableau> Scheme for Erk<T> {
    const NAME: &'static str = T::NAME;
    const ORDER: u32 = T::ORDER;
    const STAGES: usize = Self::COUNT;
    const ESTIMATES: bool = T::HasError::ON;
    const EVALUATIONS: Option<u32> = Some((Self::COUNT - if T::Fsal::ON { 1 } else { 0 }) as u32);
}
impl<T: Embedded> Adaptive for Erk<T> {
    const EMBEDDED_ORDER: u32 = T::EMBEDDED_ORDER;
}

impl<T: Tableau, P: ErkPlaces> Stepper<P> for Erk<T> {
    const FIRST_IS_KEPT: bool = T::Fsal::ON;
    const HAS_SECOND_ERROR: bool = !T::SECOND_ERROR.is_empty();
    const CAN_FAIL: bool = false;
    type Buffers<N: Dimension, E: Element, O: Output> =
        ErkBuffers<N, T::StoredStages, T::DenseStages, E, T::Fsal, O::Dense, P>;

    #[inline(always)]
    fn first<S: System, E: Element, O: Output, L: LoopPath, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
        mask: R::Mask,
    ) where
        A: Path<Here = <Self as Stepper<P>>::Buffers<S::States, E, O>>,
    {
        if T::Fsal::ON {
            let derivative = evaluate::<S, L, L, run::state, R>(workspace, Moment::at(time), 0);
            for index in 0..S::States::USIZE {
                let value = derivative[index];
                store_where::<A, erk::first_derivative, R>(workspace, mask, index, value);
            }
        }
    }

    #[inline(always)]
    fn start<S: System, E: Element, O: Output, L: LoopPath, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
    ) where
        A: Path<Here = <Self as Stepper<P>>::Buffers<S::States, E, O>>,
    {
        if !T::Fsal::ON {
            let derivative = evaluate::<S, L, L, run::state, R>(workspace, Moment::at(time), 0);
            for index in 0..S::States::USIZE {
                store::<A, erk::stage_derivatives, R>(workspace, index, derivative[index]);
            }
        }
    }

    #[inline(always)]
    fn probe<S: System, E: Element, O: Output, L: LoopPath, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
        step: R,
    ) where
        A: Path<Here = <Self as Stepper<P>>::Buffers<S::States, E, O>>,
    {
        let mut sweep = Sweep::over(S::States::USIZE);
        while let Some(index) = workspace.next(&mut sweep, &mut []) {
            let slope = <Self as Stepper<P>>::slope::<S, E, O, A, R>(workspace, index);
            let start = load::<L, run::state, R>(workspace, index);
            store::<A, erk::stage_state, R>(workspace, index, step.mul_add(slope, start));
        }
        let derivative = evaluate::<S, L, A, erk::stage_state, R>(workspace, Moment::at(time), 0);
        for index in 0..S::States::USIZE {
            if T::Fsal::ON {
                store::<A, erk::last_derivative, R>(workspace, index, derivative[index]);
            } else if Self::COUNT > 1 {
                let element = S::States::USIZE + index;
                store::<A, erk::stage_derivatives, R>(workspace, element, derivative[index]);
            }
        }
    }

    #[inline(always)]
    fn slope<S: System, E: Element, O: Output, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        state: usize,
    ) -> R
    where
        A: Path<Here = <Self as Stepper<P>>::Buffers<S::States, E, O>>,
    {
        Self::derivative::<S::States, E, P, O, A, R>(workspace, 0, state)
    }

    #[inline(always)]
    fn probed<S: System, E: Element, O: Output, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        state: usize,
    ) -> R
    where
        A: Path<Here = <Self as Stepper<P>>::Buffers<S::States, E, O>>,
    {
        // in buffers that the step writes before it reads them
        if T::Fsal::ON {
            load::<A, erk::last_derivative, R>(workspace, state)
        } else if Self::COUNT > 1 {
            load::<A, erk::stage_derivatives, R>(workspace, S::States::USIZE + state)
        } else {
            // one stage has no error estimate, so its first step is given
            R::lit(0.0)
        }
    }

    #[inline(always)]
    fn advance<S: System, E: Element, O: Output, L: LoopPath, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
        step: R,
        lanes: R::Mask,
        _settings: &Settings<'_, R>,
    ) -> R::Mask
    where
        A: Path<Here = <Self as Stepper<P>>::Buffers<S::States, E, O>>,
    {
        let wide_step = step.to_time();
        let steps = (step, wide_step);
        let mut looped = usize::from(T::Fsal::ON);
        if workspace.in_place() {
            <Self as Stepper<P>>::start::<S, E, O, L, A, R>(workspace, time);
            looped = 1;
        }
        if const { Self::COUNT * S::States::USIZE <= MOST_UNROLLED } {
            macro_rules! spell_out {
                ($($stage:literal)*) => {$(
                    if const { T::Fsal::ON as usize <= $stage && $stage < Self::LOOPED } && looped <= $stage {
                        Self::stage::<S, E, P, O, L, A, R>(workspace, time, steps, $stage);
                        looped = $stage + 1;
                    }
                )*};
            }
            spell_out!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23);
        }
        for stage in looped..Self::LOOPED {
            Self::stage::<S, E, P, O, L, A, R>(workspace, time, steps, stage);
        }
        let mut sweep = Sweep::over(S::States::USIZE);
        while let Some(index) = workspace.next(&mut sweep, &mut []) {
            let sum = Self::combine::<S::States, E, P, O, A, R>(workspace, T::B, index);
            let start = load::<L, run::state, R>(workspace, index);
            store::<A, erk::proposed_state, R>(workspace, index, step.mul_add(sum, start));
        }
        if T::Fsal::ON {
            let node = R::Time::lit(T::C[Self::LOOPED]);
            let end = Moment::at(node.mul_add(wide_step, time));
            let derivative = evaluate::<S, L, A, erk::proposed_state, R>(workspace, end, 0);
            for index in 0..S::States::USIZE {
                store::<A, erk::last_derivative, R>(workspace, index, derivative[index]);
            }
        }
        lanes
    }

    #[inline(always)]
    fn proposed<S: System, E: Element, O: Output, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        state: usize,
    ) -> R
    where
        A: Path<Here = <Self as Stepper<P>>::Buffers<S::States, E, O>>,
    {
        load::<A, erk::proposed_state, R>(workspace, state)
    }

    #[inline(always)]
    fn error<S: System, E: Element, O: Output, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        step: R,
        state: usize,
    ) -> R
    where
        A: Path<Here = <Self as Stepper<P>>::Buffers<S::States, E, O>>,
    {
        step * Self::estimate::<S::States, E, P, O, A, R>(workspace, T::ERROR, state)
    }

    #[inline(always)]
    fn second_error<S: System, E: Element, O: Output, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        step: R,
        state: usize,
    ) -> R
    where
        A: Path<Here = <Self as Stepper<P>>::Buffers<S::States, E, O>>,
    {
        step * Self::estimate::<S::States, E, P, O, A, R>(workspace, T::SECOND_ERROR, state)
    }

    #[inline(always)]
    fn extend<S: System, E: Element, O: Output, L: LoopPath, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
        step: R,
    ) where
        A: Path<Here = <Self as Stepper<P>>::Buffers<S::States, E, O>>,
    {
        let wide_step = step.to_time();
        for extra in 0..T::DenseStages::LEN {
            let node = R::Time::lit(dense::node::<T>(extra));
            let stage_time = Moment::at(node.mul_add(wide_step, time));
            let first = extra * S::States::USIZE;
            let derivative = if dense::is_hermite::<T>() {
                evaluate::<S, L, A, erk::proposed_state, R>(workspace, stage_time, 0)
            } else {
                let mut sweep = Sweep::over(S::States::USIZE);
                while let Some(index) = workspace.next(&mut sweep, &mut []) {
                    let mut sum = R::lit(0.0);
                    let row = dense::row::<T>(extra);
                    for (stage, &coefficient) in row.iter().enumerate() {
                        if coefficient != 0.0 {
                            let k = Self::any_derivative::<S::States, E, P, O, A, R>(
                                workspace, stage, index,
                            );
                            sum = R::lit(coefficient).mul_add(k, sum);
                        }
                    }
                    let start = load::<L, run::state, R>(workspace, index);
                    let value = step.mul_add(sum, start);
                    store::<A, erk::dense_derivatives, R>(workspace, first + index, value);
                }
                evaluate::<S, L, A, erk::dense_derivatives, R>(workspace, stage_time, first)
            };
            for index in 0..S::States::USIZE {
                let value = derivative[index];
                store::<A, erk::dense_derivatives, R>(workspace, first + index, value);
            }
        }
    }

    #[inline(always)]
    fn weights<R: Scalar>(theta: R) -> Weights<R> {
        Self::POLYNOMIALS.at(theta, Self::WEIGHED)
    }

    #[inline(always)]
    fn interpolated<S: System, E: Element, O: Output, L: LoopPath, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        step: R,
        weights: &Weights<R>,
        state: usize,
    ) -> R
    where
        A: Path<Here = <Self as Stepper<P>>::Buffers<S::States, E, O>>,
    {
        let mut sum = R::lit(0.0);
        for (stage, &weight) in weights.iter().enumerate().take(Self::WEIGHED) {
            if Self::POLYNOMIALS.used[stage] {
                let k = Self::any_derivative::<S::States, E, P, O, A, R>(workspace, stage, state);
                sum = weight.mul_add(k, sum);
            }
        }
        let start = load::<L, run::state, R>(workspace, state);
        step.mul_add(sum, start)
    }

    #[inline(always)]
    fn accept<S: System, E: Element, O: Output, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        accepted: R::Mask,
    ) where
        A: Path<Here = <Self as Stepper<P>>::Buffers<S::States, E, O>>,
    {
        if T::Fsal::ON {
            let mut sweep = Sweep::over(S::States::USIZE);
            while let Some(index) = workspace.next(&mut sweep, &mut []) {
                let value = load::<A, erk::last_derivative, R>(workspace, index);
                store_where::<A, erk::first_derivative, R>(workspace, accepted, index, value);
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

//! What the integration loop asks of a step.

use crate::ode::{
    Dimension, LoopPath, Output, Scalar, Scheme, Settings, System, Weights, Workspace,
};
use crate::{Element, Path, Registry, Wide};

/// One step of an integration, with its buffers placed by `P`: what the loop calls.
///
/// ```
/// use bakelite::{Erk, Shared, Stepper, Tsit5};
/// assert!(<Erk<Tsit5> as Stepper<Shared>>::FIRST_IS_KEPT);
/// ```
pub trait Stepper<P>: Scheme {
    /// Whether [`first`](Stepper::first) must run before the first [`advance`](Stepper::advance).
    const FIRST_IS_KEPT: bool;
    /// The step's workspace.
    type Buffers<N: Dimension, E: Element, O: Output>: Registry + Wide<N>;

    /// Evaluates the derivative at the start, where it is kept.
    fn first<S: System, E: Element, O: Output, L: LoopPath, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
        mask: R::Mask,
    ) where
        A: Path<Here = Self::Buffers<S::States, E, O>>;

    /// Evaluates the derivative at the start, which [`slope`](Stepper::slope) then gives, unless it is kept: then it is known.
    fn start<S: System, E: Element, O: Output, L: LoopPath, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
    ) where
        A: Path<Here = Self::Buffers<S::States, E, O>>;

    /// Evaluates the derivative at `time` and the state plus `step` times the slope at the start, for the choice of a first step.
    fn probe<S: System, E: Element, O: Output, L: LoopPath, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
        step: R,
    ) where
        A: Path<Here = Self::Buffers<S::States, E, O>>;

    /// The derivative of one state at the start.
    fn slope<S: System, E: Element, O: Output, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        state: usize,
    ) -> R
    where
        A: Path<Here = Self::Buffers<S::States, E, O>>;

    /// The derivative of one state at the [`probe`](Stepper::probe).
    fn probed<S: System, E: Element, O: Output, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        state: usize,
    ) -> R
    where
        A: Path<Here = Self::Buffers<S::States, E, O>>;

    /// Whether [`advance`](Stepper::advance) can fail: its equations may have no solution that it finds.
    const CAN_FAIL: bool;
    /// From the loop's state at `time`, a step of `step` of some lanes: the proposed state, and the lanes that have one.
    fn advance<S: System, E: Element, O: Output, L: LoopPath, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
        step: R,
        lanes: R::Mask,
        settings: &Settings<'_, R>,
    ) -> R::Mask
    where
        A: Path<Here = Self::Buffers<S::States, E, O>>;

    /// One state of those proposed.
    fn proposed<S: System, E: Element, O: Output, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        state: usize,
    ) -> R
    where
        A: Path<Here = Self::Buffers<S::States, E, O>>;

    /// The estimated error of one state after a step of `step`. The method must have an embedded estimate.
    fn error<S: System, E: Element, O: Output, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        step: R,
        state: usize,
    ) -> R
    where
        A: Path<Here = Self::Buffers<S::States, E, O>>;

    /// Whether there is a [`second_error`](Stepper::second_error).
    const HAS_SECOND_ERROR: bool;
    /// The second estimate of one state's error after a step of `step`: see [`Tableau::SECOND_ERROR`](crate::Tableau::SECOND_ERROR).
    fn second_error<S: System, E: Element, O: Output, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        step: R,
        state: usize,
    ) -> R
    where
        A: Path<Here = Self::Buffers<S::States, E, O>>;

    /// Evaluates the stages that only the interpolant needs, after a step of `step` from `time`.
    fn extend<S: System, E: Element, O: Output, L: LoopPath, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
        step: R,
    ) where
        A: Path<Here = Self::Buffers<S::States, E, O>>;

    /// What the interpolant weighs each derivative of the step with, `theta` of the way: 0 at the start, 1 at the end.
    fn weights<R: Scalar>(theta: R) -> Weights<R>;

    /// One state by the interpolant with these `weights`, after a step of `step`.
    fn interpolated<S: System, E: Element, O: Output, L: LoopPath, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        step: R,
        weights: &Weights<R>,
        state: usize,
    ) -> R
    where
        A: Path<Here = Self::Buffers<S::States, E, O>>;

    /// Keeps what the next step needs of this one, in the lanes that accepted it.
    fn accept<S: System, E: Element, O: Output, A, R: Scalar>(
        workspace: &mut impl Workspace<R>,
        accepted: R::Mask,
    ) where
        A: Path<Here = Self::Buffers<S::States, E, O>>;
}

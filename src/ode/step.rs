//! What the integration loop asks of a step.

use crate::ode::integration as run;
use crate::ode::rounded_late::{Moment, rhs};
use crate::ode::{Dimension, LoopPath, Output, Scalar, Settings, System, Workspace, load, splat};
use crate::{Element, Path, Registry, Site, Wide};
use generic_array::GenericArray;
use typenum::Unsigned;

/// A one-step method, as reports and controllers know it.
///
/// ```
/// use bakelite::{Erk, Scheme, Tsit5};
/// assert_eq!((Erk::<Tsit5>::NAME, Erk::<Tsit5>::ORDER), ("tsit5", 5));
/// ```
pub trait Scheme: Send + Sync + 'static {
    /// The name users type.
    const NAME: &'static str;
    /// The order of the state that a step leads to.
    const ORDER: u32;
    /// The number of stages.
    const STAGES: usize;
    /// Whether a step estimates its own error.
    const ESTIMATES: bool;
    /// Evaluations of the right-hand side in one step; `None` where that depends on data.
    const EVALUATIONS: Option<u32>;
}

/// A one-step method that estimates the error of each step.
///
/// ```
/// use bakelite::{Adaptive, Erk, Tsit5};
/// assert_eq!(Erk::<Tsit5>::EMBEDDED_ORDER, 4);
/// ```
#[diagnostic::on_unimplemented(
    message = "the step `{Self}` does not estimate its error, which an adaptive controller needs",
    label = "no embedded estimate",
    note = "use the controller `Fixed`, or a method such as `Erk<Tsit5>`"
)]
pub trait Adaptive: Scheme {
    /// The order of the embedded method: the estimated error is `O(h^(EMBEDDED_ORDER + 1))`.
    const EMBEDDED_ORDER: u32;
}

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

/// The weight of each derivative in an interpolated state, those of extra stages behind those of the step's own.
pub type Weights<R> = [R; MOST_WEIGHTS];
/// Stages that an interpolant may weigh.
pub const MOST_WEIGHTS: usize = 32;

/// The right-hand side at `time` and the state in buffer `K` of component `A`, from element `first` on.
#[inline(always)]
pub(super) fn evaluate<S: System, L: LoopPath, A: Site<K>, K, R: Scalar>(
    workspace: &mut impl Workspace<R>,
    time: Moment<R>,
    first: usize,
) -> GenericArray<R, S::States> {
    let values = parameters::<S, L, R>(workspace);
    let mut argument = splat::<R, S::States>(R::lit(0.0));
    for index in 0..S::States::USIZE {
        argument[index] = load::<A, K, R>(workspace, first + index);
    }
    rhs::<S, R>(time, &argument, &values)
}

/// The right-hand side at `time` and a state that is in no buffer.
#[inline(always)]
pub(super) fn evaluate_at<S: System, L: LoopPath, R: Scalar>(
    workspace: &mut impl Workspace<R>,
    time: Moment<R>,
    argument: &GenericArray<R, S::States>,
) -> GenericArray<R, S::States> {
    let values = parameters::<S, L, R>(workspace);
    rhs::<S, R>(time, argument, &values)
}

/// The parameters of the run.
#[inline(always)]
pub(super) fn parameters<S: System, L: LoopPath, R: Scalar>(
    workspace: &mut impl Workspace<R>,
) -> GenericArray<R, S::Parameters> {
    let mut values = splat::<R, S::Parameters>(R::lit(0.0));
    for index in 0..S::Parameters::USIZE {
        values[index] = load::<L, run::parameters, R>(workspace, index);
    }
    values
}

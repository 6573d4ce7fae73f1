//! A whole configuration, as executors see it.

use super::buffers::{parameters, state, step_size};
use crate::ode::{
    Controller, LoopPlaces, Output, PiPlaces, Real, Scalar, Scheme, Settings, Stepper, System,
    Weights, Workspace,
};
use crate::{Has, Registry};

/// A placement for every buffer of an explicit integration: `Shared`, `Local`, `LocalPersistent`, or a map of the user's own
/// with one `impl Places<key>` per buffer.
///
/// ```
/// fn placement<P: bakelite::Placement>() {}
/// placement::<bakelite::Shared>();
/// ```
pub trait Placement: LoopPlaces + PiPlaces + 'static {}
impl<P: LoopPlaces + PiPlaces + 'static> Placement for P {}

/// A whole configuration: system, step, controller, precision and placement. Sealed, implemented by [`Integrator`](crate::Integrator): kernels are
/// launched on its word.
///
/// ```
/// use bakelite::{ClassicalRk4, Erk, Fixed, Integrator, Method, consts::*, system};
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// type Rk4 = Integrator<Decay, Erk<ClassicalRk4>, Fixed, f32>;
/// assert_eq!(Rk4::name(), "classical-rk4, fixed, f32");
/// ```
pub trait Method: sealed::Sealed + Send + Sync + 'static {
    /// What is integrated.
    type System: System;
    /// How a step is made.
    type Step: Stepper<Self::Placement>;
    /// How steps are chosen.
    type Controller: Controller<Self::Step>;
    /// What states are made of.
    type Element: Real;
    /// Where buffers live.
    type Placement: Placement;
    /// What is kept besides the end.
    type Output: Output;
    /// Every buffer of the configuration, as one registry.
    type Buffers: Registry + Has<state> + Has<parameters> + Has<step_size>;

    /// Tableau, controller and precision, for reports.
    #[must_use]
    fn name() -> String {
        format!(
            "{}, {}, {}",
            Self::Step::NAME,
            <Self::Controller as Controller<_>>::NAME,
            Self::Element::NAME
        )
    }
    /// Whether steps adapt to the error.
    const ADAPTIVE: bool = <Self::Controller as Controller<Self::Step>>::ADAPTIVE;

    /// The slot of the state in [`Buffers`](Method::Buffers).
    const STATE_SLOT: usize;
    /// The slot of the parameters.
    const PARAMETERS_SLOT: usize;

    /// Starts the runs of some lanes, whose `state` and `parameters` are stored: the controller's memory, the first derivative, a given
    /// step.
    fn begin<R: Scalar>(workspace: &mut impl Workspace<R>, time: R::Time, step: R, lanes: R::Mask);
    /// Chooses the first step of some lanes by Hairer's rule.
    fn choose_step<R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
        settings: &Settings<R>,
        lanes: R::Mask,
    );
    /// Tries one step; accepts or rejects it, and chooses the next. Where states are saved, the state stays that of the step's start until
    /// [`commit`](Method::commit).
    fn attempt<R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
        active: R::Mask,
        settings: &Settings<R>,
    ) -> Attempt<R>;
    /// What [`attempt`](Method::attempt) does in a lane whose step is not the last, is accepted and has a fixed size; the time reached.
    /// Only for methods that neither adapt nor save, with steps that cannot fail.
    fn step_on<R: Scalar>(
        workspace: &mut impl Workspace<R>,
        time: R::Time,
        settings: &Settings<'_, R>,
    ) -> R::Time;
    /// Where all states are finite. A fixed step leads from a state that is not finite to another such one.
    fn finite<R: Scalar>(workspace: &mut impl Workspace<R>) -> R::Mask;
    /// After an attempt from `time`: evaluates what the interpolant needs besides.
    fn extend<R: Scalar>(workspace: &mut impl Workspace<R>, time: R::Time, step: R);
    /// The interpolant at time `at` of a step of `step` from `time` to `reached`.
    fn interpolant<R: Scalar>(
        time: R::Time,
        reached: R::Time,
        step: R,
        at: R::Time,
    ) -> Interpolant<R>;
    /// One state by an interpolant.
    fn interpolated<R: Scalar>(
        workspace: &mut impl Workspace<R>,
        interpolant: &Interpolant<R>,
        state: usize,
    ) -> R;
    /// Moves to the proposed state where the step was accepted.
    fn commit<R: Scalar>(workspace: &mut impl Workspace<R>, accepted: R::Mask);
}

/// A point of time inside a step: see [`Method::interpolant`].
#[derive(Clone, Copy, Debug)]
pub struct Interpolant<R: Scalar> {
    pub(in crate::ode) step: R,
    pub(in crate::ode) weights: Weights<R>,
    /// Where the time is that of the step's end.
    pub(in crate::ode) at_end: R::Mask,
}

/// What a tried step came to.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<R: Scalar> {
    /// The time reached: unchanged where the step was rejected.
    pub time: R::Time,
    /// Where the step was accepted.
    pub accepted: R::Mask,
    /// Where the run cannot go on.
    pub failed: R::Mask,
    /// Where the proposed state and its error were finite.
    pub finite: R::Mask,
    /// Where the equations of the step were solved.
    pub solved: R::Mask,
    /// The step that was tried, signed.
    pub step: R,
}

pub(in crate::ode) mod sealed {
    pub trait Sealed {}
}

//! What an integration is made of, as one type.

use crate::layout::Element;
use crate::ode::{LoopPath, Output, Scalar, System, Workspace};
use generic_array::GenericArray;
use typenum::Unsigned;

/// What an integration is made of: everything that steps, solvers and controllers have in common, as one type
/// parameter. The loop chooses the frame; a step works with every frame.
///
/// ```
/// use bakelite::ode::{Frame, Lanes, View};
/// /// Multiplies the loop's state by a factor, in some lanes.
/// fn halve<F: Frame, B>(here: &mut View<F, B>, lanes: Lanes<F>) {
///     use bakelite::ode::Scalar;
///     for index in 0..F::STATES {
///         let half = here.state(index) * F::Scalar::lit(0.5);
///         here.set_where(lanes, here.states(), index, half);
///     }
/// }
/// ```
pub trait Frame: Sized {
    /// The system that is integrated.
    type System: System;
    /// The type of the elements of states.
    type Element: Element;
    /// What is kept in addition to the end.
    type Output: Output;
    /// Where the loop's own buffers are.
    type Loop: LoopPath;
    /// The type of number that the code computes with: a pack of runs, or a trace.
    type Scalar: Scalar;
    /// The memory of the runs.
    type Workspace: Workspace<Self::Scalar>;
    /// The number of states.
    const STATES: usize = <States<Self> as Unsigned>::USIZE;
}

/// The number of states of a frame, as a type.
///
/// ```
/// use bakelite::{consts::*, ode::{Frame, States}, typenum::Unsigned};
/// fn states<F: Frame>() -> usize { States::<F>::USIZE } // which is `F::STATES`
/// ```
pub type States<F> = <<F as Frame>::System as System>::States;
/// The type of time in a frame.
///
/// ```
/// use bakelite::ode::{Frame, Scalar, Time};
/// fn halfway<F: Frame>(from: Time<F>, to: Time<F>) -> Time<F> { (from + to) * Time::<F>::lit(0.5) }
/// ```
pub type Time<F> = <<F as Frame>::Scalar as Scalar>::Time;
/// A set of lanes of a frame.
///
/// ```
/// use bakelite::ode::{Frame, Lanes, Scalar};
/// fn positive<F: Frame>(value: F::Scalar) -> Lanes<F> { F::Scalar::lit(0.0).lt(value) }
/// ```
pub type Lanes<F> = <<F as Frame>::Scalar as Scalar>::Mask;
/// One value for each state of a frame.
///
/// ```
/// use bakelite::ode::{Frame, Values};
/// fn first<F: Frame>(values: &Values<F>) -> F::Scalar { values[0] }
/// ```
pub type Values<F> = GenericArray<<F as Frame>::Scalar, States<F>>;

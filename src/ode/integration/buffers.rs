//! The buffers of the integration loop.

use crate::consts::U1;
use crate::{
    layout::{Element, Extent, Registry, RunLocation, Site, Wide},
    registry,
};

registry! {
    /// The integration loop over `N` states and `Q` parameters.
    pub struct LoopBuffers<
        N: Extent, Q: Extent, E: Element, StepBuffers: Wide<N>, Control: Registry, P: LoopPlaces
    > in integration_keys,
        since Sm80,
        ///
        /// ```
        /// fn places<P: bakelite::ode::LoopPlaces>() {}
        /// places::<bakelite::layout::Local>();
        /// ```
        places LoopPlaces in RunLocation
    {
        /// The state at the current time.
        state: [E; N] by P, keep;
        /// The parameters of the run.
        parameters: [E; Q] by P, keep;
        /// The size of the next step, signed.
        step_size: [E; U1] by P, keep;
        /// The step.
        step: child StepBuffers;
        /// The step-size controller.
        control: child Control;
    }
}
pub use integration_keys::{control, parameters, state, step, step_size};

/// The loop's buffers as a step sees them.
///
/// ```
/// fn states<L: bakelite::ode::LoopPath>() -> usize { <L as bakelite::layout::Site<bakelite::ode::integration::state>>::LEN }
/// ```
pub trait LoopPath: Site<state> + Site<parameters> + Site<step_size> {}
impl<L: Site<state> + Site<parameters> + Site<step_size>> LoopPath for L {}

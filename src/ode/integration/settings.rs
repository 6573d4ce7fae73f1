//! What the runs of a launch have in common.

use crate::ode::{Coefficients, Frame, Scalar, View, Workspace};

/// What every run of a launch has in common, in the scalar type of the executor.
///
/// ```
/// use bakelite::ode::{Coefficients, Settings};
/// let atol = [1e-6; 3];
/// let settings = Settings { end: 1.0, min_step: 0.0, rtol: 1e-6, atol: &atol, coefficients: Coefficients::for_order(5) };
/// assert_eq!(settings.atol.len(), 3);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a, R: Scalar> {
    /// The time to reach.
    pub end: R::Time,
    /// The smallest step, in units of time.
    pub min_step: R::Time,
    /// The relative tolerance.
    pub rtol: R,
    /// The absolute tolerance of each state, in its units.
    pub atol: &'a [R],
    /// The controller's coefficients.
    pub coefficients: Coefficients<R>,
}

impl<R: Scalar, F: Frame<Scalar = R>, B> View<'_, F, B> {
    /// The scale that an error of one state is divided by: `atol + rtol |reference|`.
    #[inline(always)]
    pub fn scale(&mut self, reference: R, index: usize, settings: &Settings<R>) -> R {
        let atol = self.workspace().common(settings.atol, index);
        settings.rtol.mul_add(reference.abs(), atol)
    }
}

//! `differential-equations` with an output that keeps nothing but the last state.

use differential_equations::prelude::*;
use differential_equations::traits::{Real, State};

/// The last state, if there was a step.
#[derive(Debug)]
pub struct LastState<Y>(pub Option<Y>);

impl<T: Real, Y: State<T>> Solout<T, Y> for &mut LastState<Y> {
    #[inline(always)]
    fn solout<I: Interpolation<T, Y> + ?Sized>(
        &mut self,
        _: T,
        _: T,
        y: &Y,
        _: &Y,
        _: &mut I,
        _: &mut Solution<T, Y>,
    ) -> ControlFlag<T, Y> {
        self.0 = Some(y.clone());
        ControlFlag::Continue
    }
}

//! The configuration of an integration.

use super::method::sealed;
use crate::ode::{
    Controller, EndState, LoopBuffers, Method, Output, Placement, Real, Stepper, System,
};
use core::marker::PhantomData;

/// The configuration of an integration: one zero-sized type.
///
/// ```
/// use bakelite::{consts::*, ode::{Integrator, methods::Erk}, prelude::*};
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// type Adaptive = Integrator<Decay, Erk<Tsit5>, ProportionalIntegral, f64>;
/// assert_eq!(size_of::<Adaptive>(), 0);
/// ```
#[derive(Clone, Copy, Debug)]
#[allow(
    clippy::type_complexity,
    reason = "the plain marker of six type parameters"
)]
pub struct Integrator<S, St, C, E, P = crate::layout::Local, O = EndState>(
    PhantomData<fn() -> (S, St, C, E, P, O)>,
);

/// The registry of an [`Integrator`].
pub type IntegratorBuffers<S, St, C, E, P, O> = LoopBuffers<
    <S as System>::States,
    <S as System>::Parameters,
    E,
    <St as Stepper<P>>::Buffers<<S as System>::States, E, O>,
    <C as Controller<St>>::Buffers<E, P>,
    P,
>;

impl<S, St, C, E, P, O> sealed::Sealed for Integrator<S, St, C, E, P, O> {}

impl<S, St, C, E, P, O> Method for Integrator<S, St, C, E, P, O>
where
    S: System,
    // before the step: then both trait solvers of rustc report a tableau that the controller cannot use
    C: Controller<St>,
    St: Stepper<P>,
    E: Real,
    P: Placement,
    O: Output,
{
    type System = S;
    type Step = St;
    type Controller = C;
    type Element = E;
    type Placement = P;
    type Output = O;
    type Buffers = IntegratorBuffers<S, St, C, E, P, O>;
}

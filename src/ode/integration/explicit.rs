//! A shorter name for integrations by explicit steps.

use crate::ode::{EndState, Integrator, methods::Erk};

/// An [`Integrator`] with the explicit Runge-Kutta step of tableau `T`: a shorter name.
pub type Explicit<S, T, C, E = f64, P = crate::layout::Local, O = EndState> =
    Integrator<S, Erk<T>, C, E, P, O>;

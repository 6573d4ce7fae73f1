//! Integrations by explicit steps under a shorter name.

use crate::ode::{EndState, Integrator, methods::Erk};

/// The classical explicit configuration under a shorter name.
pub type Explicit<S, T, C, E = f64, P = crate::layout::Local, O = EndState> =
    Integrator<S, Erk<T>, C, E, P, O>;

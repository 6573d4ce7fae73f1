//! A placement that tests and `examples/bake_all` share.

use bakelite::{layout::Places, ode, prelude::*};

/// Everything in shared memory but the stage derivatives, the step size and the controller's memory.
pub struct Mixed;
macro_rules! places {
    ($($key:path => $at:ty;)*) => {$( impl Places<$key> for Mixed { type At = $at; } )*};
}
places! {
    ode::integration::state => Shared;
    ode::integration::parameters => Shared;
    ode::integration::step_size => Local;
    ode::erk::first_derivative => Shared;
    ode::erk::stage_derivatives => Local;
    ode::erk::stage_state => Shared;
    ode::erk::proposed_state => Shared;
    ode::erk::last_derivative => Shared;
    ode::erk::dense_derivatives => Shared;
    ode::pi::history => LocalPersistent;
}

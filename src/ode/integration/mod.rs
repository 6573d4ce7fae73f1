//! The integration loop: its buffers, its configuration, what users set.

mod buffers;
mod explicit;
mod integrator;
mod method;
mod options;
mod output;
mod running;
mod settings;

pub use buffers::{LoopBuffers, LoopPath, LoopPlaces, control, parameters, state, step, step_size};
pub use explicit::Explicit;
pub(crate) use integrator::resolution;
pub use integrator::{Integrator, IntegratorBuffers, MIN_STEP_ULPS, STRETCH};
pub use method::{Attempt, Interpolant, Method, Placement};
pub use options::{Options, Status, times};
pub use output::{DenseOutput, EndState, Output, StopAtSaves};
#[cfg(test)]
pub(super) use running::Running;
pub use settings::Settings;

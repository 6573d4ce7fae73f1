//! The integration loop: its buffers, its configuration, and what users set.

mod buffers;
mod explicit;
mod integrator;
mod method;
mod norms;
mod options;
mod output;
mod running;
mod settings;

pub use buffers::{LoopBuffers, LoopPath, LoopPlaces, control, parameters, state, step, step_size};
pub use explicit::Explicit;
pub use integrator::{Integrator, IntegratorBuffers};
pub use method::{Attempt, Interpolant, Method, Placement, STRETCH};
pub use norms::MIN_STEP_ULPS;
pub(crate) use norms::resolution;
pub use options::{Options, Status, times};
pub use output::{DenseOutput, EndState, Output, StopAtSaves};
#[cfg(test)]
pub(super) use running::Running;
pub use settings::Settings;

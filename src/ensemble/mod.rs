//! Ensembles and their solutions: one interface for the host and the device.

mod checked;
#[cfg(feature = "reference")]
mod device;
mod grid;
mod inputs;
#[cfg(feature = "reference")]
mod launched;
mod order;
mod sensitivities;
mod solution;
mod solve;

#[cfg(feature = "reference")]
pub use device::LoadedIntegrator;
pub use grid::Grid;
pub use inputs::Ensemble;
pub use sensitivities::SplitSolution;
pub use solution::Solution;

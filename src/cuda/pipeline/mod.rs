//! Runs an ensemble on a device, chunk by chunk.

mod batch;
mod chunks;
mod run;
mod slot;
#[cfg(test)]
mod tests;

pub(crate) use batch::Target;
pub(super) use batch::{Addresses, Batch, Input, Output};
pub(super) use chunks::runs_per_block;
pub(crate) use run::run_batch;

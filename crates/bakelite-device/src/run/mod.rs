//! Runs launches: blocks over threads, warps, barriers, and the faults that end a launch.
pub(crate) mod access;
pub(crate) mod barrier;
#[cfg(target_arch = "x86_64")]
pub(crate) mod chained;
pub(crate) mod exchange;
pub(crate) mod fault;
pub(crate) mod format;
pub(crate) mod launch;
pub(crate) mod named;
pub(crate) mod notes;
pub(crate) mod print;
pub(crate) mod profile;
pub(crate) mod uniform;
pub(crate) mod warp;

//! Global, shared and local memory, with the records that the checks need.
pub(crate) mod allocations;
pub(crate) mod globals;
pub(crate) mod lines;
pub(crate) mod local;
pub(crate) mod readers;
pub(crate) mod records;
pub(crate) mod same;
pub(crate) mod shared;
pub(crate) mod split;
pub(crate) mod units;
pub(crate) mod written;

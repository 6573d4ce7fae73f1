//! The target of a plan: architectures, their limits, occupancy, banks and registers.

pub(in crate::layout) mod arch;
pub(in crate::layout) mod banks;
#[cfg(feature = "alloc")]
pub(in crate::layout) mod largest;
pub(in crate::layout) mod limits;
pub(in crate::layout) mod occupancy;
pub(in crate::layout) mod registers;
pub(in crate::layout) mod require;

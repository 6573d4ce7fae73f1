//! The run-time registry: the same layouts for registries that are only known at run time, for example from a file.

pub(in crate::layout) mod part;
pub(in crate::layout) mod plan;
pub(in crate::layout) mod registry;
pub(in crate::layout) mod tree;

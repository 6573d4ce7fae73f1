//! The same at run time, for registries that are read from a file.

pub(in crate::layout) mod part;
pub(in crate::layout) mod plan;
pub(in crate::layout) mod registry;
pub(in crate::layout) mod tree;

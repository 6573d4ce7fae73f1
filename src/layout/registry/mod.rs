//! What users declare: elements, lengths, locations, components and their trees.

pub(in crate::layout) mod agree;
pub(in crate::layout) mod element;
pub(in crate::layout) mod extent;
pub(in crate::layout) mod macros;
pub(in crate::layout) mod node;
pub(in crate::layout) mod path;
pub(in crate::layout) mod space;

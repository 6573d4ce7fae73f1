//! What a plan is, as data: slots, geometry, launch, totals.

pub(in crate::layout) mod geometry;
pub(in crate::layout) mod launch;
pub(in crate::layout) mod planned;
pub(in crate::layout) mod slot;
pub(in crate::layout) mod spec;
pub(in crate::layout) mod totals;
pub(in crate::layout) mod view;

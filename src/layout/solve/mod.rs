//! From a tree to a plan: names, lives, pins, packing, and the checks of each.

pub(in crate::layout) mod auto;
pub(in crate::layout) mod components;
pub(in crate::layout) mod declared;
pub(in crate::layout) mod fit;
pub(in crate::layout) mod flatten;
pub(in crate::layout) mod greedy;
#[cfg(feature = "alloc")]
pub(in crate::layout) mod improve;
pub(in crate::layout) mod item;
pub(in crate::layout) mod live;
pub(in crate::layout) mod lookup;
pub(in crate::layout) mod names;
pub(in crate::layout) mod overlay;
pub(in crate::layout) mod pack;
pub(in crate::layout) mod pins;
pub(in crate::layout) mod place;
pub(in crate::layout) mod plan;
#[cfg(feature = "alloc")]
pub(in crate::layout) mod random;
pub(in crate::layout) mod search;
#[cfg(feature = "std")]
pub(in crate::layout) mod suits;
pub(in crate::layout) mod sums;
pub(in crate::layout) mod verify;

//! Truth values.

use core::ops::{BitAnd, BitOr, Not};

/// One truth value per lane: `bool` for one run, an array for a pack of runs, a predicate in a trace.
///
/// ```
/// use bakelite::ode::{Mask, Pack, Scalar};
/// assert!(bool::splat(true) & !false);
/// assert!(Pack([1.0, 2.0]).lt(Pack::lit(1.5)).any());
/// ```
pub trait Mask: Copy + BitAnd<Output = Self> + BitOr<Output = Self> + Not<Output = Self> {
    /// The same truth value in every lane.
    fn splat(value: bool) -> Self;
    /// Whether it holds in some lane. In a trace it is false only if that is known.
    fn any(self) -> bool;
}

impl Mask for bool {
    #[inline(always)]
    fn splat(value: bool) -> bool {
        value
    }
    #[inline(always)]
    fn any(self) -> bool {
        self
    }
}

//! Packing of plain problems at run time: rectangles with a fixed life and size. The result is an offset for each, such
//! that the highest end is low.
//!
//! This problem is known as dynamic storage allocation. The module is for tools, and for problems much larger than a
//! kernel's. The layouts of registries have their own packing, which also runs in constants. Few rectangles are packed
//! by an exact search, many by a local search over the order of placement. The search does not look at a clock: the
//! caller decides when it ends.
//!
//! ```
//! use bakelite::layout::rectangles::{Problem, Rectangle, Search};
//! let problem = Problem::new(vec![
//!     Rectangle::new("a", 0, 3, 2),
//!     Rectangle::new("b", 2, 5, 2),
//!     Rectangle::new("c", 0, 2, 3),
//!     Rectangle::new("d", 3, 5, 3),
//!     Rectangle::new("e", 1, 4, 1),
//! ])?;
//! let packing = problem.pack(Search::default(), |progress| progress.steps < 10_000)?;
//! assert_eq!((packing.peak, packing.lower_bound, packing.proved), (6, 6, true));
//! # Ok::<(), bakelite::layout::rectangles::Invalid>(())
//! ```

mod exact;
mod invalid;
mod local;
mod placing;
mod problem;
mod verify;

use alloc::string::String;
use alloc::vec::Vec;

pub use invalid::Invalid;
pub use problem::Problem;

/// One buffer: a life from `lower` to `upper` (exclusive), a size, and where it may lie.
///
/// ```
/// use bakelite::layout::rectangles::Rectangle;
/// let r = Rectangle::new("weights", 0, 9, 100).align(16).pin(32);
/// assert_eq!((r.alignment, r.offset), (16, Some(32)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rectangle {
    /// A name that no other rectangle has.
    pub id: String,
    /// The first moment of its life.
    pub lower: u64,
    /// The first moment after its life.
    pub upper: u64,
    /// Its size, in bytes or any other unit. A rectangle of size 0 takes no room.
    pub size: u64,
    /// A power of two; the offset will be a multiple of it.
    pub alignment: u64,
    /// The offset, if it is fixed.
    pub offset: Option<u64>,
}

impl Rectangle {
    /// A rectangle that may lie anywhere.
    pub fn new(id: impl Into<String>, lower: u64, upper: u64, size: u64) -> Self {
        Rectangle {
            id: id.into(),
            lower,
            upper,
            size,
            alignment: 1,
            offset: None,
        }
    }

    /// The same rectangle, with an offset that is a multiple of `alignment`.
    pub fn align(mut self, alignment: u64) -> Self {
        self.alignment = alignment;
        self
    }

    /// The same rectangle, fixed at `offset`.
    pub fn pin(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }

    fn meets(&self, other: &Rectangle) -> bool {
        self.lower < other.upper && other.lower < self.upper
    }
}

/// Settings of [`Problem::pack`].
///
/// ```
/// use bakelite::layout::rectangles::Search;
/// let search = Search { capacity: Some(101_376), ..Search::default() };
/// assert_eq!(search.seed, 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// The seed of the local search. The same seed and the same number of steps give the same offsets.
    pub seed: u64,
    /// If given, the search only asks whether the rectangles fit into this size. It ends at a peak of at most this, or
    /// when no such peak is possible.
    pub capacity: Option<u64>,
}

/// The state of a search, from which the caller decides whether to end it.
///
/// ```
/// use bakelite::layout::rectangles::{Problem, Rectangle, Search};
/// let problem = Problem::new(vec![Rectangle::new("a", 0, 1, 8)])?;
/// let mut calls = 0;
/// problem.pack(Search::default(), |_| { calls += 1; true })?;
/// assert_eq!(calls, 0, "the first order met the bound");
/// # Ok::<(), bakelite::layout::rectangles::Invalid>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The number of orders tried; in the exact search, the number of nodes divided by 100.
    pub steps: u64,
    /// The lowest peak so far.
    pub peak: u64,
    /// No packing has a peak below this.
    pub lower_bound: u64,
}

/// Offsets for a [`Problem`], verified.
///
/// ```
/// use bakelite::layout::rectangles::{Problem, Rectangle, Search};
/// let problem = Problem::new(vec![Rectangle::new("a", 0, 2, 8), Rectangle::new("b", 1, 3, 4)])?;
/// let packing = problem.pack(Search { capacity: Some(11), ..Search::default() }, |_| true)?;
/// assert_eq!((packing.peak, packing.fits(11), packing.fits(12)), (12, Some(false), Some(true)));
/// # Ok::<(), bakelite::layout::rectangles::Invalid>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Packing {
    /// The offset of each rectangle, in the order of the problem.
    pub offsets: Vec<u64>,
    /// The largest end of a rectangle.
    pub peak: u64,
    /// No packing has a lower peak; see [`Problem::lower_bound`].
    pub lower_bound: u64,
    /// Whether `peak` is the lowest possible.
    pub proved: bool,
    /// The steps of the search: see [`Progress::steps`].
    pub steps: u64,
}

impl Packing {
    /// Whether the rectangles fit in `capacity`; `None` if that is not known.
    pub fn fits(&self, capacity: u64) -> Option<bool> {
        if self.peak <= capacity {
            return Some(true);
        }
        (self.proved || self.lower_bound > capacity).then_some(false)
    }
}

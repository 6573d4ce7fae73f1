//! Packing of raw problems at run time: rectangles with a fixed life and size, and the offsets that make the top low.
//!
//! This is dynamic storage allocation, for tools and for problems far larger than a kernel's; the layouts of registries have
//! their own packer, which also runs in constants. Few rectangles are packed by an exact search, many by a local search over
//! the order of placement. There is no clock inside: the caller says when it is enough.
//!
//! ```
//! use bakelite::rectangles::{Problem, Rectangle, Search};
//! let problem = Problem::new(vec![
//!     Rectangle::new("a", 0, 3, 2),
//!     Rectangle::new("b", 2, 5, 2),
//!     Rectangle::new("c", 0, 2, 3),
//!     Rectangle::new("d", 3, 5, 3),
//!     Rectangle::new("e", 1, 4, 1),
//! ])?;
//! let packing = problem.pack(Search::default(), |progress| progress.steps < 10_000)?;
//! assert_eq!((packing.peak, packing.lower_bound, packing.proved), (6, 6, true));
//! # Ok::<(), bakelite::rectangles::Invalid>(())
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

/// One buffer: a life `lower..upper`, a size, and where it may lie.
///
/// ```
/// use bakelite::rectangles::Rectangle;
/// let r = Rectangle::new("weights", 0, 9, 100).align(16).pin(32);
/// assert_eq!((r.alignment, r.offset), (16, Some(32)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rectangle {
    /// A name of its own.
    pub id: String,
    /// The first moment of its life.
    pub lower: u64,
    /// The first moment after its life.
    pub upper: u64,
    /// Its size in bytes, or in any unit. One of size 0 takes no room.
    pub size: u64,
    /// Its offset is a multiple of this power of two.
    pub alignment: u64,
    /// Its offset, if that is settled.
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

    /// With offsets that are multiples of `alignment`.
    pub fn align(mut self, alignment: u64) -> Self {
        self.alignment = alignment;
        self
    }

    /// At `offset`, and nowhere else.
    pub fn pin(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }

    fn meets(&self, other: &Rectangle) -> bool {
        self.lower < other.upper && other.lower < self.upper
    }
}

/// How [`Problem::pack`] searches.
///
/// ```
/// use bakelite::rectangles::Search;
/// let search = Search { capacity: Some(101_376), ..Search::default() };
/// assert_eq!(search.seed, 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// The local search draws its moves from this: the same seed and the same number of steps give the same offsets.
    pub seed: u64,
    /// Asks whether the rectangles fit, not how low they go: the search ends at a peak of at most this, or when none can be.
    pub capacity: Option<u64>,
}

/// Where a search stands, for the caller to end it.
///
/// ```
/// use bakelite::rectangles::{Problem, Rectangle, Search};
/// let problem = Problem::new(vec![Rectangle::new("a", 0, 1, 8)])?;
/// let mut calls = 0;
/// problem.pack(Search::default(), |_| { calls += 1; true })?;
/// assert_eq!(calls, 0, "the first order met the bound");
/// # Ok::<(), bakelite::rectangles::Invalid>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Orders tried, or hundreds of nodes of the exact search.
    pub steps: u64,
    /// The lowest peak so far.
    pub peak: u64,
    /// No peak is below.
    pub lower_bound: u64,
}

/// Offsets for a [`Problem`], verified.
///
/// ```
/// use bakelite::rectangles::{Problem, Rectangle, Search};
/// let problem = Problem::new(vec![Rectangle::new("a", 0, 2, 8), Rectangle::new("b", 1, 3, 4)])?;
/// let packing = problem.pack(Search { capacity: Some(11), ..Search::default() }, |_| true)?;
/// assert_eq!((packing.peak, packing.fits(11), packing.fits(12)), (12, Some(false), Some(true)));
/// # Ok::<(), bakelite::rectangles::Invalid>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Packing {
    /// By rectangle.
    pub offsets: Vec<u64>,
    /// The largest end.
    pub peak: u64,
    /// No packing has a lower peak; see [`Problem::lower_bound`].
    pub lower_bound: u64,
    /// Whether `peak` is the least there is.
    pub proved: bool,
    /// What was spent: see [`Progress::steps`].
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

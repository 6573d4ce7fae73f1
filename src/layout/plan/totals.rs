//! Totals: the memory that the buffers of a space need.

use core::marker::PhantomData;
use core::ops::Add;
use typenum::{Sum, UTerm, Unsigned};

use crate::layout::Location;

/// What the buffers of one space need, for one run (or for the block, if it has them once).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Total {
    /// The size in bytes, padding included.
    pub bytes: usize,
    /// The number of elements of all buffers together.
    pub elements: usize,
    /// The bytes that every placement needs: the most that are live at once.
    pub lower_bound_bytes: usize,
    /// Whether no placement needs fewer bytes: either `bytes` equals the bound, or the search was completed.
    pub proved: bool,
    /// The nodes that the search visited.
    pub search_nodes: u32,
}

impl Total {
    pub(in crate::layout) const ZERO: Total = Total {
        bytes: 0,
        elements: 0,
        lower_bound_bytes: 0,
        proved: true,
        search_nodes: 0,
    };
}

/// The number of elements in shared memory, as a `typenum` number. The clause `sums` of [`registry!`](crate::registry)
/// implements this trait. The sum ignores lives, switches and padding. So an array of so many elements of the widest
/// type is always large enough.
///
/// ```
/// use bakelite::{consts::*, layout::{Location, SharedWords}, prelude::*};
/// use generic_array::{ArrayLength, GenericArray};
/// registry! { pub struct Pair<N: Extent, P: Location> in pair, sums { a: [f32; N] in P; b: [f32; N] in Shared; } }
/// fn arena<R: SharedWords<Words: ArrayLength>>() -> usize { GenericArray::<f32, R::Words>::default().len() }
/// assert_eq!(arena::<Pair<U6, Shared>>(), 12);
/// assert_eq!(arena::<Pair<U6, Local>>(), 6);
/// ```
#[diagnostic::on_unimplemented(
    message = "the shared words of `{Self}` are not known as a type",
    label = "no total at the type level",
    note = "give the registry the clause `sums`; its lengths must be `typenum` numbers"
)]
pub trait SharedWords {
    /// The number of elements.
    type Words: Unsigned;
}

/// A buffer of length `N` at location `L`, for [`SharedWords`].
pub struct BufferWords<N, L>(PhantomData<fn() -> (N, L)>);

impl<N: Unsigned, L: Location> SharedWords for BufferWords<N, L> {
    type Words = L::SharedPart<N>;
}

impl SharedWords for () {
    type Words = UTerm;
}

impl<A: SharedWords, B: SharedWords> SharedWords for (A, B)
where
    A::Words: Add<B::Words>,
    Sum<A::Words, B::Words>: Unsigned,
{
    type Words = Sum<A::Words, B::Words>;
}

//! Specifications: the target, the block and the policy of a plan.

use crate::layout::{Arch, Geometry};

/// How buffers get their offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Policy<'p> {
    /// Buffers are placed in declaration order, each at the next aligned byte. No two share bytes.
    Sequential,
    /// By lives: buffers that are never live together share bytes. The total is never more than that of `Sequential`
    /// with the same locations.
    Packed {
        /// The most nodes that the search for an optimum may visit. The limit holds for each element width with at most
        /// 32 buffers to place. If it is not enough and buffers lie over others, the search may visit as many nodes
        /// again.
        max_nodes: u32,
    },
    /// At offsets in bytes that are given, one for each buffer in flattened order. They are checked: each must be
    /// aligned, and no two buffers that conflict may have a byte in common.
    Offsets(&'p [usize]),
}

/// The search nodes that [`On::packed`] allows. They take less than a quarter of a second of constant evaluation.
const DEFAULT_NODES: u32 = 400;

/// What a plan is made for. Write it as a chain that starts with [`on`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec<'p> {
    /// The target architecture.
    pub arch: Arch,
    /// Runs per block.
    pub block: usize,
    /// How the runs of a block divide its shared memory.
    pub geometry: Geometry,
    /// Full names of buffers, each with the byte at which it must start.
    pub pins: &'p [(&'p str, usize)],
    /// How buffers get their offsets.
    pub policy: Policy<'p>,
}

/// A chain of calls that becomes a [`Spec`]; see [`on`].
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct On<'p> {
    arch: Arch,
    block: usize,
    geometry: Geometry,
    pins: &'p [(&'p str, usize)],
}

/// Starts a [`Spec`]: first the target, then the block (default: 32 runs), then the policy.
///
/// ```
/// use bakelite::layout::{Arch, on};
/// assert_eq!(on(Arch::Sm90).block(128).sequential().block, 128);
/// ```
pub const fn on(arch: Arch) -> On<'static> {
    On {
        arch,
        block: 32,
        geometry: Geometry::Interleaved,
        pins: &[],
    }
}

impl<'p> On<'p> {
    /// Runs per thread block.
    pub const fn block(mut self, runs: usize) -> Self {
        self.block = runs;
        self
    }

    /// The shared memory of each run is one piece; without this call the elements of different runs alternate. See
    /// [`Geometry`].
    pub const fn contiguous(mut self) -> Self {
        self.geometry = Geometry::Contiguous;
        self
    }

    /// Buffers, by full name, that must start at this byte of their space, because other code expects them there. The
    /// other buffers are placed around them, with either policy. In shared memory it is a byte of one run; [`Geometry`]
    /// says where this byte is in the block.
    ///
    /// ```
    /// use bakelite::{consts::*, prelude::*};
    /// registry! { struct Step in step { a: [f32; U4] in Shared; b: [f32; U3] in Shared; c: [f32; U2] in Shared; } }
    /// plan! { struct P for Step = on(Sm90).block(32).pinned(&[("b", 0)]).packed(); }
    /// assert_eq!((offset!(P, "b"), offset!(P, "a"), P::PLAN.shared.bytes), (0, 12, 36));
    /// ```
    pub const fn pinned<'q>(self, pins: &'q [(&'q str, usize)]) -> On<'q> {
        On {
            arch: self.arch,
            block: self.block,
            geometry: self.geometry,
            pins,
        }
    }

    /// Buffers get their offsets in declaration order.
    pub const fn sequential(self) -> Spec<'p> {
        self.with(Policy::Sequential)
    }

    /// Buffers that are never live together share bytes.
    ///
    /// ```
    /// use bakelite::{consts::*, prelude::*};
    /// registry! {
    ///     struct Step in step, phases [first, second] {
    ///         a: [f32; U4] in Shared, during first;
    ///         b: [f32; U3] in Shared, during second;
    ///         c: [f32; U2] in Shared;
    ///     }
    /// }
    /// plan! { struct P for Step = on(Sm90).block(32).packed(); }
    /// assert_eq!((P::PLAN.shared.bytes, P::PLAN.shared.proved), (24, true));
    /// assert_eq!(offset!(P, "a"), offset!(P, "b"));
    /// ```
    pub const fn packed(self) -> Spec<'p> {
        self.packed_within(DEFAULT_NODES)
    }

    /// As [`packed`](On::packed), with a limit for the search of each element width, in nodes. A higher limit takes
    /// more time and may give a lower total.
    pub const fn packed_within(self, max_nodes: u32) -> Spec<'p> {
        self.with(Policy::Packed { max_nodes })
    }

    /// Buffers get these bytes of their spaces, one for each buffer in flattened order. The offsets may come from
    /// [`RuntimeRegistry::improve`](crate::layout::RuntimeRegistry::improve) or from any other source; they are checked
    /// here. `include!` can read them from a file.
    ///
    /// ```
    /// use bakelite::{consts::*, prelude::*};
    /// registry! {
    ///     struct Step in step, phases [first, second] {
    ///         a: [f32; U4] in Shared, during first;
    ///         b: [f32; U3] in Shared, during second;
    ///         c: [f32; U2] in Shared;
    ///     }
    /// }
    /// plan! { struct P for Step = on(Sm90).block(32).offsets(&[8, 12, 0]); }
    /// assert_eq!((P::PLAN.shared.bytes, P::PLAN.shared.lower_bound_bytes), (24, 24));
    /// ```
    pub const fn offsets<'q>(self, offsets_bytes: &'q [usize]) -> Spec<'q>
    where
        'p: 'q,
    {
        self.with(Policy::Offsets(offsets_bytes))
    }

    const fn with<'q>(self, policy: Policy<'q>) -> Spec<'q>
    where
        'p: 'q,
    {
        Spec {
            arch: self.arch,
            block: self.block,
            geometry: self.geometry,
            pins: self.pins,
            policy,
        }
    }
}

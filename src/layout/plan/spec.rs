//! What a plan is made for.

use crate::layout::{Arch, Geometry};

/// How buffers get their offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Policy<'p> {
    /// In declaration order, each at the next aligned byte; no two share bytes.
    Sequential,
    /// By lifetimes: buffers that are never live together share bytes. Never more than `Sequential`, for
    /// the same locations.
    Packed {
        /// The nodes that the search for an optimum may visit, for each element width, where 32 buffers or fewer share; and as many again
        /// if they are not enough and buffers lie over others.
        max_nodes: u32,
    },
    /// As given, one offset in bytes for each buffer in flattened order, and checked: aligned, and no two that conflict on one byte.
    Offsets(&'p [usize]),
}

/// Nodes of the search that [`On::packed`] allows: below a quarter of a second of constant evaluation.
const DEFAULT_NODES: u32 = 400;

/// What a plan is made for; written as a chain from [`on`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec<'p> {
    /// The target.
    pub arch: Arch,
    /// Runs per block.
    pub block: usize,
    /// How the runs of a block divide its shared memory.
    pub geometry: Geometry,
    /// Full names of buffers with the byte at which each must start.
    pub pins: &'p [(&'p str, usize)],
    /// The placement.
    pub policy: Policy<'p>,
}

/// A chain that becomes a [`Spec`]; see [`on`].
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct On<'p> {
    arch: Arch,
    block: usize,
    geometry: Geometry,
    pins: &'p [(&'p str, usize)],
}

/// Starts a [`Spec`]: a target, then the block (default: 32 runs), then the policy.
///
/// ```
/// use bakelite::{Arch, on};
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

    /// The shared memory of a run in one piece, instead of interleaved with that of the others; see [`Geometry`].
    pub const fn contiguous(mut self) -> Self {
        self.geometry = Geometry::Contiguous;
        self
    }

    /// Buffers, by full name, that must start at this byte of their space: where other code expects them. The others are placed
    /// around them, in either policy. In shared memory it is a byte of one run; see [`Geometry`] for where that is in the block.
    ///
    /// ```
    /// use bakelite::{consts::*, *};
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

    /// Buffers in declaration order.
    pub const fn sequential(self) -> Spec<'p> {
        self.with(Policy::Sequential)
    }

    /// Buffers that are never live together share bytes.
    ///
    /// ```
    /// use bakelite::{consts::*, *};
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

    /// The same with a limit for the search of each element width, in nodes: more time, and perhaps a lower total.
    pub const fn packed_within(self, max_nodes: u32) -> Spec<'p> {
        self.with(Policy::Packed { max_nodes })
    }

    /// Buffers at these bytes of their spaces, one for each buffer in flattened order: found elsewhere, by
    /// [`RuntimeRegistry::improve`](crate::RuntimeRegistry::improve) or any other means, and checked here. A file of them can be had with `include!`.
    ///
    /// ```
    /// use bakelite::{consts::*, *};
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

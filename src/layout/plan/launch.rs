//! Launches: how a kernel of a plan is started.

use crate::layout::{Addressing, Arch, Geometry, Slot, Space, Spec};

/// What the launch of a kernel needs to know about a plan.
///
/// ```
/// use bakelite::{consts::*, prelude::*};
/// registry! { pub struct Pair in pair { a: [f32; U3] in Shared; b: [f64; U1] in Shared; } }
/// plan! { struct P for Pair = on(Sm90).block(32).sequential(); }
/// let l = P::PLAN.launch;
/// assert_eq!((l.block, l.run_stride_bytes, l.dynamic_shared_bytes), (32, 24, 768));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LaunchPlan {
    /// Runs (threads) per block.
    pub block: usize,
    /// Dynamic shared memory of a block, in bytes.
    pub dynamic_shared_bytes: usize,
    /// Shared bytes that one run takes from its block: the total of a run, rounded up to the widest alignment; with
    /// [`Geometry::Contiguous`], rounded up to an odd multiple of it.
    pub run_stride_bytes: usize,
    /// The first byte of the buffers that the block has once. They lie after the bytes of all runs.
    pub per_block_base_bytes: usize,
    /// The bytes of the buffers that the block has once.
    pub per_block_bytes: usize,
    /// How the runs divide the shared memory.
    pub geometry: Geometry,
    /// The target architecture.
    pub arch: Arch,
}

/// The widest alignment of an element.
const WIDEST: usize = 16;

impl LaunchPlan {
    /// The launch before anything is placed.
    pub(in crate::layout) const fn empty(spec: &Spec<'_>) -> LaunchPlan {
        LaunchPlan {
            block: spec.block,
            dynamic_shared_bytes: 0,
            run_stride_bytes: 0,
            per_block_base_bytes: 0,
            per_block_bytes: 0,
            geometry: spec.geometry,
            arch: spec.arch,
        }
    }

    /// The first byte of what the block has once, for blocks of this size; `None` if it overflows.
    pub(in crate::layout) const fn base(
        run_stride_bytes: usize,
        block: usize,
        per_block_bytes: usize,
    ) -> Option<usize> {
        let Some(runs) = run_stride_bytes.checked_mul(block) else {
            return None;
        };
        if per_block_bytes == 0 {
            return Some(runs);
        }
        runs.checked_next_multiple_of(WIDEST)
    }

    /// The shared bytes of a block of `block` runs that also has the buffers per block of this plan.
    pub(in crate::layout) const fn shared_bytes(
        &self,
        block: usize,
        run_stride_bytes: usize,
    ) -> usize {
        match LaunchPlan::base(run_stride_bytes, block, self.per_block_bytes) {
            Some(base) => base.saturating_add(self.per_block_bytes),
            None => usize::MAX,
        }
    }

    /// The part of a block's shared bytes that is left for its runs.
    pub(in crate::layout) const fn left_for_runs(&self, shared_bytes: usize) -> usize {
        if self.per_block_bytes == 0 {
            return shared_bytes;
        }
        (shared_bytes.saturating_sub(self.per_block_bytes)) / WIDEST * WIDEST
    }
}

impl LaunchPlan {
    /// How a block addresses a buffer of this launch's plan. A buffer in shared memory lies in the block's dynamic
    /// shared memory. A buffer in local memory lies in an array of the lane's own, and its lane stride is 0. The lane
    /// stride is also 0 if the block has the buffer once.
    ///
    /// ```
    /// use bakelite::{consts::*, prelude::*};
    /// registry! { pub struct Pair in pair { a: [f32; U3] in Shared; table: [f64; U3] in Shared<PerBlock>; } }
    /// plan! { struct P for Pair = on(Sm90).block(32).sequential(); }
    /// let table = P::PLAN.launch.addressing(slot!(P, "table"));
    /// assert_eq!((table.base_bytes, table.element_stride_bytes, table.lane_stride_bytes), (12 * 32, 8, 0));
    /// ```
    pub const fn addressing(&self, slot: &Slot) -> Addressing {
        let (offset, width) = (slot.offset_bytes, slot.element.bytes);
        let (base_bytes, element_stride_bytes, lane_stride_bytes) =
            match (slot.space, self.geometry) {
                (Space::Shared, Geometry::Interleaved) => (
                    offset.saturating_mul(self.block),
                    width.saturating_mul(self.block),
                    width,
                ),
                (Space::Shared, Geometry::Contiguous) => (offset, width, self.run_stride_bytes),
                (Space::SharedPerBlock, _) => {
                    (self.per_block_base_bytes.saturating_add(offset), width, 0)
                }
                (Space::Local | Space::LocalPersistent, _) => (offset, width, 0),
            };
        Addressing {
            base_bytes,
            element_stride_bytes,
            lane_stride_bytes,
        }
    }
}

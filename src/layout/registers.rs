//! How many registers a thread of an unrolled kernel takes.

use super::{PlanView, Slot, Space};

/// Of 16 words of a plan's buffers, those that are in registers at the worst moment: not all are live together.
const SHARE_OF_16: usize = 13;
/// Time, end, limits, counters, addresses and predicates of the loop.
const LOOP: usize = 22;
/// Temporaries of the arithmetic, in elements: division and root want them.
const TEMPORARIES: usize = 5;

/// An estimate of the 32-bit registers of one thread, from [`PlanView::registers`].
///
/// Meant for *unrolled* kernels, in which every element of a `Local` or `LocalPersistent` buffer is a register. The constants were fitted
/// to the 288 lines of `kernels/ptx/VERIFY.tsv` (what ptxas took for explicit methods of 1 to 8 states, `f32` and `f64`, all placements,
/// `sm_80` and `sm_90`): `all` is never below, and at most 20 % above; `tests/layout_registers.rs` holds it to that. Outside of this
/// it is a guide: a right-hand side with many values of its own needs more, and beyond 8 states nothing was compared but two
/// prototypes (tsit5, `f64`: 16 states in registers spill, as it says; 32 states with the stages in shared memory take 170, where
/// it says 291). A looped kernel keeps its buffers in memory: the estimate is not for it.
///
/// ```
/// use bakelite::{consts::*, *};
/// registry! { pub struct One in one { x: [f32; U16] in Shared; } }
/// plan! { struct P for One = on(Sm90).block(64).sequential(); }
/// let r: RegisterEstimate = P::PLAN.view().registers();
/// assert_eq!((r.local, r.all, r.limit, r.per_thread()), (27, 40, 255, 40));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegisterEstimate {
    /// What the kernel must have: its `Local` and `LocalPersistent` buffers, and the loop.
    pub local: usize,
    /// What it takes where there is room: ptxas keeps the contents of `Shared` buffers in registers too (in the table, all-shared kernels
    /// take as many as all-local ones).
    pub all: usize,
    /// What a thread can have.
    pub limit: usize,
}

impl RegisterEstimate {
    /// Whether the kernel needs more than a thread can have, so that some of it lies in slow local memory: move the largest buffers
    /// to `Shared`.
    pub const fn spills(&self) -> bool {
        self.local > self.limit
    }

    /// The estimate for [`LaunchPlan::occupancy`](super::LaunchPlan::occupancy): `all`, as far as a thread can have it.
    pub const fn per_thread(&self) -> usize {
        if self.all < self.limit {
            self.all
        } else {
            self.limit
        }
    }
}

impl PlanView<'_> {
    /// The estimated registers of one thread of an unrolled kernel. How good it is: [`RegisterEstimate`].
    ///
    /// ```
    /// use bakelite::{consts::*, *};
    /// registry! { pub struct Rk4<N: Extent> in rk4 { states: [f64; Times<U7, N>] in Local; others: [f64; U3] in Local; } }
    /// plan! { struct Small for Rk4<U8> = on(Sm90).block(64).sequential(); }
    /// plan! { struct Large for Rk4<U32> = on(Sm90).block(64).sequential(); }
    /// const SMALL: RegisterEstimate = Small::PLAN.view().registers();
    /// // 118 words, 13 of 16 at once, and 32; ptxas takes 120 of such a kernel
    /// assert_eq!((SMALL.all, SMALL.spills()), (128, false));
    /// assert!(Large::PLAN.view().registers().spills());
    /// ```
    pub const fn registers(&self) -> RegisterEstimate {
        let (mut local, mut all, mut width) = (0usize, 0usize, 1);
        let mut i = 0;
        while i < self.slots.len() {
            let s: &Slot = &self.slots[i];
            let words = s.bytes().div_ceil(4);
            if !s.space.is(Space::Shared) {
                local = local.saturating_add(words);
            }
            all = all.saturating_add(words);
            if words > 0 && s.element.align > 4 {
                width = 2;
            }
            i += 1;
        }
        let beside = LOOP + TEMPORARIES * width;
        RegisterEstimate {
            local: in_registers(local).saturating_add(beside),
            all: in_registers(all).saturating_add(beside),
            limit: self.launch.arch.limits().max_registers_per_thread,
        }
    }
}

const fn in_registers(words: usize) -> usize {
    (words / 16)
        .saturating_mul(SHARE_OF_16)
        .saturating_add((words % 16 * SHARE_OF_16).div_ceil(16))
}

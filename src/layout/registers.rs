//! How many registers a thread of an unrolled kernel takes.

use super::{PlanView, Slot, Space};

/// Of 16 words of a plan's buffers, those that are in registers at the worst moment: not all are live together.
const SHARE_OF_16: usize = 13;
/// Time, end, limits, counters, addresses and predicates of the loop.
const LOOP: usize = 24;
/// Temporaries of the arithmetic, in elements: division and root want them.
const TEMPORARIES: usize = 5;

/// An estimate of the 32-bit registers of one thread, from [`PlanView::registers`].
///
/// Meant for *unrolled* kernels, whose every access has a constant address. There the location of a buffer hardly matters: what is not
/// `Shared` is registers, and what is `Shared` ptxas keeps in registers too, from the store to the loads. The constants were fitted to
/// what ptxas 13.0 took for explicit methods:
/// * 1 to 8 states, `f32` and `f64`, three methods, all placements, `sm_80` and `sm_90` (`kernels/ptx/VERIFY.tsv`, 384 lines): never below,
///   at most 22 % above. `tests/layout_registers.rs` holds the estimate to that.
/// * 9 to 16 states of tsit5, `sm_90`, kernels of an earlier revision that took no part in the fit: [`spills`] told those that spill
///   from those that do not (`f64` from 13 states on, wherever its buffers are), and the others are within 10 % either way.
///
/// Beyond this it is a guide: a right-hand side with many values of its own needs more. A looped kernel keeps its buffers in memory:
/// the estimate is not for it.
///
/// [`spills`]: RegisterEstimate::spills
///
/// ```
/// use bakelite::{consts::*, *};
/// registry! { pub struct One in one { x: [f32; U16] in Local; } }
/// plan! { struct P for One = on(Sm90).block(64).sequential(); }
/// let r: RegisterEstimate = P::PLAN.view().registers();
/// assert_eq!((r.needed, r.limit, r.per_thread()), (42, 255, 42));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegisterEstimate {
    /// What the kernel needs.
    pub needed: usize,
    /// What a thread can have.
    pub limit: usize,
}

impl RegisterEstimate {
    /// Whether the kernel needs more than a thread can have, so that part of it lies in slow local memory.
    pub const fn spills(&self) -> bool {
        self.needed > self.limit
    }

    /// The estimate for [`LaunchPlan::occupancy`](super::LaunchPlan::occupancy): what is needed, as far as a thread can have it.
    pub const fn per_thread(&self) -> usize {
        if self.spills() {
            self.limit
        } else {
            self.needed
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
    /// // 118 words, 13 of 16 at once, and 34; ptxas takes 120 for such a kernel
    /// assert_eq!((SMALL.needed, SMALL.spills()), (130, false));
    /// assert!(Large::PLAN.view().registers().spills());
    /// ```
    pub const fn registers(&self) -> RegisterEstimate {
        estimate(
            self.slots,
            self.launch.arch.limits().max_registers_per_thread,
        )
    }
}

/// The estimate, wherever the buffers of the runs are.
pub(super) const fn estimate(slots: &[Slot], limit: usize) -> RegisterEstimate {
    let (mut words, mut width) = (0usize, 1);
    let mut i = 0;
    while i < slots.len() {
        let s = &slots[i];
        if !s.space.is(Space::SharedPerBlock) {
            words = words.saturating_add(s.bytes().div_ceil(4));
            if s.len_elements > 0 && s.element.align > 4 {
                width = 2;
            }
        }
        i += 1;
    }
    let live = (words / 16)
        .saturating_mul(SHARE_OF_16)
        .saturating_add((words % 16 * SHARE_OF_16).div_ceil(16));
    RegisterEstimate {
        needed: live.saturating_add(LOOP + TEMPORARIES * width),
        limit,
    }
}

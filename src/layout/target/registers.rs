//! How many registers a thread of an unrolled kernel takes.

use crate::layout::solve::live;
use crate::layout::{Geometry, Node, PlanView, Slot, Space};

/// Time, end, limits, counters, addresses and predicates of the loop.
const LOOP: usize = 27;
/// Temporaries of the arithmetic, in elements.
const TEMPORARIES: usize = 2;

/// An estimate of the 32-bit registers of one thread, from [`PlanView::registers`].
///
/// Meant for *unrolled* kernels, whose every access has a constant address. There the location of a buffer hardly matters: what is not
/// `Shared` is registers, and what is `Shared` is mostly kept in registers too, from the store to the loads. So it is the words that are live
/// at once by the declared lives, and constants that were fitted to what ptxas 13.0 took for explicit methods:
/// * 1 to 8 states, `f32` and `f64`, three methods, all placements, `sm_80`, `sm_90`, `sm_100` (`kernels/ptx/VERIFY.tsv`, 576 lines): at most 6 %
///   below (in 4 lines at all), at most 29 % above (8 states of rk4 in `f32`, all shared). `tests/layout_registers.rs` holds the estimate to that.
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
/// assert_eq!((r.needed, r.limit, r.per_thread()), (45, 255, 45));
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

    /// The estimate for [`LaunchPlan::occupancy`](crate::LaunchPlan::occupancy): what is needed, as far as a thread can have it.
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
    /// registry! { pub struct Rk4<N: Extent> in rk4 { states: [f64; Times<U6, N>] in Local; others: [f64; U3] in Local; } }
    /// plan! { struct Small for Rk4<U8> = on(Sm90).block(64).sequential(); }
    /// plan! { struct Large for Rk4<U32> = on(Sm90).block(64).sequential(); }
    /// const SMALL: RegisterEstimate = Small::PLAN.view().registers();
    /// // 102 words, and 31; ptxas takes 120 for such a kernel
    /// assert_eq!((SMALL.needed, SMALL.spills()), (133, false));
    /// assert!(Large::PLAN.view().registers().spills());
    /// ```
    pub const fn registers(&self) -> RegisterEstimate {
        estimate(
            self.root,
            self.slots,
            self.launch.arch.limits().max_registers_per_thread,
        )
    }
}

/// The estimate, wherever the buffers of the runs are.
pub(in crate::layout) const fn estimate(
    root: &Node<'_>,
    slots: &[Slot],
    limit: usize,
) -> RegisterEstimate {
    let live = live::bounds(root, slots, Geometry::Contiguous);
    let (mut words, mut k) = (0usize, 0);
    while k < live.len() {
        if k != Space::SharedPerBlock as usize {
            words = words.saturating_add(live[k].div_ceil(4));
        }
        k += 1;
    }
    let (mut width, mut i) = (1, 0);
    while i < slots.len() {
        let s = &slots[i];
        let own = s.len_elements > 0 && !s.space.is(Space::SharedPerBlock);
        if own && s.element.align > 4 {
            width = 2;
        }
        i += 1;
    }
    RegisterEstimate {
        needed: words.saturating_add(LOOP + TEMPORARIES * width),
        limit,
    }
}

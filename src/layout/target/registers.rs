//! An estimate of the registers that a thread of an unrolled kernel takes.

use crate::layout::solve::live;
use crate::layout::{Geometry, Node, PlanView, Slot, Space};

/// Registers for the loop: time, end, limits, counters, addresses and predicates.
const LOOP: usize = 27;
/// Temporary values of the arithmetic, in elements.
const TEMPORARIES: usize = 2;

/// An estimate of the 32-bit registers of one thread, from [`PlanView::registers`].
///
/// It is meant for *unrolled* kernels, where every access has a constant address. There the location of a buffer hardly
/// matters. A buffer that is not `Shared` is in registers. A `Shared` one is mostly kept in registers too, from the
/// store to the loads. So the estimate is the number of words that are live at once, by the declared lives, plus
/// constants. The constants were fitted to the registers that ptxas 13.0 took for explicit methods:
/// * 1 to 8 states, `f32` and `f64`, three methods, all placements, `sm_80`, `sm_90`, `sm_100` (576 lines of
///   `kernels/ptx/VERIFY.tsv`): the estimate is at most 6 % too low (it is too low in 4 lines only), and at most 29 %
///   too high (8 states of rk4 in `f32`, all shared). `tests/layout/registers.rs` checks this.
/// * 9 to 16 states of tsit5, `sm_90`, with kernels of an earlier revision that were not part of the fit: [`spills`]
///   was right for each of them (those with `f64` spill from 13 states on, wherever the buffers are). For the kernels
///   that do not spill, the estimate is within 10 % either way.
///
/// For anything else it is only a guide: a right-hand side with many values of its own needs more registers. The
/// estimate is not for looped kernels, which keep their buffers in memory.
///
/// [`spills`]: RegisterEstimate::spills
///
/// ```
/// use bakelite::{consts::*, layout::RegisterEstimate, prelude::*};
/// registry! { pub struct One in one { x: [f32; U16] in Local; } }
/// plan! { struct P for One = on(Sm90).block(64).sequential(); }
/// let r: RegisterEstimate = P::PLAN.view().registers();
/// assert_eq!((r.needed, r.limit, r.per_thread()), (45, 255, 45));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RegisterEstimate {
    /// The registers that the kernel needs.
    pub needed: usize,
    /// The most registers that a thread can have.
    pub limit: usize,
}

impl RegisterEstimate {
    /// Whether the kernel needs more registers than a thread can have. A part of it is then in slow local memory.
    pub const fn spills(&self) -> bool {
        self.needed > self.limit
    }

    /// The number to give to [`LaunchPlan::occupancy`](crate::layout::LaunchPlan::occupancy): the registers that are
    /// needed, but at most those that a thread can have.
    pub const fn per_thread(&self) -> usize {
        if self.spills() {
            self.limit
        } else {
            self.needed
        }
    }
}

impl PlanView<'_> {
    /// The estimated registers of one thread of an unrolled kernel. [`RegisterEstimate`] says how good the estimate is.
    ///
    /// ```
    /// use bakelite::{consts::*, layout::{RegisterEstimate, Times}, prelude::*};
    /// registry! { pub struct Rk4<N: Extent> in rk4 { states: [f64; Times<U6, N>] in Local; others: [f64; U3] in Local; } }
    /// plan! { struct Small for Rk4<U8> = on(Sm90).block(64).sequential(); }
    /// plan! { struct Large for Rk4<U32> = on(Sm90).block(64).sequential(); }
    /// const SMALL: RegisterEstimate = Small::PLAN.view().registers();
    /// // 102 words, and 31 for the loop and its arithmetic; ptxas takes 120 for such a kernel
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

/// The estimate. It does not depend on where the buffers of the runs are.
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

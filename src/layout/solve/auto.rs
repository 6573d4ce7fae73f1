//! The rule that chooses a location.

use crate::layout::plan::slot::NONE;
use crate::layout::solve::{fit, live, place};
use crate::layout::target::registers;
use crate::layout::{
    Geometry, LaunchPlan, Location, Node, Occupied, Places, PlanView, Policy, RegisterEstimate,
    RunLocation, Slot, Space, Spec,
};
use typenum::Unsigned;

/// Resident warps of an SM that hide the latency of arithmetic: 4 cycles x 4 schedulers (CUDA C++ Programming Guide, "Multiprocessor
/// Level", compute capability 7.x: "16 active warps per multiprocessor are required to hide arithmetic instruction latencies").
/// Shared memory beyond what leaves so many costs more than it brings.
const WARPS_KEPT: usize = 16;

/// A location that a rule chooses for each plan: [`Local`](crate::Local) or [`Shared`](crate::Shared), by the sizes, the elements, the
/// target and the block.
///
/// 1. As long as the registers of a thread hold all buffers of a run ([`PlanView::registers`] does not spill), `Local`: registers are the
///    fastest memory there is, and constant addresses turn local buffers into registers.
/// 2. Else the kernel keeps its buffers in memory, and shared memory is the nearer one: in declaration order, each buffer moves to
///    `Shared` that leaves an SM of the target 16 resident warps in blocks of this size. Where the plan is packed, bytes count by lives first; if packing does
///    not come so low, all count. What would not fit so, around pinned buffers, stays `Local` altogether.
///
/// What the rule saw is in [`PlanView::auto`], in the table and in the JSON; what it chose is each slot's `space`.
///
/// ```
/// use bakelite::{consts::*, *};
/// registry! { pub struct Two<N: Extent> in two { a: [f64; N] in Auto; b: [f64; Times<U9, N>] in Auto; } }
/// plan! { struct Small for Two<U8> = on(Sm90).block(64).packed(); }
/// plan! { struct Large for Two<U32> = on(Sm90).block(64).packed(); }
/// assert_eq!(slot!(Small, "a").space, Space::Local);
/// // 640 words are too many for 255 registers; the 29184 bytes of an eighth of an SM, 1024 of them the system's, are 440 for each of 64 runs
/// assert_eq!(Large::PLAN.view().auto().unwrap().shared_budget_bytes_per_run, 440);
/// assert_eq!((slot!(Large, "a").space, slot!(Large, "b").space), (Space::Shared, Space::Local));
/// ```
pub struct Auto;

impl Location for Auto {
    const SPACE: Space = Space::Local;
    const AUTO: bool = true;
    type SharedPart<N: Unsigned> = N;
}

impl RunLocation for Auto {}

impl<K> Places<K> for Auto {
    type At = Auto;
}

/// What the rule of [`Auto`] saw; from [`PlanView::auto`].
///
/// ```
/// use bakelite::{consts::*, *};
/// registry! { pub struct One in one { a: [f32; U8] in Auto; } }
/// plan! { struct P for One = on(Sm90).block(64).packed(); }
/// let seen: AutoReport = P::PLAN.view().auto().unwrap();
/// assert!(!seen.registers.spills());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AutoReport {
    /// The registers that the plan's buffers would need.
    pub registers: RegisterEstimate,
    /// The shared bytes per run that the rule uses at most, all buffers counted.
    pub shared_budget_bytes_per_run: usize,
    /// The resident warps per SM that the rule leaves where it moves buffers. Where it moves none, other buffers may leave fewer.
    pub warps_kept_per_sm: usize,
    /// Whether it moved a buffer to shared memory.
    pub moved: bool,
}

impl PlanView<'_> {
    /// What the rule of [`Auto`] saw; nothing if no buffer was placed by it.
    pub const fn auto(&self) -> Option<AutoReport> {
        if !any(self.slots) {
            return None;
        }
        Some(AutoReport {
            registers: self.registers(),
            shared_budget_bytes_per_run: budget(&self.launch),
            warps_kept_per_sm: WARPS_KEPT,
            moved: moved(self.slots),
        })
    }
}

/// How the rule counts the bytes of buffers.
#[derive(Clone, Copy)]
pub(in crate::layout) enum Count {
    /// Those live at once, where the policy packs.
    Lives,
    /// All of them.
    Bytes,
    /// Not at all: nothing moves.
    Nothing,
}

pub(in crate::layout) const fn any(slots: &[Slot]) -> bool {
    let mut i = 0;
    while i < slots.len() {
        if slots[i].auto {
            return true;
        }
        i += 1;
    }
    false
}

/// The shared bytes per run that leave the warps which the rule keeps, beside what the block has once.
pub(in crate::layout) const fn budget(launch: &LaunchPlan) -> usize {
    match launch.most_shared_bytes_per_run(Occupied::WarpsPerSm(WARPS_KEPT), 0) {
        Some(bytes) => bytes,
        None => 0,
    }
}

/// Moves the buffers that the rule places in shared memory there.
pub(in crate::layout) const fn choose(
    root: &Node<'_>,
    slots: &mut [Slot],
    spec: &Spec<'_>,
    count: Count,
) {
    if !any(slots) {
        return;
    }
    let packed = matches!(count, Count::Lives) && !matches!(spec.policy, Policy::Sequential);
    let mut launch = LaunchPlan::empty(spec);
    launch.per_block_bytes = bytes(root, slots, spec, packed, Space::SharedPerBlock);
    let budget = budget(&launch);
    let limit = spec.arch.limits().max_registers_per_thread;
    let stays = matches!(count, Count::Nothing);
    if stays || !registers::estimate(root, slots, limit).spills() {
        return;
    }
    let mut i = 0;
    while i < slots.len() {
        if slots[i].auto && slots[i].len_elements > 0 && may_move(slots, i, spec.geometry) {
            slots[i].space = Space::Shared;
            if stride(root, slots, spec, packed) > budget {
                slots[i].space = Space::Local;
            }
        }
        i += 1;
    }
    let mut i = 0;
    while i < slots.len() {
        let over = slots[i].over;
        if slots[i].auto && over != NONE {
            slots[i].space = slots[over as usize].space;
        }
        i += 1;
    }
}

/// Whether what lies on a buffer can move with it, and it lies on none itself.
const fn may_move(slots: &[Slot], target: usize, geometry: Geometry) -> bool {
    let mut i = 0;
    while i < slots.len() {
        let s = &slots[i];
        let mixed =
            geometry.interleaves(Space::Shared) && s.element.bytes != slots[target].element.bytes;
        if s.over as usize == target && s.len_elements > 0 && (!s.auto || mixed) {
            return false;
        }
        i += 1;
    }
    slots[target].over == NONE
}

/// Whether the rule moved a buffer.
const fn moved(slots: &[Slot]) -> bool {
    let mut i = 0;
    while i < slots.len() {
        if slots[i].auto && slots[i].space.is(Space::Shared) {
            return true;
        }
        i += 1;
    }
    false
}

/// Whether buffers that the rule moved need more than it could use, now that the bytes of the block are known, too: packed, they can be
/// more than are live at once.
pub(in crate::layout) const fn exceeds(slots: &[Slot], launch: &LaunchPlan) -> bool {
    moved(slots) && launch.run_stride_bytes > budget(launch)
}

/// The shared bytes of a run, as far as they are known before the buffers are placed.
const fn stride(root: &Node<'_>, slots: &[Slot], spec: &Spec<'_>, packed: bool) -> usize {
    let bytes = bytes(root, slots, spec, packed, Space::Shared);
    match spec.geometry.run_stride_bytes(bytes, fit::widest(slots)) {
        Some(stride) => stride,
        None => usize::MAX,
    }
}

const fn bytes(
    root: &Node<'_>,
    slots: &[Slot],
    spec: &Spec<'_>,
    packed: bool,
    space: Space,
) -> usize {
    if packed {
        live::bounds(root, slots, spec.geometry)[space as usize]
    } else {
        place::padded(slots, space)
    }
}

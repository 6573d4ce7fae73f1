//! `Auto`: the rule that chooses a location.

use crate::layout::plan::slot::NONE;
use crate::layout::solve::{fit, live, place};
use crate::layout::target::registers;
use crate::layout::{
    Geometry, LaunchPlan, Location, Node, Occupied, Places, PlanView, Policy, RegisterEstimate,
    RunLocation, Slot, Space, Spec,
};
use typenum::Unsigned;

/// The resident warps of an SM that hide the latency of arithmetic: 4 cycles x 4 schedulers (CUDA C++ Programming
/// Guide, "Multiprocessor Level", compute capability 7.x: "16 active warps per multiprocessor are required to hide
/// arithmetic instruction latencies"). If shared memory leaves fewer warps than this, it costs more than it brings.
const WARPS_KEPT: usize = 16;

/// A location that a rule chooses for each plan: [`Local`](crate::layout::Local) or [`Shared`](crate::layout::Shared).
/// The choice depends on the sizes, the elements, the target and the block.
///
/// 1. If the registers of a thread hold all buffers of a run ([`PlanView::registers`] does not spill), the buffers are
///    `Local`. Registers are the fastest memory, and constant addresses turn local buffers into registers.
/// 2. Otherwise the kernel keeps its buffers in memory, and shared memory is nearer than local memory. The rule goes
///    through the buffers in declaration order. It moves a buffer to `Shared` if an SM of the target still has 16
///    resident warps in blocks of this size. If the plan is packed, the rule first counts the bytes that are live at
///    once; if packing does not reach this number, it counts all bytes. If they still do not fit, because of pinned
///    buffers, all buffers that the rule places stay `Local`.
///
/// [`PlanView::auto`], the table and the JSON show the numbers that the rule used. The `space` of each slot is what it
/// chose.
///
/// ```
/// use bakelite::{consts::*, layout::{Auto, Space, Times}, prelude::*};
/// registry! { pub struct Two<N: Extent> in two { a: [f64; N] in Auto; b: [f64; Times<U9, N>] in Auto; } }
/// plan! { struct Small for Two<U8> = on(Sm90).block(64).packed(); }
/// plan! { struct Large for Two<U32> = on(Sm90).block(64).packed(); }
/// assert_eq!(slot!(Small, "a").space, Space::Local);
/// // 640 words are too many for 255 registers. An eighth of an SM has 29184 bytes. The system keeps 1024 of them;
/// // the others are 440 for each of 64 runs.
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

/// The numbers that the rule of [`Auto`] used; from [`PlanView::auto`].
///
/// ```
/// use bakelite::{consts::*, layout::{Auto, AutoReport}, prelude::*};
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
    /// The most shared bytes per run that the rule uses, all buffers counted.
    pub shared_budget_bytes_per_run: usize,
    /// The resident warps per SM that the rule leaves if it moves buffers. If it moves none, the other buffers may
    /// leave fewer.
    pub warps_kept_per_sm: usize,
    /// Whether it moved a buffer to shared memory.
    pub moved: bool,
}

impl PlanView<'_> {
    /// The numbers that the rule of [`Auto`] used; `None` if it placed no buffer.
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
    /// Only the bytes that are live at once, if the policy packs.
    Lives,
    /// The bytes of all buffers.
    Bytes,
    /// No bytes: no buffer moves.
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

/// The shared bytes per run with which the SM has the warps that the rule keeps. The buffers that the block has once
/// are taken into account.
pub(in crate::layout) const fn budget(launch: &LaunchPlan) -> usize {
    match launch.most_shared_bytes_per_run(Occupied::WarpsPerSm(WARPS_KEPT), 0) {
        Some(bytes) => bytes,
        None => 0,
    }
}

/// Moves buffers to shared memory where the rule says so.
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

/// Whether a buffer lies on no other, and all that lies on it can move with it.
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

/// Whether the buffers that the rule moved need more than it could use. This is known only after packing, which may
/// need more bytes than are live at once, and after the bytes of the block are known.
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

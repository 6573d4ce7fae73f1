//! The rule that chooses a location.

use super::space::SPACES;
use super::{
    Fault, LaunchPlan, Location, Node, Occupied, Places, PlanView, Policy, RegisterEstimate,
    RunLocation, Slot, Space, Spec, fit, live, place, registers,
};
use typenum::Unsigned;

/// Resident warps of an SM that hide the latency of arithmetic: 4 cycles x 4 schedulers (CUDA C++ Programming Guide, "Multiprocessor
/// Level", compute capability 7.x: "16 active warps per multiprocessor are required to hide arithmetic instruction latencies").
/// Shared memory beyond what leaves so many costs more than it brings.
const WARPS_KEPT: usize = 16;

/// A location that a rule chooses for each plan: [`Local`](super::Local) or [`Shared`](super::Shared), by the sizes, the elements, the
/// target and the block.
///
/// 1. As long as the registers of a thread hold all buffers of a run ([`PlanView::registers`] does not spill), `Local`: registers are the
///    fastest memory there is, and constant addresses turn local buffers into registers.
/// 2. Else the kernel keeps its buffers in memory, and shared memory is the nearer one: in declaration order, each buffer moves to
///    `Shared` that leaves an SM of the target 16 resident warps in blocks of this size. Bytes count by lives where the plan is packed.
///
/// What the rule saw is in [`PlanView::auto`], in the table and in the JSON; what it chose is each slot's `space`.
///
/// ```
/// use bakelite::{consts::*, *};
/// registry! { pub struct Two<N: Extent> in two { a: [f64; N] in Auto; b: [f64; Times<U9, N>] in Auto; } }
/// plan! { struct Small for Two<U8> = on(Sm90).block(64).packed(); }
/// plan! { struct Large for Two<U32> = on(Sm90).block(64).packed(); }
/// assert_eq!(Small::PLAN.slot("a").space, Space::Local);
/// // 640 words are too many for 255 registers; the 29184 bytes of an eighth of an SM, 1024 of them the system's, are 440 for each of 64 runs
/// assert_eq!(Large::PLAN.view().auto().unwrap().shared_budget_bytes_per_run, 440);
/// assert_eq!((Large::PLAN.slot("a").space, Large::PLAN.slot("b").space), (Space::Shared, Space::Local));
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
    /// The resident warps per SM that this leaves.
    pub warps_kept_per_sm: usize,
}

impl PlanView<'_> {
    /// What the rule of [`Auto`] saw; nothing if no buffer was placed by it.
    pub const fn auto(&self) -> Option<AutoReport> {
        let mut i = 0;
        while i < self.slots.len() {
            if self.slots[i].auto {
                return Some(report(self.root, self.slots, &self.launch));
            }
            i += 1;
        }
        None
    }
}

const fn report(root: &Node<'_>, slots: &[Slot], launch: &LaunchPlan) -> AutoReport {
    let limit = launch.arch.limits().max_registers_per_thread;
    let asked = Occupied::WarpsPerSm(WARPS_KEPT);
    AutoReport {
        registers: registers::estimate(root, slots, limit),
        shared_budget_bytes_per_run: match launch.most_shared_bytes_per_run(asked, 0) {
            Some(bytes) => bytes,
            None => 0,
        },
        warps_kept_per_sm: WARPS_KEPT,
    }
}

/// Moves the buffers that the rule places in shared memory there.
pub(super) const fn choose(
    root: &Node<'_>,
    slots: &mut [Slot],
    spec: &Spec<'_>,
) -> Result<(), Fault> {
    let (mut any, mut i) = (false, 0);
    while i < slots.len() {
        any = any || slots[i].auto;
        i += 1;
    }
    if !any {
        return Ok(());
    }
    // the sums below are parts of these
    let all = match place::sums(root, slots) {
        Ok(sums) => sums,
        Err(f) => return Err(f),
    };
    let mut launch = LaunchPlan::empty(spec);
    launch.per_block_bytes = all[Space::SharedPerBlock as usize];
    let seen = report(root, slots, &launch);
    if !seen.registers.spills() {
        return Ok(());
    }
    let mut i = 0;
    while i < slots.len() {
        if slots[i].auto && slots[i].len_elements > 0 {
            slots[i].space = Space::Shared;
            if shared(root, slots, spec) > seen.shared_budget_bytes_per_run {
                slots[i].space = Space::Local;
            }
        }
        i += 1;
    }
    Ok(())
}

/// The shared bytes of a run, as far as they are known before the buffers are placed.
const fn shared(root: &Node<'_>, slots: &[Slot], spec: &Spec<'_>) -> usize {
    let bytes: [usize; SPACES] = match spec.policy {
        Policy::Packed { .. } | Policy::Offsets(_) => live::bounds(root, slots, spec.geometry),
        Policy::Sequential => match place::sums(root, slots) {
            Ok(sums) => sums,
            Err(_) => [usize::MAX; SPACES],
        },
    };
    let widest = fit::widest(slots);
    match spec
        .geometry
        .run_stride_bytes(bytes[Space::Shared as usize], widest)
    {
        Some(stride) => stride,
        None => usize::MAX,
    }
}

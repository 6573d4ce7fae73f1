//! Checks that a block of runs fits the device.

use crate::layout::LaunchPlan;
use crate::layout::plan::slot::put_path;
use crate::layout::registry::space::SPACES;
use crate::layout::target::limits::MAX_BLOCK;
use crate::layout::{Code, Fault, Kind, Node, Slot, Space, Spec, Total};

/// The component, here or below, whose code needs a newer architecture than `sm`, if there is one.
const fn newer<'n>(node: &'n Node<'n>, sm: usize) -> Option<&'n Node<'n>> {
    if node.since_sm > sm {
        return Some(node);
    }
    let mut part = 0;
    while part < node.parts.len() {
        if let Kind::Child(child) = &node.parts[part].kind
            && let Some(found) = newer(child, sm)
        {
            return Some(found);
        }
        part += 1;
    }
    None
}

pub(in crate::layout) const fn check_arch(root: &Node<'_>, spec: &Spec<'_>) -> Result<(), Fault> {
    let sm = spec.arch.sm();
    // a plan for the host, without a GPU
    if sm == 0 {
        return Ok(());
    }
    let Some(node) = newer(root, sm) else {
        return Ok(());
    };
    let mut f = Fault::new(Code::TooOld);
    f.text
        .put("architecture: the code of `")
        .name(node.name)
        .put("` needs sm_")
        .num(node.since_sm)
        .put(" or newer, and the plan of `")
        .name(root.name)
        .put("` is for sm_")
        .num(sm)
        .put("\n  help: plan for `Sm")
        .num(node.since_sm)
        .put("` or newer; older devices have no such kernel");
    Err(f)
}

pub(in crate::layout) const fn check_block(root: &Node<'_>, spec: &Spec<'_>) -> Result<(), Fault> {
    if spec.block == 0 {
        let mut f = Fault::new(Code::ZeroBlock);
        f.text
            .put("block size is 0 in the plan of `")
            .name(root.name);
        f.text.put("`\n  help: `block` counts the runs of one thread block: 1..=1024, best a multiple of 32");
        return Err(f);
    }
    if spec.block > MAX_BLOCK {
        let mut f = Fault::new(Code::BlockTooLarge);
        f.text
            .put("block size ")
            .num(spec.block)
            .put(" in the plan of `")
            .name(root.name)
            .put("` is over the hardware limit of ")
            .num(MAX_BLOCK);
        return Err(f);
    }
    Ok(())
}

/// The widest alignment of a run's elements in shared memory.
pub(in crate::layout) const fn widest(slots: &[Slot]) -> usize {
    let (mut widest, mut i) = (1, 0);
    while i < slots.len() {
        let s = &slots[i];
        if s.len_elements > 0 && s.space.is(Space::Shared) && s.element.align > widest {
            widest = s.element.align;
        }
        i += 1;
    }
    widest
}

pub(in crate::layout) const fn check_fit(
    root: &Node<'_>,
    slots: &[Slot],
    spec: &Spec<'_>,
    totals: &[Total; SPACES],
) -> Result<LaunchPlan, Fault> {
    let widest = widest(slots);
    let run = totals[Space::Shared as usize].bytes;
    let per_block = totals[Space::SharedPerBlock as usize].bytes;
    let Some(stride) = spec.geometry.run_stride_bytes(run, widest) else {
        return Err(overflow(root, run, spec.block));
    };
    let Some(base) = LaunchPlan::base(stride, spec.block, per_block) else {
        return Err(overflow(root, stride, spec.block));
    };
    let Some(need) = base.checked_add(per_block) else {
        return Err(overflow(root, stride, spec.block));
    };
    let launch = LaunchPlan {
        dynamic_shared_bytes: need,
        run_stride_bytes: stride,
        per_block_base_bytes: base,
        per_block_bytes: per_block,
        ..LaunchPlan::empty(spec)
    };
    let limit = spec.arch.shared_bytes();
    if need <= limit {
        return Ok(launch);
    }
    let mut f = Fault::new(Code::SharedOverflow);
    f.text
        .put("shared memory overflow: `")
        .name(root.name)
        .put("` needs ")
        .num(need)
        .put(" bytes per block (")
        .num(stride);
    f.text.put(" per run x ").num(spec.block).put(" runs");
    if per_block > 0 {
        f.text.put(" + ").num(per_block).put(" once");
    }
    f.text
        .put("), sm_")
        .num(spec.arch.sm())
        .put(" allows ")
        .num(limit)
        .put(" (")
        .num(need - limit);
    f.text.put(" over)\n  largest:");
    put_largest(&mut f, root, slots);
    f.text
        .put(if run > 0 { " bytes per run" } else { " bytes" })
        .put("\n  help: ");
    if per_block > limit {
        f.text
            .put("not even what the block has once fits: make it smaller");
        return Err(f);
    }
    let fit = launch.left_for_runs(limit) / stride;
    if fit == 0 {
        f.text
            .put("not even one run fits: move buffers to `Local`, or shrink the system");
    } else {
        f.text.put("largest block that fits is ").num(fit);
        if fit > 32 && !fit.is_multiple_of(32) {
            f.text.put(" (").num(fit / 32 * 32).put(" in whole warps)");
        }
        f.text.put("; or move a buffer to `Local`");
    }
    Err(f)
}

const fn overflow(root: &Node<'_>, run_bytes: usize, block: usize) -> Fault {
    let mut f = Fault::new(Code::TotalOverflow);
    f.text
        .put("total overflow: a block of `")
        .put(root.name)
        .put("` has more bytes than usize can count (")
        .num(run_bytes)
        .put(" per run x ")
        .num(block)
        .put(" runs)\n  help: check the width arguments of `")
        .put(root.name)
        .put("`");
    f
}

/// Names the three largest shared buffers. Of two with the same size, the one that is declared first comes first.
const fn put_largest(f: &mut Fault, root: &Node<'_>, slots: &[Slot]) {
    let (mut last, mut last_index) = (usize::MAX, 0);
    let mut k = 0;
    while k < 3 {
        let mut best: Option<usize> = None;
        let mut i = 0;
        while i < slots.len() {
            let b = slots[i].bytes();
            let follows = b < last || (b == last && i > last_index);
            let space = slots[i].space;
            let shared = space.is(Space::Shared) || space.is(Space::SharedPerBlock);
            if shared && b > 0 && follows {
                match best {
                    Some(j) if slots[j].bytes() >= b => {}
                    _ => best = Some(i),
                }
            }
            i += 1;
        }
        let Some(i) = best else { return };
        (last, last_index) = (slots[i].bytes(), i);
        f.text.put(if k == 0 { " `" } else { ", `" });
        put_path(&mut f.text, root, &slots[i]);
        f.text.put("` ").num(last);
        if slots[i].space.is(Space::SharedPerBlock) {
            f.text.put(" once");
        }
        k += 1;
    }
}

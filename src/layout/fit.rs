//! Whether a block of runs fits the device.

use super::slot::put_path;
use super::{Arch, Code, Fault, Node, Slot, Space, Spec, place};

/// What the launch of a kernel needs to know about a plan.
///
/// ```
/// use bakelite::{consts::*, *};
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
    /// Dynamic shared memory of a block.
    pub dynamic_shared_bytes: usize,
    /// Shared bytes that one run takes of its block: its total, rounded up to the widest alignment. Lanes interleave, so a run's
    /// bytes are not contiguous.
    pub run_stride_bytes: usize,
    /// The target.
    pub arch: Arch,
}

/// The hardware's threads per block.
pub(super) const MAX_BLOCK: usize = 1024;

pub(super) const fn check_block(root: &Node<'_>, spec: &Spec) -> Result<(), Fault> {
    if spec.block == 0 {
        let mut f = Fault::new(Code::ZeroBlock);
        f.text
            .put("block size is 0 in the plan of `")
            .put(root.name);
        f.text.put("`\n  help: `block` counts the runs of one thread block: 1..=1024, best a multiple of 32");
        return Err(f);
    }
    if spec.block > MAX_BLOCK {
        let mut f = Fault::new(Code::BlockTooLarge);
        f.text
            .put("block size ")
            .num(spec.block)
            .put(" in the plan of `")
            .put(root.name)
            .put("` is over the hardware limit of ")
            .num(MAX_BLOCK);
        return Err(f);
    }
    Ok(())
}

pub(super) const fn check_fit(
    root: &Node<'_>,
    slots: &[Slot],
    spec: &Spec,
    shared_bytes: usize,
) -> Result<LaunchPlan, Fault> {
    let mut widest = 1;
    let mut i = 0;
    while i < slots.len() {
        let s = &slots[i];
        if s.len_elements > 0 && s.space.is(Space::Shared) && s.element.align > widest {
            widest = s.element.align;
        }
        i += 1;
    }
    let Some(stride) = shared_bytes.checked_next_multiple_of(widest) else {
        return Err(place::overflow(root, Space::Shared));
    };
    let Some(need) = stride.checked_mul(spec.block) else {
        return Err(place::overflow(root, Space::Shared));
    };
    let limit = spec.arch.shared_bytes();
    if need <= limit {
        return Ok(LaunchPlan {
            block: spec.block,
            dynamic_shared_bytes: need,
            run_stride_bytes: stride,
            arch: spec.arch,
        });
    }
    let mut f = Fault::new(Code::SharedOverflow);
    f.text
        .put("shared memory overflow: `")
        .put(root.name)
        .put("` needs ")
        .num(need)
        .put(" bytes per block (")
        .num(stride);
    f.text
        .put(" per run x ")
        .num(spec.block)
        .put(" runs), sm_")
        .num(spec.arch.sm())
        .put(" allows ")
        .num(limit)
        .put(" (")
        .num(need - limit);
    f.text.put(" over)\n  largest:");
    put_largest(&mut f, root, slots);
    f.text.put(" bytes per run\n  help: ");
    let fit = limit / stride;
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

/// The three largest shared buffers; of two alike the one declared first.
const fn put_largest(f: &mut Fault, root: &Node<'_>, slots: &[Slot]) {
    let (mut last, mut last_index) = (usize::MAX, 0);
    let mut k = 0;
    while k < 3 {
        let mut best: Option<usize> = None;
        let mut i = 0;
        while i < slots.len() {
            let b = slots[i].bytes();
            let follows = b < last || (b == last && i > last_index);
            if slots[i].space.is(Space::Shared) && b > 0 && follows {
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
        k += 1;
    }
}

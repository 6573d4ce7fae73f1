//! A check of finished plans: alignment, spaces and overlaps.

use crate::layout::plan::slot::put_path;
use crate::layout::solve::item::Item;
use crate::layout::solve::live;
use crate::layout::{Code, Fault, Geometry, PlanView, Slot, Space};

/// Checks a finished layout independently of how it was made. Every buffer must be aligned and inside its space. No two
/// buffers that are live together may share bytes. In interleaved shared memory no buffer may lie on elements of
/// another lane.
///
/// The planner does not need this check. It is for tests of the planner, and for tools that change a plan by hand.
///
/// ```
/// use bakelite::{consts::*, layout::verify, prelude::*};
/// registry! { pub struct Pair in pair { a: [f32; U3] in Shared; b: [f64; U1] in Shared; } }
/// plan! { struct P for Pair = on(Sm90).block(32).sequential(); }
/// assert!(verify(P::PLAN.view()).is_ok());
/// ```
///
/// # Errors
/// [`Code::Misaligned`], [`Code::Outside`] or [`Code::Overlap`] for the first buffer that breaks a rule.
pub const fn verify(view: PlanView<'_>) -> Result<(), Fault> {
    let mut i = 0;
    while i < view.slots.len() {
        if let Err(f) = check_one(&view, i) {
            return Err(f);
        }
        let mut j = 0;
        while j < i {
            if let Err(f) = check_pair(&view, i, j) {
                return Err(f);
            }
            j += 1;
        }
        i += 1;
    }
    Ok(())
}

/// The same check with room to sort the buffers by offset, so that only neighbours are compared. A constant has no time
/// to compare all pairs.
pub(in crate::layout) const fn verify_sorted(
    view: PlanView<'_>,
    items: &mut [Item],
) -> Result<(), Fault> {
    let slots = view.slots;
    let mut n = 0;
    let mut i = 0;
    while i < slots.len() {
        if slots[i].bytes() > 0 {
            items[n].slot = i;
            n += 1;
        }
        i += 1;
    }
    heap_sort(slots, items, n);
    let mut k = 0;
    while k < n {
        let i = items[k].slot;
        if let Err(f) = check_one(&view, i) {
            return Err(f);
        }
        let end = slots[i].offset_bytes.saturating_add(slots[i].bytes());
        let mut l = k + 1;
        while l < n {
            let other = &slots[items[l].slot];
            if !other.space.is(slots[i].space) || other.offset_bytes >= end {
                break;
            }
            if let Err(f) = check_pair(&view, items[l].slot, i) {
                return Err(f);
            }
            l += 1;
        }
        k += 1;
    }
    Ok(())
}

/// Sorts the first `n` items by the space and the offset of their slots.
const fn heap_sort(slots: &[Slot], items: &mut [Item], n: usize) {
    let (mut start, mut end) = (n / 2, n);
    while end > 1 {
        if start > 0 {
            start -= 1;
        } else {
            end -= 1;
            swap(items, 0, end);
        }
        let mut root = start;
        while 2 * root + 1 < end {
            let mut child = 2 * root + 1;
            if child + 1 < end && before(slots, items[child].slot, items[child + 1].slot) {
                child += 1;
            }
            if !before(slots, items[root].slot, items[child].slot) {
                break;
            }
            swap(items, root, child);
            root = child;
        }
    }
}

const fn swap(items: &mut [Item], a: usize, b: usize) {
    (items[a].slot, items[b].slot) = (items[b].slot, items[a].slot);
}

const fn before(slots: &[Slot], a: usize, b: usize) -> bool {
    let (a, b) = (&slots[a], &slots[b]);
    let (x, y) = (a.space as u8, b.space as u8);
    x < y || (x == y && a.offset_bytes < b.offset_bytes)
}

/// Checks a buffer by itself.
const fn check_one(view: &PlanView<'_>, i: usize) -> Result<(), Fault> {
    let s = &view.slots[i];
    let bytes = s.bytes();
    if bytes == 0 {
        return Ok(());
    }
    if !s.offset_bytes.is_multiple_of(s.element.align) {
        return Err(fault(view, i, i, Code::Misaligned, "is not aligned"));
    }
    if s.offset_bytes.saturating_add(bytes) > view.totals[s.space as usize].bytes {
        return Err(fault(view, i, i, Code::Outside, "ends outside its space"));
    }
    Ok(())
}

/// Checks two buffers, both inside their spaces.
const fn check_pair(view: &PlanView<'_>, i: usize, j: usize) -> Result<(), Fault> {
    let (a, b) = (&view.slots[i], &view.slots[j]);
    let (x, y) = (a.bytes(), b.bytes());
    let ends = (
        a.offset_bytes.saturating_add(x),
        b.offset_bytes.saturating_add(y),
    );
    let meet = a.offset_bytes < ends.1 && b.offset_bytes < ends.0;
    if x > 0 && y > 0 && a.space.is(b.space) && meet && !may_share(a, b, view.launch.geometry) {
        return Err(fault(view, i, j, Code::Overlap, "overlaps"));
    }
    Ok(())
}

const fn may_share(a: &Slot, b: &Slot, geometry: Geometry) -> bool {
    // lanes interleave by element, so a shift by less than an element would put one lane on another
    let shift = a.offset_bytes.abs_diff(b.offset_bytes);
    let lanes = !geometry.interleaves(a.space) || shift.is_multiple_of(a.element.bytes);
    lanes && !live::conflict(a, b, geometry)
}

const fn fault(view: &PlanView<'_>, i: usize, j: usize, code: Code, what: &str) -> Fault {
    let mut f = Fault::new(code);
    f.text.put("buffer `");
    put_path(&mut f.text, view.root, &view.slots[i]);
    f.text
        .put("` at byte ")
        .num(view.slots[i].offset_bytes)
        .put(" ")
        .put(what);
    if i != j {
        f.text.put(" `");
        put_path(&mut f.text, view.root, &view.slots[j]);
        f.text.put("` at byte ").num(view.slots[j].offset_bytes);
        let per_block = view.slots[i].space.is(Space::SharedPerBlock);
        f.text.put(if per_block {
            "\n  help: move one, or let a phase between them begin with a barrier, `barriers [..]`: the lives of a block's buffers last from barrier to barrier"
        } else {
            "\n  help: move one; buffers share bytes only where their lives do not meet, and interleaved lanes only where the widths are equal"
        });
    } else if matches!(code, Code::Misaligned) {
        f.text
            .put("\n  help: it must be a multiple of ")
            .num(view.slots[i].element.align);
    }
    f
}

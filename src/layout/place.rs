//! Offsets in declaration order, around those that are pinned.

use super::pack::up;
use super::slot::put_path;
use super::space::SPACES;
use super::{Code, Fault, Geometry, Node, Slot, Space, Total, live, overlay, pins};

/// The bytes that the buffers of a plan may have together, and where the last one may be told to start. A sum of all the bytes, the padding, which
/// is less than them, and a start is then a quarter of what `usize` counts, so no sum of two of those can overflow: not while buffers are placed,
/// not while they are checked.
pub(super) const MOST_BYTES: usize = usize::MAX >> 4;

/// That the bytes of all buffers can be added up, in whatever space they are.
pub(super) const fn check_sum(root: &Node<'_>, slots: &[Slot]) -> Result<(), Fault> {
    let (mut sum, mut i) = (0usize, 0);
    while i < slots.len() {
        sum = sum.saturating_add(slots[i].bytes());
        if sum > MOST_BYTES {
            return Err(too_many(root, &slots[i]));
        }
        i += 1;
    }
    Ok(())
}

const fn too_many(root: &Node<'_>, s: &Slot) -> Fault {
    let mut f = Fault::new(Code::TotalOverflow);
    f.text.put("total overflow: with `");
    put_path(&mut f.text, root, s);
    f.text
        .put("` (")
        .num(s.bytes())
        .put(" bytes), the buffers of `");
    f.text
        .put(root.name)
        .put("` have more than ")
        .num(MOST_BYTES)
        .put(" bytes, the most of a plan\n  help: check its length, and the width arguments of `")
        .put(root.name)
        .put("`");
    f
}

/// Gives every buffer the next aligned offset of its space.
pub(super) const fn sequential(
    root: &Node<'_>,
    slots: &mut [Slot],
    geometry: Geometry,
) -> [Total; SPACES] {
    let mut totals = [Total::ZERO; SPACES];
    let pinned = pins::count(slots) > 0;
    let mut i = 0;
    while i < slots.len() {
        let s = &slots[i];
        // a buffer without bytes lies at 0 and costs no padding
        if s.len_elements > 0 && s.over == overlay::NONE {
            let t = &mut totals[s.space as usize];
            t.elements += s.len_elements;
            if !s.pinned {
                let start = next_free(slots, i, t.bytes, pinned);
                t.bytes = start + s.bytes();
                slots[i].offset_bytes = start;
            }
        }
        i += 1;
    }
    let mut i = 0;
    while pinned && i < slots.len() {
        let s = &slots[i];
        if s.pinned {
            let end = s.offset_bytes + s.bytes();
            let t = &mut totals[s.space as usize];
            if end > t.bytes {
                t.bytes = end;
            }
        }
        i += 1;
    }
    overlay::place(slots);
    let bounds = live::bounds(root, slots, geometry);
    let mut k = 0;
    while k < SPACES {
        totals[k].lower_bound_bytes = bounds[k];
        totals[k].proved = totals[k].lower_bound_bytes == totals[k].bytes;
        k += 1;
    }
    totals
}

/// The end of the buffers of a space in sequence, pins left out.
pub(super) const fn padded(slots: &[Slot], space: Space) -> usize {
    let (mut end, mut i) = (0usize, 0);
    while i < slots.len() {
        let s = &slots[i];
        if s.len_elements > 0 && s.space.is(space) && s.over == overlay::NONE {
            end = up(end, s.element.align) + s.bytes();
        }
        i += 1;
    }
    end
}

/// The first aligned offset from `from` on where slot `i` meets nothing that is pinned.
const fn next_free(slots: &[Slot], i: usize, from: usize, pinned: bool) -> usize {
    let s = &slots[i];
    let mut start = up(from, s.element.align);
    let mut k = 0;
    while pinned && k < slots.len() {
        let p = &slots[k];
        let behind = p.offset_bytes + p.bytes();
        let meet = start < behind && p.offset_bytes < start + s.bytes();
        if p.pinned && p.space.is(s.space) && meet {
            (start, k) = (up(behind, s.element.align), 0);
        } else {
            k += 1;
        }
    }
    start
}

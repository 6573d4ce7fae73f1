//! Places buffers in declaration order, around those that are pinned.

use crate::layout::plan::slot::NONE;
use crate::layout::registry::space::SPACES;
use crate::layout::solve::item::up;
use crate::layout::solve::{live, overlay, pins};
use crate::layout::{Geometry, Node, Slot, Space, Total};

/// Gives every buffer the next aligned offset of its space. Returns the totals.
pub(in crate::layout) const fn sequential(
    root: &Node<'_>,
    slots: &mut [Slot],
    geometry: Geometry,
) -> [Total; SPACES] {
    let mut totals = [Total::ZERO; SPACES];
    let pinned = pins::count(slots) > 0;
    let mut i = 0;
    while i < slots.len() {
        let s = &slots[i];
        // a buffer without bytes has offset 0 and costs no padding
        if s.len_elements > 0 && s.over == NONE {
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

/// The end of the buffers of a space in sequence, without regard to pins.
pub(in crate::layout) const fn padded(slots: &[Slot], space: Space) -> usize {
    let (mut end, mut i) = (0usize, 0);
    while i < slots.len() {
        let s = &slots[i];
        if s.len_elements > 0 && s.space.is(space) && s.over == NONE {
            end = up(end, s.element.align) + s.bytes();
        }
        i += 1;
    }
    end
}

/// The first aligned offset from `from` on where slot `i` conflicts with no pinned buffer.
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

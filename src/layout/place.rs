//! Offsets in declaration order, around those that are pinned.

use super::space::SPACES;
use super::{Code, Fault, Geometry, Node, Slot, Space, Total, live, overlay, pins};

/// Gives every buffer the next aligned offset of its space.
pub(super) const fn sequential(
    root: &Node<'_>,
    slots: &mut [Slot],
    geometry: Geometry,
) -> Result<[Total; SPACES], Fault> {
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
                let Some(start) = next_free(slots, i, t.bytes, pinned) else {
                    return Err(overflow(root, s.space));
                };
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
            let Some(end) = s.offset_bytes.checked_add(s.bytes()) else {
                return Err(overflow(root, s.space));
            };
            let t = &mut totals[s.space as usize];
            if end > t.bytes {
                t.bytes = end;
            }
        }
        i += 1;
    }
    overlay::place(slots);
    // no sum below can overflow now: each is a part of the totals
    let bounds = live::bounds(root, slots, geometry);
    let mut k = 0;
    while k < SPACES {
        totals[k].lower_bound_bytes = bounds[k];
        totals[k].proved = totals[k].lower_bound_bytes == totals[k].bytes;
        k += 1;
    }
    Ok(totals)
}

/// The end of the buffers of a space in sequence, pins left out; saturating.
pub(super) const fn padded(slots: &[Slot], space: Space) -> usize {
    let (mut end, mut i) = (0usize, 0);
    while i < slots.len() {
        let s = &slots[i];
        if s.len_elements > 0 && s.space.is(space) && s.over == overlay::NONE {
            end = match end.checked_next_multiple_of(s.element.align) {
                Some(start) => start.saturating_add(s.bytes()),
                None => usize::MAX,
            };
        }
        i += 1;
    }
    end
}

/// The bytes of all buffers by space, without lives and padding, or the fault if they overflow; in one space they would not.
pub(super) const fn sums(root: &Node<'_>, slots: &[Slot]) -> Result<[usize; SPACES], Fault> {
    let (mut sums, mut all, mut i) = ([0; SPACES], 0usize, 0);
    while i < slots.len() {
        let s = &slots[i];
        let Some(sum) = all.checked_add(s.bytes()) else {
            return Err(overflow(root, s.space));
        };
        all = sum;
        sums[s.space as usize] += s.bytes();
        i += 1;
    }
    Ok(sums)
}

/// The first aligned offset from `from` on where slot `i` meets nothing that is pinned; nothing if that overflows.
const fn next_free(slots: &[Slot], i: usize, from: usize, pinned: bool) -> Option<usize> {
    let s = &slots[i];
    let Some(mut start) = from.checked_next_multiple_of(s.element.align) else {
        return None;
    };
    let Some(mut end) = start.checked_add(s.bytes()) else {
        return None;
    };
    let mut k = 0;
    while pinned && k < slots.len() {
        let p = &slots[k];
        let behind = p.offset_bytes.saturating_add(p.bytes());
        if p.pinned && p.space.is(s.space) && start < behind && p.offset_bytes < end {
            let Some(above) = behind.checked_next_multiple_of(s.element.align) else {
                return None;
            };
            let Some(top) = above.checked_add(s.bytes()) else {
                return None;
            };
            (start, end, k) = (above, top, 0);
        } else {
            k += 1;
        }
    }
    Some(start)
}

pub(super) const fn overflow(root: &Node<'_>, space: Space) -> Fault {
    let mut f = Fault::new(Code::TotalOverflow);
    f.text
        .put("total overflow: the ")
        .put(space.name())
        .put(" buffers of `")
        .name(root.name);
    f.text
        .put("` have more bytes than usize can count\n  help: check the width arguments");
    f
}

//! Offsets that are given: of some buffers, around which the others are placed, or of all.

use super::space::SPACES;
use super::{Code, Fault, Node, Slot, Space, Total, lookup, overlay};

/// How many buffers have their offsets already.
pub(super) const fn count(slots: &[Slot]) -> usize {
    let (mut n, mut i) = (0, 0);
    while i < slots.len() {
        n += slots[i].pinned as usize;
        i += 1;
    }
    n
}

/// Whether a buffer of this space has.
pub(super) const fn any(slots: &[Slot], space: Space) -> bool {
    let mut i = 0;
    while i < slots.len() {
        if slots[i].pinned && slots[i].space.is(space) {
            return true;
        }
        i += 1;
    }
    false
}

/// Gives the named buffers their offsets.
pub(super) const fn pin(
    root: &Node<'_>,
    slots: &mut [Slot],
    pins: &[(&str, usize)],
) -> Result<(), Fault> {
    let mut k = 0;
    while k < pins.len() {
        let (name, offset) = pins[k];
        let i = match lookup::find(root, slots, name) {
            Ok(i) => i,
            Err(f) => return Err(f),
        };
        let why = if slots[i].over != overlay::NONE {
            ", but it lies over another buffer\n  help: pin the buffer that it lies over"
        } else if slots[i].pinned {
            ", and at another place too\n  help: pin each buffer once"
        } else {
            ""
        };
        if !why.is_empty() {
            let mut f = Fault::new(Code::Pinned);
            f.text
                .put("`")
                .put(name)
                .put("` is pinned at byte ")
                .num(offset)
                .put(why);
            return Err(f);
        }
        slots[i].pinned = slots[i].len_elements > 0;
        slots[i].offset_bytes = if slots[i].pinned { offset } else { 0 };
        k += 1;
    }
    Ok(())
}

/// Gives every buffer the offset at its place in the list.
pub(super) const fn give(
    root: &Node<'_>,
    slots: &mut [Slot],
    offsets_bytes: &[usize],
) -> Result<(), Fault> {
    if offsets_bytes.len() != slots.len() {
        let mut f = Fault::new(Code::WrongCount);
        f.text
            .put("there are ")
            .num(offsets_bytes.len())
            .put(" offsets for the ")
            .num(slots.len())
            .put(" buffers of `")
            .put(root.name);
        f.text
            .put("`\n  help: give one for each buffer in flattened order, disabled ones too; `PlanView::offsets_bytes` lists those of a plan");
        return Err(f);
    }
    let mut i = 0;
    while i < slots.len() {
        if slots[i].len_elements > 0 && slots[i].over == overlay::NONE {
            slots[i].offset_bytes = offsets_bytes[i];
            slots[i].pinned = true;
        }
        i += 1;
    }
    Ok(())
}

/// No total is below the end of what is pinned.
pub(super) const fn raise(slots: &[Slot], totals: &mut [Total; SPACES]) {
    let mut i = 0;
    while i < slots.len() {
        let s = &slots[i];
        if s.pinned {
            let t = &mut totals[s.space as usize];
            // the totals are known, so no end overflows
            let end = s.offset_bytes + s.bytes();
            if end > t.lower_bound_bytes {
                t.lower_bound_bytes = end;
            }
            t.proved = t.lower_bound_bytes == t.bytes;
        }
        i += 1;
    }
}

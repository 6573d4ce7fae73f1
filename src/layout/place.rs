//! Offsets in declaration order.

use super::{Code, Fault, Node, Slot, Space, Total, live, overlay};

/// Gives every buffer the next aligned offset of its space.
pub(super) const fn sequential(root: &Node<'_>, slots: &mut [Slot]) -> Result<[Total; 3], Fault> {
    let mut totals = [Total::ZERO; 3];
    let mut i = 0;
    while i < slots.len() {
        let s = &mut slots[i];
        // a buffer without bytes lies at 0 and costs no padding
        if s.len_elements > 0 && s.over == overlay::NONE {
            let t = &mut totals[s.space as usize];
            let (Some(start), bytes) =
                (t.bytes.checked_next_multiple_of(s.element.align), s.bytes())
            else {
                return Err(overflow(root, s.space));
            };
            let Some(end) = start.checked_add(bytes) else {
                return Err(overflow(root, s.space));
            };
            s.offset_bytes = start;
            t.bytes = end;
            t.elements += s.len_elements;
        }
        i += 1;
    }
    overlay::place(slots);
    // no sum below can overflow now: each is a part of the totals
    let bounds = live::bounds(root, slots);
    let mut k = 0;
    while k < 3 {
        totals[k].lower_bound_bytes = bounds[k];
        totals[k].proved = totals[k].lower_bound_bytes == totals[k].bytes;
        k += 1;
    }
    Ok(totals)
}

pub(super) const fn overflow(root: &Node<'_>, space: Space) -> Fault {
    let mut f = Fault::new(Code::TotalOverflow);
    f.text
        .put("total overflow: the ")
        .put(space.name())
        .put(" buffers of `")
        .put(root.name);
    f.text
        .put("` have more bytes than usize can count\n  help: check the width arguments");
    f
}

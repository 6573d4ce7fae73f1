//! Offsets in declaration order, and the bound that no placement can beat.

use super::{Code, Fault, Kind, Node, Slot, Space, Total};

/// Gives every buffer the next aligned offset of its space.
pub(super) const fn sequential(root: &Node<'_>, slots: &mut [Slot]) -> Result<[Total; 3], Fault> {
    let mut totals = [Total::ZERO; 3];
    let mut i = 0;
    while i < slots.len() {
        let s = &mut slots[i];
        // a buffer without bytes lies at 0 and costs no padding
        if s.len_elements > 0 {
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
            if s.keep {
                t.lower_bound_bytes += bytes;
            }
        }
        i += 1;
    }
    // no sum below can overflow now: each is a part of the totals
    let live = max_live(root);
    let mut k = 0;
    while k < 3 {
        totals[k].lower_bound_bytes += live[k];
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

/// Phases that the bound can tell apart; a component with more adds nothing to it, and its plan is not called proved.
const PHASES: usize = 64;

/// The largest sum of bytes that are live at once, kept buffers left out: in each component the phase with the largest
/// sum, where a child counts with its own maximum. One pass with differences: +w where a life starts, -w after its end.
const fn max_live(node: &Node<'_>) -> [usize; 3] {
    if node.phases.len() > PHASES {
        return [0; 3];
    }
    let mut change = [[0usize; 3]; PHASES + 1];
    let mut i = 0;
    while i < node.parts.len() {
        let p = &node.parts[i];
        if p.on && !p.keep {
            let end = if (p.to as usize) < PHASES {
                p.to as usize + 1
            } else {
                PHASES
            };
            match &p.kind {
                Kind::Buffer {
                    element,
                    len,
                    space,
                } if !space.is(Space::LocalPersistent) => {
                    let w = element.bytes * *len;
                    let k = *space as usize;
                    change[p.from as usize][k] = change[p.from as usize][k].wrapping_add(w);
                    change[end][k] = change[end][k].wrapping_sub(w);
                }
                Kind::Buffer { .. } => {}
                Kind::Child(c) => {
                    let w = max_live(c);
                    let mut k = 0;
                    while k < 3 {
                        change[p.from as usize][k] = change[p.from as usize][k].wrapping_add(w[k]);
                        change[end][k] = change[end][k].wrapping_sub(w[k]);
                        k += 1;
                    }
                }
            }
        }
        i += 1;
    }
    let phases = if node.phases.is_empty() {
        1
    } else {
        node.phases.len()
    };
    let (mut now, mut best) = ([0usize; 3], [0usize; 3]);
    let mut p = 0;
    while p < phases {
        let mut k = 0;
        while k < 3 {
            now[k] = now[k].wrapping_add(change[p][k]);
            if now[k] > best[k] {
                best[k] = now[k];
            }
            k += 1;
        }
        p += 1;
    }
    best
}

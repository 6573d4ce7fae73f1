//! Offsets that users give: for some buffers, and the others are placed around them; or for all.

use crate::layout::plan::slot::NONE;
use crate::layout::plan::slot::put_path;
use crate::layout::registry::space::SPACES;
use crate::layout::solve::lookup;
use crate::layout::solve::sums;
use crate::layout::{Code, Fault, Node, Slot, Space, Total};

/// The number of buffers that have their offsets already.
pub(in crate::layout) const fn count(slots: &[Slot]) -> usize {
    let (mut n, mut i) = (0, 0);
    while i < slots.len() {
        n += slots[i].pinned as usize;
        i += 1;
    }
    n
}

/// Whether a buffer of this space has its offset already.
pub(in crate::layout) const fn any(slots: &[Slot], space: Space) -> bool {
    let mut i = 0;
    while i < slots.len() {
        if slots[i].pinned && slots[i].space.is(space) {
            return true;
        }
        i += 1;
    }
    false
}

/// Gives the named buffers their offsets. Returns the ends of the pinned buffers, by space.
pub(in crate::layout) const fn pin(
    root: &Node<'_>,
    slots: &mut [Slot],
    pins: &[(&str, usize)],
) -> Result<[usize; SPACES], Fault> {
    let mut k = 0;
    while k < pins.len() {
        let (name, offset) = pins[k];
        let i = match lookup::find(root, slots, name) {
            Ok(i) => i,
            Err(f) => return Err(f),
        };
        let s = &mut slots[i];
        let why = if s.over != NONE {
            ", but it lies over another buffer\n  help: pin the buffer that it lies over"
        } else if s.pinned {
            ", and at another place too\n  help: pin each buffer once"
        } else {
            ""
        };
        if !why.is_empty() {
            let mut f = Fault::new(Code::Pinned);
            f.text
                .put("`")
                .name(name)
                .put("` is pinned at byte ")
                .num(offset)
                .put(why);
            return Err(f);
        }
        if s.len_elements > 0 {
            s.pinned = true;
            s.offset_bytes = offset;
        }
        k += 1;
    }
    Ok(ends(slots))
}

/// Gives every buffer its offset from the list, and checks that the list agrees with pins and overlays.
pub(in crate::layout) const fn give(
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
            .name(root.name);
        f.text
            .put("`\n  help: give one for each buffer in flattened order, disabled ones too; `PlanView::offsets_bytes` lists those of a plan");
        return Err(f);
    }
    let mut i = 0;
    while i < slots.len() {
        let s = &mut slots[i];
        if s.len_elements > 0 && s.over == NONE {
            if s.pinned && s.offset_bytes != offsets_bytes[i] {
                return Err(differs(root, s, offsets_bytes[i], ", where it is pinned"));
            }
            s.offset_bytes = offsets_bytes[i];
            s.pinned = true;
        }
        i += 1;
    }
    let mut i = 0;
    while i < slots.len() {
        let s = &slots[i];
        if s.len_elements > 0 && s.over != NONE {
            let at = slots[s.over as usize].offset_bytes;
            if at != offsets_bytes[i] {
                let mut placed = *s;
                placed.offset_bytes = at;
                return Err(differs(
                    root,
                    &placed,
                    offsets_bytes[i],
                    ", with the buffer that it lies over",
                ));
            }
        }
        i += 1;
    }
    Ok(())
}

/// The ends of all buffers that have their offsets already, by space.
pub(in crate::layout) const fn ends(slots: &[Slot]) -> [usize; SPACES] {
    let (mut ends, mut i) = ([0; SPACES], 0);
    while i < slots.len() {
        let s = &slots[i];
        let end = s.offset_bytes.saturating_add(s.bytes());
        if s.pinned && end > ends[s.space as usize] {
            ends[s.space as usize] = end;
        }
        i += 1;
    }
    ends
}

const fn differs(root: &Node<'_>, s: &Slot, given: usize, why: &str) -> Fault {
    let mut f = Fault::new(Code::Pinned);
    f.text.put("`");
    put_path(&mut f.text, root, s);
    f.text
        .put("` is given byte ")
        .num(given)
        .put(", but is at byte ")
        .num(s.offset_bytes)
        .put(why)
        .put("\n  help: give it that offset");
    f
}

/// Checks that no buffer starts at a byte so high that a sum with its offset could overflow.
pub(in crate::layout) const fn check_starts(root: &Node<'_>, slots: &[Slot]) -> Result<(), Fault> {
    let mut i = 0;
    while i < slots.len() {
        let s = &slots[i];
        if s.pinned && s.offset_bytes > sums::MOST_BYTES {
            let mut f = Fault::new(Code::TotalOverflow);
            f.text.put("total overflow: `");
            put_path(&mut f.text, root, s);
            f.text
                .put("` (")
                .num(s.bytes())
                .put(" bytes) of `")
                .name(root.name)
                .put("` is to start at byte ")
                .num(s.offset_bytes)
                .put(" of the ")
                .put(s.space.name())
                .put(" memory, and a plan has at most ")
                .num(sums::MOST_BYTES)
                .put("\n  help: give it a lower byte");
            return Err(f);
        }
        i += 1;
    }
    Ok(())
}

/// Raises each lower bound to the end of what is pinned in the space, and says anew whether the total is proved.
pub(in crate::layout) const fn raise(ends: &[usize; SPACES], totals: &mut [Total; SPACES]) {
    let mut k = 0;
    while k < SPACES {
        let t = &mut totals[k];
        if ends[k] > t.lower_bound_bytes {
            t.lower_bound_bytes = ends[k];
        }
        t.proved = t.lower_bound_bytes == t.bytes;
        k += 1;
    }
}

//! Who is live with whom, and the bound that no placement can beat.

use super::{Kind, Node, Slot, Space};

/// Whether the lives of two buffers of one tree meet: in the innermost component that contains both, the phases of their two
/// parts do.
pub(super) const fn meet(a: &Slot, b: &Slot) -> bool {
    let mut d = 0;
    loop {
        let (x, y) = (&a.steps[d], &b.steps[d]);
        if x.part != y.part {
            return x.from <= y.to && y.from <= x.to;
        }
        d += 1;
    }
}

/// Whether `b` is live when the life of `a` begins, in the innermost component that contains both.
pub(super) const fn begins_within(a: &Slot, b: &Slot) -> bool {
    let mut d = 0;
    loop {
        let (x, y) = (&a.steps[d], &b.steps[d]);
        if x.part != y.part {
            return y.from <= x.from && x.from <= y.to;
        }
        d += 1;
    }
}

/// Whether two buffers of one space may not share bytes.
///
/// Runs of one block are in different phases. With lanes interleaved, a narrow buffer of one lane would lie on a wide one of
/// another, so in shared memory widths do not mix, whatever the lives.
pub(super) const fn conflict(a: &Slot, b: &Slot) -> bool {
    let mixed = a.space.is(Space::Shared) && a.element.bytes != b.element.bytes;
    mixed || a.keep || b.keep || meet(a, b)
}

/// The bytes that any placement needs, by space: the largest sum of bytes live at once, and what is kept.
pub(super) const fn bounds(root: &Node<'_>, slots: &[Slot]) -> [usize; 3] {
    let mut bounds = max_live(root, ANY);
    let mut width = next_width(slots, 0);
    if next_width(slots, width) > 0 {
        bounds[0] = 0;
        while width > 0 {
            bounds[0] += max_live(root, width)[0];
            width = next_width(slots, width);
        }
    }
    let mut i = 0;
    while i < slots.len() {
        let s = &slots[i];
        if s.keep {
            bounds[s.space as usize] += s.bytes();
        }
        i += 1;
    }
    bounds
}

/// The smallest element width in bytes above `width` of a shared buffer; 0: none.
pub(super) const fn next_width(slots: &[Slot], width: usize) -> usize {
    let (mut next, mut i) = (0, 0);
    while i < slots.len() {
        let s = &slots[i];
        let bytes = s.element.bytes;
        let higher = s.space.is(Space::Shared) && s.len_elements > 0 && bytes > width;
        if higher && (next == 0 || bytes < next) {
            next = bytes;
        }
        i += 1;
    }
    next
}

/// Phases that the bound can tell apart; a component with more adds nothing to it, and its plan is not called proved.
const PHASES: usize = 64;
/// Elements of every width.
pub(super) const ANY: usize = 0;

/// The largest sum of bytes that are live at once, of elements of `width` bytes, kept buffers left out: in each component the
/// phase with the largest sum, where a child counts with its own maximum. One pass with differences: +w where a life
/// starts, -w after its end. Callers know that the sums do not overflow.
pub(super) const fn max_live(node: &Node<'_>, width: usize) -> [usize; 3] {
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
                } if !space.is(Space::LocalPersistent)
                    && (width == ANY || element.bytes == width) =>
                {
                    let w = element.bytes * *len;
                    let k = *space as usize;
                    change[p.from as usize][k] = change[p.from as usize][k].wrapping_add(w);
                    change[end][k] = change[end][k].wrapping_sub(w);
                }
                Kind::Buffer { .. } => {}
                Kind::Child(c) => {
                    let w = max_live(c, width);
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

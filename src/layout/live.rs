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

/// Elements of every width.
pub(super) const ANY: usize = 0;
/// Phases that are looked at together.
const WINDOW: usize = 64;

/// The largest sum of bytes that are live at once, of elements of `width` bytes, kept buffers left out: in each component the
/// phase with the largest sum, where a child counts with its own maximum. Callers know that the sums do not overflow.
pub(super) const fn max_live(node: &Node<'_>, width: usize) -> [usize; 3] {
    let phases = if node.phases.is_empty() {
        1
    } else {
        node.phases.len()
    };
    let (mut best, mut first) = ([0usize; 3], 0);
    while first < phases {
        window(node, width, first, phases, &mut best);
        first += WINDOW;
    }
    best
}

/// The phases from `first` on, in one pass with differences: +w where a life starts, -w after its end.
const fn window(node: &Node<'_>, width: usize, first: usize, phases: usize, best: &mut [usize; 3]) {
    let count = if phases - first < WINDOW {
        phases - first
    } else {
        WINDOW
    };
    let mut change = [[0usize; 3]; WINDOW + 1];
    let mut i = 0;
    while i < node.parts.len() {
        let p = &node.parts[i];
        let (from, to) = (p.from as usize, p.to as usize);
        if p.on && !p.keep && from < first + count && to >= first {
            let start = from.saturating_sub(first);
            let end = if to - first < count {
                to - first + 1
            } else {
                count
            };
            let mut w = [0; 3];
            match &p.kind {
                Kind::Buffer {
                    element,
                    len,
                    space,
                } => {
                    let counts = width == ANY || element.bytes == width;
                    if counts && !space.is(Space::LocalPersistent) {
                        w[*space as usize] = element.bytes * *len;
                    }
                }
                Kind::Child(c) => w = max_live(c, width),
            }
            let mut k = 0;
            while k < 3 {
                change[start][k] = change[start][k].wrapping_add(w[k]);
                change[end][k] = change[end][k].wrapping_sub(w[k]);
                k += 1;
            }
        }
        i += 1;
    }
    let (mut now, mut p) = ([0usize; 3], 0);
    while p < count {
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
}

//! Which buffers are live at the same time, and the lower bound of every placement.

use crate::layout::registry::space::SPACES;
use crate::layout::{Geometry, Kind, Node, Slot, Space};

/// Whether the lives of two buffers of one tree meet: whether, in the innermost component that contains both, their two
/// parts have a phase in common.
pub(in crate::layout) const fn meet(a: &Slot, b: &Slot) -> bool {
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
pub(in crate::layout) const fn begins_within(a: &Slot, b: &Slot) -> bool {
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
/// Runs of one block are in different phases. If lanes interleave, a narrow buffer of one lane would lie on a wide
/// buffer of another lane. So buffers of different widths never share bytes there, whatever their lives.
pub(in crate::layout) const fn conflict(a: &Slot, b: &Slot, geometry: Geometry) -> bool {
    let mixed = geometry.interleaves(a.space) && a.element.bytes != b.element.bytes;
    mixed || a.keep || b.keep || meet(a, b)
}

/// The life of a buffer per block whose part is live in these phases. It lasts from the barrier before to the barrier
/// after, because until then some lane may still use the buffer.
pub(in crate::layout) const fn between_barriers(node: &Node<'_>, from: u16, to: u16) -> (u16, u16) {
    if node.barriers.is_empty() {
        return (0, u16::MAX);
    }
    let (mut start, mut end) = (0, u16::MAX);
    let (mut first, mut first_later, mut last) = (u16::MAX, u16::MAX, 0);
    let mut i = 0;
    while i < node.barriers.len() {
        let at = node.barriers[i] as u16;
        if at <= from && at > start {
            start = at;
        }
        if at > to && at - 1 < end {
            end = at - 1;
        }
        if at < first {
            first = at;
        }
        if at > 0 && at < first_later {
            first_later = at;
        }
        if at > last {
            last = at;
        }
        i += 1;
    }
    if first == 0 || to < last {
        return (start, end);
    }
    // there is no barrier where the phases begin again, so the phases after the last barrier and before the first are
    // one stretch
    if from >= last {
        (0, first_later - 1)
    } else {
        (0, u16::MAX)
    }
}

/// The bytes that every placement needs, by space: the largest sum of bytes that are live at once, plus the bytes that
/// are kept.
pub(in crate::layout) const fn bounds(
    root: &Node<'_>,
    slots: &[Slot],
    geometry: Geometry,
) -> [usize; SPACES] {
    let mut bounds = max_live(root, slots, ANY);
    let mut width = next_width(slots, 0);
    if geometry.interleaves(Space::Shared) && next_width(slots, width) > 0 {
        bounds[0] = 0;
        while width > 0 {
            bounds[0] = bounds[0].saturating_add(max_live(root, slots, width)[0]);
            width = next_width(slots, width);
        }
    }
    let mut i = 0;
    while i < slots.len() {
        let s = &slots[i];
        if s.keep {
            let bound = &mut bounds[s.space as usize];
            *bound = bound.saturating_add(s.bytes());
        }
        i += 1;
    }
    bounds
}

/// The smallest element width of a shared buffer, in bytes, that is above `width`; 0 if there is none.
pub(in crate::layout) const fn next_width(slots: &[Slot], width: usize) -> usize {
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

/// Stands for elements of every width.
pub(in crate::layout) const ANY: usize = 0;
/// The only space whose lives last from barrier to barrier.
const PER_BLOCK: usize = Space::SharedPerBlock as usize;
/// The number of phases that are looked at together.
const WINDOW: usize = 64;

/// The largest sum of bytes that are live at once, for elements of `width` bytes and without kept buffers. In each
/// component it is the phase with the largest sum, where a child counts with its own maximum. Callers know that the
/// sums do not overflow.
pub(in crate::layout) const fn max_live(
    root: &Node<'_>,
    slots: &[Slot],
    width: usize,
) -> [usize; SPACES] {
    component(root, slots, width, &mut 0)
}

/// On entry `at` is the first slot of the component, and on return the first slot after it.
const fn component(
    node: &Node<'_>,
    slots: &[Slot],
    width: usize,
    at: &mut usize,
) -> [usize; SPACES] {
    let phases = if node.phases.is_empty() {
        1
    } else {
        node.phases.len()
    };
    let (mut best, mut first, start) = ([0usize; SPACES], 0, *at);
    while first < phases {
        *at = start;
        window(node, slots, width, at, first, phases, &mut best);
        first += WINDOW;
    }
    best
}

/// Looks at the phases from `first` on, in one pass over differences: +w where a life starts, -w after its end.
const fn window(
    node: &Node<'_>,
    slots: &[Slot],
    width: usize,
    at: &mut usize,
    first: usize,
    phases: usize,
    best: &mut [usize; SPACES],
) {
    let count = if phases - first < WINDOW {
        phases - first
    } else {
        WINDOW
    };
    let mut change = [[0usize; SPACES]; WINDOW + 1];
    let mut i = 0;
    while i < node.parts.len() {
        let p = &node.parts[i];
        let mut w = [0; SPACES];
        match &p.kind {
            Kind::Buffer { .. } => {
                let s = &slots[*at];
                if !s.keep && (width == ANY || s.element.bytes == width) {
                    w[s.space as usize] = s.bytes();
                }
                *at += 1;
            }
            Kind::Child(c) => w = component(c, slots, width, at),
        }
        if let Some((start, end)) = clip(p.from, p.to, first, count) {
            let mut k = 0;
            while k < PER_BLOCK {
                change[start][k] = change[start][k].wrapping_add(w[k]);
                change[end][k] = change[end][k].wrapping_sub(w[k]);
                k += 1;
            }
        }
        let bytes = w[PER_BLOCK];
        if bytes > 0 {
            let (from, to) = between_barriers(node, p.from, p.to);
            if let Some((start, end)) = clip(from, to, first, count) {
                change[start][PER_BLOCK] = change[start][PER_BLOCK].wrapping_add(bytes);
                change[end][PER_BLOCK] = change[end][PER_BLOCK].wrapping_sub(bytes);
            }
        }
        i += 1;
    }
    let (mut now, mut p) = ([0usize; SPACES], 0);
    while p < count {
        let mut k = 0;
        while k < SPACES {
            now[k] = now[k].wrapping_add(change[p][k]);
            if now[k] > best[k] {
                best[k] = now[k];
            }
            k += 1;
        }
        p += 1;
    }
}

/// The part of a life that lies in the window: its first phase there, and the first phase after it.
const fn clip(from: u16, to: u16, first: usize, count: usize) -> Option<(usize, usize)> {
    let (from, to) = (from as usize, to as usize);
    if from >= first + count || to < first {
        return None;
    }
    let end = if to - first < count {
        to - first + 1
    } else {
        count
    };
    Some((from.saturating_sub(first), end))
}

//! Offsets by lifetimes: buffers that are never live together share bytes.
//!
//! Where lanes interleave, each element width is a problem of its own, since widths never share bytes; its parts lie one behind the
//! other, widest alignment first, so no padding is lost. Kept buffers come first. The rest is placed by greedy orders, then by
//! an exact search if few are left and the bound is not met. A space with pinned buffers is one problem, for greedy orders alone.
//!
//! What lies over a buffer moves with it, and keeps its own life and size: see [`Item`].

use super::components::by_components;
use super::greedy::{Problem, greedy};
use super::live::{self, ANY};
use super::search::{MAX_EXACT, MAX_STACKED, Task, search};
use super::space::SPACES;
use super::{Geometry, Node, Slot, Space, Total, overlay, pins};

/// More buffers than this in one problem are packed component by component: the work of a flat order grows with the square.
const MAX_FLAT: usize = 320;
/// The most buffers for which each order of [`greedy`] is tried.
const ORDERS: [usize; 3] = [MAX_FLAT, 128, 64];

/// The search's ends to fit: the bound and this part of what lies between it and the greedy orders' best.
const TARGETS: [usize; 4] = [usize::MAX, 16, 4, 1];

/// Not pinned.
pub(super) const FREE: usize = usize::MAX;

/// What packing needs to remember, one per buffer.
#[derive(Clone, Copy)]
pub struct Item {
    /// By slot: the best offset found so far.
    pub(super) offset_bytes: usize,
    /// A rectangle of the problem: a buffer, or in the packing by components a whole child. The overlays of a buffer are rectangles
    /// too, no higher than it, from the same first byte on.
    pub(super) bytes: usize,
    pub(super) align: usize,
    /// Its slot; of a child, one that is packed.
    pub(super) slot: usize,
    /// All its slots, where components are packed: the first, and how many they are.
    pub(super) first: usize,
    pub(super) count: usize,
    /// The last of its overlays; see [`Slot::carries`].
    pub(super) carries: u32,
    /// Its part of the component that is packed, and the part's life.
    pub(super) part: u16,
    pub(super) from: u16,
    pub(super) to: u16,
    pub(super) trial: usize,
    /// Where it must lie, or [`FREE`].
    pub(super) pinned_at: usize,
    /// The rectangles in the order of placement, and those placed by offset.
    pub(super) order: usize,
    pub(super) sorted: usize,
}

impl Item {
    pub const EMPTY: Item = Item {
        offset_bytes: 0,
        bytes: 0,
        align: 1,
        slot: 0,
        first: 0,
        count: 0,
        carries: overlay::NONE,
        part: 0,
        from: 0,
        to: 0,
        trial: 0,
        pinned_at: FREE,
        order: 0,
        sorted: 0,
    };

    pub(super) const fn group(&self) -> overlay::Group {
        overlay::Group {
            slot: self.slot,
            bytes: self.bytes,
            carries: self.carries,
        }
    }
}

/// Which buffers a problem is about.
#[derive(Clone, Copy)]
pub(super) struct Class {
    pub(super) space: Space,
    /// The element width in bytes, or [`ANY`].
    width: usize,
    /// The largest alignment in it.
    pub(super) align: usize,
    uniform: bool,
    /// Whether buffers lie on its buffers.
    pub(super) overlaid: bool,
    /// Whether a buffer and its overlays are one block, as high as the buffer in the life of each: a part of the placements, with no
    /// proof in it, that is searched where all are too many.
    pub(super) blocks: bool,
    /// Whether some have their offsets already: then widths may mix, and kept buffers are placed with the others.
    pub(super) pinned: bool,
    pub(super) geometry: Geometry,
}

impl Class {
    pub(super) const fn has(&self, s: &Slot) -> bool {
        let width = self.width == ANY || s.element.bytes == self.width;
        s.space.is(self.space) && s.len_elements > 0 && width && s.over == overlay::NONE
    }

    /// The whole space, or the element width of interleaved lanes that comes after `before`: by falling alignment, then width.
    const fn next(
        slots: &[Slot],
        space: Space,
        geometry: Geometry,
        before: Option<Class>,
    ) -> Option<Class> {
        if !geometry.interleaves(space) || pins::any(slots, space) {
            return match before {
                None => Some(Class::of(slots, space, geometry, ANY)),
                Some(_) => None,
            };
        }
        let mut best: Option<Class> = None;
        let mut width = live::next_width(slots, 0);
        while width > 0 {
            let c = Class::of(slots, space, geometry, width);
            let after = match &before {
                Some(b) => c.is_after(b),
                None => true,
            };
            let first = match &best {
                Some(b) => b.is_after(&c),
                None => true,
            };
            if after && first {
                best = Some(c);
            }
            width = live::next_width(slots, width);
        }
        best
    }

    const fn of(slots: &[Slot], space: Space, geometry: Geometry, width: usize) -> Class {
        let mut class = Class {
            space,
            width,
            align: 1,
            uniform: true,
            overlaid: false,
            blocks: false,
            pinned: false,
            geometry,
        };
        let mut i = 0;
        while i < slots.len() {
            let s = &slots[i];
            if class.has(s) {
                class.overlaid = class.overlaid || s.carries != overlay::NONE;
                class.pinned = class.pinned || s.pinned;
                class.uniform =
                    class.uniform && (class.align == 1 || class.align == s.element.align);
                if s.element.align > class.align {
                    class.align = s.element.align;
                }
            }
            i += 1;
        }
        class
    }

    const fn is_after(&self, other: &Class) -> bool {
        self.align < other.align || (self.align == other.align && self.width < other.width)
    }
}

pub(super) const fn up(x: usize, align: usize) -> usize {
    x.next_multiple_of(align)
}

/// Packs each space whose sequential total is not proved already; offsets change only where the total falls.
pub(super) const fn pack(
    root: &Node<'_>,
    slots: &mut [Slot],
    items: &mut [Item],
    geometry: Geometry,
    max_nodes: u32,
    totals: &mut [Total; SPACES],
) {
    let spaces = Space::ALL;
    let mut k = 0;
    while k < spaces.len() {
        let total = &mut totals[spaces[k] as usize];
        if !total.proved {
            let (mut end, mut exact) = (0, true);
            let mut class = Class::next(slots, spaces[k], geometry, None);
            while let Some(c) = class {
                let (top, proved, nodes) = pack_class(root, slots, items, &c, end, max_nodes);
                end = top;
                exact = exact && proved;
                total.search_nodes += nodes;
                class = Class::next(slots, spaces[k], geometry, class);
            }
            if end < total.bytes {
                total.bytes = end;
                let mut i = 0;
                while i < slots.len() {
                    if slots[i].space.is(spaces[k]) && slots[i].len_elements > 0 {
                        slots[i].offset_bytes = items[i].offset_bytes;
                    }
                    i += 1;
                }
                overlay::place(slots);
            }
            total.proved = total.bytes == total.lower_bound_bytes || (exact && end == total.bytes);
        }
        k += 1;
    }
}

/// Packs one class behind `start`. The end, whether nothing lower exists, the nodes of the search.
const fn pack_class(
    root: &Node<'_>,
    slots: &[Slot],
    items: &mut [Item],
    class: &Class,
    start: usize,
    max_nodes: u32,
) -> (usize, bool, u32) {
    let base = if class.pinned {
        start
    } else {
        keep_first(slots, items, class, start)
    };
    let m = gather(slots, items, class);
    if m == 0 {
        return (base, class.uniform, 0);
    }
    let bound = base + live::max_live(root, slots, class.width)[class.space as usize];
    if m > MAX_FLAT && !class.pinned {
        let bytes = by_components(root, slots, items, class, 0, 0);
        let base = up(base, class.align);
        let mut i = 0;
        while i < slots.len() {
            if class.has(&slots[i]) && !slots[i].keep {
                items[i].offset_bytes += base;
            }
            i += 1;
        }
        return (base + bytes, base + bytes == bound, 0);
    }
    let problem = Problem { first: 0, m, base };
    let (mut blocks, mut best) = (
        *class,
        orders(slots, items, class, problem, bound, usize::MAX),
    );
    if class.overlaid && best > bound {
        blocks.blocks = true;
        best = orders(slots, items, &blocks, problem, bound, best);
    }
    if best == bound {
        return (best, true, 0);
    }
    let searched = m <= MAX_EXACT && m + overlays(slots, items, m) <= MAX_STACKED;
    if !searched || max_nodes == 0 || class.pinned {
        return (best, false, 0);
    }
    let mut task = Task {
        m,
        base,
        bound,
        blocks: false,
        max_nodes,
    };
    let (end, no_lower, mut spent) = targets(slots, items, task, best);
    best = end;
    if class.overlaid && best > no_lower {
        // fewer placements, of which more can be looked at
        task.blocks = true;
        let (end, _, nodes) = targets(slots, items, task, best);
        best = end;
        spent += nodes;
    }
    // with mixed alignments, kept buffers elsewhere might save padding
    let least = best == bound || (best <= no_lower && class.uniform);
    (best, least, spent)
}

/// The lowest end of the greedy orders, if it is below `best`; its offsets are written then.
const fn orders(
    slots: &[Slot],
    items: &mut [Item],
    class: &Class,
    problem: Problem,
    bound: usize,
    mut best: usize,
) -> usize {
    let (m, mut order) = (problem.m, 0);
    while order < ORDERS.len() && (m <= ORDERS[order] || order == 0) && best > bound {
        let end = greedy(slots, items, class, problem, order);
        if end < best {
            best = end;
            let mut k = 0;
            while k < m {
                items[items[k].slot].offset_bytes = items[k].trial;
                k += 1;
            }
        }
        order += 1;
    }
    best
}

/// Searches for ends below `best`: to fit a given end is far easier than to find the lowest, so from the bound upwards, half of the remaining
/// nodes each. The lowest found, what no end is below, and the nodes visited.
const fn targets(
    slots: &[Slot],
    items: &mut [Item],
    mut task: Task,
    mut best: usize,
) -> (usize, usize, u32) {
    let (bound, max_nodes) = (task.bound, task.max_nodes);
    let (mut spent, mut no_lower, mut try_at) = (0, bound, 0);
    while try_at < TARGETS.len() && best > no_lower {
        let target = bound + (best - 1 - bound) / TARGETS[try_at];
        let last = try_at + 1 == TARGETS.len();
        task.max_nodes = (max_nodes - spent) / if last { 1 } else { 2 };
        if target >= no_lower {
            let (end, done, nodes) = search(slots, items, &task, target + 1);
            spent += nodes;
            if end <= target {
                best = end;
            }
            if done {
                no_lower = if end <= target { end } else { target + 1 };
            }
        }
        try_at += 1;
    }
    (best, no_lower, spent)
}

/// How many overlays lie on the first `m` items.
const fn overlays(slots: &[Slot], items: &[Item], m: usize) -> usize {
    let (mut n, mut k) = (0, 0);
    while k < m {
        let mut next = items[k].carries;
        while next != overlay::NONE {
            n += 1;
            next = slots[next as usize].carries;
        }
        k += 1;
    }
    n
}

/// Places the kept buffers of a class one behind the other, widest alignment first.
const fn keep_first(slots: &[Slot], items: &mut [Item], class: &Class, start: usize) -> usize {
    let (mut end, mut align) = (start, class.align);
    while align > 0 {
        let mut i = 0;
        while i < slots.len() {
            let s = &slots[i];
            if s.keep && s.element.align == align && class.has(s) {
                items[i].offset_bytes = up(end, align);
                end = items[i].offset_bytes + s.bytes();
            }
            i += 1;
        }
        align /= 2;
    }
    end
}

/// Lists the other buffers of a class as rectangles.
const fn gather(slots: &[Slot], items: &mut [Item], class: &Class) -> usize {
    let (mut m, mut i) = (0, 0);
    while i < slots.len() {
        let s = &slots[i];
        if (!s.keep || class.pinned) && class.has(s) {
            items[m].slot = i;
            items[m].carries = s.carries;
            items[m].bytes = s.bytes();
            items[m].align = s.element.align;
            items[m].pinned_at = if s.pinned { s.offset_bytes } else { FREE };
            if class.pinned && class.geometry.interleaves(class.space) {
                // so that two of one width that share bytes are lane upon lane
                items[m].align = s.element.bytes;
            }
            items[m].part = s.steps[0].part;
            items[m].from = s.steps[0].from;
            items[m].to = s.steps[0].to;
            m += 1;
        }
        i += 1;
    }
    m
}

//! Offsets by lifetimes: buffers that are never live together share bytes.
//!
//! Where lanes interleave, each element width is a problem of its own, since widths never share bytes; its parts lie one behind the
//! other, widest alignment first, so no padding is lost. Kept buffers come first. The rest is placed by greedy orders, then by
//! an exact search if few are left and the bound is not met. A space with pinned buffers is one problem, for greedy orders alone.

use super::live::{self, ANY};
use super::search::{MAX_EXACT, Task, search};
use super::space::SPACES;
use super::{Geometry, Kind, Node, Part, Slot, Space, Total, overlay, pins, text};

/// More buffers than this in one problem are packed component by component: the work of a flat order grows with the square.
const MAX_FLAT: usize = 320;
/// The most buffers for which each order of [`greedy`] is tried.
const ORDERS: [usize; 3] = [MAX_FLAT, 128, 64];

/// The search's ends to fit: the bound and this part of what lies between it and the greedy orders' best.
const TARGETS: [usize; 4] = [usize::MAX, 16, 4, 1];

/// Not pinned.
const FREE: usize = usize::MAX;

/// What packing needs to remember, one per buffer.
#[derive(Clone, Copy)]
pub struct Item {
    /// By slot: the best offset found so far.
    pub(super) offset_bytes: usize,
    /// A rectangle of the problem: a buffer, or in the packing by components a whole child.
    pub(super) bytes: usize,
    pub(super) align: usize,
    /// Its first slot, and how many follow.
    pub(super) slot: usize,
    count: usize,
    /// Its part of the component that is packed, and the part's life.
    part: u16,
    from: u16,
    to: u16,
    trial: usize,
    /// Where it must lie, or [`FREE`].
    pinned_at: usize,
    /// The rectangles in the order of placement, and those placed by offset.
    order: usize,
    sorted: usize,
}

impl Item {
    pub const EMPTY: Item = Item {
        offset_bytes: 0,
        bytes: 0,
        align: 1,
        slot: 0,
        count: 0,
        part: 0,
        from: 0,
        to: 0,
        trial: 0,
        pinned_at: FREE,
        order: 0,
        sorted: 0,
    };
}

/// Which buffers a problem is about.
#[derive(Clone, Copy)]
struct Class {
    space: Space,
    /// The element width in bytes, or [`ANY`].
    width: usize,
    /// The largest alignment in it.
    align: usize,
    uniform: bool,
    /// Whether buffers lie on its buffers.
    overlaid: bool,
    /// Whether some have their offsets already: then widths may mix, and kept buffers are placed with the others.
    pinned: bool,
    geometry: Geometry,
}

impl Class {
    const fn has(&self, s: &Slot) -> bool {
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
            pinned: false,
            geometry,
        };
        let mut i = 0;
        while i < slots.len() {
            let s = &slots[i];
            class.overlaid = class.overlaid || s.over != overlay::NONE;
            if class.has(s) {
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
    let (mut best, mut order) = (usize::MAX, 0);
    while order < ORDERS.len() && (m <= ORDERS[order] || order == 0) && best > bound {
        let end = greedy(slots, items, class, 0, m, base, order);
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
    if best == bound {
        return (best, true, 0);
    }
    if m > MAX_EXACT || max_nodes == 0 || class.pinned {
        return (best, false, 0);
    }
    let mut task = Task {
        m,
        base,
        bound,
        overlaid: class.overlaid,
        max_nodes: 0,
    };
    // to fit a given end is far easier than to find the lowest: from the bound upwards, half of the remaining nodes each
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
    // with mixed alignments, kept buffers elsewhere might save padding
    let least = best == bound || (best <= no_lower && class.uniform);
    (best, least, spent)
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
            items[m].count = 1;
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

/// Whether rectangle `x` is placed before `y`.
const fn before(x: &Item, y: &Item, order: usize) -> bool {
    if x.pinned_at != y.pinned_at && (x.pinned_at == FREE || y.pinned_at == FREE) {
        return y.pinned_at == FREE;
    }
    match order {
        0 => x.bytes > y.bytes,
        1 => false,
        _ => {
            let (a, b) = (x.to - x.from, y.to - y.from);
            a > b || (a == b && x.bytes > y.bytes)
        }
    }
}

/// Places the `m` rectangles from `first` on, one after the other, each in the smallest gap that holds it. Order 0: by falling
/// size; 1: as declared; 2: by falling life, then size.
const fn greedy(
    slots: &[Slot],
    items: &mut [Item],
    class: &Class,
    first: usize,
    m: usize,
    base: usize,
    order: usize,
) -> usize {
    let mut k = 0;
    while k < m {
        let mut j = k;
        while j > 0 && before(&items[first + k], &items[items[first + j - 1].order], order) {
            items[first + j].order = items[first + j - 1].order;
            j -= 1;
        }
        items[first + j].order = first + k;
        k += 1;
    }
    let (mut end, mut k) = (base, 0);
    while k < m {
        let x = items[first + k].order;
        let (bytes, align) = (items[x].bytes, items[x].align);
        let (part, from, to) = (items[x].part, items[x].from, items[x].to);
        let (mut low, mut gap, mut found) = (up(base, align), usize::MAX, usize::MAX);
        let mut j = 0;
        while j < k {
            let y = &items[items[first + j].sorted];
            // the outermost parts decide but for two buffers of one child
            let clash = if class.pinned {
                let (a, b) = (&slots[items[x].slot], &slots[y.slot]);
                // a pin that is askew to the lanes shares bytes with none
                let askew = class.geometry.interleaves(class.space)
                    && !y.trial.is_multiple_of(b.element.bytes);
                askew || live::conflict(a, b, class.geometry)
            } else if part != y.part {
                from <= y.to && y.from <= to
            } else {
                live::meet(&slots[items[x].slot], &slots[y.slot])
            };
            let clash = clash || (class.overlaid && overlay::meet(slots, items[x].slot, y.slot));
            if clash {
                if y.trial >= low + bytes && y.trial - low < gap {
                    gap = y.trial - low;
                    found = low;
                }
                let above = up(y.trial + y.bytes, align);
                if above > low {
                    low = above;
                }
            }
            j += 1;
        }
        let at = if items[x].pinned_at < FREE {
            items[x].pinned_at
        } else if found < usize::MAX {
            found
        } else {
            low
        };
        items[x].trial = at;
        if at + bytes > end {
            end = at + bytes;
        }
        let mut j = k;
        while j > 0 && items[items[first + j - 1].sorted].trial > at {
            items[first + j].sorted = items[first + j - 1].sorted;
            j -= 1;
        }
        items[first + j].sorted = x;
        k += 1;
    }
    end
}

/// The life of a part and of all that lies on it.
const fn life(node: &Node<'_>, p: &Part<'_>) -> (u16, u16) {
    let (mut from, mut to) = (p.from, p.to);
    let mut i = 0;
    while i < node.parts.len() {
        let q = &node.parts[i];
        if !q.over.is_empty() && text::eq(q.over, p.name) {
            from = if q.from < from { q.from } else { from };
            to = if q.to > to { q.to } else { to };
        }
        i += 1;
    }
    (from, to)
}

/// Packs each component by itself, children as rectangles of their own packed size: offsets from 0, and their end. `at` is the
/// component's first slot, `first` the first free item.
const fn by_components(
    node: &Node<'_>,
    slots: &[Slot],
    items: &mut [Item],
    class: &Class,
    mut at: usize,
    first: usize,
) -> usize {
    let (mut m, mut i) = (0, 0);
    while i < node.parts.len() {
        let p = &node.parts[i];
        // an item in use stands for one slot or more, so the items never run out
        let (bytes, count, align) = match &p.kind {
            Kind::Buffer { .. } => {
                let s = &slots[at];
                if s.keep || !class.has(s) {
                    (0, 1, 1)
                } else {
                    items[at].offset_bytes = 0;
                    (s.bytes(), 1, s.element.align)
                }
            }
            Kind::Child(c) => {
                let bytes = by_components(c, slots, items, class, at, first + m);
                (bytes, c.count(), class.align)
            }
        };
        if bytes > 0 {
            let item = &mut items[first + m];
            item.slot = at;
            item.count = count;
            item.bytes = bytes;
            item.align = align;
            item.part = i as u16;
            item.pinned_at = FREE;
            (item.from, item.to) = if class.overlaid {
                life(node, p)
            } else {
                (p.from, p.to)
            };
            if class.space.is(Space::SharedPerBlock) {
                (item.from, item.to) = live::between_barriers(node, item.from, item.to);
            }
            m += 1;
        }
        at += count;
        i += 1;
    }
    let end = greedy(slots, items, class, first, m, 0, 0);
    let mut k = 0;
    while k < m {
        let (slot, count, trial) = (
            items[first + k].slot,
            items[first + k].count,
            items[first + k].trial,
        );
        let mut s = slot;
        while s < slot + count {
            if class.has(&slots[s]) && !slots[s].keep {
                items[s].offset_bytes += trial;
            }
            s += 1;
        }
        k += 1;
    }
    end
}

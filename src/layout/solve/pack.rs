//! Packing: buffers that are never live together share bytes.
//!
//! If lanes interleave, each element width is a problem of its own, because buffers of different widths never share
//! bytes. The problems are placed one after the other, widest alignment first, so no padding is lost. Kept buffers come
//! first. The other buffers are placed by greedy orders, then by an exact search if there are few of them and the bound
//! is not reached. A space with pinned buffers is one problem, for greedy orders only.
//!
//! What lies over a buffer moves with it, but has its own life and size: see [`Item`].

use crate::layout::plan::slot::NONE;
use crate::layout::registry::space::SPACES;
use crate::layout::solve::components::by_components;
use crate::layout::solve::greedy::{Problem, greedy};
use crate::layout::solve::item::{Class, FREE, Item, up};
use crate::layout::solve::live;
use crate::layout::solve::overlay;
use crate::layout::solve::search::{MAX_EXACT, MAX_STACKED, Task, search};
use crate::layout::{Geometry, Node, Slot, Space, Total};

/// A problem with more buffers than this is packed component by component, because the work of a flat order grows with
/// the square of the number.
const MAX_FLAT: usize = 320;
/// For each order of [`greedy`]: the most buffers for which it is tried.
const ORDERS: [usize; 3] = [MAX_FLAT, 128, 64];

/// The ends that the search tries to reach. Each is the bound plus the distance from the bound to the best end so far,
/// divided by this number.
const TARGETS: [usize; 4] = [usize::MAX, 16, 4, 1];

/// Packs each space whose sequential total is not yet proved to be the least. Offsets change only where the total
/// falls.
pub(in crate::layout) const fn pack(
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

/// Packs one class, starting at byte `start`. Returns the end, whether no lower end exists, and the nodes of the
/// search.
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
        // this allows fewer placements, so a larger part of them can be searched
        task.blocks = true;
        let (end, _, nodes) = targets(slots, items, task, best);
        best = end;
        spent += nodes;
    }
    // if alignments differ, kept buffers at other places might save padding
    let least = best == bound || (best <= no_lower && class.uniform);
    (best, least, spent)
}

/// The lowest end of the greedy orders, if it is below `best`. The offsets are written in that case.
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

/// Searches for ends below `best`. To reach a given end is much easier than to find the lowest. So the search starts at
/// the bound and tries higher ends one after the other, each with half of the remaining nodes, and the last with all of
/// them. Returns the lowest end that was found, an end that no placement is below, and the nodes visited.
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

/// The number of overlays on the first `m` items.
const fn overlays(slots: &[Slot], items: &[Item], m: usize) -> usize {
    let (mut n, mut k) = (0, 0);
    while k < m {
        let mut next = items[k].carries;
        while next != NONE {
            n += 1;
            next = slots[next as usize].carries;
        }
        k += 1;
    }
    n
}

/// Places the kept buffers of a class one after the other, widest alignment first.
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

/// Lists the other buffers of a class as rectangles. Returns their number.
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
                // so that elements of two buffers of one width that share bytes lie exactly on each other
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

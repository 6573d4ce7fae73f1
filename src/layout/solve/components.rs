//! Packs component by component, for registries with more buffers than one flat problem can have.

use crate::layout::plan::slot::NONE;
use crate::layout::solve::greedy::{Problem, greedy};
use crate::layout::solve::item::{Class, FREE, Item};
use crate::layout::solve::live;
use crate::layout::{Kind, Node, Slot, Space};

/// Packs each component by itself; a child is a rectangle with the size of its own packing. Offsets start at 0. Returns
/// the end. `at` is the component's first slot, `first` the first free item.
pub(in crate::layout) const fn by_components(
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
        // an item in use stands for at least one slot, so there are always enough items
        let (bytes, count, align, carries) = match &p.kind {
            Kind::Buffer { .. } => {
                let s = &slots[at];
                if s.keep || !class.has(s) {
                    (0, 1, 1, NONE)
                } else {
                    items[at].offset_bytes = 0;
                    (s.bytes(), 1, s.element.align, s.carries)
                }
            }
            Kind::Child(c) => {
                let bytes = by_components(c, slots, items, class, at, first + m);
                (bytes, c.count(), class.align, NONE)
            }
        };
        if bytes > 0 {
            let item = &mut items[first + m];
            item.slot = at;
            while slots[item.slot].keep || !class.has(&slots[item.slot]) {
                item.slot += 1;
            }
            (item.first, item.count) = (at, count);
            item.carries = carries;
            item.bytes = bytes;
            item.align = align;
            item.part = i as u16;
            item.pinned_at = FREE;
            (item.from, item.to) = (p.from, p.to);
            if class.space.is(Space::SharedPerBlock) {
                (item.from, item.to) = live::between_barriers(node, item.from, item.to);
            }
            m += 1;
        }
        at += count;
        i += 1;
    }
    let end = greedy(slots, items, class, Problem { first, m, base: 0 }, 0);
    let mut k = 0;
    while k < m {
        let (mut s, trial) = (items[first + k].first, items[first + k].trial);
        let end = s + items[first + k].count;
        while s < end {
            if class.has(&slots[s]) && !slots[s].keep {
                items[s].offset_bytes += trial;
            }
            s += 1;
        }
        k += 1;
    }
    end
}

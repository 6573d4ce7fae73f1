//! Places rectangles one after the other, each where it fits best.

use crate::layout::Slot;
use crate::layout::solve::item::{Class, FREE, Item, up};
use crate::layout::solve::{live, overlay};

/// The items to place: `m` items starting with item `first`, at byte `base` or above.
#[derive(Clone, Copy)]
pub(in crate::layout) struct Problem {
    pub(in crate::layout) first: usize,
    pub(in crate::layout) m: usize,
    pub(in crate::layout) base: usize,
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

/// Places the rectangles one after the other, each in the smallest gap that is large enough. The orders are: 0, largest
/// first; 1, as declared; 2, longest life first, then largest. Returns the end.
pub(in crate::layout) const fn greedy(
    slots: &[Slot],
    items: &mut [Item],
    class: &Class,
    problem: Problem,
    order: usize,
) -> usize {
    let Problem { first, m, base } = problem;
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
    // this is so nearly always, and it saves calls, which cost much time in a constant
    let plain = !class.overlaid && !class.pinned;
    let (mut end, mut k) = (base, 0);
    while k < m {
        let x = items[first + k].order;
        let (bytes, align) = (items[x].bytes, items[x].align);
        let (part, from, to) = (items[x].part, items[x].from, items[x].to);
        let (mut low, mut gap, mut found) = (up(base, align), usize::MAX, usize::MAX);
        // `above`: all that was looked at lies below this byte; `room`: the distance from `x` at `low` to what lies
        // above it
        let (mut above, mut room) = (low, usize::MAX);
        let mut j = 0;
        while j < k {
            let y = &items[items[first + j].sorted];
            let (height, theirs) = if !plain {
                heights(slots, class, &items[x], y)
            } else if part == y.part {
                let meet = live::meet(&slots[items[x].slot], &slots[y.slot]);
                if meet { (bytes, y.bytes) } else { (0, 0) }
            } else if from <= y.to && y.from <= to {
                (bytes, y.bytes)
            } else {
                (0, 0)
            };
            if height > 0 {
                let over = up(y.trial + theirs, align);
                if over > above {
                    above = over;
                }
                if y.trial < low + height {
                    (low, room) = (above, usize::MAX);
                } else {
                    if y.trial - low - height < room {
                        room = y.trial - low - height;
                    }
                    if y.trial >= low + bytes {
                        if room < gap {
                            (gap, found) = (room, low);
                        }
                        (low, room) = (above, usize::MAX);
                    }
                }
            }
            j += 1;
        }
        let at = if items[x].pinned_at < FREE {
            items[x].pinned_at
        } else if room < gap || found == usize::MAX {
            low
        } else {
            found
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

/// The same as [`overlay::heights`], with pins and blocks taken into account.
const fn heights(slots: &[Slot], class: &Class, x: &Item, y: &Item) -> (usize, usize) {
    // a pinned buffer that is not aligned to the lanes shares bytes with no other
    let lanes = class.pinned && class.geometry.interleaves(class.space);
    if lanes && !y.trial.is_multiple_of(slots[y.slot].element.bytes) {
        return (x.bytes, y.bytes);
    }
    let heights = overlay::heights(slots, class.geometry, &x.group(), &y.group());
    if class.blocks && heights.0 > 0 {
        return (x.bytes, y.bytes);
    }
    heights
}

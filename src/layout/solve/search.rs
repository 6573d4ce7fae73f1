//! Finds the lowest packing of a few rectangles, by depth-first search.
//!
//! It uses three cuts of MiniMalloc (M. D. Moffitt, ASPLOS 2023). Offsets never decrease along a branch. A rectangle is
//! not placed where another rectangle that is not yet placed would fit below it. And the rectangles that are live at
//! once, stacked, must stay below the best packing so far. A rectangle takes its overlays with it: between two groups
//! only those bytes count that are live together, and each overlay counts in the stacks of its own life. Sets are bit
//! masks.

use crate::layout::Slot;
use crate::layout::plan::slot::NONE;
use crate::layout::solve::item::{Item, up};
use crate::layout::solve::live;

/// The most rectangles.
pub(in crate::layout) const MAX_EXACT: usize = 32;

/// The most rectangles and overlays together.
pub(in crate::layout) const MAX_STACKED: usize = 64;

struct Search {
    /// The size of each rectangle, then of each overlay.
    bytes: [usize; MAX_STACKED],
    align: [usize; MAX_EXACT],
    /// `meets`: the rectangles that cannot share all bytes with this one. `height`: how far above the lower one the
    /// upper one must start.
    meets: [u32; MAX_EXACT],
    height: [[usize; MAX_EXACT]; MAX_EXACT],
    /// The rectangle at whose first byte it starts: for a rectangle itself, for an overlay the one that it lies on.
    on: [usize; MAX_STACKED],
    /// For each rectangle: the set of itself and its overlays.
    group: [u64; MAX_EXACT],
    /// Sets in which all are live together with all. There is one for each rectangle and overlay, extended greedily.
    cliques: [u64; MAX_STACKED],
    clique_count: usize,
}

impl Search {
    /// Sorts the rectangles, largest first, so that ties are broken early.
    const fn new(slots: &[Slot], items: &[Item], task: &Task) -> (Search, [usize; MAX_EXACT]) {
        let m = task.m;
        let mut of = [0usize; MAX_EXACT];
        let mut k = 0;
        while k < m {
            let mut j = k;
            while j > 0 && items[of[j - 1]].bytes < items[k].bytes {
                of[j] = of[j - 1];
                j -= 1;
            }
            of[j] = k;
            k += 1;
        }
        let mut s = Search {
            bytes: [0; MAX_STACKED],
            align: [1; MAX_EXACT],
            meets: [0; MAX_EXACT],
            height: [[0; MAX_EXACT]; MAX_EXACT],
            on: [0; MAX_STACKED],
            group: [0; MAX_EXACT],
            cliques: [0; MAX_STACKED],
            clique_count: 0,
        };
        let mut slot = [0usize; MAX_STACKED];
        let (mut x, mut n) = (0, m);
        while x < m {
            slot[x] = items[of[x]].slot;
            s.bytes[x] = items[of[x]].bytes;
            s.align[x] = items[of[x]].align;
            s.on[x] = x;
            s.group[x] = 1 << x;
            let mut next = items[of[x]].carries;
            while next != NONE {
                slot[n] = next as usize;
                s.bytes[n] = slots[slot[n]].bytes();
                s.on[n] = x;
                s.group[x] |= 1 << n;
                next = slots[slot[n]].carries;
                n += 1;
            }
            x += 1;
        }
        // which are live with which
        let mut with = [0u64; MAX_STACKED];
        let mut x = 0;
        while x < n {
            let mut y = 0;
            while y < x {
                if live::meet(&slots[slot[x]], &slots[slot[y]]) {
                    with[x] |= 1 << y;
                    with[y] |= 1 << x;
                    s.raise(x, y, task.blocks);
                    s.raise(y, x, task.blocks);
                }
                y += 1;
            }
            x += 1;
        }
        if task.blocks {
            // blocks that meet are stacked, whichever of their rectangles meet
            n = m;
            let mut x = 0;
            while x < m {
                with[x] = s.meets[x] as u64;
                x += 1;
            }
        }
        let mut x = 0;
        while x < n {
            let (mut begun, mut y) = (0, 0);
            while y < n {
                if y != x && live::begins_within(&slots[slot[x]], &slots[slot[y]]) {
                    begun |= 1 << y;
                }
                y += 1;
            }
            s.add_clique(&with, n, x, begun);
            x += 1;
        }
        (s, of)
    }

    /// The rectangle of `y` cannot start on the bytes of `x`; with `blocks`, it cannot start on any byte of the block
    /// of `x`.
    const fn raise(&mut self, x: usize, y: usize, blocks: bool) {
        let (below, above) = (self.on[x], self.on[y]);
        self.meets[below] |= 1 << above;
        let bytes = self.bytes[if blocks { below } else { x }];
        if bytes > self.height[below][above] {
            self.height[below][above] = bytes;
        }
    }

    /// Adds a set for `x`. It starts with those that are live when `x` begins (`begun`). Among buffers of one component
    /// these sets are the largest cliques.
    const fn add_clique(&mut self, with: &[u64; MAX_STACKED], n: usize, x: usize, begun: u64) {
        let mut clique = 1u64 << x;
        let mut rest = begun;
        while rest != 0 {
            let y = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            if with[y] & clique == clique {
                clique |= 1 << y;
            }
        }
        let mut y = 0;
        while y < n {
            if clique >> y & 1 == 0 && with[y] & clique == clique {
                clique |= 1 << y;
            }
            y += 1;
        }
        let mut k = 0;
        while k < self.clique_count {
            if self.cliques[k] == clique {
                return;
            }
            k += 1;
        }
        self.cliques[self.clique_count] = clique;
        self.clique_count += 1;
    }

    /// The rectangle of `among` that can lie lowest; of several, the largest.
    const fn lowest(&self, mut among: u64, low: &[usize; MAX_EXACT]) -> Option<usize> {
        let mut best = None;
        let mut at = usize::MAX;
        while among != 0 {
            let x = among.trailing_zeros() as usize;
            among &= among - 1;
            if low[x] < at {
                at = low[x];
                best = Some(x);
            }
        }
        best
    }

    /// Whether the rectangles not in `placed` can stay below `best`, if none of them lies below `at` or below its entry
    /// in `low`. `x` was just placed at `at`.
    const fn can_beat(
        &self,
        placed: u64,
        low: &[usize; MAX_EXACT],
        x: usize,
        at: usize,
        best: usize,
    ) -> bool {
        let mut k = 0;
        while k < self.clique_count {
            let (mut stacked, mut floor) = (0, usize::MAX);
            let mut rest = self.cliques[k] & !placed;
            while rest != 0 {
                let y = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                stacked += self.bytes[y];
                let on = self.on[y];
                let mut lowest = low[on];
                let above = at + self.height[x][on];
                if lowest < above {
                    lowest = above;
                }
                if lowest < floor {
                    floor = lowest;
                }
            }
            if stacked > 0 && floor + stacked >= best {
                return false;
            }
            k += 1;
        }
        true
    }
}

/// What to search: a packing of the first `m` items.
#[derive(Clone, Copy)]
pub(in crate::layout) struct Task {
    pub(in crate::layout) m: usize,
    /// `base`: the byte at which they start. `bound`: the end that no packing is below.
    pub(in crate::layout) base: usize,
    pub(in crate::layout) bound: usize,
    /// See [`Class`](super::item::Class).
    pub(in crate::layout) blocks: bool,
    pub(in crate::layout) max_nodes: u32,
}

/// Looks for a packing with an end below `best`, and writes the offsets of the items' slots when it finds one. Returns
/// the best end, whether no packing has a lower end, and the nodes visited.
pub(in crate::layout) const fn search(
    slots: &[Slot],
    items: &mut [Item],
    task: &Task,
    mut best: usize,
) -> (usize, bool, u32) {
    let Task {
        m,
        base,
        bound,
        max_nodes,
        ..
    } = *task;
    let (s, of) = Search::new(slots, items, task);
    let all = u64::MAX >> (MAX_STACKED - m);
    // by depth: the lowest offset of each rectangle, those that were tried, and what was placed where
    let mut low = [[0usize; MAX_EXACT]; MAX_EXACT + 1];
    let mut tried = [0u64; MAX_EXACT + 1];
    let (mut at, mut pick) = ([0usize; MAX_EXACT], [0usize; MAX_EXACT]);
    let mut x = 0;
    while x < m {
        low[0][x] = up(base, s.align[x]);
        x += 1;
    }
    let (mut placed, mut depth, mut nodes) = (0u64, 0, 0);
    loop {
        let mut deeper = false;
        while let Some(x) = s.lowest(all & !placed & !tried[depth], &low[depth]) {
            tried[depth] |= 1 << x;
            let offset = low[depth][x];
            let end = offset + s.bytes[x];
            if end >= best {
                continue;
            }
            if depth > 0 {
                let (last, last_pick) = (at[depth - 1], pick[depth - 1]);
                // two rectangles at one offset are placed in one order only
                if offset < last || (offset == last && x < last_pick) {
                    continue;
                }
            }
            let (mut fits_below, mut y) = (false, 0);
            while y < m {
                let waits = placed >> y & 1 == 0;
                if waits && offset >= low[depth][y] + s.bytes[y] {
                    fits_below = true;
                }
                y += 1;
            }
            if fits_below {
                continue;
            }
            nodes += 1;
            if nodes > max_nodes {
                return (best, false, max_nodes);
            }
            let now = placed | s.group[x];
            if !s.can_beat(now, &low[depth], x, offset, best) {
                continue;
            }
            at[depth] = offset;
            pick[depth] = x;
            if now & all == all {
                let (mut top, mut d) = (0, 0);
                while d <= depth {
                    items[items[of[pick[d]]].slot].offset_bytes = at[d];
                    if at[d] + s.bytes[pick[d]] > top {
                        top = at[d] + s.bytes[pick[d]];
                    }
                    d += 1;
                }
                best = top;
                if best == bound {
                    return (best, true, nodes);
                }
                continue;
            }
            let mut y = 0;
            while y < m {
                let mut lowest = low[depth][y];
                if s.meets[x] >> y & 1 == 1 {
                    let above = up(offset + s.height[x][y], s.align[y]);
                    if lowest < above {
                        lowest = above;
                    }
                }
                low[depth + 1][y] = lowest;
                y += 1;
            }
            placed = now;
            depth += 1;
            tried[depth] = 0;
            deeper = true;
            break;
        }
        if deeper {
            continue;
        }
        if depth == 0 {
            return (best, true, nodes);
        }
        depth -= 1;
        placed &= !s.group[pick[depth]];
    }
}

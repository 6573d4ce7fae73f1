//! The lowest packing of a few rectangles, by depth-first search.
//!
//! Three cuts of MiniMalloc (M. D. Moffitt, ASPLOS 2023): offsets never decrease along a branch; a rectangle is not placed where
//! another that is still to come would fit below it; and the rectangles that are live at once, stacked, must stay below the
//! best packing so far. Sets are masks of 32 bits.

use super::pack::{Item, up};
use super::{Slot, live, overlay};

/// The most rectangles.
pub(super) const MAX_EXACT: usize = 32;

struct Search {
    m: usize,
    bytes: [usize; MAX_EXACT],
    align: [usize; MAX_EXACT],
    /// Who is live with whom.
    meets: [u32; MAX_EXACT],
    /// Sets in which all are live with all: one for each rectangle, grown greedily.
    cliques: [u32; MAX_EXACT],
    clique_count: usize,
}

impl Search {
    /// Rectangles by falling size, so that ties are broken early.
    const fn new(
        slots: &[Slot],
        items: &[Item],
        overlaid: bool,
        m: usize,
    ) -> (Search, [usize; MAX_EXACT]) {
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
            m,
            bytes: [0; MAX_EXACT],
            align: [1; MAX_EXACT],
            meets: [0; MAX_EXACT],
            cliques: [0; MAX_EXACT],
            clique_count: 0,
        };
        let mut x = 0;
        while x < m {
            s.bytes[x] = items[of[x]].bytes;
            s.align[x] = items[of[x]].align;
            let mut y = 0;
            while y < x {
                let (a, b) = (items[of[x]].slot, items[of[y]].slot);
                if live::meet(&slots[a], &slots[b]) || (overlaid && overlay::meet(slots, a, b)) {
                    s.meets[x] |= 1 << y;
                    s.meets[y] |= 1 << x;
                }
                y += 1;
            }
            x += 1;
        }
        let mut x = 0;
        while x < m {
            let (mut begun, mut y) = (0, 0);
            while y < m {
                let (a, b) = (items[of[x]].slot, items[of[y]].slot);
                if y != x && live::begins_within(&slots[a], &slots[b]) {
                    begun |= 1 << y;
                }
                y += 1;
            }
            s.add_clique(x, begun);
            x += 1;
        }
        (s, of)
    }

    /// Those live when `x` begins, `begun`, first: of one component these are all largest cliques.
    const fn add_clique(&mut self, x: usize, begun: u32) {
        let mut clique = 1u32 << x;
        let mut rest = begun;
        while rest != 0 {
            let y = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            if self.meets[y] & clique == clique {
                clique |= 1 << y;
            }
        }
        let mut y = 0;
        while y < self.m {
            if clique >> y & 1 == 0 && self.meets[y] & clique == clique {
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

    /// The rectangle of `among` that can lie lowest; the largest of several.
    const fn lowest(&self, mut among: u32, low: &[usize; MAX_EXACT]) -> Option<usize> {
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

    /// Whether the rectangles not in `placed`, none of them below `at` nor below its entry in `low`, can stay below `best`; `x` was
    /// just placed with its end at `end`.
    const fn can_beat(
        &self,
        placed: u32,
        low: &[usize; MAX_EXACT],
        x: usize,
        at: usize,
        end: usize,
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
                let mut lowest = low[y];
                if self.meets[x] >> y & 1 == 1 && lowest < end {
                    lowest = end;
                }
                if lowest < at {
                    lowest = at;
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

/// What is searched: a packing of the first `m` items.
pub(super) struct Task {
    pub(super) m: usize,
    /// Where they start, and the end that no packing is below.
    pub(super) base: usize,
    pub(super) bound: usize,
    /// Whether buffers lie on theirs.
    pub(super) overlaid: bool,
    pub(super) max_nodes: u32,
}

/// Lowers the end `best` and writes the offsets of the items' slots when it does. The end, whether no packing is lower, the
/// nodes visited.
pub(super) const fn search(
    slots: &[Slot],
    items: &mut [Item],
    task: &Task,
    mut best: usize,
) -> (usize, bool, u32) {
    let Task {
        m,
        base,
        bound,
        overlaid,
        max_nodes,
    } = *task;
    let (s, of) = Search::new(slots, items, overlaid, m);
    let all = u32::MAX >> (MAX_EXACT - m);
    // by depth: the lowest offset of each rectangle, those tried, what was placed where
    let mut low = [[0usize; MAX_EXACT]; MAX_EXACT + 1];
    let mut tried = [0u32; MAX_EXACT + 1];
    let (mut at, mut pick) = ([0usize; MAX_EXACT], [0usize; MAX_EXACT]);
    let mut x = 0;
    while x < m {
        low[0][x] = up(base, s.align[x]);
        x += 1;
    }
    let (mut placed, mut depth, mut nodes) = (0u32, 0, 0);
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
                // of two at one offset, in one order only
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
            let now = placed | 1 << x;
            if !s.can_beat(now, &low[depth], x, offset, end, best) {
                continue;
            }
            at[depth] = offset;
            pick[depth] = x;
            if now == all {
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
                let above = up(end, s.align[y]);
                let lowest = low[depth][y];
                let pushed = s.meets[x] >> y & 1 == 1 && lowest < above;
                low[depth + 1][y] = if pushed { above } else { lowest };
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
        placed &= !(1 << pick[depth]);
    }
}

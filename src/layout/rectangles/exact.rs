//! Depth-first search for the lowest packing of a few rectangles. It uses the cuts of `layout/solve/search.rs`, the
//! search for constants. Offsets never decrease along a branch. Nothing is placed where another rectangle that is not
//! yet placed would fit below it. What is live at one moment, stacked, must stay below the best peak. Pinned rectangles
//! are placed like the others, when the search reaches their offset.

use alloc::vec;
use alloc::vec::Vec;

use super::Progress;
use super::local::Local;
use super::placing::Item;

/// The most rectangles, because sets are masks of 64 bits.
pub(super) const MOST: usize = 64;
/// The most nodes. After them the local search goes on.
const MAX_NODES: u64 = 2_000_000;
/// The number of nodes that count as one step.
const STEP: u64 = 100;

struct Tree<'a> {
    items: &'a [Item],
    meets: Vec<u64>,
    /// Sets of rectangles that live at the same moment. No set is a part of another.
    moments: Vec<u64>,
    all: u64,
}

fn members(mut set: u64) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        let x = set.trailing_zeros() as usize;
        (set != 0).then(|| {
            set &= set - 1;
            x
        })
    })
}

impl<'a> Tree<'a> {
    fn new(items: &'a [Item]) -> Self {
        let set = |f: &dyn Fn(&Item) -> bool| {
            let mut set = 0;
            for (y, item) in items.iter().enumerate() {
                set |= u64::from(f(item)) << y;
            }
            set
        };
        let meets = items
            .iter()
            .enumerate()
            .map(|(k, x)| set(&|y| x.lower < y.upper && y.lower < x.upper) & !(1 << k));
        let mut live: Vec<u64> = items
            .iter()
            .map(|x| set(&|y| y.lower <= x.lower && x.lower < y.upper))
            .collect();
        live.sort_unstable_by_key(|set: &u64| core::cmp::Reverse(set.count_ones()));
        let mut moments: Vec<u64> = Vec::new();
        for set in live {
            if moments.iter().all(|&m| m & set != set) {
                moments.push(set);
            }
        }
        Tree {
            items,
            meets: meets.collect(),
            moments,
            all: set(&|_| true),
        }
    }

    /// Whether the rectangles not in `placed` can stay below `best`, if none of them lies below `at` or below its entry
    /// in `low`.
    fn can_beat(&self, placed: u64, low: &[u64], at: u64, best: u64) -> bool {
        self.moments.iter().all(|&moment| {
            let (mut stacked, mut floor) = (0, u64::MAX);
            for y in members(moment & !placed) {
                stacked += self.items[y].size;
                floor = floor.min(low[y].max(at));
            }
            stacked == 0 || floor + stacked < best
        })
    }
}

/// A choice that was made, and the state before it.
struct Level {
    low: Vec<u64>,
    candidate: usize,
    at: u64,
    pick: usize,
}

/// Searches. Returns whether the search was completed; then the best packing is the lowest.
pub(super) fn run<F: FnMut(&Progress) -> bool>(local: &mut Local<'_, F>) -> bool {
    let items = local.placing.items;
    let (tree, n) = (Tree::new(items), items.len());
    // larger ones first, so that ties are broken early
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by_key(|&x| core::cmp::Reverse(items[x].size));
    let mut levels: Vec<Level> = (0..=n)
        .map(|_| Level {
            low: vec![0; n],
            candidate: 0,
            at: 0,
            pick: 0,
        })
        .collect();
    for (low, item) in levels[0].low.iter_mut().zip(items) {
        *low = item.pin.unwrap_or(0);
    }
    let (mut placed, mut depth, mut nodes) = (0u64, 0, 0u64);
    loop {
        let candidate = levels[depth].candidate;
        if candidate == n {
            if depth == 0 {
                return true;
            }
            depth -= 1;
            placed &= !(1 << order[levels[depth].pick]);
            continue;
        }
        levels[depth].candidate += 1;
        let x = order[candidate];
        let (before, after) = levels.split_at_mut(depth + 1);
        let low = &before[depth].low;
        let at = low[x];
        let end = at + items[x].size;
        if placed >> x & 1 == 1 || end >= local.best {
            continue;
        }
        if let Some(last) = depth.checked_sub(1).map(|d| &before[d])
            && (at < last.at || (at == last.at && candidate < last.pick))
        {
            // two rectangles at one offset are placed in one order only
            continue;
        }
        // a pinned rectangle below this offset can no longer be placed
        let missed =
            |y: usize| at >= low[y] + items[y].size || items[y].pin.is_some_and(|pin| pin < at);
        let waiting = tree.all & !placed & !(1 << x);
        if members(waiting).any(missed) {
            continue;
        }
        nodes += 1;
        if nodes % STEP == 0 && (nodes >= MAX_NODES || !local.step()) {
            return false;
        }
        let next = &mut after[0];
        next.low.copy_from_slice(low);
        let mut hits_pin = false;
        for y in members(tree.meets[x] & waiting) {
            if items[y].pin.is_some() {
                hits_pin |= next.low[y] < end;
            } else if next.low[y] < end {
                next.low[y] = end.next_multiple_of(items[y].align);
            }
        }
        let now = placed | 1 << x;
        if hits_pin || !tree.can_beat(now, &next.low, at, local.best) {
            continue;
        }
        before[depth].at = at;
        before[depth].pick = candidate;
        if now == tree.all {
            let offsets = before.iter().map(|level| (order[level.pick], level.at));
            local.found_offsets(offsets);
            if local.done() {
                return false;
            }
            continue;
        }
        placed = now;
        next.candidate = 0;
        depth += 1;
    }
}

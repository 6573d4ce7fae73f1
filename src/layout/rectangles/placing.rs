//! Places rectangles one after the other, in a given order.

use alloc::vec;
use alloc::vec::Vec;

/// A rectangle with a size above 0.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Its index in the list of all rectangles.
    pub slot: usize,
    pub lower: u64,
    pub upper: u64,
    pub size: u64,
    pub align: u64,
    pub pin: Option<u64>,
}

/// A rectangle that has a place. The fields that the loop over all of them reads are stored together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    lower: u64,
    upper: u64,
    pub at: u64,
    pub end: u64,
    pub item: usize,
}

/// Places the free rectangles in an order, each at the lowest offset where it fits. The pinned ones are placed from the
/// start. Some order gives the lowest peak: the order of the offsets of a best packing.
#[derive(Clone)]
pub(super) struct Placing<'a> {
    pub items: &'a [Item],
    pub order: Vec<usize>,
    /// For each item: its position in the order plus 1; 0 if it is pinned.
    pub position: Vec<usize>,
    /// The placed rectangles, by offset.
    pub placed: Vec<Placed>,
    pub at: Vec<u64>,
    /// The number of placements so far. Work is measured in it.
    pub work: u64,
}

/// How an order is rated: by its peak, plus a small part of everything above `level`. So an order where one of several
/// tops is lower is rated better.
#[derive(Clone, Copy)]
pub(super) struct Score {
    pub level: u64,
    /// Orders with a score above this are not of interest.
    pub limit: u64,
}

/// The sum above the level is divided by this.
const SHARE: u64 = 50;

impl<'a> Placing<'a> {
    /// Starts with only the pinned rectangles placed.
    pub fn new(items: &'a [Item], free: usize) -> Self {
        let mut placing = Placing {
            items,
            order: (0..free).collect(),
            position: vec![0; items.len()],
            placed: Vec::with_capacity(items.len()),
            at: vec![0; items.len()],
            work: 0,
        };
        for (x, item) in items.iter().enumerate() {
            if let Some(pin) = item.pin {
                placing.put(x, pin);
            }
        }
        placing
    }

    pub fn meet(&self, x: usize, y: usize) -> bool {
        let (x, y) = (&self.items[x], &self.items[y]);
        x.lower < y.upper && y.lower < x.upper
    }

    /// The lowest offset that is free for `x`.
    pub fn lowest(&self, x: usize) -> u64 {
        let x = &self.items[x];
        let mut low = 0;
        for y in &self.placed {
            if x.lower < y.upper && y.lower < x.upper {
                if y.at >= low + x.size {
                    break;
                }
                if y.end > low {
                    low = y.end.next_multiple_of(x.align);
                }
            }
        }
        low
    }

    /// Copies `other`, except its work.
    pub fn copy(&mut self, other: &Self) {
        self.order.clone_from(&other.order);
        self.position.clone_from(&other.position);
        self.placed.clone_from(&other.placed);
        self.at.clone_from(&other.at);
    }

    fn put(&mut self, x: usize, at: u64) {
        let item = &self.items[x];
        self.at[x] = at;
        let k = self.placed.partition_point(|y| y.at <= at);
        let placed = Placed {
            lower: item.lower,
            upper: item.upper,
            at,
            end: at + item.size,
            item: x,
        };
        self.placed.insert(k, placed);
    }

    /// Removes all rectangles from position `from` of the order on. The order must be that in which they were placed.
    pub fn clear(&mut self, from: usize) {
        let position = &self.position;
        self.placed.retain(|y| position[y.item] <= from);
    }

    /// Places all rectangles from position `from` on. Returns the peak and the score, or as an error the position of
    /// the first one that raised the score above the limit.
    pub fn fill(&mut self, from: usize, score: Score) -> Result<(u64, u64), usize> {
        let (mut peak, mut above) = (0, 0u64);
        for y in &self.placed {
            peak = peak.max(y.end);
            above = above.saturating_add(y.end.saturating_sub(score.level));
        }
        for k in from..self.order.len() {
            let x = self.order[k];
            self.position[x] = k + 1;
            let at = self.lowest(x);
            let end = at + self.items[x].size;
            peak = peak.max(end);
            above = above.saturating_add(end.saturating_sub(score.level));
            if peak.saturating_add(above / SHARE) > score.limit {
                self.work += (k - from) as u64 + 1;
                return Err(k);
            }
            self.put(x, at);
        }
        self.work += (self.order.len() - from) as u64;
        Ok((peak, peak.saturating_add(above / SHARE)))
    }
}

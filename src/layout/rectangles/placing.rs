use alloc::vec;
use alloc::vec::Vec;

/// A rectangle with a size.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Its index among all rectangles.
    pub slot: usize,
    pub lower: u64,
    pub upper: u64,
    pub size: u64,
    pub align: u64,
    pub pin: Option<u64>,
}

/// One that has a place. What the loop over all of them reads lies together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    lower: u64,
    upper: u64,
    pub at: u64,
    pub end: u64,
    pub item: usize,
}

/// Rectangles placed one after the other in an order of the free ones, each at the lowest offset where it fits; the pinned
/// ones stand from the start. Some order gives the lowest peak: that of its offsets.
#[derive(Clone)]
pub(super) struct Placing<'a> {
    pub items: &'a [Item],
    pub order: Vec<usize>,
    /// By item: its position in the order and 1; 0 if it is pinned.
    pub position: Vec<usize>,
    /// By offset.
    pub placed: Vec<Placed>,
    pub at: Vec<u64>,
    /// How many were placed, ever: what the work is measured in.
    pub work: u64,
}

/// What makes an order bad: its peak, and a little of everything above `level`, so that one of several tops can fall
/// unpunished.
#[derive(Clone, Copy)]
pub(super) struct Score {
    pub level: u64,
    /// Nothing above is of interest.
    pub limit: u64,
}

/// How much of the sum above the level counts.
const SHARE: u64 = 50;

impl<'a> Placing<'a> {
    /// Only the pinned rectangles are placed.
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

    /// As `other`, without its work.
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

    /// Takes away all from position `from` of the order on, as the order was when they were placed.
    pub fn clear(&mut self, from: usize) {
        let position = &self.position;
        self.placed.retain(|y| position[y.item] <= from);
    }

    /// Places all from position `from` on: the peak and the score, or the position of the first that went above the limit.
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

//! Local search over the order of placement.

use alloc::vec::Vec;
use core::cmp::Reverse;

use super::placing::{Placing, Score};
use super::{Progress, Search};
use crate::layout::solve::random::Random;

/// `ROUND`: the placements of the first round, for each rectangle. `GROWTH`: the factor from round to round, as a
/// fraction.
const ROUND: u64 = 2000;
const GROWTH: (u64, u64) = (3, 2);
/// The repairs without success after which the search goes back to the best order.
const PATIENCE: u64 = 20_000;
/// Annealing starts at this fraction of the peak. It cools 64 times by 7 %, to a hundredth.
const HEAT: f64 = 0.005;
const STAGES: u64 = 64;
const COOLING: f64 = 0.93;

/// The local search over orders. It works in rounds that grow longer, and each starts from the best order. A round
/// first repairs, which quickly leaves a bad order, and then anneals, which finds lower peaks.
pub(super) struct Local<'a, F> {
    pub placing: Placing<'a>,
    pub best: u64,
    pub best_at: Vec<u64>,
    best_order: Vec<usize>,
    /// The search ends when the peak is at most this.
    target: u64,
    lower_bound: u64,
    hopeless: bool,
    stopped: bool,
    pub steps: u64,
    keep_going: F,
    random: Random,
}

impl<'a, F: FnMut(&Progress) -> bool> Local<'a, F> {
    pub fn new(placing: Placing<'a>, lower_bound: u64, search: Search, keep_going: F) -> Self {
        let capacity = search.capacity.unwrap_or(lower_bound);
        Local {
            best: u64::MAX,
            best_at: placing.at.clone(),
            best_order: placing.order.clone(),
            placing,
            target: capacity.max(lower_bound),
            lower_bound,
            hopeless: capacity < lower_bound,
            stopped: false,
            steps: 0,
            keep_going,
            random: Random(search.seed),
        }
    }

    pub fn done(&self) -> bool {
        self.best <= self.target || self.hopeless
    }

    /// Counts a step. Returns whether to go on.
    pub fn step(&mut self) -> bool {
        self.steps += 1;
        let progress = Progress {
            steps: self.steps,
            peak: self.best,
            lower_bound: self.lower_bound,
        };
        self.stopped = self.stopped || self.done() || !(self.keep_going)(&progress);
        !self.stopped
    }

    fn found(&mut self, peak: u64) {
        if peak < self.best {
            self.best = peak;
            self.best_at.clone_from(&self.placing.at);
            self.best_order.clone_from(&self.placing.order);
        }
    }

    /// Stores offsets that are lower than the best, and their order.
    pub fn found_offsets(&mut self, offsets: impl Iterator<Item = (usize, u64)>) {
        self.best_order.clear();
        self.best = 0;
        for (x, at) in offsets {
            let item = &self.placing.items[x];
            self.best_at[x] = at;
            self.best = self.best.max(at + item.size);
            if item.pin.is_none() {
                self.best_order.push(x);
            }
        }
    }

    /// Tries three orders: by size, by area and by life, each from the largest down.
    pub fn greedy(&mut self) {
        let items = self.placing.items;
        for key in 0..3 {
            self.placing.clear(0);
            self.placing.order.sort_by_key(|&x| {
                let (size, life) = (items[x].size, items[x].upper - items[x].lower);
                Reverse(match key {
                    0 => size as u128,
                    1 => size as u128 * life as u128,
                    _ => life as u128,
                })
            });
            if let Ok((peak, _)) = self.fill(0, u64::MAX, u64::MAX) {
                self.found(peak);
            }
        }
    }

    pub fn run(&mut self) {
        let mut work = ROUND * self.placing.order.len() as u64;
        while self.repair(work) && self.anneal(work) {
            work = work / GROWTH.1 * GROWTH.0;
        }
    }

    fn fill(&mut self, from: usize, level: u64, limit: u64) -> Result<(u64, u64), usize> {
        self.placing.fill(from, Score { level, limit })
    }

    fn take_up_best(&mut self) {
        self.placing.clear(0);
        self.placing.order.clone_from(&self.best_order);
    }

    /// Places the rectangles below the best peak. The first one that does not fit moves to an earlier position in the
    /// order, and the placing goes on from there. Returns whether to go on.
    fn repair(&mut self, work: u64) -> bool {
        self.take_up_best();
        let until = self.placing.work + work;
        let (mut from, mut failures) = (0, 0);
        while self.placing.work < until {
            if !self.step() {
                return false;
            }
            match self.fill(from, u64::MAX, self.best - 1) {
                Ok((peak, _)) => {
                    self.found(peak);
                    self.placing.clear(0);
                    (from, failures) = (0, 0);
                }
                Err(_) if failures == PATIENCE => {
                    self.take_up_best();
                    (from, failures) = (0, 0);
                }
                Err(k) => {
                    failures += 1;
                    from = self.earlier(k);
                    self.placing.clear(from);
                    self.placing.order[from..=k].rotate_right(1);
                }
            }
        }
        true
    }

    /// A position before `k`: that of a rectangle that is in the way, or any position, where a near one is more likely.
    fn earlier(&mut self, k: usize) -> usize {
        let placing = &self.placing;
        if self.random.below(2) == 0 {
            let x = placing.order[k];
            let in_the_way = |&j: &usize| placing.meet(x, placing.order[j]);
            let count = (0..k).filter(in_the_way).count();
            if count > 0 {
                let pick = self.random.below(count);
                return (0..k).filter(in_the_way).nth(pick).unwrap_or(0);
            }
        }
        let scale = self
            .random
            .below(k.checked_ilog2().map_or(1, |s| s as usize + 2));
        k.saturating_sub(1 + self.random.below(1 << scale))
    }

    /// Makes random changes of the order. An order that is a little worse is kept while the temperature is high.
    /// Returns whether to go on.
    fn anneal(&mut self, work: u64) -> bool {
        self.take_up_best();
        let level = self.lower_bound.max(self.best - self.best / 10);
        let Ok((mut peak, mut score)) = self.fill(0, level, u64::MAX) else {
            return true;
        };
        let (mut now, n) = (self.placing.clone(), self.placing.order.len());
        let mut heat = self.best as f64 * HEAT;
        for _ in 0..STAGES {
            let until = self.placing.work + work / STAGES;
            while self.placing.work < until {
                if !self.step() {
                    return false;
                }
                let (i, j) = if self.random.below(2) == 0 {
                    let i = self.under_the_peak(&now, peak);
                    (i, self.random.below(i + 1))
                } else {
                    (self.random.below(n), self.random.below(n))
                };
                let from = i.min(j);
                self.placing.copy(&now);
                self.placing.clear(from);
                let order = &mut self.placing.order;
                match self.random.below(2) {
                    0 => order.swap(i, j),
                    _ if j < i => order[j..=i].rotate_right(1),
                    _ => order[i..=j].rotate_left(1),
                }
                let limit = score.saturating_add((heat * self.random.exponential()) as u64);
                if let Ok(result) = self.fill(from, level, limit) {
                    (peak, score) = result;
                    self.found(peak);
                    now.copy(&self.placing);
                } else {
                    // an attempt costs something even if nothing was placed
                    self.placing.work += 1;
                }
            }
            heat *= COOLING;
        }
        true
    }

    /// The position of a rectangle that ends at the peak, or of one that such a rectangle lies on.
    fn under_the_peak(&mut self, now: &Placing<'_>, peak: u64) -> usize {
        let mut x = None;
        let mut top = peak;
        for _ in 0..=self.random.below(4) {
            let carries = |y: &usize| {
                let at = now.at[*y];
                let ends = at + now.items[*y].size;
                now.position[*y] > 0 && ends == top && x.is_none_or(|x| now.meet(x, *y))
            };
            let count = now.order.iter().copied().filter(carries).count();
            if count == 0 {
                break;
            }
            let pick = self.random.below(count);
            x = now.order.iter().copied().filter(carries).nth(pick);
            top = x.map_or(0, |x| now.at[x]);
        }
        // if all lie on a pinned rectangle, then any position
        x.map_or(0, |x| now.position[x] - 1)
    }
}

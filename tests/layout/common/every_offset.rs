//! The lowest end of the buffers of one space, by trying every offset.

use super::word_checker::{Buffer, together};
use bakelite::layout::{Geometry, Space};

/// Buffers that start at one byte: one, and those that lie over it.
struct Group {
    members: Vec<usize>,
    align: usize,
    bytes: usize,
}

struct Search<'a> {
    all: &'a [Buffer<'a>],
    groups: Vec<Group>,
    at: Vec<usize>,
    /// By pair of buffers: whether they may not share bytes at all.
    apart: Vec<bool>,
    /// Rows of lanes: two buffers share bytes only at a distance of whole elements.
    lanes: bool,
    /// The end that is to be beaten.
    best: usize,
    tried: u64,
}

/// Nothing if that takes more than so many trials.
pub fn least(
    all: &[Buffer],
    space: Space,
    geometry: Geometry,
    end: usize,
    most: u64,
) -> Option<usize> {
    let own = |b: &Buffer| b.space == space && b.bytes() > 0;
    let mut groups: Vec<Group> = Vec::new();
    for (i, b) in all.iter().enumerate() {
        if own(b) && b.over.is_none() {
            let over = |&j: &usize| own(&all[j]) && all[j].over == Some(i);
            let mut members = vec![i];
            members.extend((0..all.len()).filter(over));
            groups.push(Group {
                members,
                align: b.element.align,
                bytes: b.bytes(),
            });
        }
    }
    groups.sort_by_key(|group| core::cmp::Reverse(group.bytes));
    let lanes = space == Space::Shared && geometry == Geometry::Interleaved;
    let apart = |k: usize| {
        let (a, b) = (&all[k / all.len()], &all[k % all.len()]);
        together(a, b, space) || (lanes && a.element.bytes != b.element.bytes)
    };
    let mut search = Search {
        all,
        at: Vec::new(),
        apart: (0..all.len() * all.len()).map(apart).collect(),
        groups,
        lanes,
        best: end,
        tried: 0,
    };
    while search.beats(most) {}
    (search.tried < most).then_some(search.best)
}

impl Search<'_> {
    /// Whether the groups from the next one on can be placed below the best end, which is lowered then.
    fn beats(&mut self, most: u64) -> bool {
        let Some(group) = self.groups.get(self.at.len()) else {
            let ends = self
                .at
                .iter()
                .zip(&self.groups)
                .map(|(at, group)| at + group.bytes);
            let end = ends.max().unwrap_or(0);
            let beats = end < self.best;
            self.best = self.best.min(end);
            return beats;
        };
        let (align, bytes) = (group.align, group.bytes);
        let mut at = 0;
        while at + bytes < self.best && self.tried < most {
            self.tried += 1;
            if (0..self.at.len()).all(|other| self.fits(at, other)) {
                self.at.push(at);
                let beats = self.beats(most);
                self.at.pop();
                if beats {
                    return true;
                }
            }
            at += align;
        }
        false
    }

    /// Whether the next group at this byte and one that is placed can stand each other.
    fn fits(&self, at: usize, other: usize) -> bool {
        let start = self.at[other];
        let next = &self.groups[self.at.len()].members;
        next.iter().all(|&i| {
            self.groups[other].members.iter().all(|&j| {
                let (a, b) = (&self.all[i], &self.all[j]);
                let meet = at < start + b.bytes() && start < at + a.bytes();
                let askew = self.lanes && !at.abs_diff(start).is_multiple_of(a.element.bytes);
                !meet || !(askew || self.apart[i * self.all.len() + j])
            })
        })
    }
}

//! Finds better offsets than a constant has time for. They are found at run time, given to the compiler, and checked by
//! it.

use crate::layout::plan::slot::NONE;
use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::layout::registry::space::SPACES;
use crate::layout::solve::item::up;
use crate::layout::solve::overlay;
use crate::layout::solve::overlay::Group;
use crate::layout::solve::random::Random;
use crate::layout::{Fault, Geometry, On, PlanView, RuntimePlan, RuntimeRegistry, Slot, Space};

impl RuntimeRegistry {
    /// The packed plan, improved. For each space whose total is not proved to be the least, it tries `rounds` orders of
    /// placement. Each round changes the order a little and places each buffer at the lowest offset where it fits. The
    /// new order is kept if the total does not rise. The same input gives the same plan.
    ///
    /// It is meant for registries that are too large for the search of [`On::packed`]: those with more than 32 buffers
    /// of one width. Make the plan in a test or a tool, store [`PlanView::offsets_bytes`] in a file, and give them to
    /// the compiler with [`On::offsets`]. The compiler checks each offset against the registry as it is then.
    ///
    /// # Errors
    /// Those of [`plan`](RuntimeRegistry::plan).
    ///
    /// ```
    /// use bakelite::{consts::*, layout::{Fault, RuntimeRegistry}, prelude::*};
    /// registry! {
    ///     struct Step in step, phases [first, second] {
    ///         a: [f32; U4] in Shared, during first;
    ///         b: [f32; U3] in Shared, during second;
    ///         c: [f32; U2] in Shared;
    ///     }
    /// }
    /// let found = RuntimeRegistry::from_node(Step::NODE).improve(on(Arch::Sm90).block(32), 100)?;
    /// println!("{:?}", found.view().offsets_bytes());
    /// const OFFSETS_BYTES: [usize; 3] = [0, 0, 16]; // as printed
    /// plan! { struct P for Step = on(Sm90).block(32).offsets(&OFFSETS_BYTES); }
    /// assert_eq!(found.view().offsets_bytes(), OFFSETS_BYTES);
    /// # Ok::<(), Box<Fault>>(())
    /// ```
    pub fn improve(&self, on: On<'_>, rounds: u32) -> Result<RuntimePlan, Box<Fault>> {
        let packed = self.plan(on.packed())?;
        let mut offsets_bytes = packed.view().offsets_bytes();
        let mut changed = [false; SPACES];
        for space in Space::ALL {
            let total = packed.total(space);
            if total.proved {
                continue;
            }
            let problem = Problem::new(packed.view(), space);
            if let Some(found) = problem.improve(rounds, total.lower_bound_bytes, total.bytes) {
                changed[space as usize] = true;
                for (rectangle, offset) in problem.rectangles.iter().zip(found) {
                    offsets_bytes[rectangle.slot] = offset;
                }
            }
        }
        if !changed.contains(&true) {
            return Ok(packed);
        }
        for (i, slot) in packed.view().slots.iter().enumerate() {
            if slot.over != NONE && slot.bytes() > 0 {
                offsets_bytes[i] = offsets_bytes[slot.over as usize];
            }
        }
        let mut improved = self.plan(on.offsets(&offsets_bytes))?;
        for space in Space::ALL {
            if !changed[space as usize] {
                improved.keep_total(space, packed.total(space));
            }
        }
        Ok(improved)
    }
}

impl PlanView<'_> {
    /// The offset of every buffer in flattened order, 0 if it has no bytes. [`On::offsets`] takes this list.
    pub fn offsets_bytes(&self) -> Vec<usize> {
        self.slots.iter().map(|slot| slot.offset_bytes).collect()
    }
}

struct Rectangle {
    slot: usize,
    bytes: usize,
    align: usize,
    /// The byte at which it must start.
    pin: Option<usize>,
    conflicts: Vec<Conflict>,
}

/// A rectangle that may not start at the same byte as this one.
struct Conflict {
    other: usize,
    /// `height`: how far below the other this one must start, if it is the lower one. `other_height`: the same for the
    /// other.
    height: usize,
    other_height: usize,
}

struct Problem {
    rectangles: Vec<Rectangle>,
}

impl Problem {
    fn new(view: PlanView<'_>, space: Space) -> Self {
        let (slots, geometry) = (view.slots, view.launch.geometry);
        let own = |s: &Slot| s.space == space && s.bytes() > 0 && s.over == NONE;
        let at: Vec<usize> = (0..slots.len()).filter(|&i| own(&slots[i])).collect();
        let rectangles = at.iter().map(|&slot| {
            let s = &slots[slot];
            // a pinned buffer that is not aligned to the lanes shares bytes with no other
            let askew = |s: &Slot| {
                geometry.interleaves(space)
                    && s.pinned
                    && !s.offset_bytes.is_multiple_of(s.element.bytes)
            };
            let conflict = |(k, &other): (usize, &usize)| {
                let (height, other_height) = if other == slot {
                    (0, 0)
                } else if askew(s) || askew(&slots[other]) {
                    (s.bytes(), slots[other].bytes())
                } else {
                    let groups = (Group::of(slots, slot), Group::of(slots, other));
                    overlay::heights(slots, geometry, &groups.0, &groups.1)
                };
                (height > 0).then_some(Conflict {
                    other: k,
                    height,
                    other_height,
                })
            };
            Rectangle {
                slot,
                bytes: s.bytes(),
                align: match geometry {
                    // so that elements of two buffers that share bytes lie exactly on each other
                    Geometry::Interleaved => s.element.bytes,
                    Geometry::Contiguous => s.element.align,
                },
                pin: s.pinned.then_some(s.offset_bytes),
                conflicts: at.iter().enumerate().filter_map(conflict).collect(),
            }
        });
        Problem {
            rectangles: rectangles.collect(),
        }
    }

    /// The offsets of a placement with an end below `best`, if one is found.
    fn improve(&self, rounds: u32, bound: usize, best: usize) -> Option<Vec<usize>> {
        let count = self.rectangles.len();
        if count == 0 {
            return None;
        }
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|&k| core::cmp::Reverse(self.rectangles[k].bytes));
        let mut random = Random(1);
        let (mut end, mut offsets) = self.first_fit(&order);
        let mut round = 0;
        while round < rounds && end > bound {
            let mut changed = order.clone();
            // a rectangle at the top should have been placed earlier
            let top = |&k: &usize| offsets[k] + self.rectangles[k].bytes == end;
            if let Some(from) = changed.iter().position(top) {
                let moved = changed.remove(from);
                changed.insert(random.below(from + 1), moved);
            }
            let (x, y) = (random.below(count), random.below(count));
            changed.swap(x, y);
            let (height, placed) = self.first_fit(&changed);
            if height <= end {
                (end, offsets, order) = (height, placed, changed);
            }
            round += 1;
        }
        (end < best).then_some(offsets)
    }

    /// Places the rectangles in this order, each as low as those before it allow. Returns the end and the offsets.
    fn first_fit(&self, order: &[usize]) -> (usize, Vec<usize>) {
        const FREE: usize = usize::MAX;
        let mut at: Vec<usize> = self
            .rectangles
            .iter()
            .map(|r| r.pin.unwrap_or(FREE))
            .collect();
        let mut spans = Vec::new();
        for &k in order {
            let r = &self.rectangles[k];
            if r.pin.is_some() {
                continue;
            }
            spans.clear();
            let placed = r.conflicts.iter().filter(|c| at[c.other] < FREE);
            spans.extend(placed.map(|c| (at[c.other], c.height, c.other_height)));
            spans.sort_unstable();
            // `above`: all that was looked at lies below this byte
            let (mut low, mut above) = (0, 0);
            for &(from, height, other_height) in &spans {
                if from >= low + r.bytes {
                    break;
                }
                above = above.max(up(from + other_height, r.align));
                if from < low + height {
                    low = above;
                }
            }
            at[k] = low;
        }
        let end = at.iter().zip(&self.rectangles).map(|(at, r)| at + r.bytes);
        (end.max().unwrap_or(0), at)
    }
}

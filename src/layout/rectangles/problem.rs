//! Packing problems: checked rectangles, a lower bound, and the search.

use alloc::vec;
use alloc::vec::Vec;

use super::local::Local;
use super::placing::{Item, Placing};
use super::{Invalid, Packing, Progress, Rectangle, Search, exact};
use crate::layout::Code;

/// Rectangles that were checked, and a lower bound of their peak.
///
/// ```
/// use bakelite::layout::rectangles::{Problem, Rectangle};
/// let problem = Problem::new(vec![Rectangle::new("a", 0, 2, 8), Rectangle::new("b", 2, 3, 4).pin(6)])?;
/// assert_eq!(problem.lower_bound(), 10);
/// # Ok::<(), bakelite::layout::rectangles::Invalid>(())
/// ```
#[derive(Clone, Debug)]
pub struct Problem {
    rectangles: Vec<Rectangle>,
    /// The rectangles with a size above 0: the free ones, then the pinned ones.
    items: Vec<Item>,
    free: usize,
    lower_bound: u64,
}

impl Problem {
    /// Checks each rectangle, and that the pinned ones can be where they are. Lives may be any numbers. The sum of all
    /// sizes, of the pins, and (for each rectangle without a pin) of the alignment less 1 must be below 2^64 - 1.
    ///
    /// # Errors
    /// The first mistake that is found. A rectangle has no name ([`Code::EmptyName`]) or the name of another one
    /// ([`Code::DuplicateName`]); its life ends before it starts ([`Code::EmptyLife`]); its alignment is not a power of
    /// two ([`Code::BadAlignment`]); its pin is not a multiple of its alignment ([`Code::Misaligned`]) or overlaps
    /// another pinned rectangle ([`Code::Overlap`]); or the sum is too large ([`Code::TotalOverflow`]).
    pub fn new(rectangles: Vec<Rectangle>) -> Result<Self, Invalid> {
        let mut room = 0u64;
        for (i, r) in rectangles.iter().enumerate() {
            let wrong = |code, field, what: core::fmt::Arguments<'_>| {
                Err(Invalid::new(code, &rectangles, i, field, what))
            };
            let (lower, upper, size, align) = (r.lower, r.upper, r.size, r.alignment);
            if r.id.is_empty() {
                let what = format_args!("number {i} has no name; give it one");
                return wrong(Code::EmptyName, "id", what);
            }
            if upper <= lower {
                let what = format_args!(
                    "its life starts at {lower} and ends before {upper}; `upper` is exclusive, raise it above {lower}"
                );
                return wrong(Code::EmptyLife, "upper", what);
            }
            if !align.is_power_of_two() {
                let what =
                    format_args!("alignment {align} is no power of two; use 1, 2, 4, 8 and so on");
                return wrong(Code::BadAlignment, "alignment", what);
            }
            if let Some(pin) = r.offset
                && !pin.is_multiple_of(align)
            {
                let what = format_args!(
                    "pinned at {pin}, which is no multiple of its alignment {align}; pin it at {} or lower the alignment",
                    pin - pin % align
                );
                return wrong(Code::Misaligned, "offset", what);
            }
            let end = r.offset.unwrap_or(align - 1).checked_add(size);
            // the highest number stands for "no peak yet"
            match end.and_then(|end| room.checked_add(end)) {
                Some(sum) if sum < u64::MAX => room = sum,
                _ => {
                    let what = format_args!(
                        "size {size} takes the sum of sizes, alignments and pins beyond 2^64 - 2; use smaller sizes or larger units"
                    );
                    return wrong(Code::TotalOverflow, "size", what);
                }
            }
        }
        no_id_twice(&rectangles)?;
        pins_apart(&rectangles)?;
        let item = |slot: usize| {
            let r = &rectangles[slot];
            Item {
                slot,
                lower: r.lower,
                upper: r.upper,
                size: r.size,
                align: r.alignment,
                pin: r.offset,
            }
        };
        let sized = (0..rectangles.len()).filter(|&i| rectangles[i].size > 0);
        let (mut items, pinned): (Vec<Item>, Vec<Item>) =
            sized.map(item).partition(|item| item.pin.is_none());
        let free = items.len();
        items.extend(pinned);
        let lower_bound = lower_bound(&rectangles, &items, free);
        Ok(Problem {
            rectangles,
            items,
            free,
            lower_bound,
        })
    }

    /// The rectangles, as given.
    pub fn rectangles(&self) -> &[Rectangle] {
        &self.rectangles
    }

    /// The largest of three numbers: the largest sum of sizes that live at once; the highest end of a pinned rectangle;
    /// and the end that a single rectangle has at best, between or above the pinned ones.
    pub fn lower_bound(&self) -> u64 {
        self.lower_bound
    }

    /// Searches for the lowest offsets. The search ends when they are proved to be the lowest, when the capacity of
    /// [`Search`] is reached or is below the lower bound, or when `keep_going` returns false. `keep_going` is called at
    /// every [step](Progress::steps). Three greedy orders are tried before the first call, so there is always a
    /// packing.
    ///
    /// With more than 64 rectangles, or when the exact search takes too long, the local search ends only by
    /// `keep_going`, unless it reaches the bound or the capacity.
    ///
    /// ```
    /// use bakelite::layout::rectangles::{Problem, Rectangle, Search};
    /// let row = |i: u64| Rectangle::new(format!("row {i}"), i, i + 1 + i % 7, 1 + i * 7 % 5);
    /// let problem = Problem::new((0..100).map(row).collect())?;
    /// let packing = problem.pack(Search::default(), |progress| progress.steps < 500)?;
    /// assert_eq!(problem.verify(&packing.offsets), Ok(packing.peak));
    /// # Ok::<(), bakelite::layout::rectangles::Invalid>(())
    /// ```
    ///
    /// # Errors
    /// None in a correct library. An error means that the packing did not pass [`verify`](Problem::verify()).
    pub fn pack(
        &self,
        search: Search,
        keep_going: impl FnMut(&Progress) -> bool,
    ) -> Result<Packing, Invalid> {
        let placing = Placing::new(&self.items, self.free);
        let mut local = Local::new(placing, self.lower_bound, search, keep_going);
        local.greedy();
        let exhausted = !local.done() && self.items.len() <= exact::MOST && exact::run(&mut local);
        if !exhausted && !local.done() {
            local.run();
        }
        let mut offsets: Vec<u64> = vec![0; self.rectangles.len()];
        for (offset, r) in offsets.iter_mut().zip(&self.rectangles) {
            *offset = r.offset.unwrap_or(0);
        }
        for (item, &at) in self.items.iter().zip(&local.best_at) {
            offsets[item.slot] = at;
        }
        let peak = self.verify(&offsets)?;
        Ok(Packing {
            peak,
            lower_bound: self.lower_bound,
            proved: exhausted || peak == self.lower_bound,
            steps: local.steps,
            offsets,
        })
    }
}

fn no_id_twice(all: &[Rectangle]) -> Result<(), Invalid> {
    let mut by_id: Vec<usize> = (0..all.len()).collect();
    by_id.sort_by_key(|&i| &all[i].id);
    for pair in by_id.windows(2) {
        // the sort is stable
        if let [first, second] = *pair
            && all[first].id == all[second].id
        {
            let what = format_args!("number {first} has this name too; rename number {second}");
            return Err(Invalid::new(Code::DuplicateName, all, second, "id", what));
        }
    }
    Ok(())
}

fn pins_apart(all: &[Rectangle]) -> Result<(), Invalid> {
    let end = |i: usize, pin: u64| pin + all[i].size;
    let mut pins: Vec<(u64, usize)> = (0..all.len())
        .filter(|&i| all[i].size > 0)
        .filter_map(|i| all[i].offset.map(|pin| (pin, i)))
        .collect();
    pins.sort_unstable();
    for (k, &(pin, i)) in pins.iter().enumerate() {
        let above = pins[k + 1..].iter();
        for &(other, j) in above.take_while(|&&(other, _)| other < end(i, pin)) {
            if all[i].meets(&all[j]) {
                let what = format_args!(
                    "pinned at {other}, on bytes {pin} to {} of `{}`, which is pinned and lives at the same time; move one of the pins",
                    end(i, pin),
                    all[i].id
                );
                return Err(Invalid::new(Code::Overlap, all, j, "offset", what));
            }
        }
    }
    Ok(())
}

fn lower_bound(all: &[Rectangle], items: &[Item], free: usize) -> u64 {
    let mut changes: Vec<(u64, bool, u64)> = Vec::with_capacity(2 * items.len());
    for item in items {
        changes.push((item.lower, true, item.size));
        changes.push((item.upper, false, item.size));
    }
    // at one moment, ends come before starts
    changes.sort_unstable();
    let (mut live, mut bound) = (0, 0);
    for (_, starts, size) in changes {
        if starts {
            live += size;
            bound = bound.max(live);
        } else {
            live -= size;
        }
    }
    let pinned = all.iter().filter_map(|r| Some(r.offset? + r.size)).max();
    let placing = Placing::new(items, free);
    let alone = (0..free).map(|x| placing.lowest(x) + items[x].size).max();
    bound.max(pinned.unwrap_or(0)).max(alone.unwrap_or(0))
}

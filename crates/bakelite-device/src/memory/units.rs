//! Units of shared memory, 32 words each, that a warp has stored whole since the last barrier, with its lanes side by
//! side. One record stands for those of all their words. The records of the words are out of date meanwhile. They are
//! written when the words are accessed in another way. Almost all of what kernels store for themselves is accessed as
//! rows only.
use crate::code::rows::LANES;
use crate::memory::records::record_of;

/// Words of a unit: a row of lanes of one word each, or half a row of lanes of two.
pub(crate) const UNIT: usize = LANES;

/// A record per unit. 0: the records of the words hold. Otherwise it has the name of the access, the warp, and [the
/// part](part) of the row.
pub(crate) struct Units(Vec<u32>);

/// The part that a unit is of a row with `W` words per lane: all of it, or which half.
#[inline(always)]
fn part<const W: usize>(i: usize) -> u32 {
    if W == 1 { 1 } else { 2 + i as u32 }
}

/// The record of a unit.
#[inline(always)]
fn record<const W: usize>(i: usize, warp: u32, name: u16) -> u32 {
    u32::from(name) << 16 | warp << 2 | part::<W>(i)
}

/// Bits of the name.
const NAME: u32 = 0xffff_0000;

impl Units {
    pub(crate) fn new(words: usize) -> Units {
        Units(vec![0; words.div_ceil(UNIT)])
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn clear(&mut self) {
        self.0.fill(0);
    }

    #[inline(always)]
    pub(crate) fn is_packed(&self, unit: usize) -> bool {
        self.0[unit] != 0
    }

    /// The units of the row at byte `at`, if the row begins with a unit.
    #[inline(always)]
    fn of_row<const W: usize>(&self, at: usize) -> Option<&[u32]> {
        match at % (4 * UNIT) {
            0 => self.0.get(at / (4 * UNIT)..at / (4 * UNIT) + W),
            _ => None,
        }
    }

    /// Whether the warp stored the row at byte `at`, under a name that may be read as `name`.
    #[inline(always)]
    pub(crate) fn are_of<const W: usize>(&self, at: usize, warp: u32, name: u16) -> bool {
        let Some(units) = self.of_row::<W>(at) else {
            return false;
        };
        let mut wrong = 0;
        for (i, unit) in units.iter().enumerate() {
            let named = name != 0 && unit & NAME != 0;
            let differs = unit ^ record::<W>(i, warp, name);
            wrong |= differs & if named { u32::MAX } else { !NAME };
        }
        wrong == 0
    }

    /// Whether the warp stored the row at byte `at` under this name. Then storing it again, or a part of it, changes no
    /// record.
    #[inline(always)]
    pub(crate) fn are_stored_by<const W: usize>(&self, at: usize, warp: u32, name: u16) -> bool {
        let Some(units) = self.of_row::<W>(at) else {
            return false;
        };
        let mut wrong = 0;
        for (i, unit) in units.iter().enumerate() {
            wrong |= unit ^ record::<W>(i, warp, name);
        }
        wrong == 0
    }

    /// Records that the whole row at byte `at` was stored. False: the row begins within a unit.
    #[inline(always)]
    pub(crate) fn pack<const W: usize>(&mut self, at: usize, warp: u32, name: u16) -> bool {
        if self.of_row::<W>(at).is_none() {
            return false;
        }
        for (i, unit) in self.0[at / (4 * UNIT)..][..W].iter_mut().enumerate() {
            *unit = record::<W>(i, warp, name);
        }
        true
    }

    /// Writes the records of a unit's words, and gives the name of the access.
    pub(crate) fn unpack(&mut self, unit: usize, writer: &mut [u16]) -> u16 {
        let record = std::mem::take(&mut self.0[unit]);
        let first = (record >> 2 & 0x1f) * LANES as u32;
        for (word, writer) in writer.iter_mut().enumerate() {
            let lane = match record & 3 {
                1 => word,
                half => (UNIT * (half as usize - 2) + word) / 2,
            };
            *writer = record_of(first + lane as u32);
        }
        (record >> 16) as u16
    }
}

//! Local memory of a warp.
use crate::code::rows::{LANES, Mask, Row, blend};
use crate::memory::shared::Access;
use crate::run::fault::{DeviceFault, What};
use crate::run::launch::Launch;

/// Bytes of a unit. No access crosses the end of one, since each is aligned at least to its size.
const UNIT: u64 = 8;

/// Local memory of the lanes of a warp, lane beside lane: the contents of all lanes at one address are a row.
pub(crate) struct Local {
    units: Vec<Row>,
    /// Per unit and lane, a bit for each byte.
    written: Vec<[u8; LANES]>,
    bytes: u64,
    checks: bool,
}

/// Where an access lies: unit, bits from its start, bytes as bits of `written`, bits as bits of the unit.
struct Place {
    unit: usize,
    shift: u64,
    bytes: u8,
    bits: u64,
}

impl Local {
    /// The local memory of a warp of the launch.
    ///
    /// # Errors
    ///
    /// The host has no memory for it.
    pub(crate) fn new(launch: &Launch) -> Result<Local, DeviceFault> {
        let bytes = launch.kernel.local_bytes;
        let units = bytes.div_ceil(UNIT as usize);
        Ok(Local {
            units: launch.room(units, Row([0; LANES]))?,
            written: launch.room(units, [0; LANES])?,
            bytes: bytes as u64,
            checks: launch.checks,
        })
    }

    /// Bytes of the host, for a whole warp, per byte of a thread.
    pub(crate) const HOST_BYTES: u64 = (size_of::<Row>() + LANES) as u64 / UNIT;

    pub(crate) fn clear(&mut self) {
        self.units.fill(Row([0; LANES]));
        self.written.fill([0; LANES]);
    }

    #[inline(always)]
    fn place(&self, access: Access) -> Result<Place, What> {
        let Access { offset, bytes, .. } = access;
        if offset > self.bytes || bytes > self.bytes - offset {
            return Err(What::OutOfBounds(self.bytes));
        }
        if !offset.is_multiple_of(access.align) {
            return Err(What::Misaligned);
        }
        let inside = offset % UNIT;
        let shift = 8 * inside;
        Ok(Place {
            unit: (offset / UNIT) as usize,
            shift,
            bytes: (u8::MAX >> (UNIT - bytes)) << inside,
            bits: (u64::MAX >> (64 - 8 * bytes)) << shift,
        })
    }

    /// Loads from one address for all lanes, or those of the mask. False: nothing was done, and the caller must go lane
    /// by lane.
    #[inline(always)]
    pub(crate) fn load_row(&self, access: Access, mask: Option<&Mask>, out: &mut Row) -> bool {
        let Ok(place) = self.place(access) else {
            return false;
        };
        if self.checks {
            let written = &self.written[place.unit];
            let mut missing = 0;
            match mask {
                None => written.iter().for_each(|w| missing |= !w),
                Some(mask) => {
                    let lanes = written.iter().zip(&mask.bytes);
                    lanes.for_each(|(w, m)| missing |= !w & m);
                }
            }
            if missing & place.bytes != 0 {
                return false;
            }
        }
        let unit = &self.units[place.unit];
        let low = place.bits >> place.shift;
        for i in 0..Row::CHUNKS {
            let new = unit.chunk(i).map(|word| word >> place.shift & low);
            out.set_chunk(
                i,
                match mask {
                    None => new,
                    Some(mask) => blend(out.chunk(i), new, mask, i),
                },
            );
        }
        true
    }

    /// Stores to one address. See [`Local::load_row`].
    #[inline(always)]
    pub(crate) fn store_row(&mut self, access: Access, mask: Option<&Mask>, row: &Row) -> bool {
        let Ok(place) = self.place(access) else {
            return false;
        };
        let written = &mut self.written[place.unit];
        match mask {
            None => written.iter_mut().for_each(|w| *w |= place.bytes),
            Some(mask) => {
                let lanes = written.iter_mut().zip(&mask.bytes);
                lanes.for_each(|(w, m)| *w |= place.bytes & m);
            }
        }
        let unit = &mut self.units[place.unit];
        for i in 0..Row::CHUNKS {
            let (old, values) = (unit.chunk(i), row.chunk(i));
            let new = std::array::from_fn(|q| {
                (values[q] << place.shift & place.bits) | (old[q] & !place.bits)
            });
            unit.set_chunk(
                i,
                match mask {
                    None => new,
                    Some(mask) => blend(old, new, mask, i),
                },
            );
        }
        true
    }

    /// Loads for one lane.
    pub(crate) fn load(&self, access: Access, lane: usize) -> Result<u64, What> {
        let place = self.place(access)?;
        if self.checks && !self.written[place.unit][lane] & place.bytes != 0 {
            return Err(What::NeverWritten);
        }
        Ok((self.units[place.unit].0[lane] & place.bits) >> place.shift)
    }

    /// Stores for one lane.
    pub(crate) fn store(&mut self, access: Access, lane: usize, value: u64) -> Result<(), What> {
        let place = self.place(access)?;
        self.written[place.unit][lane] |= place.bytes;
        let word = &mut self.units[place.unit].0[lane];
        *word = (value << place.shift & place.bits) | (*word & !place.bits);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: usize = 20;

    /// What the lanes of `active` load one by one. `None` for a fault.
    fn lanes(local: &Local, access: Access, active: u32) -> Option<Vec<u64>> {
        let active = (0..LANES).filter(|lane| active >> lane & 1 == 1);
        active.map(|lane| local.load(access, lane).ok()).collect()
    }

    /// Rows and lanes give the same bytes and the same faults: every address and size, all lanes and some.
    #[test]
    fn rows_are_lanes_side_by_side() {
        let new = || {
            let units = BYTES.div_ceil(UNIT as usize);
            Local {
                units: vec![Row([0; LANES]); units],
                written: vec![[0; LANES]; units],
                bytes: BYTES as u64,
                checks: true,
            }
        };
        let (mut by_rows, mut by_lanes) = (new(), new());
        let mut mask = Mask::new();
        let (mut loaded, mut refused) = (0, 0);
        for round in 0..2000_u64 {
            if round % 100 == 0 {
                by_rows.clear();
                by_lanes.clear();
            }
            let mixed = round.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let bytes = 1 << (mixed >> 50 & 3);
            let access = Access {
                offset: ((mixed >> 40) % 24) & !(if round % 8 == 0 { 0 } else { bytes - 1 }),
                bytes,
                align: bytes,
                name: 0,
            };
            let active = match round % 5 {
                0 => u32::MAX,
                _ => 0x9e37_79b9_u32.rotate_left(round as u32 / 5),
            };
            mask.set(active);
            let some = (active != u32::MAX).then_some(&mask);
            if mixed >> 61 < 5 {
                let row = Row(std::array::from_fn(|lane| {
                    (round << 40 | lane as u64) ^ (round * 77)
                }));
                let stored = by_rows.store_row(access, some, &row);
                for lane in (0..LANES).filter(|lane| active >> lane & 1 == 1) {
                    assert_eq!(by_lanes.store(access, lane, row.0[lane]).is_ok(), stored);
                }
                continue;
            }
            let expected = lanes(&by_lanes, access, active);
            assert_eq!(lanes(&by_rows, access, active), expected);
            let mut row = Row([7; LANES]);
            let done = by_rows.load_row(access, some, &mut row);
            assert_eq!(done, expected.is_some(), "{access:?} {active:#x}");
            let mut expected = expected.into_iter().flatten();
            loaded += u32::from(done);
            refused += u32::from(!done);
            for lane in 0..LANES {
                let value = match done && active >> lane & 1 == 1 {
                    true => expected.next().unwrap(),
                    false => 7,
                };
                assert_eq!(row.0[lane], value);
            }
        }
        assert!(loaded > 100 && refused > 100, "{loaded} {refused}");
    }
}

//! Shared memory of a block with the records that the checks need.
use crate::code::rows::{CHUNK, LANES, Mask, Row, blend};
use crate::memory::lines::Lines;
use crate::memory::readers::Readers;
use crate::memory::records::{
    Mark as Record, PUBLISHED, Place, SPLIT, is_by, is_of, join_whole, record_of,
};
use crate::memory::same::Same;
use crate::memory::split::{Split, WORD};
use crate::memory::units::{UNIT, Units};
use crate::run::fault::What;
use crate::run::named::Barriers;
use std::ops::Range;

/// Shared memory of a block. Records are per word of 4 bytes, and per byte where that is not enough.
pub(crate) struct Shared {
    data: Lines<u8>,
    /// See [`records`](crate::memory::records).
    writer: Lines<u16>,
    /// Name of the access that stored the word. 0: none.
    owner: Lines<u16>,
    /// Records that stand for those in `writer` and `owner` where a warp has stored whole rows.
    units: Units,
    readers: Option<Readers>,
    split: Split,
    same: Same,
    checks: bool,
    /// Whether any access of the kernel has a name.
    named: bool,
    /// Number of threads that gave true to the barrier's reduction, and of all that came: for the next barrier
    /// (`ahead`) and for the last one (`last`).
    ahead: [u32; 2],
    last: [u32; 2],
    pub(crate) barriers: Barriers,
}

/// The identity of a warp's lanes in the records (thread + 1, once per word), and the number of the warp.
#[repr(align(64))]
pub(crate) struct Plane {
    words: [u16; 2 * LANES],
    halves: [u16; LANES],
    warp: u32,
}

impl Plane {
    pub(crate) fn new(first_thread: u32) -> Plane {
        let id = |lane: usize| (first_thread + lane as u32 + 1) as u16;
        Plane {
            words: std::array::from_fn(|i| id(i / 2)),
            halves: std::array::from_fn(id),
            warp: first_thread / LANES as u32,
        }
    }
}

/// The planes of a row access. `W`: words per lane.
#[inline(always)]
fn planes<'a, const W: usize>(plane: &'a Plane, mask: &'a Mask) -> (&'a [u16], &'a [u16]) {
    if W == 2 {
        (&plane.words, &mask.words)
    } else {
        (&plane.halves, &mask.halves)
    }
}

#[inline(always)]
pub(crate) fn ones_if(condition: bool) -> u16 {
    0u16.wrapping_sub(u16::from(condition))
}

/// Reads lanes that lie side by side in memory, with `W` words each. Little-endian by definition, on every host.
#[inline(always)]
fn read_lanes<const W: usize>(data: &[u8]) -> [u64; CHUNK] {
    let data = &data[..4 * W * CHUNK];
    let mut lanes = [0; CHUNK];
    // Loops, because closures are functions of their own. Where they are not inlined, they are compiled for the
    // baseline.
    if W == 2 {
        let (words, _) = data.as_chunks();
        for (lane, word) in lanes.iter_mut().zip(words) {
            *lane = u64::from_le_bytes(*word);
        }
    } else {
        let (words, _) = data.as_chunks();
        for (lane, word) in lanes.iter_mut().zip(words) {
            *lane = u64::from(u32::from_le_bytes(*word));
        }
    }
    lanes
}

/// Writes what [`read_lanes`] reads.
#[inline(always)]
fn write_lanes<const W: usize>(data: &mut [u8], lanes: [u64; CHUNK]) {
    let data = &mut data[..4 * W * CHUNK];
    if W == 2 {
        let (words, _) = data.as_chunks_mut();
        for (value, word) in lanes.into_iter().zip(words) {
            *word = value.to_le_bytes();
        }
    } else {
        let (words, _) = data.as_chunks_mut();
        for (value, word) in lanes.into_iter().zip(words) {
            *word = (value as u32).to_le_bytes();
        }
    }
}

/// An access of one lane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
    /// Offset in the memory, in bytes.
    pub(crate) offset: u64,
    pub(crate) bytes: u64,
    pub(crate) align: u64,
    pub(crate) name: u16,
}

impl Shared {
    pub(crate) fn new(bytes: usize, checks: bool, readers: bool, named: bool) -> Shared {
        let words = bytes.div_ceil(4);
        Shared {
            data: Lines::zeros(bytes),
            writer: Lines::zeros(if checks { words } else { 0 }),
            owner: Lines::zeros(if checks && named { words } else { 0 }),
            units: Units::new(if checks { words } else { 0 }),
            readers: (checks && readers).then(|| Readers::new(words)),
            split: Split::default(),
            same: Same::default(),
            checks,
            named: checks && named,
            ahead: [0; 2],
            last: [0; 2],
            barriers: Barriers::default(),
        }
    }

    /// Resets the memory for the next block.
    pub(crate) fn clear(&mut self) {
        self.data.fill(0);
        self.writer.fill(0);
        self.owner.fill(0);
        self.units.clear();
        if let Some(readers) = &mut self.readers {
            readers.clear();
        }
        self.split.take();
        self.same.clear();
        (self.ahead, self.last) = ([0; 2], [0; 2]);
        self.barriers.clear();
    }

    /// A barrier of some threads. What they wrote is published to all threads, also to those that were not at the
    /// barrier.
    pub(crate) fn publish_of(&mut self, threads: impl Fn(u32) -> bool) {
        self.unpack_all();
        for word in self.split.take() {
            let mut places = self.split.get(word);
            for (i, place) in places.iter_mut().enumerate() {
                place.publish_of(WORD * word + i, &threads, &mut self.same);
            }
            self.put(word, places);
        }
        for word in self.writer.iter_mut() {
            if is_by(*word, &threads) {
                *word = PUBLISHED;
            }
        }
        if let Some(readers) = &mut self.readers {
            readers.forget(&threads);
        }
    }

    /// A barrier of the block: what was written is published to all threads.
    pub(crate) fn publish(&mut self) {
        self.unpack_all();
        for word in self.writer.iter_mut() {
            *word |= ones_if(*word != 0);
        }
        if let Some(readers) = &mut self.readers {
            readers.clear();
        }
        for word in self.split.take() {
            let mut places = self.split.get(word);
            places.iter_mut().for_each(Place::publish);
            self.put(word, places);
        }
        self.same.clear();
        self.last = std::mem::take(&mut self.ahead);
    }

    /// `bar.warp.sync` of the threads `first + i` with bit `i` in `lanes`: what they did comes before what they will
    /// do. `whole`: these are all threads of the warp that have not returned.
    pub(crate) fn join_warp(&mut self, first: u32, lanes: u32, whole: bool) {
        self.unpack_all();
        for word in self.split.take() {
            self.join_word(word, self.split.get(word), first, lanes, whole);
        }
        if whole {
            for record in self.writer.iter_mut() {
                join_whole(record, first, lanes);
            }
            if let Some(readers) = &mut self.readers {
                readers.join_whole(first, lanes);
            }
            return;
        }
        // Which threads have synchronized with which store is more than the record of a word holds.
        for word in 0..self.writer.len() {
            let is_of = |record: Record| is_of(record.record, first, lanes);
            if self.writer[word] != SPLIT {
                let place = self.whole(word);
                if is_of(place.writer) || place.readers.into_iter().any(is_of) {
                    self.join_word(word, [place; WORD], first, lanes, whole);
                }
            }
        }
    }

    /// Writes the records of the words of a unit, if the unit has one record in their place.
    #[inline(always)]
    fn unpack(&mut self, unit: usize) {
        if self.units.is_packed(unit) {
            self.unpack_words(unit);
        }
    }

    #[inline(never)]
    fn unpack_words(&mut self, unit: usize) {
        let words = UNIT * unit..(UNIT * (unit + 1)).min(self.writer.len());
        let name = self.units.unpack(unit, &mut self.writer[words.clone()]);
        if self.named {
            self.owner[words].fill(name);
        }
    }

    /// Unpacks the unit of a lane's access. An aligned access lies in one unit.
    fn unpack_at(&mut self, at: &Range<usize>) {
        if self.checks {
            self.unpack(at.start / (4 * UNIT));
        }
    }

    fn unpack_all(&mut self) {
        for unit in 0..self.units.len() {
            self.unpack(unit);
        }
    }

    fn join_word(
        &mut self,
        word: usize,
        mut places: [Place; WORD],
        first: u32,
        lanes: u32,
        whole: bool,
    ) {
        for (i, place) in places.iter_mut().enumerate() {
            place.join(WORD * word + i, first, lanes, whole, &self.same);
        }
        self.put(word, places);
    }

    /// The records of a word that is not split.
    fn whole(&self, word: usize) -> Place {
        let readers = self.readers.as_ref();
        Place {
            writer: Record::new(self.writer[word]),
            owner: self.owner.get(word).copied().unwrap_or(0),
            readers: readers.map_or([Record::default(); 2], |r| r.get(word)),
        }
    }

    /// Writes the records of a word's bytes, as one record where they are alike.
    fn put(&mut self, word: usize, places: [Place; WORD]) {
        let place = places[0];
        let one = place.is_plain() && places.iter().all(|p| *p == place);
        let place = if one {
            self.split.unite(word);
            place
        } else {
            self.split.set(word, places, self.writer.len());
            Place {
                writer: Record::new(SPLIT),
                ..Place::default()
            }
        };
        self.writer[word] = place.writer.record;
        if let Some(owner) = self.owner.get_mut(word) {
            *owner = place.owner;
        }
        if let Some(readers) = &mut self.readers {
            readers.set(word, place.readers);
        }
    }

    /// Counts threads that arrive at the next barrier, and how many of them give true.
    pub(crate) fn contribute(&mut self, given: u32, threads: u32) {
        self.ahead[0] += given;
        self.ahead[1] += threads;
    }

    /// The result of the last barrier: the number of threads that gave true, or of all.
    pub(crate) fn collected(&self, given: bool) -> u32 {
        self.last[usize::from(!given)]
    }

    /// Records a row of loads of published words, or looks for readers before a row of stores. `W`: words per lane.
    /// False: the caller must go lane by lane. It is not inlined, because words that are used by one thread only, and
    /// are never published, do not come here.
    #[inline(never)]
    fn row_readers<const W: usize>(
        readers: &mut Readers,
        at: usize,
        plane: &Plane,
        mask: Option<&Mask>,
        store: bool,
    ) -> bool {
        let all = [u16::MAX; 2 * LANES];
        let n = LANES * W;
        let (me, active) = match (W, mask) {
            (2, None) => (&plane.words[..], &all[..]),
            (2, Some(mask)) => (&plane.words[..], &mask.words[..]),
            (_, None) => (&plane.halves[..], &all[..]),
            (_, Some(mask)) => (&plane.halves[..], &mask.halves[..]),
        };
        readers.row(at, &me[..n], &active[..n], store)
    }

    /// Loads a whole row, whose lanes lie side by side from `offset`. False: nothing was done, and the caller must go
    /// lane by lane.
    #[inline(always)]
    pub(crate) fn load_row<const W: usize, const FULL: bool>(
        &mut self,
        offset: u64,
        plane: &Plane,
        mask: &Mask,
        name: u16,
        out: &mut Row,
    ) -> bool {
        if offset > self.data.len() as u64 {
            return false;
        }
        let (n, at) = (LANES * W, offset as usize);
        if self.data.get(at..at + 4 * n).is_none() {
            return false;
        }
        if self.checks && !self.units.are_of::<W>(at, plane.warp, name) {
            for unit in at / (4 * UNIT)..(at + 4 * n).div_ceil(4 * UNIT) {
                self.unpack(unit);
            }
            let (expect, active) = planes::<W>(plane, mask);
            let (expect, active) = (&expect[..n], &active[..n]);
            let writer = &self.writer[at / 4..][..n];
            let (mut wrong, mut published) = (0u16, 0u16);
            for i in 0..n {
                let public = ones_if(writer[i] == PUBLISHED);
                let differs = (writer[i] ^ expect[i]) & !public;
                wrong |= if FULL { differs } else { differs & active[i] };
                published |= if FULL { public } else { public & active[i] };
            }
            if name != 0 {
                let owner = &self.owner[at / 4..][..n];
                for i in 0..n {
                    let differs = (owner[i] ^ name) & ones_if(owner[i] != 0);
                    wrong |= if FULL { differs } else { differs & active[i] };
                }
            }
            if wrong != 0 {
                return false;
            }
            if published != 0
                && let Some(readers) = &mut self.readers
            {
                let mask = (!FULL).then_some(mask);
                if !Self::row_readers::<W>(readers, at / 4, plane, mask, false) {
                    return false;
                }
            }
        }
        let data = &self.data[at..at + 4 * n];
        for i in 0..Row::CHUNKS {
            let new = read_lanes::<W>(&data[4 * W * CHUNK * i..]);
            let new = if FULL {
                new
            } else {
                blend(out.chunk(i), new, mask, i)
            };
            out.set_chunk(i, new);
        }
        true
    }

    /// Stores a whole row. See [`Shared::load_row`].
    #[inline(always)]
    pub(crate) fn store_row<const W: usize, const FULL: bool>(
        &mut self,
        offset: u64,
        plane: &Plane,
        mask: &Mask,
        name: u16,
        row: &Row,
    ) -> bool {
        if offset > self.data.len() as u64 {
            return false;
        }
        let (n, at) = (LANES * W, offset as usize);
        if self.data.get(at..at + 4 * n).is_none() {
            return false;
        }
        let same = self.checks && self.units.are_stored_by::<W>(at, plane.warp, name);
        if self.checks && !same {
            for unit in at / (4 * UNIT)..(at + 4 * n).div_ceil(4 * UNIT) {
                self.unpack(unit);
            }
            let (me, active) = planes::<W>(plane, mask);
            let (me, active) = (&me[..n], &active[..n]);
            let writer = &mut self.writer[at / 4..][..n];
            let (mut wrong, mut published) = (0u16, 0u16);
            for i in 0..n {
                let public = ones_if(writer[i] == PUBLISHED);
                let foreign = !public & ones_if(writer[i] != 0);
                let differs = (writer[i] ^ me[i]) & foreign;
                wrong |= if FULL { differs } else { differs & active[i] };
                published |= if FULL { public } else { public & active[i] };
            }
            if wrong != 0 {
                return false;
            }
            if published != 0
                && let Some(readers) = &mut self.readers
            {
                let mask = (!FULL).then_some(mask);
                if !Self::row_readers::<W>(readers, at / 4, plane, mask, true) {
                    return false;
                }
            }
            let packed = FULL && self.units.pack::<W>(at, plane.warp, name);
            for i in 0..if packed { 0 } else { n } {
                let m = if FULL { u16::MAX } else { active[i] };
                writer[i] = (me[i] & m) | (writer[i] & !m);
            }
            if self.named && !packed {
                let owner = &mut self.owner[at / 4..][..n];
                for i in 0..n {
                    let m = if FULL { u16::MAX } else { active[i] };
                    owner[i] = (name & m) | (owner[i] & !m);
                }
            }
        }
        let data = &mut self.data[at..at + 4 * n];
        for i in 0..Row::CHUNKS {
            let data = &mut data[4 * W * CHUNK * i..];
            let new = row.chunk(i);
            let new = if FULL {
                new
            } else {
                blend(read_lanes::<W>(data), new, mask, i)
            };
            write_lanes::<W>(data, new);
        }
        true
    }

    /// Loads for one lane.
    pub(crate) fn load(&mut self, access: Access, thread: u32) -> Result<u64, What> {
        let at = self.bounds(access)?;
        self.unpack_at(&at);
        if self.checks {
            if !self.is_own(&at, thread) {
                let reading = self.readers.is_some();
                self.each(at.clone(), |place, bytes, same, _| {
                    place.load(thread, bytes, same, reading)
                })?;
            }
            if self.named && access.name != 0 {
                self.each(at.clone(), |place, _, _, _| match place.owner {
                    other if other != 0 && other != access.name => Err(What::Overlap(other)),
                    _ => Ok(()),
                })?;
            }
        }
        Ok(number(&self.data[at]))
    }

    /// Stores for one lane. Gives another thread that has stored the same value there since the last barrier.
    pub(crate) fn store(
        &mut self,
        access: Access,
        thread: u32,
        value: u64,
    ) -> Result<Option<u32>, What> {
        let at = self.bounds(access)?;
        self.unpack_at(&at);
        // Little-endian by definition, on every host.
        let value = &value.to_le_bytes()[..at.len()];
        let mut other = None;
        if self.checks && (self.named || !self.is_own(&at, thread)) {
            let (start, named) = (at.start, self.named);
            self.each(at.clone(), |place, bytes, same, data| {
                let new = &value[bytes.start - start..bytes.end - start];
                let unchanged = data[bytes.clone()] == *new;
                other = place.store(thread, bytes, unchanged, same)?.or(other);
                place.owner = if named { access.name } else { 0 };
                Ok(())
            })?;
        }
        self.data[at].copy_from_slice(value);
        Ok(other)
    }

    /// An atomic operation of one lane. `change` makes the new value from the old one, which is returned.
    pub(crate) fn atomic(
        &mut self,
        access: Access,
        thread: u32,
        change: impl FnOnce(u64) -> u64,
    ) -> Result<u64, What> {
        let at = self.bounds(access)?;
        self.unpack_at(&at);
        if self.checks {
            let named = self.named;
            self.each(at.clone(), |place, bytes, same, _| {
                place.atomic(thread, bytes, same)?;
                match place.owner {
                    other if access.name != 0 && other != 0 && other != access.name => {
                        return Err(What::Overlap(other));
                    }
                    _ => {}
                }
                place.owner = if named { access.name } else { 0 };
                Ok(())
            })?;
        }
        let data = &mut self.data[at];
        let old = number(data);
        let new = change(old).to_le_bytes();
        data.copy_from_slice(&new[..data.len()]);
        Ok(old)
    }

    /// Whether an access of whole words reaches only what this thread has stored since the last barrier. Other threads
    /// may not touch that, and nothing has to be recorded.
    #[inline(always)]
    fn is_own(&self, at: &Range<usize>, thread: u32) -> bool {
        let words = &self.writer[at.start / WORD..at.end.div_ceil(WORD)];
        at.len() >= WORD && words.iter().all(|record| *record == record_of(thread))
    }

    /// Applies a change to the records of all places in `at`: of words, or of the bytes of words that are split. A
    /// change to a part of a word splits it.
    fn each(
        &mut self,
        at: Range<usize>,
        mut work: impl FnMut(&mut Place, Range<usize>, &mut Same, &[u8]) -> Result<(), What>,
    ) -> Result<(), What> {
        for word in at.start / WORD..at.end.div_ceil(WORD) {
            let bytes = at.start.max(WORD * word)..at.end.min(WORD * (word + 1));
            if self.writer[word] == SPLIT {
                let mut places = self.split.get(word);
                for byte in bytes {
                    let place = &mut places[byte % WORD];
                    work(place, byte..byte + 1, &mut self.same, &self.data)?;
                }
                self.put(word, places);
                continue;
            }
            let before = self.whole(word);
            let mut place = before;
            work(&mut place, bytes.clone(), &mut self.same, &self.data)?;
            if place != before {
                let mut places = [before; WORD];
                bytes.for_each(|byte| places[byte % WORD] = place);
                self.put(word, places);
            }
        }
        Ok(())
    }

    fn bounds(&self, access: Access) -> Result<std::ops::Range<usize>, What> {
        let Access { offset, bytes, .. } = access;
        let total = self.data.len() as u64;
        if offset > total || bytes > total - offset {
            return Err(What::OutOfBounds(total));
        }
        if !offset.is_multiple_of(access.align) {
            return Err(What::Misaligned);
        }
        let at = offset as usize;
        Ok(at..at + bytes as usize)
    }
}

/// The number that up to 8 bytes represent. Little-endian by definition, on every host.
fn number(bytes: &[u8]) -> u64 {
    let mut value = [0; 8];
    value[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(value)
}

//! Which threads accessed a place of shared memory since the last barrier, and how. A place is a word of 4 bytes, or a
//! byte of a word whose bytes have histories of their own (`split.rs`).
//!
//! A record is 0 (never written), [`PUBLISHED`], [`SPLIT`], [`ATOMIC`], or thread + 1 with flags. Threads are numbered
//! below 1024.
use crate::code::rows::LANES;
use crate::memory::same::Same;
use crate::run::fault::What;
use std::ops::Range;

/// Stored before the last barrier: all threads may read and write it.
pub(crate) const PUBLISHED: u16 = u16::MAX;
/// Changed by atomic operations of threads of several warps.
const ATOMIC: u16 = 0xfffe;
/// The word's bytes have records of their own.
pub(crate) const SPLIT: u16 = 0xfffd;
/// Changed by atomic operations only, of this thread ...
const BY_ATOMICS: u16 = 0x4000;
/// ... and of others of its warp.
const SEVERAL: u16 = 0x1000;
/// A `bar.warp.sync` of the whole warp came after it: the thread's warp may access the place, others may not.
pub(crate) const JOINED: u16 = 0x2000;
/// Other threads stored the same value. [`Same`] has them all, and this thread is the first.
const SAME: u16 = 0x0800;
/// Thread + 1.
const THREAD: u16 = 0x7ff;

/// The record of a plain access.
pub(crate) fn record_of(thread: u32) -> u16 {
    (thread + 1) as u16
}

/// A record, and the lanes of its thread's warp that came to a later `bar.warp.sync` of a part of the warp.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Mark {
    pub(crate) record: u16,
    seen: u32,
}

impl Mark {
    pub(crate) fn new(record: u16) -> Mark {
        Mark { record, seen: 0 }
    }

    fn thread(self) -> u32 {
        u32::from(self.record & THREAD).wrapping_sub(1)
    }

    fn same_warp(self, thread: u32) -> bool {
        self.thread() / LANES as u32 == thread / LANES as u32
    }

    /// Whether `thread` came to a `bar.warp.sync` after it.
    fn joined(self, thread: u32) -> bool {
        let seen = self.record & JOINED != 0 || self.seen >> (thread % LANES as u32) & 1 == 1;
        seen && self.same_warp(thread)
    }

    /// The fault of an access by `thread` (an atomic or a plain one), if there is one. Not for [`SAME`].
    fn conflict(self, thread: u32, atomic: bool) -> Option<What> {
        match self.record {
            0 | PUBLISHED => None,
            ATOMIC => (!atomic).then_some(What::Atomics),
            _ if self.joined(thread) || (atomic && self.record & BY_ATOMICS != 0) => None,
            _ if self.thread() != thread => Some(What::OtherThread(self.thread())),
            _ => (!atomic && self.record & SEVERAL != 0).then_some(What::Atomics),
        }
    }

    /// The record after an atomic operation of `thread` that had no conflict.
    fn after_atomic(self, thread: u32) -> Mark {
        let mine = BY_ATOMICS | record_of(thread);
        Mark::new(match self.record {
            0 | PUBLISHED => mine,
            ATOMIC => ATOMIC,
            record if record & BY_ATOMICS == 0 => return self, // for all others it stays a plain store
            _ if !self.same_warp(thread) => ATOMIC,
            record if self.joined(thread) || record & (SEVERAL | THREAD) == record_of(thread) => {
                mine
            }
            _ => mine | SEVERAL,
        })
    }

    /// A `bar.warp.sync` of the threads `first + i` with bit `i` in `lanes`. `whole`: these are all threads of the warp
    /// that have not returned.
    fn join(&mut self, first: u32, lanes: u32, whole: bool) {
        if matches!(self.record, 0 | PUBLISHED | ATOMIC | SPLIT) {
            return;
        }
        let lane = self.thread().wrapping_sub(first);
        if lane >= LANES as u32 || (lanes >> lane & 1 == 0 && lanes & self.seen == 0) {
            return;
        }
        self.record &= !SEVERAL;
        if whole {
            *self = Mark::new(self.record | JOINED);
        } else {
            self.seen |= lanes;
        }
    }
}

/// [`Mark::join`] of a whole warp, for a record alone.
pub(crate) fn join_whole(record: &mut u16, first: u32, lanes: u32) {
    let mut mark = Mark::new(*record);
    mark.join(first, lanes, true);
    *record = mark.record;
}

/// Whether a record belongs to one of the threads `first + i` with bit `i` in `lanes`.
pub(crate) fn is_of(record: u16, first: u32, lanes: u32) -> bool {
    let special = matches!(record, 0 | PUBLISHED | ATOMIC | SPLIT);
    let lane = Mark::new(record).thread().wrapping_sub(first);
    !special && lane < LANES as u32 && lanes >> lane & 1 == 1
}

/// Whether a record belongs to one of the threads. What several warps changed by atomic operations counts as belonging
/// to any thread.
pub(crate) fn is_by(record: u16, threads: impl Fn(u32) -> bool) -> bool {
    match record {
        0 | PUBLISHED | SPLIT => false,
        ATOMIC => true,
        _ => threads(Mark::new(record).thread()),
    }
}

/// The whole history of a place since the last barrier. Where a method takes `bytes`, they are the addresses of the
/// place's bytes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Place {
    pub(crate) writer: Mark,
    /// Name of the access that stored it. 0: none.
    pub(crate) owner: u16,
    /// Up to two threads that have read it since: enough to find one that is not the next writer.
    pub(crate) readers: [Mark; 2],
}

impl Place {
    /// Whether the records of a word can hold it.
    pub(crate) fn is_plain(&self) -> bool {
        let seen = self.writer.seen | self.readers[0].seen | self.readers[1].seen;
        seen == 0 && !self.is_same()
    }

    fn is_same(&self) -> bool {
        self.writer.record & SAME != 0 && self.writer.record < SPLIT
    }

    /// A load by `thread`, which is recorded where `reading`.
    pub(crate) fn load(
        &mut self,
        thread: u32,
        bytes: Range<usize>,
        same: &Same,
        reading: bool,
    ) -> Result<(), What> {
        if self.writer.record == 0 {
            return Err(What::NeverWritten);
        }
        if self.is_same() && !self.writer.joined(thread) {
            // Each thread that stored the value may read it, whoever else stored it too.
            let foreign = What::OtherThread(same.other(bytes.start, thread));
            return same.has(bytes.start, thread).then_some(()).ok_or(foreign);
        }
        if let Some(what) = self.writer.conflict(thread, false) {
            return Err(what);
        }
        // Other threads may not touch what this thread has stored, so its reads need no record.
        if !reading || self.writer == Mark::new(record_of(thread)) {
            return Ok(());
        }
        // A reader after which this thread has synchronized can be replaced by this thread. Other threads may not have
        // synchronized with this one.
        let free = |r: &&mut Mark| r.record == 0 || r.thread() == thread || r.joined(thread);
        if let Some(reader) = self.readers.iter_mut().find(free) {
            *reader = Mark::new(record_of(thread));
        }
        Ok(())
    }

    /// A store by `thread`. `unchanged`: it stores the value that is there already. Gives another thread that has
    /// stored the same value since the barrier.
    pub(crate) fn store(
        &mut self,
        thread: u32,
        bytes: Range<usize>,
        unchanged: bool,
        same: &mut Same,
    ) -> Result<Option<u32>, What> {
        if self.is_same() && !self.writer.joined(thread) {
            let other = same.other(bytes.start, thread);
            if !unchanged {
                return Err(What::OtherThread(other));
            }
            self.no_reader(|reader| same.has(bytes.start, reader), thread)?;
            same.add(bytes, thread);
            // Threads that synchronized with the earlier ones have not synchronized with this one.
            self.writer = Mark::new(SAME | self.writer.record & THREAD);
            self.readers = [Mark::default(); 2];
            return Ok(Some(other));
        }
        self.forget_same(bytes.clone(), same);
        match self.writer.conflict(thread, false) {
            None => {}
            Some(What::OtherThread(first)) if unchanged && self.writer.record & BY_ATOMICS == 0 => {
                self.no_reader(|reader| reader == thread || reader == first, thread)?;
                same.begin(bytes, first, thread);
                self.writer = Mark::new(SAME | record_of(first));
                self.readers = [Mark::default(); 2];
                return Ok(Some(first));
            }
            Some(what) => return Err(what),
        }
        self.no_reader(|reader| reader == thread, thread)?;
        self.writer = Mark::new(record_of(thread));
        self.readers = [Mark::default(); 2];
        Ok(None)
    }

    /// An atomic operation of `thread`.
    pub(crate) fn atomic(
        &mut self,
        thread: u32,
        bytes: Range<usize>,
        same: &mut Same,
    ) -> Result<(), What> {
        if self.writer.record == 0 {
            return Err(What::NeverWritten);
        }
        if self.is_same() && !self.writer.joined(thread) {
            return Err(What::OtherThread(same.other(bytes.start, thread)));
        }
        self.forget_same(bytes, same);
        if let Some(what) = self.writer.conflict(thread, true) {
            return Err(what);
        }
        self.no_reader(|reader| reader == thread, thread)?;
        self.writer = self.writer.after_atomic(thread);
        Ok(())
    }

    /// Forgets the threads that stored the same value: what comes now is ordered after all of them.
    fn forget_same(&mut self, bytes: Range<usize>, same: &mut Same) {
        if self.is_same() {
            bytes.for_each(|byte| same.end(byte));
            self.writer.record &= !SAME;
        }
    }

    /// Checks that no reader, except those `allowed`, races with a change by `thread`.
    fn no_reader(&self, allowed: impl Fn(u32) -> bool, thread: u32) -> Result<(), What> {
        let races = |r: &&Mark| r.record != 0 && !allowed(r.thread()) && !r.joined(thread);
        match self.readers.iter().find(races) {
            Some(reader) => Err(What::ReadBy(reader.thread())),
            None => Ok(()),
        }
    }

    /// A barrier of the block.
    pub(crate) fn publish(&mut self) {
        if self.writer.record != 0 {
            self.writer = Mark::new(PUBLISHED);
        }
        self.readers = [Mark::default(); 2];
    }

    /// A barrier of some threads. Where several threads stored the same value, all of them must have come.
    pub(crate) fn publish_of(
        &mut self,
        byte: usize,
        threads: impl Fn(u32) -> bool,
        same: &mut Same,
    ) {
        let all = match self.is_same() {
            true => same.are_all(byte, &threads),
            false => is_by(self.writer.record, &threads),
        };
        if all {
            self.forget_same(byte..byte + 1, same);
            self.writer = Mark::new(PUBLISHED);
        }
        for reader in self.readers.iter_mut() {
            if is_by(reader.record, &threads) {
                *reader = Mark::default();
            }
        }
    }

    /// A `bar.warp.sync`: see [`Mark::join`].
    pub(crate) fn join(&mut self, byte: usize, first: u32, lanes: u32, whole: bool, same: &Same) {
        // If several threads stored the same value, either all of them came to this barrier, or some threads have
        // synchronized with none of them.
        let known = self.writer.record & JOINED != 0 || self.writer.seen != 0;
        if !self.is_same() || known || same.is_within(byte, first, lanes) {
            self.writer.join(first, lanes, whole);
        }
        let readers = self.readers.iter_mut();
        readers.for_each(|reader| reader.join(first, lanes, whole));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plain access by `plain` after atomic operations by `atomics` of one published word, and a `bar.warp.sync` of
    /// these lanes.
    fn plain_after(atomics: &[u32], joined: u32, plain: u32) -> bool {
        let (mut place, mut same) = (Place::default(), Same::default());
        place.writer = Mark::new(PUBLISHED);
        for &thread in atomics {
            place.atomic(thread, 0..4, &mut same).unwrap();
        }
        place.join(0, 0, joined, joined == u32::MAX, &same);
        place.load(plain, 0..4, &same, true).is_ok()
    }

    #[test]
    fn who_may_touch_what_was_changed_atomically() {
        // Its only user; another one; one of two; two of a warp after a bar.warp.sync, and a thread of another warp.
        assert!(plain_after(&[3, 3], 0, 3));
        assert!(!plain_after(&[3], 0, 4));
        assert!(!plain_after(&[3, 4], 0, 4));
        assert!(plain_after(&[3, 4], u32::MAX, 5));
        assert!(!plain_after(&[3, 4], u32::MAX, 32));
        // After a barrier of half the warp: that half, not the other.
        assert!(plain_after(&[3], 0xffff, 5));
        assert!(!plain_after(&[3], 0xffff, 16));
        // Several warps: only a barrier of the block helps.
        assert!(!plain_after(&[3, 40], u32::MAX, 3));
        assert!(!plain_after(&[3, 40, 3], 0, 3));
        // A plain store stays one: atomics of other threads race with it.
        let mut place = Place::default();
        assert_eq!(
            place.store(3, 0..4, false, &mut Same::default()).unwrap(),
            None
        );
        place.atomic(3, 0..4, &mut Same::default()).unwrap();
        assert!(place.atomic(7, 0..4, &mut Same::default()).is_err());
        assert!(place.load(3, 0..4, &Same::default(), true).is_ok());
    }

    #[test]
    fn who_may_touch_what_several_stored_alike() {
        let mut same = Same::default();
        let mut place = Place::default();
        let store = |place: &mut Place, same: &mut Same, thread, unchanged| {
            place.store(thread, 4..8, unchanged, same).ok()
        };
        assert_eq!(store(&mut place, &mut same, 3, false), Some(None));
        assert_eq!(store(&mut place, &mut same, 40, true), Some(Some(3)));
        assert_eq!(store(&mut place, &mut same, 3, true), Some(Some(40)));
        assert_eq!(store(&mut place, &mut same, 3, false), None);
        assert!(place.load(3, 4..8, &same, true).is_ok());
        assert!(place.load(40, 4..8, &same, true).is_ok());
        assert!(place.load(4, 4..8, &same, true).is_err());
        assert!(place.atomic(3, 4..8, &mut same).is_err());
        // A bar.warp.sync of one warp leaves the thread of the other warp out.
        place.join(4, 0, u32::MAX, true, &same);
        assert!(place.load(4, 4..8, &same, true).is_err());
        place.publish();
        assert!(place.load(4, 4..8, &same, true).is_ok());
    }
}

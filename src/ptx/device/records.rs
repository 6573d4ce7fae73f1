//! Who did what to a word of shared memory since the last barrier.
//!
//! A record is 0 (never written), [`PUBLISHED`], [`ATOMIC`], or thread + 1 with flags. Threads are numbered below 1024.
use super::fault::What;
use super::rows::LANES;
use super::shared::ones_if;
use std::ops::Range;

/// Stored before the last barrier: everybody may read and write it.
pub(super) const PUBLISHED: u16 = u16::MAX;
/// Changed by atomic operations of threads of several warps.
const ATOMIC: u16 = 0xfffe;
/// Changed by atomic operations only, of this thread ...
const BY_ATOMICS: u16 = 0x4000;
/// ... and of others of its warp.
const SEVERAL: u16 = 0x1000;
/// A `bar.warp.sync` lies behind it: the thread's warp may go on with it, others may not.
const JOINED: u16 = 0x2000;
/// Thread + 1.
const THREAD: u16 = 0x7ff;

fn thread_of(record: u16) -> u32 {
    u32::from(record & THREAD).wrapping_sub(1)
}

fn same_warp(record: u16, thread: u32) -> bool {
    thread_of(record) / LANES as u32 == thread / LANES as u32
}

/// What speaks against an access by `thread`, an atomic or a plain one.
pub(super) fn conflict(record: u16, thread: u32, atomic: bool) -> Option<What> {
    let foreign = || What::OtherThread(thread_of(record));
    let joined = record & JOINED != 0 && same_warp(record, thread);
    match record {
        0 | PUBLISHED => None,
        ATOMIC => (!atomic).then_some(What::Atomics),
        _ if joined || (atomic && record & BY_ATOMICS != 0) => None,
        _ if thread_of(record) != thread => Some(foreign()),
        _ => (!atomic && record & SEVERAL != 0).then_some(What::Atomics),
    }
}

/// The record behind an atomic operation of `thread` that met no conflict.
pub(super) fn after_atomic(record: u16, thread: u32) -> u16 {
    let mine = BY_ATOMICS | (thread + 1) as u16;
    match record {
        0 | PUBLISHED => mine,
        ATOMIC => ATOMIC,
        _ if record & BY_ATOMICS == 0 => record, // stays a plain store to all others
        _ if !same_warp(record, thread) => ATOMIC,
        _ if record & JOINED != 0 || record & (SEVERAL | THREAD) == (thread + 1) as u16 => mine,
        _ => mine | SEVERAL,
    }
}

/// A `bar.warp.sync` of the threads `first + i` with bit `i` in `lanes`.
pub(super) fn join_warp(record: &mut u16, first: u32, lanes: u32) {
    if matches!(*record, 0 | PUBLISHED | ATOMIC) {
        return;
    }
    let lane = thread_of(*record).wrapping_sub(first);
    if lane < LANES as u32 && lanes >> lane & 1 == 1 {
        *record = (*record & !SEVERAL) | JOINED;
    }
}

/// Whether a record is of one of the threads. What several warps changed by atomic operations is of any of them.
pub(super) fn is_by(record: u16, threads: impl Fn(u32) -> bool) -> bool {
    match record {
        0 | PUBLISHED => false,
        ATOMIC => true,
        _ => threads(thread_of(record)),
    }
}

/// Up to two threads per word that read it since the last barrier: enough to find one that is not the writer.
pub(super) struct Readers {
    first: Vec<u16>,
    second: Vec<u16>,
}

impl Readers {
    pub(super) fn new(words: usize) -> Readers {
        Readers {
            first: vec![0; words],
            second: vec![0; words],
        }
    }

    pub(super) fn clear(&mut self) {
        self.first.fill(0);
        self.second.fill(0);
    }

    /// Forgets what these threads read.
    pub(super) fn forget(&mut self, threads: impl Fn(u32) -> bool) {
        for record in self.first.iter_mut().chain(&mut self.second) {
            if is_by(*record, &threads) {
                *record = 0;
            }
        }
    }

    pub(super) fn join_warp(&mut self, first: u32, lanes: u32) {
        for record in self.first.iter_mut().chain(&mut self.second) {
            join_warp(record, first, lanes);
        }
    }

    /// Records loads of a row of words by `me` (thread + 1) where `active` has ones; or says whether stores may go on.
    pub(super) fn row(&mut self, at: usize, me: &[u16], active: &[u16], store: bool) -> bool {
        let n = me.len();
        let (first, second) = (&mut self.first[at..][..n], &mut self.second[at..][..n]);
        let (me, active) = (&me[..n], &active[..n]);
        let (mut joined, mut foreign) = (0, 0);
        for i in 0..n {
            let other = |r: u16| (r ^ me[i]) & ones_if(r != 0);
            joined |= (first[i] | second[i]) & JOINED;
            foreign |= (other(first[i]) | other(second[i])) & active[i];
        }
        if joined != 0 {
            let words = (0..n).filter(|i| active[*i] != 0);
            let mut lanes = words.map(|i| (at + i, u32::from(me[i]) - 1));
            return lanes.all(|(word, thread)| self.lane(word..word + 1, thread, store).is_ok());
        }
        if store {
            return foreign == 0;
        }
        for i in 0..n {
            let (f, s, m) = (first[i], second[i], active[i]);
            let mine = ones_if(f == 0) | ones_if(f == me[i]);
            let free = !mine & ones_if(s == 0);
            first[i] = (me[i] & mine & m) | (f & !(mine & m));
            second[i] = (me[i] & free & m) | (s & !(free & m));
        }
        true
    }

    /// A reader of a word that a change by `thread` races with.
    pub(super) fn foreign(&self, word: usize, thread: u32) -> Result<(), What> {
        for record in [self.first[word], self.second[word]] {
            let joined = record & JOINED != 0 && same_warp(record, thread);
            if record != 0 && thread_of(record) != thread && !joined {
                return Err(What::ReadBy(thread_of(record)));
            }
        }
        Ok(())
    }

    /// Checks a store, or records a load.
    pub(super) fn lane(
        &mut self,
        words: Range<usize>,
        thread: u32,
        store: bool,
    ) -> Result<(), What> {
        let me = (thread + 1) as u16;
        for word in words {
            if store {
                self.foreign(word, thread)?;
                continue;
            }
            // A reader that its warp has waited for is as good as this one, which it has not.
            let mine =
                |r: u16| r == 0 || r & THREAD == me || (r & JOINED != 0 && same_warp(r, thread));
            if mine(self.first[word]) {
                self.first[word] = me;
            } else if mine(self.second[word]) {
                self.second[word] = me;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plain access by each of `plain` after atomic operations by `atomics` of one published word.
    fn plain_after(atomics: &[u32], joined: bool, plain: u32) -> bool {
        let mut record = PUBLISHED;
        for &thread in atomics {
            assert!(conflict(record, thread, true).is_none());
            record = after_atomic(record, thread);
        }
        if joined {
            join_warp(&mut record, 0, u32::MAX);
        }
        conflict(record, plain, false).is_none()
    }

    #[test]
    fn who_may_touch_what_was_changed_atomically() {
        // its only user; another one; one of two; two of a warp behind a bar.warp.sync, and from outside
        assert!(plain_after(&[3, 3], false, 3));
        assert!(!plain_after(&[3], false, 4));
        assert!(!plain_after(&[3, 4], false, 4));
        assert!(plain_after(&[3, 4], true, 5));
        assert!(!plain_after(&[3, 4], true, 32));
        // several warps: only a barrier of the block helps
        assert!(!plain_after(&[3, 40], true, 3));
        assert!(!plain_after(&[3, 40, 3], false, 3));
        // a plain store stays one: other threads' atomics race with it
        let record = after_atomic(4, 3);
        assert!(conflict(record, 7, true).is_some() && conflict(record, 3, false).is_none());
    }
}

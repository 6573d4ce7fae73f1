//! Which threads have read published words of shared memory since the last barrier. A word that only its writer may
//! touch needs no readers.
use crate::memory::lines::Lines;
use crate::memory::records::{JOINED, Mark, is_by, join_whole};
use crate::memory::shared::ones_if;

/// Up to two threads per word: enough to find one that is not the next writer. Words that are split keep theirs
/// elsewhere.
pub(crate) struct Readers {
    first: Lines<u16>,
    second: Lines<u16>,
    /// Whether any was recorded since the last barrier.
    any: bool,
}

impl Readers {
    pub(crate) fn new(words: usize) -> Readers {
        Readers {
            first: Lines::zeros(words),
            second: Lines::zeros(words),
            any: false,
        }
    }

    pub(crate) fn clear(&mut self) {
        if self.any {
            self.first.fill(0);
            self.second.fill(0);
            self.any = false;
        }
    }

    /// Forgets what these threads have read.
    pub(crate) fn forget(&mut self, threads: impl Fn(u32) -> bool) {
        if self.any {
            for record in self.first.iter_mut().chain(self.second.iter_mut()) {
                if is_by(*record, &threads) {
                    *record = 0;
                }
            }
        }
    }

    pub(crate) fn get(&self, word: usize) -> [Mark; 2] {
        [self.first[word], self.second[word]].map(Mark::new)
    }

    pub(crate) fn set(&mut self, word: usize, [first, second]: [Mark; 2]) {
        (self.first[word], self.second[word]) = (first.record, second.record);
        self.any |= first.record | second.record != 0;
    }

    /// See [`Mark::join`](crate::memory::records::Mark).
    pub(crate) fn join_whole(&mut self, first: u32, lanes: u32) {
        if self.any {
            for record in self.first.iter_mut().chain(self.second.iter_mut()) {
                join_whole(record, first, lanes);
            }
        }
    }

    /// For loads, records that the threads `me` (thread + 1) read a row of words, where `active` has ones. For stores,
    /// says whether they may go on. False: the caller must go lane by lane.
    pub(crate) fn row(&mut self, at: usize, me: &[u16], active: &[u16], store: bool) -> bool {
        if store && !self.any {
            return true;
        }
        let n = me.len();
        let (first, second) = (&mut self.first[at..][..n], &mut self.second[at..][..n]);
        let (me, active) = (&me[..n], &active[..n]);
        let (mut joined, mut foreign) = (0, 0);
        for i in 0..n {
            let other = |r: u16| (r ^ me[i]) & ones_if(r != 0);
            joined |= (first[i] | second[i]) & JOINED & active[i];
            foreign |= (other(first[i]) | other(second[i])) & active[i];
        }
        if joined != 0 || store {
            return joined == 0 && foreign == 0;
        }
        self.any = true;
        for i in 0..n {
            let (f, s, m) = (first[i], second[i], active[i]);
            let mine = ones_if(f == 0) | ones_if(f == me[i]);
            let free = !mine & ones_if(s == 0);
            first[i] = (me[i] & mine & m) | (f & !(mine & m));
            second[i] = (me[i] & free & m) | (s & !(free & m));
        }
        true
    }
}

//! Shared memory of a block with the records that the checks need.
use super::fault::What;
use super::lines::Lines;
use super::named::Barriers;
use super::records::{PUBLISHED, Readers, after_atomic, conflict, is_by, join_warp};
use super::rows::{CHUNK, LANES, Mask, Row, blend};

/// Shared memory. Records are per word of 4 bytes.
pub(super) struct Shared {
    data: Lines<u8>,
    /// See [`records`](super::records).
    writer: Lines<u16>,
    /// Name of the access that stored the word; 0: none.
    owner: Lines<u16>,
    readers: Option<Readers>,
    checks: bool,
    /// Whether any access of the kernel has a name.
    named: bool,
    /// Threads that gave true to the barrier's reduction, and all that came; of the barrier ahead and of the last one.
    ahead: [u32; 2],
    last: [u32; 2],
    pub(super) barriers: Barriers,
}

/// Who a warp's lanes are in the records: thread + 1, once per word.
#[repr(align(64))]
pub(super) struct Plane {
    words: [u16; 2 * LANES],
    halves: [u16; LANES],
}

impl Plane {
    pub(super) fn new(first_thread: u32) -> Plane {
        let id = |lane: usize| (first_thread + lane as u32 + 1) as u16;
        Plane {
            words: std::array::from_fn(|i| id(i / 2)),
            halves: std::array::from_fn(id),
        }
    }
}

/// Planes of a row access: `W` words per lane.
#[inline(always)]
fn planes<'a, const W: usize>(plane: &'a Plane, mask: &'a Mask) -> (&'a [u16], &'a [u16]) {
    if W == 2 {
        (&plane.words, &mask.words)
    } else {
        (&plane.halves, &mask.halves)
    }
}

#[inline(always)]
pub(super) fn ones_if(condition: bool) -> u16 {
    0u16.wrapping_sub(u16::from(condition))
}

/// Lanes side by side in memory, of `W` words each. Little-endian by definition, whatever the host is.
#[inline(always)]
fn read_lanes<const W: usize>(data: &[u8]) -> [u64; CHUNK] {
    let data = &data[..4 * W * CHUNK];
    std::array::from_fn(|lane| {
        let mut word = [0; 8];
        word[..4 * W].copy_from_slice(&data[4 * W * lane..][..4 * W]);
        u64::from_le_bytes(word)
    })
}

/// Writes what [`read_lanes`] reads.
#[inline(always)]
fn write_lanes<const W: usize>(data: &mut [u8], lanes: [u64; CHUNK]) {
    let data = &mut data[..4 * W * CHUNK];
    for (lane, value) in lanes.into_iter().enumerate() {
        data[4 * W * lane..][..4 * W].copy_from_slice(&value.to_le_bytes()[..4 * W]);
    }
}

/// An access of one lane.
#[derive(Clone, Copy, Debug)]
pub(super) struct Access {
    /// Offset in the memory, in bytes.
    pub(super) offset: u64,
    pub(super) bytes: u64,
    pub(super) align: u64,
    pub(super) store: bool,
    pub(super) name: u16,
}

impl Shared {
    pub(super) fn new(bytes: usize, checks: bool, readers: bool, named: bool) -> Shared {
        let words = bytes.div_ceil(4);
        Shared {
            data: Lines::zeros(bytes),
            writer: Lines::zeros(if checks { words } else { 0 }),
            owner: Lines::zeros(if checks && named { words } else { 0 }),
            readers: (checks && readers).then(|| Readers::new(words)),
            checks,
            named: checks && named,
            ahead: [0; 2],
            last: [0; 2],
            barriers: Barriers::default(),
        }
    }

    /// Makes it as new, for the next block.
    pub(super) fn clear(&mut self) {
        self.data.fill(0);
        self.writer.fill(0);
        self.owner.fill(0);
        if let Some(readers) = &mut self.readers {
            readers.clear();
        }
        (self.ahead, self.last) = ([0; 2], [0; 2]);
        self.barriers.clear();
    }

    /// A barrier of some threads: what they wrote is everybody's, also of those that were not there.
    pub(super) fn publish_of(&mut self, threads: impl Fn(u32) -> bool) {
        for word in self.writer.iter_mut() {
            if is_by(*word, &threads) {
                *word = PUBLISHED;
            }
        }
        if let Some(readers) = &mut self.readers {
            readers.forget(&threads);
        }
    }

    /// A barrier: what was written is everybody's.
    pub(super) fn publish(&mut self) {
        for word in self.writer.iter_mut() {
            *word |= ones_if(*word != 0);
        }
        if let Some(readers) = &mut self.readers {
            readers.clear();
        }
        self.last = std::mem::take(&mut self.ahead);
    }

    /// `bar.warp.sync` of the threads `first + i` with bit `i` in `lanes`: what they did lies before what they will do.
    pub(super) fn join_warp(&mut self, first: u32, lanes: u32) {
        self.writer
            .iter_mut()
            .for_each(|word| join_warp(word, first, lanes));
        if let Some(readers) = &mut self.readers {
            readers.join_warp(first, lanes);
        }
    }

    /// Threads that come to the barrier ahead, and how many of them give true.
    pub(super) fn contribute(&mut self, given: u32, threads: u32) {
        self.ahead[0] += given;
        self.ahead[1] += threads;
    }

    /// What came of the last barrier: threads that gave true, or all.
    pub(super) fn collected(&self, given: bool) -> u32 {
        self.last[usize::from(!given)]
    }

    /// Whether readers are recorded.
    #[inline(always)]
    pub(super) fn records_readers(&self) -> bool {
        self.readers.is_some()
    }

    /// Records a row of lanes side by side that were loaded; or says whether nobody else has read what they will store to. Out
    /// of line, since readers are seldom recorded. `bytes`: of a lane, 4 or 8.
    #[inline(never)]
    pub(super) fn row_readers(
        &mut self,
        offset: u64,
        plane: &Plane,
        mask: Option<&Mask>,
        bytes: u64,
        store: bool,
    ) -> bool {
        let Some(readers) = &mut self.readers else {
            return true;
        };
        let (at, n) = (offset as usize / 4, LANES * bytes as usize / 4);
        if at > self.data.len() || at + n > self.data.len().div_ceil(4) {
            return false;
        }
        let all = [u16::MAX; 2 * LANES];
        let (me, active) = match (bytes, mask) {
            (8, None) => (&plane.words[..], &all[..]),
            (8, Some(mask)) => (&plane.words[..], &mask.words[..]),
            (_, None) => (&plane.halves[..], &all[..]),
            (_, Some(mask)) => (&plane.halves[..], &mask.halves[..]),
        };
        readers.row(at, &me[..n], &active[..n], store)
    }

    /// Loads a whole row of lanes side by side from `offset`. False: nothing was done, go lane by lane.
    #[inline(always)]
    pub(super) fn load_row<const W: usize, const FULL: bool>(
        &self,
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
        let Some(data) = self.data.get(at..at + 4 * n) else {
            return false;
        };
        if self.checks {
            let (expect, active) = planes::<W>(plane, mask);
            let (expect, active) = (&expect[..n], &active[..n]);
            let writer = &self.writer[at / 4..][..n];
            let mut wrong = 0u16;
            for i in 0..n {
                let differs = (writer[i] ^ expect[i]) & ones_if(writer[i] != PUBLISHED);
                wrong |= if FULL { differs } else { differs & active[i] };
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
        }
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

    /// Stores a whole row; see [`Shared::load_row`].
    #[inline(always)]
    pub(super) fn store_row<const W: usize, const FULL: bool>(
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
        let Some(data) = self.data.get_mut(at..at + 4 * n) else {
            return false;
        };
        if self.checks {
            let (me, active) = planes::<W>(plane, mask);
            let (me, active) = (&me[..n], &active[..n]);
            let writer = &mut self.writer[at / 4..][..n];
            let mut wrong = 0u16;
            for i in 0..n {
                let foreign = ones_if(writer[i] != PUBLISHED) & ones_if(writer[i] != 0);
                let differs = (writer[i] ^ me[i]) & foreign;
                wrong |= if FULL { differs } else { differs & active[i] };
            }
            if wrong != 0 {
                return false;
            }
            for i in 0..n {
                let m = if FULL { u16::MAX } else { active[i] };
                writer[i] = (me[i] & m) | (writer[i] & !m);
            }
            if self.named {
                let owner = &mut self.owner[at / 4..][..n];
                for i in 0..n {
                    let m = if FULL { u16::MAX } else { active[i] };
                    owner[i] = (name & m) | (owner[i] & !m);
                }
            }
        }
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

    /// Checks one lane's access, records it, and gives its bytes.
    pub(super) fn lane(&mut self, access: Access, thread: u32) -> Result<&mut [u8], What> {
        let place = self.bounds(access)?;
        if self.checks {
            let words = place.start / 4..place.end.div_ceil(4);
            for word in words.clone() {
                let writer = self.writer[word];
                if writer == 0 && !access.store {
                    return Err(What::NeverWritten);
                }
                if let Some(what) = conflict(writer, thread, false) {
                    return Err(what);
                }
            }
            if let Some(readers) = &mut self.readers {
                readers.lane(words.clone(), thread, access.store)?;
            }
            if access.store {
                self.writer[words.clone()].fill((thread + 1) as u16);
            }
            self.names(words, access)?;
        }
        Ok(&mut self.data[place])
    }

    /// The same for an atomic operation.
    pub(super) fn atomic(&mut self, access: Access, thread: u32) -> Result<&mut [u8], What> {
        let place = self.bounds(access)?;
        if self.checks {
            let words = place.start / 4..place.end.div_ceil(4);
            for word in words.clone() {
                let writer = self.writer[word];
                if writer == 0 {
                    return Err(What::NeverWritten);
                }
                if let Some(what) = conflict(writer, thread, true) {
                    return Err(what);
                }
                if let Some(readers) = &self.readers {
                    readers.foreign(word, thread)?;
                }
                self.writer[word] = after_atomic(writer, thread);
            }
            self.names(words.clone(), access)?;
            self.names(
                words,
                Access {
                    store: true,
                    ..access
                },
            )?;
        }
        Ok(&mut self.data[place])
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

    /// Records the name of a store, or compares that of a load with the last store's.
    fn names(&mut self, words: std::ops::Range<usize>, access: Access) -> Result<(), What> {
        if self.named && access.store {
            self.owner[words].fill(access.name);
        } else if self.named && access.name != 0 {
            let mut owners = self.owner[words].iter();
            if let Some(&other) = owners.find(|o| **o != 0 && **o != access.name) {
                return Err(What::Overlap(other));
            }
        }
        Ok(())
    }
}

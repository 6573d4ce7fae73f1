//! Shared memory of a block with the records that the checks need, and local memory of a warp.
use super::fault::What;
use super::rows::{LANES, Mask, Row};

/// Writer of a word that was stored before the last barrier: everybody may read and write it.
const PUBLISHED: u16 = u16::MAX;

/// Shared memory. Records are per word of 4 bytes.
pub(super) struct Shared {
    data: Vec<u8>,
    /// 0: never written; thread + 1; or [`PUBLISHED`].
    writer: Vec<u16>,
    /// Name of the access that stored the word; 0: none.
    owner: Vec<u16>,
    checks: bool,
    /// Whether any access of the kernel has a name.
    named: bool,
}

/// Who a warp's lanes are in the records: thread + 1, once per word.
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
fn ones_if(condition: bool) -> u16 {
    0u16.wrapping_sub(u16::from(condition))
}

/// An access of one lane.
#[derive(Clone, Copy)]
pub(super) struct Access {
    /// Offset in the memory, in bytes.
    pub(super) offset: u64,
    pub(super) bytes: u64,
    pub(super) align: u64,
    pub(super) store: bool,
    pub(super) name: u16,
}

impl Shared {
    pub(super) fn new(bytes: usize, checks: bool, named: bool) -> Shared {
        let words = bytes.div_ceil(4);
        Shared {
            data: vec![0; bytes],
            writer: vec![0; if checks { words } else { 0 }],
            owner: vec![0; if checks && named { words } else { 0 }],
            checks,
            named: checks && named,
        }
    }

    /// Makes it as new, for the next block.
    pub(super) fn clear(&mut self) {
        self.data.fill(0);
        self.writer.fill(0);
        self.owner.fill(0);
    }

    /// A barrier: what was written is everybody's.
    pub(super) fn publish(&mut self) {
        for word in &mut self.writer {
            *word |= ones_if(*word != 0);
        }
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
        for lane in 0..LANES {
            let value = if W == 2 {
                let mut bytes = [0; 8];
                bytes.copy_from_slice(&data[8 * lane..8 * lane + 8]);
                u64::from_le_bytes(bytes)
            } else {
                let mut bytes = [0; 4];
                bytes.copy_from_slice(&data[4 * lane..4 * lane + 4]);
                u64::from(u32::from_le_bytes(bytes))
            };
            let m = if FULL { u64::MAX } else { mask.rows[lane] };
            out.0[lane] = (value & m) | (out.0[lane] & !m);
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
        for lane in 0..LANES {
            let m = if FULL { u64::MAX } else { mask.rows[lane] };
            let value = row.0[lane];
            if W == 2 {
                let bytes = &mut data[8 * lane..8 * lane + 8];
                let mut old = [0; 8];
                old.copy_from_slice(bytes);
                let new = (value & m) | (u64::from_le_bytes(old) & !m);
                bytes.copy_from_slice(&new.to_le_bytes());
            } else {
                let bytes = &mut data[4 * lane..4 * lane + 4];
                let mut old = [0; 4];
                old.copy_from_slice(bytes);
                let new = (value & m) as u32 | (u32::from_le_bytes(old) & !(m as u32));
                bytes.copy_from_slice(&new.to_le_bytes());
            }
        }
        true
    }

    /// Checks one lane's access, records it, and gives its bytes.
    pub(super) fn lane(&mut self, access: Access, thread: u32) -> Result<&mut [u8], What> {
        let Access { offset, bytes, .. } = access;
        let total = self.data.len() as u64;
        if offset > total || bytes > total - offset {
            return Err(What::OutOfBounds(total));
        }
        if !offset.is_multiple_of(access.align) {
            return Err(What::Misaligned);
        }
        let at = offset as usize;
        if self.checks {
            let words = at / 4..(at + bytes as usize).div_ceil(4);
            let me = (thread + 1) as u16;
            for &writer in &self.writer[words.clone()] {
                match writer {
                    PUBLISHED => {}
                    0 if access.store => {}
                    0 => return Err(What::NeverWritten),
                    _ if writer != me => return Err(What::OtherThread(u32::from(writer) - 1)),
                    _ => {}
                }
            }
            if access.store {
                self.writer[words.clone()].fill(me);
            }
            if self.named && access.store {
                self.owner[words].fill(access.name);
            } else if access.name != 0 {
                let mut owners = self.owner[words].iter();
                if let Some(&other) = owners.find(|o| **o != 0 && **o != access.name) {
                    return Err(What::Overlap(other));
                }
            }
        }
        Ok(&mut self.data[at..at + bytes as usize])
    }
}

/// Local memory of the lanes of a warp.
pub(super) struct Local {
    data: Vec<u8>,
    /// Per byte.
    written: Vec<bool>,
    bytes: usize,
    checks: bool,
}

impl Local {
    pub(super) fn new(bytes: usize, checks: bool) -> Local {
        Local {
            data: vec![0; bytes * LANES],
            written: vec![false; bytes * LANES],
            bytes,
            checks,
        }
    }

    pub(super) fn clear(&mut self) {
        self.data.fill(0);
        self.written.fill(false);
    }

    /// Checks one lane's access, records it, and gives its bytes.
    pub(super) fn lane(&mut self, access: Access, lane: usize) -> Result<&mut [u8], What> {
        let total = self.bytes as u64;
        if access.offset > total || access.bytes > total - access.offset {
            return Err(What::OutOfBounds(total));
        }
        if !access.offset.is_multiple_of(access.align) {
            return Err(What::Misaligned);
        }
        let at = lane * self.bytes + access.offset as usize;
        let range = at..at + access.bytes as usize;
        if access.store {
            self.written[range.clone()].fill(true);
        } else if self.checks && self.written[range.clone()].contains(&false) {
            return Err(What::NeverWritten);
        }
        Ok(&mut self.data[range])
    }
}

//! Threads that stored the same value to the same byte of shared memory since the last barrier. No GPU can get that
//! wrong, as long as no other thread reads the byte and no thread stores another value.
use crate::code::rows::LANES;
use std::collections::HashMap;
use std::ops::Range;

/// A set of threads of a block, 32 to a number.
type Threads = [u32; LANES];

/// By byte. Few places have such threads, so they are stored apart.
#[derive(Default)]
pub(crate) struct Same(HashMap<usize, Threads>);

fn place(thread: u32) -> (usize, u32) {
    let (warp, lane) = (thread as usize / LANES, thread % LANES as u32);
    (warp % LANES, 1 << lane)
}

impl Same {
    pub(crate) fn begin(&mut self, bytes: Range<usize>, first: u32, second: u32) {
        for byte in bytes.clone() {
            self.0.insert(byte, [0; LANES]);
        }
        self.add(bytes.clone(), first);
        self.add(bytes, second);
    }

    pub(crate) fn add(&mut self, bytes: Range<usize>, thread: u32) {
        let (warp, bit) = place(thread);
        for byte in bytes {
            if let Some(threads) = self.0.get_mut(&byte) {
                threads[warp] |= bit;
            }
        }
    }

    pub(crate) fn has(&self, byte: usize, thread: u32) -> bool {
        let (warp, bit) = place(thread);
        self.0.get(&byte).is_some_and(|t| t[warp] & bit != 0)
    }

    /// The first of these threads that is not `thread`.
    pub(crate) fn other(&self, byte: usize, thread: u32) -> u32 {
        let threads = self.0.get(&byte).copied().unwrap_or_default();
        let all = (0..LANES as u32).flat_map(|warp| {
            let bits = threads[warp as usize];
            let lanes = (0..LANES as u32).filter(move |lane| bits >> lane & 1 == 1);
            lanes.map(move |lane| warp * LANES as u32 + lane)
        });
        all.into_iter().find(|t| *t != thread).unwrap_or(thread)
    }

    /// Whether all of these threads are among the threads `first + i` with bit `i` in `lanes`.
    pub(crate) fn is_within(&self, byte: usize, first: u32, lanes: u32) -> bool {
        let (own, _) = place(first);
        let threads = self.0.get(&byte).copied().unwrap_or_default();
        let mut warps = threads.iter().enumerate();
        warps.all(|(warp, bits)| bits & !(if warp == own { lanes } else { 0 }) == 0)
    }

    /// Whether `are` holds for all of these threads.
    pub(crate) fn are_all(&self, byte: usize, are: impl Fn(u32) -> bool) -> bool {
        let threads = self.0.get(&byte).copied().unwrap_or_default();
        let all = (0..(LANES * LANES) as u32)
            .filter(|thread| threads[*thread as usize / LANES] >> (thread % LANES as u32) & 1 == 1);
        all.into_iter().all(are)
    }

    pub(crate) fn end(&mut self, byte: usize) {
        self.0.remove(&byte);
    }

    pub(crate) fn clear(&mut self) {
        // Clearing walks through the map's whole capacity, so it is skipped if the map is empty.
        if !self.0.is_empty() {
            self.0.clear();
        }
    }
}

//! Variables at module scope. All launches of a module share its `.global` variables, and may change them.
use crate::memory::allocations::Spot;
use crate::run::fault::What;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Address of the first variable. It lies where no host has memory, and below the windows of the other spaces.
const BASE: u64 = 0xe0 << 56;
/// Alignment of variables, and the smallest gap between two, so that a small overrun reaches no other variable.
const GAP: u64 = 256;

/// All `.global` variables of a module.
#[derive(Debug, Default)]
pub(crate) struct Globals {
    words: Vec<AtomicU64>,
    /// Address and size in bytes, sorted by address.
    spans: Vec<(u64, u64)>,
}

impl Globals {
    /// Places a variable after the others, with its initial bytes (zeros after them), and returns its address.
    pub(crate) fn place(&mut self, align: u64, bytes: u64, first: &[u8]) -> u64 {
        let end = BASE + 8 * self.words.len() as u64;
        let at = (end + GAP).next_multiple_of(GAP.max(align));
        self.words.resize_with(
            (at - BASE + bytes.next_multiple_of(8)) as usize / 8,
            AtomicU64::default,
        );
        let words = &self.words[(at - BASE) as usize / 8..];
        for (word, chunk) in words.iter().zip(first.chunks(8)) {
            let mut value = [0; 8];
            value[..chunk.len()].copy_from_slice(chunk);
            word.store(u64::from_le_bytes(value), Relaxed);
        }
        self.spans.push((at, bytes));
        at
    }

    /// The memory of one lane's access. `None`: the address is not here.
    pub(crate) fn lane(&self, address: u64, bytes: u64, align: u64) -> Option<Result<Spot, What>> {
        let after = self.spans.partition_point(|s| s.0 <= address);
        let (at, size) = *self.spans.get(after.checked_sub(1)?)?;
        let offset = address - at;
        if offset > size || bytes > size - offset {
            let near = offset <= size + GAP;
            return near.then_some(Err(What::OutOfBounds(size)));
        }
        if !address.is_multiple_of(align) {
            return Some(Err(What::Misaligned));
        }
        Spot::within(&self.words, address - BASE).map(Ok)
    }
}

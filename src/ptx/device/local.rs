//! Local memory of a warp.
use super::fault::What;
use super::rows::LANES;
use super::shared::Access;

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

//! Page-locked memory of the host, which here is plain memory.
use super::answer::{INVALID, R};
use crate::cuda::cust_raw::CUresult;
use std::alloc::{Layout, alloc, dealloc};

/// What it holds at first: CUDA does not clear it.
const UNSET: u8 = 0xa5;
const PAGE: usize = 4096;

/// Memory that is freed with it.
pub(super) struct Locked {
    start: usize,
    layout: Layout,
}

impl Locked {
    /// # Errors
    /// What the call that asked for it returns: for no bytes, for too many, or when no memory is left.
    pub(super) fn new(bytes: usize) -> Result<Locked, R> {
        let layout = match Layout::from_size_align(bytes, PAGE) {
            Ok(layout) if bytes > 0 => layout,
            _ => return Err(INVALID),
        };
        // SAFETY: not of size 0.
        let start = unsafe { alloc(layout) };
        if start.is_null() {
            return Err(CUresult::CUDA_ERROR_OUT_OF_MEMORY);
        }
        // SAFETY: just allocated with that many bytes.
        unsafe { start.write_bytes(UNSET, bytes) };
        let start = start as usize;
        Ok(Locked { start, layout })
    }

    pub(super) fn start(&self) -> usize {
        self.start
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // SAFETY: from `alloc` with this layout, and freed here only.
        unsafe { dealloc(self.start as *mut u8, self.layout) };
    }
}

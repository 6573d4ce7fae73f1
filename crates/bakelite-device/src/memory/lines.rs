//! Slices of numbers that begin with a line of the host's cache.

use std::ops::{Deref, DerefMut};

const LINE_BYTES: usize = 64;

/// A slice that starts with a cache line. Without that, every second vector lies in two lines, and shared memory took
/// 1.3 times as long.
pub(crate) struct Lines<T> {
    numbers: Vec<T>,
    start: usize,
    len: usize,
}

impl<T: Copy + Default> Lines<T> {
    pub(crate) fn zeros(len: usize) -> Self {
        let numbers = vec![T::default(); len + LINE_BYTES / size_of::<T>()];
        let start = numbers.as_ptr().align_offset(LINE_BYTES);
        // `align_offset` may decline: then there is no alignment.
        let start = if start + len <= numbers.len() {
            start
        } else {
            0
        };
        Lines {
            numbers,
            start,
            len,
        }
    }
}

impl<T> Deref for Lines<T> {
    type Target = [T];

    #[inline(always)]
    fn deref(&self) -> &[T] {
        &self.numbers[self.start..][..self.len]
    }
}

impl<T> DerefMut for Lines<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.numbers[self.start..][..self.len]
    }
}

//! The arrays of an ensemble, as the pipeline takes them.
use crate::cuda::api::{Device, Kernel};
use crate::cuda::arguments::DeviceElement;
use std::ops::Range;

/// An array that kernels read: `[row][run]`, or a table that all runs share.
pub(in crate::cuda) struct Input<'a> {
    pub(super) bytes: &'a [u8],
    /// Bytes of an element.
    pub(super) width: usize,
}

/// An array `[row][run]` that kernels write.
pub(in crate::cuda) struct Output<'a> {
    pub(super) bytes: &'a mut [u8],
    pub(super) width: usize,
    /// The value of every byte on the device before the kernel runs, where that matters.
    pub(super) before: Option<u8>,
}

impl<'a> Input<'a> {
    pub(in crate::cuda) fn of<T: DeviceElement>(values: &'a [T]) -> Input<'a> {
        // SAFETY: a `DeviceElement` has no padding.
        let bytes =
            unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), size_of_val(values)) };
        let width = size_of::<T>();
        Input { bytes, width }
    }
}

impl<'a> Output<'a> {
    pub(in crate::cuda) fn of<T: DeviceElement>(values: &'a mut [T]) -> Output<'a> {
        // SAFETY: a `DeviceElement` has no padding, and any bytes are a value of it.
        let bytes = unsafe {
            std::slice::from_raw_parts_mut(values.as_mut_ptr().cast(), size_of_val(values))
        };
        let (width, before) = (size_of::<T>(), None);
        Output {
            bytes,
            width,
            before,
        }
    }

    /// The same, filled with `byte` before the kernel runs: so what it does not write can be seen.
    pub(in crate::cuda) fn filled(mut self, byte: u8) -> Output<'a> {
        self.before = Some(byte);
        self
    }
}

/// The arrays of an ensemble. Each of the inputs and outputs has any number of rows of one element per run.
pub(crate) struct Batch<'a> {
    pub(in crate::cuda) runs: usize,
    pub(in crate::cuda) inputs: Vec<Input<'a>>,
    pub(in crate::cuda) outputs: Vec<Output<'a>>,
    /// Arrays that every chunk gets whole.
    pub(in crate::cuda) tables: Vec<Input<'a>>,
}

/// Where the arrays of one chunk are on the device, in the order of the [`Batch`].
pub(crate) struct Addresses {
    pub(in crate::cuda) runs: usize,
    pub(in crate::cuda) inputs: Vec<u64>,
    pub(in crate::cuda) outputs: Vec<u64>,
    pub(in crate::cuda) tables: Vec<u64>,
}

/// Some columns of an array of rows, and the same columns as an array of their own.
pub(super) struct Columns {
    rows: usize,
    row: usize,
    first: usize,
    part: usize,
}

impl Columns {
    pub(super) fn new(bytes: usize, width: usize, runs: usize, range: &Range<usize>) -> Columns {
        Columns {
            rows: bytes / (width * runs),
            row: width * runs,
            first: width * range.start,
            part: width * range.len(),
        }
    }

    /// The bytes of each row: in the whole array, and in the part.
    pub(super) fn each(&self, mut copy: impl FnMut(Range<usize>, Range<usize>)) {
        for row in 0..self.rows {
            let (all, part) = (row * self.row + self.first, row * self.part);
            copy(all..all + self.part, part..part + self.part);
        }
    }
}

/// What is launched, and where.
pub(crate) struct Target<'d> {
    pub(crate) device: &'d Device,
    pub(crate) kernel: &'d Kernel<'d>,
    /// Runs per block; each thread computes one run.
    pub(crate) block: usize,
    /// Dynamic shared memory of a block.
    pub(crate) shared_bytes: usize,
    /// The most device memory that it may take, in bytes; `None`: what is free.
    pub(crate) limit: Option<usize>,
}

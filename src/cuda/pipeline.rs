//! An ensemble through a device, chunk by chunk: while one is computed, the next goes up and the one before comes down.
use super::chunks::{Chunks, cut};
use super::event::Event;
use super::kernel::MAX_GRID;
use super::parameters::Part;
use super::stream::Stream;
use super::timings::Timings;
use super::{Buffer, CudaError, Device, DeviceElement, Kernel, Pinned};
use crate::ode::Error;
use std::ops::Range;

/// An array that kernels read: `[row][run]`, or a table that all runs share.
pub(super) struct Input<'a> {
    bytes: &'a [u8],
    /// Bytes of an element.
    width: usize,
}

/// An array `[row][run]` that kernels write.
pub(super) struct Output<'a> {
    bytes: &'a mut [u8],
    width: usize,
    /// What every byte on the device is before the kernel, where that matters.
    before: Option<u8>,
}

impl<'a> Input<'a> {
    pub(super) fn of<T: DeviceElement>(values: &'a [T]) -> Input<'a> {
        // SAFETY: a `DeviceElement` has no padding.
        let bytes =
            unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), size_of_val(values)) };
        let width = size_of::<T>();
        Input { bytes, width }
    }
}

impl<'a> Output<'a> {
    pub(super) fn of<T: DeviceElement>(values: &'a mut [T]) -> Output<'a> {
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

    /// The same, of `byte`s before the kernel: what it does not write shows.
    pub(super) fn filled(mut self, byte: u8) -> Output<'a> {
        self.before = Some(byte);
        self
    }
}

/// The arrays of an ensemble. Each of the inputs and outputs has any number of rows of one element per run.
pub(crate) struct Batch<'a> {
    pub(super) runs: usize,
    pub(super) inputs: Vec<Input<'a>>,
    pub(super) outputs: Vec<Output<'a>>,
    /// Arrays that every chunk has whole.
    pub(super) tables: Vec<Input<'a>>,
}

/// Where the arrays of one chunk are on the device, in the order of the [`Batch`].
pub(crate) struct Addresses {
    pub(super) runs: usize,
    pub(super) inputs: Vec<u64>,
    pub(super) outputs: Vec<u64>,
    pub(super) tables: Vec<u64>,
}

/// What is launched, and where.
pub(crate) struct Target<'d> {
    pub(crate) device: &'d Device,
    pub(crate) kernel: &'d Kernel<'d>,
    /// Runs, and threads, of a block.
    pub(crate) block: usize,
    /// Dynamic shared memory of a block.
    pub(crate) shared_bytes: usize,
    /// Device memory that it may take, in bytes; `None`: what is free.
    pub(crate) limit: Option<usize>,
}

/// Of the free memory, the part that stays free: the driver needs some for local memory of threads, and gives memory in pages.
const RESERVE: usize = 8;

/// Runs a kernel over all chunks of a batch, with the bytes that `arguments` gives for each.
///
/// # Safety
///
/// The kernel's parameter is what `arguments` gives. With it, thread `r` of a grid of blocks of `block` accesses, if `r < runs`, of
/// each array `[row * runs + r]` for its rows only, of the tables what they have, and of shared memory
/// `shared_bytes`; otherwise nothing.
pub(crate) unsafe fn run_batch(
    target: &Target<'_>,
    mut batch: Batch<'_>,
    arguments: impl Fn(&Addresses) -> Vec<u8>,
) -> Result<Timings, Error> {
    let device = target.device;
    let block = target.block;
    let tables = upload_tables(device, &batch.tables)?;
    let (chunks, mut slots) = prepare(target, &batch)?;
    let mut timings = Timings {
        chunks: chunks.count,
        block,
        ..Timings::default()
    };
    for index in 0..chunks.count {
        let first = index * chunks.runs;
        let range = first..batch.runs.min(first + chunks.runs);
        let slot = &mut slots[index % chunks.slots];
        slot.finish(&mut batch, &mut timings)?;
        let addresses = slot.addresses(range.len(), &tables);
        let arguments = arguments(&addresses);
        // SAFETY: `finish` was called; `batch`, `tables` and `slots` live until all slots have finished or been dropped, which waits.
        // For the kernel the caller vouches, on buffers that have room for the chunk.
        unsafe { slot.start(target, &mut batch, range, &arguments)? };
    }
    // oldest first
    for index in chunks.count.saturating_sub(chunks.slots)..chunks.count {
        slots[index % chunks.slots].finish(&mut batch, &mut timings)?;
    }
    Ok(timings)
}

fn upload_tables(device: &Device, tables: &[Input<'_>]) -> Result<Vec<Buffer<u8>>, CudaError> {
    tables
        .iter()
        .map(|table| device.upload(table.bytes))
        .collect()
}

/// Cuts the batch, and allocates what the chunks in flight need. What is free may be gone or in pieces a moment later: then with half of it.
fn prepare(target: &Target<'_>, batch: &Batch<'_>) -> Result<(Chunks, Vec<Slot>), Error> {
    if batch.runs == 0 {
        let none = Chunks {
            runs: 0,
            count: 0,
            slots: 1,
        };
        return Ok((none, Vec::new()));
    }
    let per_run = |bytes: usize| bytes / batch.runs;
    let up: usize = batch.inputs.iter().map(|a| per_run(a.bytes.len())).sum();
    let down: usize = batch.outputs.iter().map(|a| per_run(a.bytes.len())).sum();
    let (free, total) = target.device.memory()?;
    let mut budget = free - free / RESERVE;
    if let Some(limit) = target.limit {
        budget = budget.min(limit);
    }
    let block = target.block;
    let most = block.saturating_mul(MAX_GRID as usize);
    let too_large = |budget: usize| {
        let limit = match target.limit {
            Some(limit) if limit <= budget => "the limit that was set",
            _ => "what can be used of the free memory",
        };
        Error::new(format!(
            "one run takes {} bytes of device memory ({up} of inputs, {down} of outputs), and {limit} is {budget} bytes; of {total} bytes {free} are free\n  help: free device memory, raise the limit, or save less of each run",
            up + down
        ))
    };
    loop {
        let Some(chunks) = cut(batch.runs, up + down, block, budget, most) else {
            return Err(too_large(budget));
        };
        let staged = chunks.count > 1;
        let slots = (0..chunks.slots).map(|_| Slot::new(target.device, batch, chunks.runs, staged));
        match slots.collect::<Result<Vec<_>, _>>() {
            Ok(slots) => return Ok((chunks, slots)),
            Err(CudaError::OutOfMemory { .. }) if chunks.runs > 1 => {
                budget = (chunks.runs * chunks.slots * (up + down)).min(budget) / 2;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Memory and a stream for one chunk at a time.
struct Slot {
    stream: Stream,
    /// Before the upload, the kernel, the download, and behind that.
    marks: [Event; 4],
    inputs: Vec<Buffer<u8>>,
    outputs: Vec<Buffer<u8>>,
    /// Page-locked copies of a chunk's arrays. `None`: the only chunk is copied from and to the ensemble's own arrays, since to lock as much
    /// memory would take longer than it saves.
    staging: Option<Staging>,
    /// The runs in flight.
    busy: Option<Range<usize>>,
}

struct Staging {
    inputs: Vec<Pinned<u8>>,
    outputs: Vec<Pinned<u8>>,
}

impl Slot {
    fn new(
        device: &Device,
        batch: &Batch<'_>,
        runs: usize,
        staged: bool,
    ) -> Result<Slot, CudaError> {
        let part = |bytes: usize| bytes / batch.runs * runs;
        let inputs = || batch.inputs.iter().map(|array| part(array.bytes.len()));
        let outputs = || batch.outputs.iter().map(|array| part(array.bytes.len()));
        let mark = || Event::new(&device.inner);
        Ok(Slot {
            stream: device.stream()?,
            marks: [mark()?, mark()?, mark()?, mark()?],
            inputs: inputs()
                .map(|n| device.alloc(n))
                .collect::<Result<_, _>>()?,
            outputs: outputs()
                .map(|n| device.alloc(n))
                .collect::<Result<_, _>>()?,
            staging: match staged {
                true => Some(Staging {
                    inputs: inputs()
                        .map(|n| device.pinned_zeroed(n))
                        .collect::<Result<_, _>>()?,
                    outputs: outputs()
                        .map(|n| device.pinned_zeroed(n))
                        .collect::<Result<_, _>>()?,
                }),
                false => None,
            },
            busy: None,
        })
    }

    fn addresses(&self, runs: usize, tables: &[Buffer<u8>]) -> Addresses {
        let of = |buffers: &[Buffer<u8>]| buffers.iter().map(|b| b.pointer().address()).collect();
        Addresses {
            runs,
            inputs: of(&self.inputs),
            outputs: of(&self.outputs),
            tables: of(tables),
        }
    }

    /// Puts a chunk into the stream: copies, kernel, copies.
    ///
    /// # Safety
    ///
    /// The slot has finished. Until it has again, or was dropped, the arrays of `batch` live and nobody else writes them. The kernel does with
    /// `arguments` what [`run`] asks for.
    unsafe fn start(
        &mut self,
        target: &Target<'_>,
        batch: &mut Batch<'_>,
        range: Range<usize>,
        arguments: &[u8],
    ) -> Result<(), CudaError> {
        let (queue, runs) = (self.stream.queue(), range.len());
        let (block, shared) = (target.block, target.shared_bytes);
        if let Some(staging) = &mut self.staging {
            for (to, from) in staging.inputs.iter_mut().zip(&batch.inputs) {
                let columns = Columns::new(from.bytes.len(), from.width, batch.runs, &range);
                columns.each(|all, part| to[part].copy_from_slice(&from.bytes[all]));
            }
        }
        // from here on there may be work that `finish` and `drop` must wait for
        self.busy = Some(range);
        let [begin, uploaded, computed, end] = &self.marks;
        begin.record(queue.raw())?;
        for (index, buffer) in self.inputs.iter().enumerate() {
            let from: &[u8] = match &self.staging {
                Some(staging) => &staging.inputs[index],
                None => batch.inputs[index].bytes,
            };
            let bytes = batch.inputs[index].bytes.len() / batch.runs * runs;
            // SAFETY: both ends live until the slot has finished, and nobody writes them before.
            unsafe { queue.upload(buffer.pointer().address(), &from[..bytes])? };
        }
        for (buffer, array) in self.outputs.iter().zip(&batch.outputs) {
            if let Some(byte) = array.before {
                let bytes = array.bytes.len() / batch.runs * runs;
                // SAFETY: the buffer has room for the chunk, and lives until the slot has finished.
                unsafe { queue.fill(buffer.pointer().address(), byte, bytes)? };
            }
        }
        uploaded.record(queue.raw())?;
        let grid = u32::try_from(runs.div_ceil(block)).unwrap_or(u32::MAX);
        let (grid, block) = (grid.into(), (block as u32).into());
        let kernel = target.kernel;
        // SAFETY: the caller vouches for it.
        unsafe {
            let parts = [Part::of_bytes(arguments.len())];
            kernel.enqueue(queue.raw(), grid, block, shared, &parts, &[arguments])?;
        }
        computed.record(queue.raw())?;
        for (index, buffer) in self.outputs.iter().enumerate() {
            let bytes = batch.outputs[index].bytes.len() / batch.runs * runs;
            let to = match &mut self.staging {
                Some(staging) => staging.outputs[index].as_mut_ptr(),
                None => batch.outputs[index].bytes.as_mut_ptr(),
            };
            // SAFETY: as above; each target has room for the chunk, and nobody reads it before the slot has finished.
            unsafe { queue.download(to, buffer.pointer().address(), bytes)? };
        }
        end.record(queue.raw())
    }

    /// Waits for the chunk in flight, if there is one, and puts its results in place.
    fn finish(&mut self, batch: &mut Batch<'_>, timings: &mut Timings) -> Result<(), CudaError> {
        let Some(range) = self.busy.clone() else {
            return Ok(());
        };
        self.stream.wait()?;
        self.busy = None;
        if let Some(staging) = &self.staging {
            for (from, to) in staging.outputs.iter().zip(&mut batch.outputs) {
                let columns = Columns::new(to.bytes.len(), to.width, batch.runs, &range);
                columns.each(|all, part| to.bytes[all].copy_from_slice(&from[part]));
            }
        }
        let [begin, uploaded, computed, end] = &self.marks;
        timings.upload += uploaded.seconds_since(begin)?;
        timings.kernel += computed.seconds_since(uploaded)?;
        timings.download += end.seconds_since(computed)?;
        Ok(())
    }
}

impl Drop for Slot {
    /// After an error: the buffers and arrays must not go before what uses them.
    fn drop(&mut self) {
        if self.busy.take().is_some() {
            let _ = self.stream.wait();
        }
    }
}

/// Some columns of an array of rows, and the same columns as an array of their own.
struct Columns {
    rows: usize,
    row: usize,
    first: usize,
    part: usize,
}

impl Columns {
    fn new(bytes: usize, width: usize, runs: usize, range: &Range<usize>) -> Columns {
        Columns {
            rows: bytes / (width * runs),
            row: width * runs,
            first: width * range.start,
            part: width * range.len(),
        }
    }

    /// The bytes of each row: in the whole array, and in the part.
    fn each(&self, mut copy: impl FnMut(Range<usize>, Range<usize>)) {
        for row in 0..self.rows {
            let (all, part) = (row * self.row + self.first, row * self.part);
            copy(all..all + self.part, part..part + self.part);
        }
    }
}

#[cfg(test)]
mod tests;

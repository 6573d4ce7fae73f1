//! Memory and a stream that take one chunk after the other.
use super::batch::{Addresses, Batch, Columns, Target};
use crate::cuda::api::{Buffer, Device, Event, Pinned, Stream, Timings};
use crate::cuda::arguments::Part;
use crate::cuda::error::CudaError;
use std::ops::Range;

/// Memory and a stream for one chunk at a time.
pub(super) struct Slot {
    stream: Stream,
    /// Before the upload, before the kernel, before the download, and after it.
    marks: [Event; 4],
    inputs: Vec<Buffer<u8>>,
    outputs: Vec<Buffer<u8>>,
    /// Page-locked copies of a chunk's arrays. `None`: the only chunk is copied from and to the ensemble's own arrays,
    /// since locking that much memory would take longer than it saves.
    staging: Option<Staging>,
    /// The runs in flight.
    busy: Option<Range<usize>>,
}

struct Staging {
    inputs: Vec<Pinned<u8>>,
    outputs: Vec<Pinned<u8>>,
}

impl Slot {
    pub(super) fn new(
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

    pub(super) fn addresses(&self, runs: usize, tables: &[Buffer<u8>]) -> Addresses {
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
    /// The slot has finished. Until it has finished again, or was dropped, the arrays of `batch` live and nothing else
    /// writes them. The kernel does with `arguments` what [`run_batch`](super::run_batch) asks for.
    pub(super) unsafe fn start(
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
            // SAFETY: both ends live until the slot has finished, and nothing writes them before.
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
        // SAFETY: the caller answers for it.
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
            // SAFETY: as above; each target has room for the chunk, and nothing reads it before the slot has finished.
            unsafe { queue.download(to, buffer.pointer().address(), bytes)? };
        }
        end.record(queue.raw())
    }

    /// Waits for the chunk in flight, if there is one, and puts its results in place.
    pub(super) fn finish(
        &mut self,
        batch: &mut Batch<'_>,
        timings: &mut Timings,
    ) -> Result<(), CudaError> {
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
    /// After an error, this waits: the buffers and arrays must not be freed before the work that uses them is done.
    fn drop(&mut self) {
        if self.busy.take().is_some() {
            let _ = self.stream.wait();
        }
    }
}

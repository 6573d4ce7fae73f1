//! Runs an ensemble on a device, chunk by chunk: while one is computed, the next is uploaded and the one before is
//! downloaded.
use super::batch::{Addresses, Batch, Input, Target};
use super::chunks::{Chunks, cut};
use super::slot::Slot;
use crate::cuda::api::{Buffer, Device, MAX_GRID, Timings};
use crate::cuda::error::CudaError;
use crate::ode::Error;

/// One part in `RESERVE` of the free memory stays free: the driver needs some for local memory of threads, and gives
/// memory in pages.
const RESERVE: usize = 8;

/// Runs a kernel over all chunks of a batch, with the bytes that `arguments` gives for each.
///
/// # Safety
///
/// The kernel's parameter is what `arguments` gives. With it, thread `r` of a grid of blocks of `block` threads
/// accesses nothing unless `r < runs`. If so, it accesses nothing but `[row * runs + r]` of each array, for the rows
/// that the array has, the elements that the tables have, and `shared_bytes` of shared memory.
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
        // SAFETY: `finish` was called; `batch`, `tables` and `slots` live until all slots have finished or been
        // dropped, which waits. The caller answers for the kernel; the buffers have room for the chunk.
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

/// Divides the batch into chunks, and allocates what the chunks in flight need. Memory that was free may be gone or
/// fragmented a moment later: then it tries again with half of it.
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

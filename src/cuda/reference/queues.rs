//! Streams, events and page-locked host memory of the reference device.
//!
//! What is put into a stream waits there until somebody waits for it: as late as CUDA allows. So a copy that is read too early, or
//! a buffer that is freed or filled anew too early, shows every time, and not once in a while.
use super::attributes::dynamic_shared;
use super::{FAILED, INVALID, OK, R, State, current, healthy, locate, set, valid};
use bakelite_device::{Dim3, FaultKind, GlobalMemory, Launch, Module, run};
use cust_raw::*;
use std::alloc::{Layout, alloc, dealloc};
use std::collections::{HashMap, VecDeque};
use std::ffi::{c_int, c_uchar, c_uint, c_void};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

/// Handles of streams and events: no number serves twice.
static NEXT: AtomicUsize = AtomicUsize::new(16);

#[derive(Default)]
pub(super) struct Queues {
    streams: HashMap<usize, VecDeque<Operation>>,
    events: HashMap<usize, Event>,
    locked: HashMap<usize, Locked>,
}

#[derive(Clone, Copy, Default)]
struct Event {
    stream: usize,
    /// Number of the last record that was put into a stream, and of the last one that was reached.
    wanted: usize,
    reached: usize,
    at: Option<Instant>,
}

enum Operation {
    Upload { to: u64, from: usize, bytes: usize },
    Download { to: usize, from: u64, bytes: usize },
    Fill { to: u64, byte: u8, bytes: usize },
    Launch(Queued),
    Record { event: usize, number: usize },
}

struct Queued {
    module: Arc<Module>,
    at: usize,
    params: Vec<u8>,
    grid: Dim3,
    block: Dim3,
    shared_bytes: u32,
}

impl Queued {
    fn launch<'a>(&'a self, memory: &'a GlobalMemory, s: &State) -> Launch<'a> {
        Launch {
            kernel: &self.module.kernels()[self.at],
            params: &self.params,
            grid: self.grid,
            block: self.block,
            shared_bytes: self.shared_bytes,
            memory,
            checks: s.options.checks,
            readers: s.options.readers,
            threads: s.options.threads,
            instructions: s.options.instructions,
        }
    }

    fn run(&self, s: &mut State) {
        match run(&self.launch(&s.memory, s)) {
            Ok(profile) => s.profile = Some(profile),
            Err(fault) if fault.kind == FaultKind::Bug => s.bug = Some(fault.to_string()),
            Err(fault) => {
                let code = match fault.kind {
                    FaultKind::Misaligned => CUresult::CUDA_ERROR_MISALIGNED_ADDRESS,
                    FaultKind::Assertion { .. } => CUresult::CUDA_ERROR_ASSERT,
                    FaultKind::Endless { .. } => CUresult::CUDA_ERROR_LAUNCH_TIMEOUT,
                    FaultKind::BadLaunch
                    | FaultKind::Barrier { .. }
                    | FaultKind::NamedBarrier { .. }
                    | FaultKind::BarrierOperand { .. }
                    | FaultKind::ArrivedAgain { .. }
                    | FaultKind::Diverged { .. }
                    | FaultKind::NotInMask { .. }
                    | FaultKind::Missing { .. }
                    | FaultKind::Absent { .. }
                    | FaultKind::Trap => CUresult::CUDA_ERROR_LAUNCH_FAILED,
                    _ => CUresult::CUDA_ERROR_ILLEGAL_ADDRESS,
                };
                s.sticky = Some((code, fault.to_string()));
            }
        }
    }
}

impl Operation {
    fn execute(self, s: &mut State) {
        match self {
            Operation::Upload { to, from, bytes } => {
                // SAFETY: the caller of the copy keeps its source alive and unchanged until the stream has reached it.
                let source = unsafe { std::slice::from_raw_parts(from as *const u8, bytes) };
                if !s.memory.write(to, source) {
                    lost(s, "upload", bytes, to);
                }
            }
            Operation::Download { to, from, bytes } => {
                // SAFETY: the caller of the copy keeps its target alive and to itself until the stream has reached it.
                let target = unsafe { std::slice::from_raw_parts_mut(to as *mut u8, bytes) };
                if !s.memory.read(from, target) {
                    lost(s, "download", bytes, from);
                }
            }
            Operation::Fill { to, byte, bytes } => {
                if !s.memory.fill(to, &[byte], bytes) {
                    lost(s, "fill", bytes, to);
                }
            }
            Operation::Launch(queued) => queued.run(s),
            Operation::Record { event, number } => {
                if let Some(event) = s.queues.events.get_mut(&event) {
                    event.reached = number;
                    event.at = Some(Instant::now());
                }
            }
        }
    }
}

/// The memory of a copy or a fill was freed while it was waiting.
fn lost(s: &mut State, what: &str, bytes: usize, address: u64) {
    s.sticky = Some((
        CUresult::CUDA_ERROR_ILLEGAL_ADDRESS,
        format!(
            "reference device: an asynchronous {what} of {bytes} bytes at global {address:#x} found its buffer freed; wait for the stream first"
        ),
    ));
}

/// Executes what waits in a stream, up to the record `until` of an event if one is given. A fault ends it, and loses the rest of all streams;
/// so does a bug of ours.
fn drain(s: &mut State, stream: usize, until: Option<(usize, usize)>) {
    while s.sticky.is_none() && s.bug.is_none() {
        let queue = s.queues.streams.get_mut(&stream);
        let Some(operation) = queue.and_then(VecDeque::pop_front) else {
            return;
        };
        let last = matches!(&operation, Operation::Record { event, number } if Some((*event, *number)) == until);
        operation.execute(s);
        if last {
            return;
        }
    }
    s.queues.streams.values_mut().for_each(VecDeque::clear);
}

/// Executes all that waits: what a copy without a stream does first, for all streams here are blocking ones.
pub(super) fn drain_all(s: &mut State) {
    let mut streams: Vec<usize> = s.queues.streams.keys().copied().collect();
    streams.sort_unstable();
    for stream in streams {
        drain(s, stream, None);
    }
}

/// What the device says after work was done: a fault for good, a bug of ours once.
fn outcome(s: &mut State) -> R {
    if let Some(text) = s.bug.take() {
        s.told = Some(text);
        return FAILED;
    }
    s.sticky.as_ref().map_or(OK, |(code, _)| *code)
}

/// After all that waits: synchronous calls.
pub(super) fn after_all(f: impl FnOnce(&mut State) -> R) -> R {
    healthy(|s| {
        drain_all(s);
        match outcome(s) {
            OK => f(s),
            code => code,
        }
    })
}

fn enqueue(s: &mut State, stream: usize, operation: Operation) -> R {
    if stream == 0 {
        drain_all(s);
        if s.sticky.is_none() && s.bug.is_none() {
            operation.execute(s);
        }
        return OK;
    }
    match s.queues.streams.get_mut(&stream) {
        Some(queue) => {
            queue.push_back(operation);
            OK
        }
        None => CUresult::CUDA_ERROR_INVALID_HANDLE,
    }
}

pub(in crate::cuda) unsafe fn cuStreamCreateWithPriority(
    stream: *mut CUstream,
    _: c_uint,
    _: c_int,
) -> R {
    healthy(|s| {
        let id = NEXT.fetch_add(1, Relaxed);
        s.queues.streams.insert(id, VecDeque::new());
        // SAFETY: the driver's contract.
        unsafe { set(stream, id as CUstream) }
    })
}

pub(in crate::cuda) unsafe fn cuStreamSynchronize(stream: CUstream) -> R {
    healthy(|s| {
        drain(s, stream as usize, None);
        outcome(s)
    })
}

pub(in crate::cuda) unsafe fn cuStreamDestroy_v2(stream: CUstream) -> R {
    current(|s| {
        drain(s, stream as usize, None);
        match s.queues.streams.remove(&(stream as usize)) {
            Some(_) => OK,
            None => CUresult::CUDA_ERROR_INVALID_HANDLE,
        }
    })
}

pub(in crate::cuda) unsafe fn cuCtxSynchronize() -> R {
    after_all(|_| OK)
}

pub(in crate::cuda) unsafe fn cuEventCreate(event: *mut CUevent, _flags: c_uint) -> R {
    healthy(|s| {
        let id = NEXT.fetch_add(1, Relaxed);
        s.queues.events.insert(id, Event::default());
        // SAFETY: the driver's contract.
        unsafe { set(event, id as CUevent) }
    })
}

pub(in crate::cuda) unsafe fn cuEventRecord(event: CUevent, stream: CUstream) -> R {
    let (id, stream) = (event as usize, stream as usize);
    healthy(|s| {
        let Some(event) = s.queues.events.get_mut(&id) else {
            return CUresult::CUDA_ERROR_INVALID_HANDLE;
        };
        event.stream = stream;
        event.wanted += 1;
        let number = event.wanted;
        enqueue(s, stream, Operation::Record { event: id, number })
    })
}

pub(in crate::cuda) unsafe fn cuEventSynchronize(event: CUevent) -> R {
    let id = event as usize;
    healthy(|s| {
        let Some(event) = s.queues.events.get(&id).copied() else {
            return CUresult::CUDA_ERROR_INVALID_HANDLE;
        };
        if event.reached != event.wanted {
            drain(s, event.stream, Some((id, event.wanted)));
        }
        outcome(s)
    })
}

pub(in crate::cuda) unsafe fn cuEventElapsedTime(
    milliseconds: *mut f32,
    start: CUevent,
    end: CUevent,
) -> R {
    healthy(|s| {
        let find = |event: CUevent| s.queues.events.get(&(event as usize)).copied();
        let (Some(start), Some(end)) = (find(start), find(end)) else {
            return CUresult::CUDA_ERROR_INVALID_HANDLE;
        };
        if start.reached != start.wanted || end.reached != end.wanted {
            return CUresult::CUDA_ERROR_NOT_READY;
        }
        let (Some(start), Some(end)) = (start.at, end.at) else {
            return CUresult::CUDA_ERROR_INVALID_HANDLE;
        };
        let seconds = end.saturating_duration_since(start).as_secs_f64();
        // SAFETY: the driver's contract.
        unsafe { set(milliseconds, (seconds * 1e3) as f32) }
    })
}

pub(in crate::cuda) unsafe fn cuEventDestroy_v2(event: CUevent) -> R {
    current(|s| match s.queues.events.remove(&(event as usize)) {
        Some(_) => OK,
        None => CUresult::CUDA_ERROR_INVALID_HANDLE,
    })
}

pub(in crate::cuda) unsafe fn cuMemcpyHtoDAsync_v2(
    to: CUdeviceptr,
    from: *const c_void,
    bytes: usize,
    stream: CUstream,
) -> R {
    if from.is_null() {
        return valid(bytes == 0);
    }
    healthy(|s| {
        if !s.memory.holds(to, bytes) {
            return INVALID;
        }
        let from = from as usize;
        enqueue(s, stream as usize, Operation::Upload { to, from, bytes })
    })
}

pub(in crate::cuda) unsafe fn cuMemcpyDtoHAsync_v2(
    to: *mut c_void,
    from: CUdeviceptr,
    bytes: usize,
    stream: CUstream,
) -> R {
    if to.is_null() {
        return valid(bytes == 0);
    }
    healthy(|s| {
        if !s.memory.holds(from, bytes) {
            return INVALID;
        }
        // SAFETY: `to` has `bytes` bytes, says the caller; they may be uninitialised, and are overwritten anyway.
        unsafe { std::ptr::write_bytes(to.cast::<u8>(), 0, bytes) };
        let to = to as usize;
        enqueue(s, stream as usize, Operation::Download { to, from, bytes })
    })
}

pub(in crate::cuda) unsafe fn cuMemsetD8Async(
    to: CUdeviceptr,
    byte: c_uchar,
    bytes: usize,
    stream: CUstream,
) -> R {
    healthy(|s| {
        if !s.memory.holds(to, bytes) {
            return INVALID;
        }
        enqueue(s, stream as usize, Operation::Fill { to, byte, bytes })
    })
}

/// Page-locked memory of the host, which here is plain memory.
struct Locked {
    start: usize,
    layout: Layout,
}

impl Drop for Locked {
    fn drop(&mut self) {
        // SAFETY: from `alloc` with this layout, and freed here only.
        unsafe { dealloc(self.start as *mut u8, self.layout) };
    }
}

/// What page-locked memory holds at first: CUDA does not clear it.
const UNSET: u8 = 0xa5;
const PAGE: usize = 4096;

pub(in crate::cuda) unsafe fn cuMemAllocHost_v2(address: *mut *mut c_void, bytes: usize) -> R {
    healthy(|s| {
        let layout = match Layout::from_size_align(bytes, PAGE) {
            Ok(layout) if bytes > 0 => layout,
            _ => return INVALID,
        };
        // SAFETY: not of size 0.
        let start = unsafe { alloc(layout) };
        if start.is_null() {
            return CUresult::CUDA_ERROR_OUT_OF_MEMORY;
        }
        // SAFETY: just allocated with that many bytes.
        unsafe { start.write_bytes(UNSET, bytes) };
        let id = start as usize;
        s.queues.locked.insert(id, Locked { start: id, layout });
        // SAFETY: the driver's contract.
        unsafe { set(address, start.cast()) }
    })
}

pub(in crate::cuda) unsafe fn cuMemFreeHost(address: *mut c_void) -> R {
    current(|s| valid(s.queues.locked.remove(&(address as usize)).is_some()))
}

#[allow(clippy::too_many_arguments)]
pub(in crate::cuda) unsafe fn cuLaunchKernel(
    function: CUfunction,
    grid_x: c_uint,
    grid_y: c_uint,
    grid_z: c_uint,
    block_x: c_uint,
    block_y: c_uint,
    block_z: c_uint,
    shared_bytes: c_uint,
    stream: CUstream,
    arguments: *mut *mut c_void,
    _extra: *mut *mut c_void,
) -> R {
    healthy(|s| {
        let Some((module, at)) = locate(s, function) else {
            return CUresult::CUDA_ERROR_INVALID_HANDLE;
        };
        let most = [i32::MAX as u32, 65535, 65535];
        let of_size = [grid_x, grid_y, grid_z]
            .iter()
            .zip(most)
            .all(|(n, most)| (1..=most).contains(n));
        let kernel = &module.kernels()[at];
        let fits = shared_bytes as usize <= dynamic_shared(s, function, kernel);
        if !of_size || !fits {
            return INVALID;
        }
        let mut params = vec![0u8; kernel.param_bytes()];
        if !kernel.params().is_empty() && arguments.is_null() {
            return INVALID;
        }
        for (i, param) in kernel.params().iter().enumerate() {
            let target = &mut params[param.offset_bytes..][..param.bytes];
            // SAFETY: `arguments` has one pointer per parameter, to that many bytes, says the caller.
            unsafe {
                let source = *arguments.add(i);
                std::ptr::copy_nonoverlapping(source.cast(), target.as_mut_ptr(), target.len());
            }
        }
        let queued = Queued {
            module,
            at,
            params,
            grid: Dim3::from((grid_x, grid_y, grid_z)),
            block: (block_x, block_y, block_z).into(),
            shared_bytes,
        };
        let launch = queued.launch(&s.memory, s);
        if launch.validate().is_err() {
            return match launch.exceeds_host() {
                true => CUresult::CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES,
                false => INVALID,
            };
        }
        // As on a GPU, a fault is told by the next call that waits, and by all calls after it.
        enqueue(s, stream as usize, Operation::Launch(queued))
    })
}

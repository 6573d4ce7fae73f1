//! Executes the work that waits in streams.
//!
//! Work that is put into a stream stays there until a call waits for it: as late as CUDA allows. So a copy that is read
//! too early, or a buffer that is freed or refilled too early, shows every time, and not only sometimes.
use super::answer::{FAILED, OK, R};
use super::queues::{Operation, Queued};
use super::state::{State, healthy};
use crate::cuda::cust_raw::CUresult;
use bakelite_device::{FaultKind, GlobalMemory, Launch, run};
use std::collections::VecDeque;
use std::time::Instant;

impl Queued {
    pub(super) fn launch<'a>(&'a self, memory: &'a GlobalMemory, s: &State) -> Launch<'a> {
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

/// Executes what waits in a stream, up to the record `until` of an event if one is given. A fault, or a bug of ours,
/// ends it, and the rest of all streams is lost.
pub(super) fn drain(s: &mut State, stream: usize, until: Option<(usize, usize)>) {
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
fn drain_all(s: &mut State) {
    let mut streams: Vec<usize> = s.queues.streams.keys().copied().collect();
    streams.sort_unstable();
    for stream in streams {
        drain(s, stream, None);
    }
}

/// The result after work was done: a fault is returned for good, a bug of ours once.
pub(super) fn outcome(s: &mut State) -> R {
    if let Some(text) = s.bug.take() {
        s.told = Some(text);
        return FAILED;
    }
    s.sticky.as_ref().map_or(OK, |(code, _)| *code)
}

/// Calls `f` after all that waits is done: for synchronous calls.
pub(super) fn after_all(f: impl FnOnce(&mut State) -> R) -> R {
    healthy(|s| {
        drain_all(s);
        match outcome(s) {
            OK => f(s),
            code => code,
        }
    })
}

pub(super) fn enqueue(s: &mut State, stream: usize, operation: Operation) -> R {
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

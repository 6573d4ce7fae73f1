//! Streams, events and asynchronous copies.
use super::answer::{INVALID, OK, R, set, valid};
use super::drain::{after_all, drain, enqueue, outcome};
use super::queues::{Event, Operation};
use super::state::{current, healthy};
use crate::cuda::cust_raw::*;
use std::collections::VecDeque;
use std::ffi::{c_int, c_uchar, c_uint, c_void};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Handles of streams and events: no number is used twice.
static NEXT: AtomicUsize = AtomicUsize::new(16);

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
        // SAFETY: `to` has `bytes` bytes, as the caller promises; they may be uninitialised, and are overwritten
        // anyway.
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

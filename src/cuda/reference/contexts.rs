//! The device, its contexts, and which is current.
use super::answer::{INVALID, NOT_SUPPORTED, OK, R, set, valid};
use super::state::{CONTEXTS, CURRENT, OPTIONS, State, current, find, lock};
use crate::cuda::cust_raw::*;
use bakelite_device::hidden::cuda_of_driver;
use std::ffi::{c_char, c_int, c_uint};
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

pub(in crate::cuda) unsafe fn cuInit(flags: c_uint) -> R {
    valid(flags == 0)
}

pub(in crate::cuda) unsafe fn cuDriverGetVersion(version: *mut c_int) -> R {
    let driver = OPTIONS.get().unwrap_or_default().driver;
    // SAFETY: the driver's contract.
    unsafe { set(version, cuda_of_driver(driver)) }
}

pub(in crate::cuda) unsafe fn cuDeviceGet(device: *mut CUdevice, ordinal: c_int) -> R {
    if ordinal != 0 {
        return CUresult::CUDA_ERROR_INVALID_DEVICE;
    }
    // SAFETY: the driver's contract.
    unsafe { set(device, NEXT_DEVICE.fetch_add(1, Relaxed)) }
}

pub(in crate::cuda) unsafe fn cuDeviceGetCount(count: *mut c_int) -> R {
    // SAFETY: the driver's contract.
    unsafe { set(count, 1) }
}

pub(in crate::cuda) unsafe fn cuDeviceGetName(
    name: *mut c_char,
    len: c_int,
    _device: CUdevice,
) -> R {
    let text = c"bakelite reference device (PTX interpreter, no GPU)".to_bytes_with_nul();
    if name.is_null() || (len as usize) < text.len() || len < 0 {
        return INVALID;
    }
    // SAFETY: `name` has `len` bytes, which are enough.
    unsafe { std::ptr::copy_nonoverlapping(text.as_ptr().cast(), name, text.len()) };
    OK
}

static NEXT_DEVICE: AtomicI32 = AtomicI32::new(1);

pub(in crate::cuda) unsafe fn cuDevicePrimaryCtxRetain(
    context: *mut CUcontext,
    device: CUdevice,
) -> R {
    let mut contexts = lock(&CONTEXTS);
    let new = || Arc::new(Mutex::new(State::new(OPTIONS.get().unwrap_or_default())));
    let all = contexts.get_or_insert_default();
    lock(all.entry(device).or_insert_with(new)).retained += 1;
    // SAFETY: the driver's contract.
    unsafe { set(context, device as usize as CUcontext) }
}

pub(in crate::cuda) unsafe fn cuDevicePrimaryCtxRelease_v2(device: CUdevice) -> R {
    let mut contexts = lock(&CONTEXTS);
    let Some(all) = contexts.as_mut() else {
        return CUresult::CUDA_ERROR_INVALID_CONTEXT;
    };
    let Some(state) = all.get(&device) else {
        return CUresult::CUDA_ERROR_INVALID_CONTEXT;
    };
    let left = {
        let mut state = lock(state);
        state.retained -= 1;
        state.retained
    };
    if left == 0 {
        all.remove(&device);
    }
    OK
}

pub(in crate::cuda) unsafe fn cuCtxSetCurrent(context: CUcontext) -> R {
    CURRENT.set(context as usize as c_int);
    OK
}

pub(in crate::cuda) unsafe fn cuCtxGetCurrent(context: *mut CUcontext) -> R {
    // SAFETY: the driver's contract.
    unsafe { set(context, CURRENT.get() as usize as CUcontext) }
}

pub(in crate::cuda) unsafe fn cuCtxGetDevice(device: *mut CUdevice) -> R {
    match CURRENT.get() {
        0 => CUresult::CUDA_ERROR_INVALID_CONTEXT,
        // SAFETY: the driver's contract.
        context => unsafe { set(device, context) },
    }
}

/// `CU_CTX_SCHED_SPIN`, `YIELD`, `BLOCKING_SYNC`, of which there is one at most; `CU_CTX_MAP_HOST` and
/// `LMEM_RESIZE_TO_MAX`.
const SCHEDULING: c_uint = 7;
const FLAGS: c_uint = 0x1f;

/// What `cust::quick_init` does last. Without a context there is no place to keep the flags.
pub(in crate::cuda) unsafe fn cuDevicePrimaryCtxSetFlags_v2(device: CUdevice, flags: c_uint) -> R {
    if flags & !FLAGS != 0 || (flags & SCHEDULING).count_ones() > 1 {
        return INVALID;
    }
    match find(device) {
        Some(state) => lock(&state).flags = flags,
        None => return NOT_SUPPORTED,
    }
    OK
}

pub(in crate::cuda) unsafe fn cuDevicePrimaryCtxGetState(
    device: CUdevice,
    flags: *mut c_uint,
    active: *mut c_int,
) -> R {
    let of_context = find(device).map(|state| lock(&state).flags);
    // SAFETY: the driver's contract.
    match unsafe { set(flags, of_context.unwrap_or(0)) } {
        // SAFETY: as above.
        OK => unsafe { set(active, c_int::from(of_context.is_some())) },
        code => code,
    }
}

pub(in crate::cuda) unsafe fn cuCtxGetFlags(flags: *mut c_uint) -> R {
    // SAFETY: the driver's contract.
    current(|s| unsafe { set(flags, s.flags) })
}

//! Memory of the device and of the host.
use super::answer::{INVALID, OK, R, set, valid};
use super::drain::after_all;
use super::locked::Locked;
use super::state::{State, current, healthy};
use crate::cuda::cust_raw::*;
use std::ffi::{c_uchar, c_uint, c_ushort, c_void};

pub(in crate::cuda) unsafe fn cuMemAlloc_v2(address: *mut CUdeviceptr, bytes: usize) -> R {
    healthy(|s| match allocate(s, bytes) {
        // SAFETY: the driver's contract.
        Some(at) if bytes > 0 => unsafe { set(address, at as CUdeviceptr) },
        Some(at) => {
            s.memory.free(at);
            INVALID
        }
        None => CUresult::CUDA_ERROR_OUT_OF_MEMORY,
    })
}

fn allocate(s: &mut State, bytes: usize) -> Option<u64> {
    let free = s.options.memory_bytes.saturating_sub(s.memory.bytes());
    // in steps of 256 bytes, as `bytes` counts
    if bytes > free / 256 * 256 {
        return None;
    }
    s.memory.allocate(bytes)
}

pub(in crate::cuda) unsafe fn cuMemGetInfo_v2(free: *mut usize, total: *mut usize) -> R {
    healthy(|s| {
        let all = s.options.memory_bytes;
        // SAFETY: the driver's contract.
        match unsafe { set(free, all.saturating_sub(s.memory.bytes())) } {
            // SAFETY: as above.
            OK => unsafe { set(total, all) },
            code => code,
        }
    })
}

pub(in crate::cuda) unsafe fn cuMemFree_v2(address: CUdeviceptr) -> R {
    current(|s| match s.memory.free(address) {
        true => OK,
        false => INVALID,
    })
}

pub(in crate::cuda) unsafe fn cuMemcpyHtoD_v2(
    to: CUdeviceptr,
    from: *const c_void,
    bytes: usize,
) -> R {
    if from.is_null() {
        return valid(bytes == 0);
    }
    // SAFETY: `from` has `bytes` bytes, as the caller promises.
    let from = unsafe { std::slice::from_raw_parts(from.cast(), bytes) };
    after_all(|s| valid(s.memory.write(to, from)))
}

pub(in crate::cuda) unsafe fn cuMemcpyDtoH_v2(
    to: *mut c_void,
    from: CUdeviceptr,
    bytes: usize,
) -> R {
    if to.is_null() {
        return valid(bytes == 0);
    }
    // SAFETY: `to` has `bytes` bytes, as the caller promises; zeroed first, since they may be uninitialised.
    let to = unsafe {
        std::ptr::write_bytes(to.cast::<u8>(), 0, bytes);
        std::slice::from_raw_parts_mut(to.cast(), bytes)
    };
    after_all(|s| valid(s.memory.read(from, to)))
}

pub(in crate::cuda) unsafe fn cuMemcpyDtoD_v2(
    to: CUdeviceptr,
    from: CUdeviceptr,
    bytes: usize,
) -> R {
    after_all(|s| valid(s.memory.copy(to, from, bytes)))
}

/// Fills `count` elements.
fn fill(to: CUdeviceptr, element: &[u8], count: usize) -> R {
    after_all(|s| valid(s.memory.fill(to, element, count)))
}

pub(in crate::cuda) unsafe fn cuMemsetD8_v2(to: CUdeviceptr, value: c_uchar, count: usize) -> R {
    fill(to, &[value], count)
}

pub(in crate::cuda) unsafe fn cuMemsetD16_v2(to: CUdeviceptr, value: c_ushort, count: usize) -> R {
    fill(to, &value.to_le_bytes(), count)
}

pub(in crate::cuda) unsafe fn cuMemsetD32_v2(to: CUdeviceptr, value: c_uint, count: usize) -> R {
    fill(to, &value.to_le_bytes(), count)
}

pub(in crate::cuda) unsafe fn cuMemAllocHost_v2(address: *mut *mut c_void, bytes: usize) -> R {
    healthy(|s| match Locked::new(bytes) {
        Ok(locked) => {
            let start = locked.start();
            s.locked.insert(start, locked);
            // SAFETY: the driver's contract.
            unsafe { set(address, start as *mut c_void) }
        }
        Err(code) => code,
    })
}

pub(in crate::cuda) unsafe fn cuMemFreeHost(address: *mut c_void) -> R {
    current(|s| valid(s.locked.remove(&(address as usize)).is_some()))
}

//! Launches.
use super::answer::{INVALID, R};
use super::attributes::dynamic_shared;
use super::drain::enqueue;
use super::modules::locate;
use super::queues::{Operation, Queued};
use super::state::healthy;
use crate::cuda::cust_raw::*;
use bakelite_device::Dim3;
use std::ffi::{c_uint, c_void};

#[allow(clippy::too_many_arguments, reason = "the driver's signature")]
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
            // SAFETY: `arguments` has one pointer per parameter, to that many bytes, as the caller promises.
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
        // As on a GPU, the next call that waits returns a fault, and so do all calls after it.
        enqueue(s, stream as usize, Operation::Launch(queued))
    })
}

//! The attributes of the reference device and of its kernels. What an interpreter does not have (registers, caches,
//! clocks, sizes of textures) is "not supported", and not 0.
use super::answer::{INVALID, NOT_SUPPORTED, OK, R, set};
use super::modules::locate;
use super::options::ReferenceOptions;
use super::state::{OPTIONS, State, current, find, healthy, lock};
use crate::cuda::cust_raw::*;
use bakelite_device::Kernel;
use bakelite_device::hidden::MOST_SHARED;
use std::ffi::c_int;

/// The most shared memory per block, in bytes: that of compute capability 9.0.
const SHARED_OPT_IN: usize = MOST_SHARED;
/// Shared memory per block without opting in, static and dynamic.
const SHARED_DEFAULT: usize = 48 * 1024;

/// The options of an open device, else those with which this thread opens devices.
fn options(device: CUdevice) -> ReferenceOptions {
    match find(device) {
        Some(state) => lock(&state).options,
        None => OPTIONS.get().unwrap_or_default(),
    }
}

pub(in crate::cuda) unsafe fn cuDeviceTotalMem_v2(bytes: *mut usize, device: CUdevice) -> R {
    // SAFETY: the driver's contract.
    unsafe { set(bytes, options(device).memory_bytes) }
}

pub(in crate::cuda) unsafe fn cuDeviceGetAttribute(
    value: *mut c_int,
    attribute: CUdevice_attribute,
    device: CUdevice,
) -> R {
    use CUdevice_attribute as A;
    let answer = match attribute {
        A::CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK => 1024,
        A::CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X | A::CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y => 1024,
        A::CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z => 64,
        A::CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X => c_int::MAX,
        A::CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y | A::CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z => 65535,
        A::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK => SHARED_DEFAULT as c_int,
        A::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN => SHARED_OPT_IN as c_int,
        // its addresses begin after the 1 KiB that a GPU keeps for itself
        A::CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK => 1024,
        A::CU_DEVICE_ATTRIBUTE_WARP_SIZE => 32,
        A::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT => options(device).multiprocessors as c_int,
        A::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR => 9,
        A::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR => 0,
        // CU_COMPUTEMODE_DEFAULT: any number of users
        A::CU_DEVICE_ATTRIBUTE_COMPUTE_MODE => 0,
        // what it does not do
        A::CU_DEVICE_ATTRIBUTE_KERNEL_EXEC_TIMEOUT
        | A::CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY
        | A::CU_DEVICE_ATTRIBUTE_CONCURRENT_KERNELS
        | A::CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT
        | A::CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING
        | A::CU_DEVICE_ATTRIBUTE_STREAM_PRIORITIES_SUPPORTED
        | A::CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY
        | A::CU_DEVICE_ATTRIBUTE_MULTI_GPU_BOARD
        | A::CU_DEVICE_ATTRIBUTE_HOST_NATIVE_ATOMIC_SUPPORTED
        | A::CU_DEVICE_ATTRIBUTE_PAGEABLE_MEMORY_ACCESS
        | A::CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS
        | A::CU_DEVICE_ATTRIBUTE_COMPUTE_PREEMPTION_SUPPORTED
        | A::CU_DEVICE_ATTRIBUTE_CAN_USE_HOST_POINTER_FOR_REGISTERED_MEM
        | A::CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH
        | A::CU_DEVICE_ATTRIBUTE_COOPERATIVE_MULTI_DEVICE_LAUNCH
        | A::CU_DEVICE_ATTRIBUTE_HOST_REGISTER_SUPPORTED
        | A::CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED => 0,
        _ => return NOT_SUPPORTED,
    };
    // SAFETY: the driver's contract.
    unsafe { set(value, answer) }
}

/// Dynamic shared memory that a launch may ask for now.
pub(super) fn dynamic_shared(s: &State, function: CUfunction, kernel: &Kernel) -> usize {
    let plain = SHARED_DEFAULT.saturating_sub(kernel.static_shared_bytes());
    let opted = s.opted_in.get(&(function as usize)).copied();
    opted.unwrap_or(0).max(plain)
}

pub(in crate::cuda) unsafe fn cuFuncGetAttribute(
    value: *mut c_int,
    attribute: CUfunction_attribute,
    function: CUfunction,
) -> R {
    use CUfunction_attribute as A;
    current(|s| {
        let Some((module, at)) = locate(s, function) else {
            return CUresult::CUDA_ERROR_INVALID_HANDLE;
        };
        let kernel = &module.kernels()[at];
        let answer = match attribute {
            A::CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK => kernel.most_threads() as usize,
            A::CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES => kernel.static_shared_bytes(),
            A::CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES => kernel.constant_bytes(),
            A::CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES => kernel.local_bytes(),
            A::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES => {
                dynamic_shared(s, function, kernel)
            }
            _ => return NOT_SUPPORTED,
        };
        // SAFETY: the driver's contract.
        unsafe { set(value, c_int::try_from(answer).unwrap_or(c_int::MAX)) }
    })
}

pub(in crate::cuda) unsafe fn cuFuncSetAttribute(
    function: CUfunction,
    attribute: CUfunction_attribute,
    value: c_int,
) -> R {
    use CUfunction_attribute as A;
    match attribute {
        A::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES => {}
        // a preference for how to divide a cache, which does not exist here
        A::CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT => return OK,
        _ => return INVALID,
    }
    healthy(|s| {
        let Some((module, at)) = locate(s, function) else {
            return CUresult::CUDA_ERROR_INVALID_HANDLE;
        };
        let fixed = module.kernels()[at].static_shared_bytes();
        match usize::try_from(value) {
            Ok(bytes) if bytes.saturating_add(fixed) <= SHARED_OPT_IN => {
                s.opted_in.insert(function as usize, bytes);
                OK
            }
            _ => INVALID,
        }
    })
}

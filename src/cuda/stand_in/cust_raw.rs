//! What we use of `cust_raw`: its types, and calls that the reference device answers.
#![allow(non_snake_case, reason = "the names are the driver's")]
pub(in crate::cuda) use super::numbers::*;
pub(in crate::cuda) use crate::cuda::reference::{
    cuCtxGetCurrent, cuCtxSetCurrent, cuDeviceGet, cuDeviceGetAttribute, cuDeviceGetCount,
    cuDeviceGetName, cuDevicePrimaryCtxRelease_v2, cuDevicePrimaryCtxRetain, cuDeviceTotalMem_v2,
    cuEventCreate, cuEventDestroy_v2, cuEventElapsedTime, cuEventRecord, cuFuncGetAttribute,
    cuFuncSetAttribute, cuInit, cuLaunchKernel, cuMemAlloc_v2, cuMemAllocHost_v2, cuMemFree_v2,
    cuMemFreeHost, cuMemGetInfo_v2, cuMemcpyDtoH_v2, cuMemcpyDtoHAsync_v2, cuMemcpyHtoD_v2,
    cuMemcpyHtoDAsync_v2, cuMemsetD8_v2, cuMemsetD8Async, cuModuleGetFunction, cuModuleLoadDataEx,
    cuModuleUnload, cuStreamCreateWithPriority, cuStreamDestroy_v2, cuStreamSynchronize,
};
use std::ffi::{c_int, c_void};

pub(in crate::cuda) type CUdevice = c_int;
pub(in crate::cuda) type CUdeviceptr = u64;
pub(in crate::cuda) type CUcontext = *mut c_void;
pub(in crate::cuda) type CUmodule = *mut c_void;
pub(in crate::cuda) type CUfunction = *mut c_void;
pub(in crate::cuda) type CUstream = *mut c_void;
pub(in crate::cuda) type CUevent = *mut c_void;

/// The reference device has no occupancy.
pub(in crate::cuda) unsafe fn cuOccupancyMaxActiveBlocksPerMultiprocessor(
    _: &mut c_int,
    _: CUfunction,
    _: c_int,
    _: usize,
) -> CUresult {
    CUresult::CUDA_ERROR_NOT_SUPPORTED
}

//! The driver's `cu*` functions for the reference device.
//!
//! Handles are numbers that are looked up, never pointers that are followed. A device handle is fresh at every
//! `cuDeviceGet`, and its context has its own memory, modules and sticky error: devices that are opened separately do
//! not see each other.
//!
//! All functions named `cu*`: the caller keeps the contract of the CUDA driver's function of the same name, in
//! particular that pointers point to what they say. Nothing else is asked for.
#![allow(non_snake_case, reason = "the names are the driver's")]
#![cfg_attr(
    not(feature = "cuda"),
    allow(
        dead_code,
        unused_imports,
        reason = "some calls are answered for code that uses `cust`"
    )
)]

mod answer;
mod attributes;
mod contexts;
mod drain;
mod launch;
mod locked;
mod memory;
mod modules;
mod options;
mod queues;
mod state;
mod streams;
#[cfg(test)]
mod tests;

pub(super) use attributes::{
    cuDeviceGetAttribute, cuDeviceTotalMem_v2, cuFuncGetAttribute, cuFuncSetAttribute,
};
pub(super) use contexts::{
    cuCtxGetCurrent, cuCtxGetDevice, cuCtxGetFlags, cuCtxSetCurrent, cuDeviceGet, cuDeviceGetCount,
    cuDeviceGetName, cuDevicePrimaryCtxGetState, cuDevicePrimaryCtxRelease_v2,
    cuDevicePrimaryCtxRetain, cuDevicePrimaryCtxSetFlags_v2, cuDriverGetVersion, cuInit,
};
pub(super) use launch::cuLaunchKernel;
pub(super) use memory::{
    cuMemAlloc_v2, cuMemAllocHost_v2, cuMemFree_v2, cuMemFreeHost, cuMemGetInfo_v2,
    cuMemcpyDtoD_v2, cuMemcpyDtoH_v2, cuMemcpyHtoD_v2, cuMemsetD8_v2, cuMemsetD16_v2,
    cuMemsetD32_v2,
};
pub(super) use modules::{cuModuleGetFunction, cuModuleLoadDataEx, cuModuleUnload};
pub use options::ReferenceOptions;
pub(super) use state::{fault, printed, profile, with_options};
pub(super) use streams::{
    cuCtxSynchronize, cuEventCreate, cuEventDestroy_v2, cuEventElapsedTime, cuEventRecord,
    cuEventSynchronize, cuMemcpyDtoHAsync_v2, cuMemcpyHtoDAsync_v2, cuMemsetD8Async,
    cuStreamCreateWithPriority, cuStreamDestroy_v2, cuStreamSynchronize,
};

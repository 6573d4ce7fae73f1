//! Devices: one set of types for a GPU, through `cust`, and for the reference device.
//!
//! `cust` calls `cu*` functions. This crate defines them itself: with a driver they forward to `libcuda.so.1`, opened
//! when first needed; without one, or where the reference device was chosen, the interpreter of
//! [`ptx::device`](crate::ptx::device) answers. So one binary, built without CUDA, runs everywhere.
//!
//! Without feature `cuda`, with `reference` alone, the same types have the reference device only: no `cust`, no
//! symbols, any platform. [`Choice::Auto`] then opens that device, and [`Choice::Gpu`] gives an error that names the
//! feature.
//!
//! Whether the driver or the reference device answers a call is a property of the calling thread for the time of the
//! call. The types here set it in every method and in `Drop`, and restore the thread's current context afterwards. Code
//! that uses `cust` directly gets the driver if there is one, else the reference device.
//!
//! A driver's error keeps its number and words ([`CudaError`]), even where `cust` has no name for it. Where a remedy is
//! known, it is added: for a mismatch after an upgrade, the toolkit's stub on `LD_LIBRARY_PATH`, a GPU in exclusive
//! mode, MPS that is not running. When the driver's library cannot be loaded, the error has the loader's words.
//! [`Choice::Auto`] then goes on without a GPU, and [`Device::fallback_reason`] says why.
//!
//! ```
//! use bakelite::cuda::{Choice, Device};
//! # fn main() -> Result<(), bakelite::cuda::CudaError> {
//! let device = Device::open(Choice::Reference)?;
//! assert_eq!(device.upload(&[1.0, 2.0])?.download()?, [1.0, 2.0]);
//! # Ok(()) }
//! ```
mod api;
mod arguments;
mod error;
mod integrator;
mod pipeline;
mod reference;
mod seam;
#[cfg(any(test, not(feature = "cuda")))]
mod stand_in;

pub use api::{
    Buffer, Choice, Device, DeviceInfo, DevicePtr, InFlight, Kernel, Pinned, Resources, Stream,
    Timings,
};
pub use arguments::{
    DeviceElement, Field, KernelArguments, LaunchArguments, Layout, Number, check_arguments,
};
pub use error::CudaError;
pub use reference::ReferenceOptions;

#[cfg(feature = "cuda")]
use ::{cust, cust_raw};
#[cfg(not(feature = "cuda"))]
use stand_in::{cust, cust_raw};

pub(crate) use integrator::{arguments, batch};
pub(crate) use pipeline::{Target, run_batch};

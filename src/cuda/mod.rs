//! Devices: a GPU through `cust`, or the reference device, behind one set of types.
//!
//! `cust` calls `cu*` functions. This crate defines them ([`seam`](self)): with a driver they forward to `libcuda.so.1`, opened
//! when first needed; without one, or where the reference device was chosen, the interpreter of
//! [`ptx::device`](crate::ptx::device) answers. So one binary, built without CUDA, runs everywhere.
//!
//! Without feature `cuda`, with `reference` alone, the same types have the reference device only: no `cust`, no symbols, any platform.
//! [`Choice::Auto`] is that device then, and [`Choice::Gpu`] an error that names the feature.
//!
//! Which of the two a call reaches is a property of the calling thread for the time of the call: the types here set it in
//! every method and in `Drop`, and put the thread's current context back behind them. Code that uses `cust` directly gets the
//! driver if there is one, else the reference device.
//!
//! A driver's error keeps its number and words ([`CudaError`]), also those that `cust` has no name for, with what helps where that is known: a mismatch after an
//! upgrade, the toolkit's stub on `LD_LIBRARY_PATH`, a GPU in exclusive mode, MPS that is not there. A driver's library that cannot be loaded is told in
//! the loader's words. [`Choice::Auto`] goes on without a GPU then, and [`Device::fallback_reason`] says why.
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

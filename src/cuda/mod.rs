//! Devices: a GPU through `cust`, or the reference device, behind one set of types.
//!
//! `cust` calls `cu*` functions. This crate defines them ([`seam`](self)): with a driver they forward to `libcuda.so.1`, opened
//! when first needed; without one, or where the reference device was chosen, the interpreter of
//! [`ptx::device`](crate::ptx::device) answers. So one binary, built without CUDA, runs everywhere.
//!
//! Which of the two a call reaches is a property of the calling thread for the time of the call: the types here set it in
//! every method and in `Drop`. Code that uses `cust` directly gets the driver if there is one, else the reference device.
mod device;
mod error;
mod reference;
mod seam;
mod solve;
mod table;

pub use device::{Buffer, Choice, Device, DevicePtr, Element, Kernel};
pub use error::CudaError;
pub use reference::ReferenceOptions;

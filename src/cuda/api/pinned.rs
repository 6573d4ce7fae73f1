//! Page-locked memory of the host.
#![allow(
    clippy::disallowed_methods,
    reason = "the one place that allocates and frees it"
)]
use super::device::Device;
use super::inner::Inner;
use crate::cuda::arguments::DeviceElement;
use crate::cuda::cust_raw;
use crate::cuda::error::CudaError;
use crate::cuda::seam::Guard;
use std::mem::size_of;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::sync::Arc;

/// Page-locked memory of the host, for copies that run while the host and kernels work: see
/// [`Stream`](crate::cuda::Stream). It is a slice like any other. Allocating it is slow, so keep it.
///
/// ```
/// # fn main() -> Result<(), bakelite::cuda::CudaError> {
/// let device = bakelite::cuda::Device::reference()?;
/// let mut values = device.pinned(&[1.0_f32, 2.0])?;
/// values[1] += 0.5;
/// assert_eq!(values[..], [1.0, 2.5]);
/// # Ok(()) }
/// ```
pub struct Pinned<T: DeviceElement> {
    start: NonNull<T>,
    len: usize,
    inner: Arc<Inner>,
}

// SAFETY: it owns its memory, plain numbers that any thread may have; its methods enter the context wherever they run.
unsafe impl<T: DeviceElement> Send for Pinned<T> {}
// SAFETY: through `&self` it is only read.
unsafe impl<T: DeviceElement> Sync for Pinned<T> {}

impl<T: DeviceElement> std::fmt::Debug for Pinned<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pinned").field("len", &self.len).finish()
    }
}

impl Device {
    /// Page-locked memory with a copy of `values`.
    ///
    /// # Errors
    ///
    /// [`CudaError::OutOfMemory`] when the host has no memory left that it can lock; a fault of an earlier launch.
    pub fn pinned<T: DeviceElement>(&self, values: &[T]) -> Result<Pinned<T>, CudaError> {
        let mut memory = self.pinned_zeroed(values.len())?;
        memory.copy_from_slice(values);
        Ok(memory)
    }

    /// Page-locked memory of `len` zeros.
    ///
    /// # Errors
    ///
    /// As for [`Device::pinned`].
    pub fn pinned_zeroed<T: DeviceElement>(&self, len: usize) -> Result<Pinned<T>, CudaError> {
        let inner = self.inner.clone();
        if len == 0 {
            let start = NonNull::dangling();
            return Ok(Pinned { start, len, inner });
        }
        let bytes = len.checked_mul(size_of::<T>());
        let Some(bytes) = bytes.filter(|bytes| *bytes <= isize::MAX as usize) else {
            return Err(CudaError::OutOfMemory { bytes: usize::MAX });
        };
        let _entered = inner.enter()?;
        let mut start = std::ptr::null_mut();
        // SAFETY: `start` may be written.
        let code = unsafe { cust_raw::cuMemAllocHost_v2(&mut start, bytes) };
        if code == cust_raw::CUresult::CUDA_ERROR_OUT_OF_MEMORY {
            return Err(CudaError::OutOfMemory { bytes });
        }
        inner.check("allocating page-locked memory", code)?;
        let Some(start) = NonNull::new(start.cast::<T>()) else {
            return Err(CudaError::OutOfMemory { bytes });
        };
        // SAFETY: it has `bytes` bytes, and zeros are a value of every `DeviceElement`.
        unsafe { start.as_ptr().write_bytes(0, len) };
        let inner = inner.clone();
        Ok(Pinned { start, len, inner })
    }
}

impl<T: DeviceElement> Deref for Pinned<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        // SAFETY: `len` values, initialised when they were allocated; page-locked memory is aligned to more than 8
        // bytes.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl<T: DeviceElement> DerefMut for Pinned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as above, and `&mut self` has them alone.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

impl<T: DeviceElement> Drop for Pinned<T> {
    fn drop(&mut self) {
        if self.len == 0 {
            return;
        }
        let _entered = self.inner.enter();
        let _backend = Guard::new(self.inner.backend);
        // SAFETY: from `cuMemAllocHost`, freed here only; while a copy uses it, an `InFlight` or the pipeline owns it.
        let _ = unsafe { cust_raw::cuMemFreeHost(self.start.as_ptr().cast()) };
    }
}

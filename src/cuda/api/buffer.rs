//! Memory on a device.
use super::device::Device;
use super::inner::Inner;
use super::pointer::DevicePtr;
use crate::cuda::arguments::DeviceElement;
use crate::cuda::cust_raw::{self, CUresult};
use crate::cuda::error::CudaError;
use crate::cuda::seam::Guard;
use std::marker::PhantomData;
use std::mem::{MaybeUninit, size_of};
use std::sync::Arc;

/// Memory on a device. It keeps the device's context alive.
///
/// ```
/// # fn main() -> Result<(), bakelite::cuda::CudaError> {
/// let device = bakelite::cuda::Device::reference()?;
/// let buffer = device.upload(&[1.0_f32, 2.0])?;
/// assert_eq!((buffer.len(), buffer.is_empty()), (2, false));
/// assert_eq!(buffer.download()?, [1.0, 2.0]);
/// # Ok(()) }
/// ```
pub struct Buffer<T: DeviceElement> {
    /// 0 when the buffer has no bytes.
    address: u64,
    len: usize,
    inner: Arc<Inner>,
    of: PhantomData<T>,
}

impl<T: DeviceElement> std::fmt::Debug for Buffer<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Buffer").field("len", &self.len()).finish()
    }
}

impl Device {
    /// Copies values to the device.
    ///
    /// # Errors
    ///
    /// [`CudaError::OutOfMemory`] when the device has too little memory; a fault of an earlier launch.
    pub fn upload<T: DeviceElement>(&self, values: &[T]) -> Result<Buffer<T>, CudaError> {
        let buffer = self.alloc(values.len())?;
        let bytes = size_of_val(values);
        if bytes > 0 {
            let _entered = self.inner.enter()?;
            let from = values.as_ptr().cast();
            // SAFETY: the buffer has just been allocated with as many bytes as the values have.
            let code = unsafe { cust_raw::cuMemcpyHtoD_v2(buffer.address, from, bytes) };
            self.inner.check("copying to the device", code)?;
        }
        Ok(buffer)
    }

    /// A buffer of `len` zeros. Nothing is allocated when `len` is 0.
    ///
    /// # Errors
    ///
    /// As for [`Device::upload`].
    pub fn zeroed<T: DeviceElement>(&self, len: usize) -> Result<Buffer<T>, CudaError> {
        let buffer = self.alloc(len)?;
        let bytes = len * size_of::<T>();
        if bytes > 0 {
            let _entered = self.inner.enter()?;
            // SAFETY: the buffer has just been allocated with that many bytes.
            let code = unsafe { cust_raw::cuMemsetD8_v2(buffer.address, 0, bytes) };
            self.inner.check("clearing a buffer", code)?;
        }
        Ok(buffer)
    }

    /// A buffer of `len` unspecified values.
    ///
    /// # Errors
    ///
    /// As for [`Device::upload`].
    pub fn alloc<T: DeviceElement>(&self, len: usize) -> Result<Buffer<T>, CudaError> {
        let Some(bytes) = len.checked_mul(size_of::<T>()) else {
            return Err(CudaError::OutOfMemory { bytes: usize::MAX });
        };
        let _entered = self.inner.enter()?;
        let mut address = 0;
        if bytes > 0 {
            // SAFETY: `address` may be written.
            let code = unsafe { cust_raw::cuMemAlloc_v2(&mut address, bytes) };
            if code == CUresult::CUDA_ERROR_OUT_OF_MEMORY {
                return Err(CudaError::OutOfMemory { bytes });
            }
            self.inner.check("allocating device memory", code)?;
        }
        Ok(Buffer {
            address,
            len,
            inner: self.inner.clone(),
            of: PhantomData,
        })
    }
}

impl<T: DeviceElement> Buffer<T> {
    /// Number of values.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has no values.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Its address on the device; 0 when it is empty.
    pub fn pointer(&self) -> DevicePtr<T> {
        DevicePtr {
            address: self.address,
            of: PhantomData,
        }
    }

    pub(in crate::cuda) fn is_of(&self, inner: &Arc<Inner>) -> bool {
        Arc::ptr_eq(&self.inner, inner)
    }

    /// Copies the values to the host.
    ///
    /// # Errors
    ///
    /// A fault of an earlier launch.
    pub fn download(&self) -> Result<Vec<T>, CudaError> {
        if self.is_empty() {
            return Ok(Vec::new());
        }
        let _entered = self.inner.enter()?;
        // SAFETY: zeros are a value of every `DeviceElement`.
        let zero: T = unsafe { MaybeUninit::zeroed().assume_init() };
        let mut values = vec![zero; self.len()];
        let (to, bytes) = (values.as_mut_ptr().cast(), self.len * size_of::<T>());
        if bytes > 0 {
            // SAFETY: both ends have that many bytes, and any are a value of a `DeviceElement`.
            let code = unsafe { cust_raw::cuMemcpyDtoH_v2(to, self.address, bytes) };
            self.inner.check("copying from the device", code)?;
        }
        Ok(values)
    }
}

impl<T: DeviceElement> Drop for Buffer<T> {
    fn drop(&mut self) {
        if self.address == 0 {
            return;
        }
        let _entered = self.inner.enter();
        let _backend = Guard::new(self.inner.backend);
        // SAFETY: freed here only; `inner` keeps the context alive until after this.
        let _ = unsafe { cust_raw::cuMemFree_v2(self.address) };
    }
}

static_assertions::assert_impl_all!(Buffer<f64>: Send, Sync);

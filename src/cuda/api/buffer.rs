//! Memory on a device.
use super::device::Device;
use super::inner::Inner;
use super::pointer::DevicePtr;
use crate::cuda::arguments::DeviceElement;
use crate::cuda::error::CudaError;
use crate::cuda::seam::Guard;
use cust::error::CudaError as Cust;
use cust::memory::{CopyDestination, DeviceBuffer};
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit, size_of};
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
    memory: ManuallyDrop<DeviceBuffer<T>>,
    inner: Arc<Inner>,
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
    /// [`CudaError::OutOfMemory`]; a fault of an earlier launch.
    pub fn upload<T: DeviceElement>(&self, values: &[T]) -> Result<Buffer<T>, CudaError> {
        let mut buffer = self.alloc(values.len())?;
        if !values.is_empty() {
            let _entered = self.inner.enter()?;
            buffer
                .memory
                .copy_from(values)
                .map_err(|e| self.inner.error("copying to the device", e))?;
        }
        Ok(buffer)
    }

    /// A buffer of `len` zeros. Nothing is allocated for none.
    ///
    /// # Errors
    ///
    /// As for [`Device::upload`].
    pub fn zeroed<T: DeviceElement>(&self, len: usize) -> Result<Buffer<T>, CudaError> {
        let buffer = self.alloc(len)?;
        if len > 0 {
            let _entered = self.inner.enter()?;
            let (at, bytes) = (buffer.memory.as_device_ptr().as_raw(), len * size_of::<T>());
            // SAFETY: the buffer has just been allocated with that many bytes.
            let code = unsafe { cust_raw::cuMemsetD8_v2(at, 0, bytes) };
            self.inner.check("clearing a buffer", code)?;
        }
        Ok(buffer)
    }

    /// A buffer of `len` values that are not specified.
    ///
    /// # Errors
    ///
    /// As for [`Device::upload`].
    pub fn alloc<T: DeviceElement>(&self, len: usize) -> Result<Buffer<T>, CudaError> {
        let Some(bytes) = len.checked_mul(size_of::<T>()) else {
            return Err(CudaError::OutOfMemory { bytes: usize::MAX });
        };
        let _entered = self.inner.enter()?;
        // SAFETY: every bit pattern is a value of `T`, and device memory is read by copies only.
        let memory = unsafe { DeviceBuffer::uninitialized(len) }.map_err(|e| match e {
            Cust::OutOfMemory | Cust::InvalidMemoryAllocation => CudaError::OutOfMemory { bytes },
            e => self.inner.error("allocating device memory", e),
        })?;
        Ok(Buffer {
            memory: ManuallyDrop::new(memory),
            inner: self.inner.clone(),
        })
    }
}

impl<T: DeviceElement> Buffer<T> {
    /// Number of values.
    pub fn len(&self) -> usize {
        self.memory.len()
    }

    /// Whether it has no values.
    pub fn is_empty(&self) -> bool {
        self.memory.is_empty()
    }

    /// Its address on the device; 0 when it is empty.
    pub fn pointer(&self) -> DevicePtr<T> {
        let address = match self.is_empty() {
            true => 0,
            false => self.memory.as_device_ptr().as_raw(),
        };
        let of = PhantomData;
        DevicePtr { address, of }
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
        self.memory
            .copy_to(&mut values)
            .map_err(|e| self.inner.error("copying from the device", e))?;
        Ok(values)
    }
}

impl<T: DeviceElement> Drop for Buffer<T> {
    fn drop(&mut self) {
        let _entered = self.inner.enter();
        let _backend = Guard::new(self.inner.backend);
        // SAFETY: dropped here only, and not used again; `inner` keeps the context alive until after this.
        unsafe { ManuallyDrop::drop(&mut self.memory) };
    }
}

static_assertions::assert_impl_all!(Buffer<f64>: Send, Sync);

//! Work that is put into a stream of a device.
#![allow(
    clippy::disallowed_methods,
    reason = "the one place that copies asynchronously"
)]
use super::inner::Inner;
use crate::cuda::cust::stream::Stream;
use crate::cuda::cust_raw;
use crate::cuda::error::CudaError;
use crate::cuda::seam::Guard;
use std::mem::ManuallyDrop;
use std::sync::Arc;

pub(in crate::cuda) struct Queue {
    pub(super) stream: ManuallyDrop<Stream>,
    pub(in crate::cuda) inner: Arc<Inner>,
}

impl Queue {
    pub(in crate::cuda) fn raw(&self) -> cust_raw::CUstream {
        self.stream.as_inner()
    }

    pub(in crate::cuda) fn wait(&self) -> Result<(), CudaError> {
        let _entered = self.inner.enter()?;
        let done = self.stream.synchronize();
        done.map_err(|e| self.inner.error("waiting for a stream", e))
    }

    /// Queues a copy to the device.
    ///
    /// # Safety
    ///
    /// Until the stream has been waited for, `from` stays alive and unchanged, and `to` is the address of that many
    /// live bytes.
    pub(in crate::cuda) unsafe fn upload(&self, to: u64, from: &[u8]) -> Result<(), CudaError> {
        if from.is_empty() {
            return Ok(());
        }
        let _entered = self.inner.enter()?;
        let (start, bytes) = (from.as_ptr().cast(), from.len());
        // SAFETY: as the caller says.
        let code = unsafe { cust_raw::cuMemcpyHtoDAsync_v2(to, start, bytes, self.raw()) };
        self.inner.check("copying to the device", code)
    }

    /// Queues a fill of bytes on the device.
    ///
    /// # Safety
    ///
    /// Until the stream has been waited for, `to` is the address of that many live bytes.
    pub(in crate::cuda) unsafe fn fill(
        &self,
        to: u64,
        byte: u8,
        bytes: usize,
    ) -> Result<(), CudaError> {
        if bytes == 0 {
            return Ok(());
        }
        let _entered = self.inner.enter()?;
        // SAFETY: as the caller says.
        let code = unsafe { cust_raw::cuMemsetD8Async(to, byte, bytes, self.raw()) };
        self.inner.check("filling a buffer", code)
    }

    /// Queues a copy from the device.
    ///
    /// # Safety
    ///
    /// Until the stream has been waited for, nothing else uses the `bytes` bytes at `to`, and `from` is the address of
    /// that many live ones.
    pub(in crate::cuda) unsafe fn download(
        &self,
        to: *mut u8,
        from: u64,
        bytes: usize,
    ) -> Result<(), CudaError> {
        if bytes == 0 {
            return Ok(());
        }
        let _entered = self.inner.enter()?;
        // SAFETY: as the caller says.
        let code = unsafe { cust_raw::cuMemcpyDtoHAsync_v2(to.cast(), from, bytes, self.raw()) };
        self.inner.check("copying from the device", code)
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        let _entered = self.inner.enter();
        let _backend = Guard::new(self.inner.backend);
        // SAFETY: dropped here only, before its context.
        unsafe { ManuallyDrop::drop(&mut self.stream) };
    }
}

// SAFETY: a stream is a handle that the driver locks; every method enters the context wherever it runs.
unsafe impl Send for Queue {}
// SAFETY: as above.
unsafe impl Sync for Queue {}

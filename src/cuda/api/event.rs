//! Marks in a stream, and the time between them.
use super::inner::Inner;
use crate::cuda::cust_raw;
use crate::cuda::error::CudaError;
use crate::cuda::seam::Guard;
use std::sync::Arc;

/// A mark in a stream. `cust`'s own events are lost when a stream waits for them, and do not give their handle.
pub(in crate::cuda) struct Event {
    raw: cust_raw::CUevent,
    inner: Arc<Inner>,
}

// SAFETY: a handle that the driver looks up; its methods enter the context wherever they run.
unsafe impl Send for Event {}

impl Event {
    pub(in crate::cuda) fn new(inner: &Arc<Inner>) -> Result<Event, CudaError> {
        let _entered = inner.enter()?;
        let mut raw = std::ptr::null_mut();
        // SAFETY: `raw` may be written; flags 0 are an event that keeps the time.
        let code = unsafe { cust_raw::cuEventCreate(&mut raw, 0) };
        inner.check("creating an event", code)?;
        let inner = inner.clone();
        Ok(Event { raw, inner })
    }

    /// Puts the mark into a stream, after what is already there.
    pub(in crate::cuda) fn record(&self, stream: cust_raw::CUstream) -> Result<(), CudaError> {
        let _entered = self.inner.enter()?;
        // SAFETY: both are live handles of this context.
        let code = unsafe { cust_raw::cuEventRecord(self.raw, stream) };
        self.inner.check("recording an event", code)
    }

    /// Seconds from `start` to this mark; both have been waited for.
    pub(in crate::cuda) fn seconds_since(&self, start: &Event) -> Result<f64, CudaError> {
        let _entered = self.inner.enter()?;
        let mut milliseconds = 0.0_f32;
        // SAFETY: live handles of this context; the number may be written.
        let code = unsafe { cust_raw::cuEventElapsedTime(&mut milliseconds, start.raw, self.raw) };
        self.inner.check("reading the time of an event", code)?;
        Ok(f64::from(milliseconds) / 1e3)
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        let _entered = self.inner.enter();
        let _backend = Guard::new(self.inner.backend);
        // SAFETY: destroyed here only.
        let _ = unsafe { cust_raw::cuEventDestroy_v2(self.raw) };
    }
}

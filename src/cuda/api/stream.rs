//! Streams, and copies that run while the host works.
use super::buffer::Buffer;
use super::device::Device;
use super::pinned::Pinned;
use super::pointer::DevicePtr;
use super::queue::Queue;
use crate::cuda::arguments::DeviceElement;
use crate::cuda::cust::stream::{Stream as CustStream, StreamFlags};
use crate::cuda::error::CudaError;
use crate::cuda::seam::Backend;
use std::fmt;
use std::mem::{ManuallyDrop, size_of};
use std::sync::Arc;

/// A queue of work for a device. Work in it is done in order, while the host and other streams go on.
///
/// A copy owns its source and its target until it has been waited for. So neither can be freed, read or refilled during
/// the copy, not even by [`std::mem::forget`].
///
/// ```
/// use bakelite::cuda::Device;
/// # fn main() -> Result<(), bakelite::cuda::CudaError> {
/// # const DOUBLE: &str = "
/// #     .version 8.0
/// #     .target sm_80
/// #     .address_size 64
/// #     .visible .entry double(.param .u64 values) {
/// #         .reg .b32 %r<2>; .reg .f64 %f<3>; .reg .b64 %a<4>;
/// #         ld.param.u64 %a1, [values];
/// #         mov.u32 %r1, %tid.x;
/// #         mul.wide.u32 %a3, %r1, 8;
/// #         add.s64 %a2, %a1, %a3;
/// #         ld.global.f64 %f1, [%a2];
/// #         add.rn.f64 %f2, %f1, %f1;
/// #         st.global.f64 [%a2], %f2;
/// #         ret;
/// #     }";
/// let device = Device::reference()?;
/// let kernel = device.load(DOUBLE, "double")?; // thread i doubles value i
/// let stream = device.stream()?;
/// let copy = stream.upload(device.pinned(&[1.0_f64, 2.0, 3.0])?, device.alloc(3)?)?;
/// // SAFETY: the buffer has the 3 values, and the copy, which owns it, is waited for below.
/// unsafe { kernel.launch_on(&stream, 1, 3, 0, &copy.pointer())? };
/// // ... the host is free here ...
/// let (values, buffer) = copy.wait()?;
/// let (values, _) = stream.download(buffer, values)?.wait()?;
/// assert_eq!(values[..], [2.0, 4.0, 6.0]);
/// # Ok(()) }
/// ```
pub struct Stream {
    queue: Arc<Queue>,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}

impl Device {
    /// A new stream.
    ///
    /// # Errors
    ///
    /// A fault of an earlier launch; any error of the driver.
    pub fn stream(&self) -> Result<Stream, CudaError> {
        let inner = self.inner.clone();
        let entered = inner.enter()?;
        // A blocking one: it waits for copies without a stream, and they for it. `cust` makes no other.
        let stream = CustStream::new(StreamFlags::DEFAULT, None)
            .map_err(|e| inner.error("creating a stream", e))?;
        drop(entered);
        let stream = ManuallyDrop::new(stream);
        let queue = Arc::new(Queue { stream, inner });
        Ok(Stream { queue })
    }
}

impl Stream {
    pub(in crate::cuda) fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Waits until all work in the stream is done.
    ///
    /// # Errors
    ///
    /// [`CudaError::Fault`] of a kernel in it.
    pub fn wait(&self) -> Result<(), CudaError> {
        self.queue.wait()
    }

    /// Starts to copy `from` into `to`.
    ///
    /// # Errors
    ///
    /// [`CudaError::Copy`] when the two differ in length, or the buffer is of another device than the stream; a fault
    /// of an earlier launch.
    pub fn upload<T: DeviceElement>(
        &self,
        from: Pinned<T>,
        to: Buffer<T>,
    ) -> Result<InFlight<T>, CudaError> {
        let copy = self.pair(from, to)?;
        let host: &[T] = &copy.host;
        // SAFETY: a `DeviceElement` has no padding; the bytes are those of the slice.
        let bytes = unsafe { std::slice::from_raw_parts(host.as_ptr().cast(), size_of_val(host)) };
        // SAFETY: `copy` owns both, gives no access to either, and frees them after waiting or never.
        unsafe { self.queue.upload(copy.buffer.pointer().address(), bytes)? };
        Ok(copy)
    }

    /// Starts to copy `from` into `to`.
    ///
    /// # Errors
    ///
    /// As for [`Stream::upload`].
    pub fn download<T: DeviceElement>(
        &self,
        from: Buffer<T>,
        to: Pinned<T>,
    ) -> Result<InFlight<T>, CudaError> {
        let mut copy = self.pair(to, from)?;
        let (bytes, to) = (copy.host.len() * size_of::<T>(), copy.host.as_mut_ptr());
        let address = copy.buffer.pointer().address();
        // SAFETY: as in `upload`; `to` is of memory that `copy` has alone.
        unsafe { self.queue.download(to.cast(), address, bytes)? };
        Ok(copy)
    }

    fn pair<T: DeviceElement>(
        &self,
        host: Pinned<T>,
        buffer: Buffer<T>,
    ) -> Result<InFlight<T>, CudaError> {
        if host.len() != buffer.len() {
            return Err(CudaError::Copy(format!(
                "the host has {} values and the device {}; a copy is of a whole buffer",
                host.len(),
                buffer.len()
            )));
        }
        if !buffer.is_of(&self.queue.inner) {
            return Err(CudaError::Copy(
                "the buffer is of another device than the stream; open a device once, and use it for both".into(),
            ));
        }
        Ok(InFlight {
            host: ManuallyDrop::new(host),
            buffer: ManuallyDrop::new(buffer),
            queue: self.queue.clone(),
        })
    }
}

/// A copy that may not be done yet. It owns its source and its target. Dropping it waits for the copy.
/// [`wait`](InFlight::wait) waits too, and gives both back.
///
/// ```
/// # fn main() -> Result<(), bakelite::cuda::CudaError> {
/// let device = bakelite::cuda::Device::reference()?;
/// let stream = device.stream()?;
/// let copy = stream.download(device.upload(&[7_u32])?, device.pinned(&[0])?)?;
/// let (host, _buffer) = copy.wait()?;
/// assert_eq!(host[..], [7]);
/// # Ok(()) }
/// ```
#[must_use = "dropping it waits for the copy and frees both its ends"]
pub struct InFlight<T: DeviceElement> {
    host: ManuallyDrop<Pinned<T>>,
    buffer: ManuallyDrop<Buffer<T>>,
    queue: Arc<Queue>,
}

impl<T: DeviceElement> fmt::Debug for InFlight<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InFlight")
            .field("buffer", &self.buffer)
            .finish()
    }
}

impl<T: DeviceElement> InFlight<T> {
    /// The buffer's address, for what is launched on the same stream after the copy.
    pub fn pointer(&self) -> DevicePtr<T> {
        self.buffer.pointer()
    }

    /// Waits until the copy is done, and all other work that was put into the stream so far.
    ///
    /// # Errors
    ///
    /// [`CudaError::Fault`] of a kernel in the stream.
    pub fn wait(self) -> Result<(Pinned<T>, Buffer<T>), CudaError> {
        self.queue.wait()?; // an error drops `self`
        let mut this = ManuallyDrop::new(self);
        // SAFETY: each is taken once, and `this` is not used or dropped after this.
        unsafe {
            std::ptr::drop_in_place(&mut this.queue);
            Ok((
                ManuallyDrop::take(&mut this.host),
                ManuallyDrop::take(&mut this.buffer),
            ))
        }
    }
}

impl<T: DeviceElement> Drop for InFlight<T> {
    fn drop(&mut self) {
        let failed = self.queue.wait().is_err();
        // SAFETY: dropped here only. The copy is over; a GPU that does not say so keeps the memory.
        unsafe {
            if !(failed && self.queue.inner.backend == Backend::Driver) {
                ManuallyDrop::drop(&mut self.host);
            }
            ManuallyDrop::drop(&mut self.buffer);
        }
    }
}

static_assertions::assert_impl_all!(Stream: Send, Sync);
static_assertions::assert_impl_all!(InFlight<f64>: Send);

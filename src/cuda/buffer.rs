//! Memory on a device, and what a kernel is given of it.
use super::device::{Device, Inner};
use super::error::CudaError;
use super::layout::{Layout, Number};
use super::seam::Guard;
use cust::error::CudaError as Cust;
use cust::memory::{CopyDestination, DeviceBuffer, DeviceCopy};
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit, size_of};
use std::sync::Arc;

/// Values in device memory: the integers and floats of 1 to 8 bytes. Kernels may write any bits.
///
/// ```
/// fn bytes<T: bakelite::cuda::DeviceElement>(len: usize) -> usize {
///     len * size_of::<T>()
/// }
/// assert_eq!(bytes::<f64>(3), 24);
/// ```
///
/// # Safety
///
/// Every bit pattern of the type is a valid value, it has no padding, and its alignment is 8 at most.
pub unsafe trait DeviceElement: DeviceCopy + Copy {}

/// A parameter of a kernel, by value: a number, a [`DevicePtr`], an array of them, or a structure of your own, declared
/// with [`kernel_arguments!`](crate::kernel_arguments). A kernel of several takes a tuple ([`LaunchArguments`](super::LaunchArguments)).
///
/// ```
/// use bakelite::{cuda::DevicePtr, kernel_arguments};
/// kernel_arguments! {
///     struct Arguments {
///         values: DevicePtr<f64>,
///         count: u32,
///         padding: u32, // named, so that its bytes have values
///     }
/// }
/// assert_eq!(size_of::<Arguments>(), 16);
/// ```
///
/// # Safety
///
/// All bytes of it are copied to the device, or read by the reference device, so:
/// - it is `repr(C)` or `repr(transparent)`, or one of the types above;
/// - it has no padding, neither between fields nor at its end: name what would be padding as a field of its own;
/// - its fields are numbers, [`DevicePtr`]s, arrays of such or `KernelArguments` themselves;
/// - it holds no pointers or references to memory of the host.
pub unsafe trait KernelArguments: Copy {
    /// What its bytes are, for the comparison with what the kernel reads; without it only the size is compared.
    const LAYOUT: Layout = Layout::Unknown;
}

macro_rules! numbers {
    ($kind:ident: $($t:ty)*) => { $(
        // SAFETY: a number: every bit pattern is a value, and there is no padding.
        unsafe impl DeviceElement for $t {}
        // SAFETY: a number.
        unsafe impl KernelArguments for $t {
            const LAYOUT: Layout = Layout::Number(Number::$kind(size_of::<$t>()));
        }
    )* };
}
numbers!(Integer: u8 i8 u16 i16 u32 i32 u64 i64);
numbers!(Float: f32 f64);

// SAFETY: an array has no padding between its elements or behind them.
unsafe impl<T: KernelArguments, const N: usize> KernelArguments for [T; N] {
    const LAYOUT: Layout = Layout::Array {
        each: &T::LAYOUT,
        each_bytes: size_of::<T>(),
        count: N,
    };
}
// SAFETY: a transparent 64-bit number, an address on the device.
unsafe impl<T> KernelArguments for DevicePtr<T> {
    const LAYOUT: Layout = Layout::Number(Number::Pointer);
}

/// An address on the device, to be a field of [`KernelArguments`].
///
/// ```
/// # fn main() -> Result<(), bakelite::cuda::CudaError> {
/// let device = bakelite::cuda::Device::reference()?;
/// assert_eq!(device.zeroed::<f64>(0)?.pointer().address(), 0);
/// assert_eq!(device.zeroed::<f64>(1)?.pointer().address() % 256, 0);
/// # Ok(()) }
/// ```
#[repr(transparent)]
#[derive(Debug)]
pub struct DevicePtr<T> {
    address: u64,
    of: PhantomData<*mut T>,
}

impl<T> Clone for DevicePtr<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for DevicePtr<T> {}

impl<T> DevicePtr<T> {
    /// The address as a number; 0 for an empty buffer.
    pub fn address(self) -> u64 {
        self.address
    }
}

// SAFETY: a number that only the device follows.
unsafe impl<T> Send for DevicePtr<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for DevicePtr<T> {}
// SAFETY: a plain 64-bit number, which is what a pointer is on the device.
unsafe impl<T> DeviceCopy for DevicePtr<T> {}

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

    pub(super) fn is_of(&self, inner: &Arc<Inner>) -> bool {
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
static_assertions::assert_impl_all!(DevicePtr<f64>: Send, Sync);

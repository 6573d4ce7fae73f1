//! An address on a device.
use crate::cuda::arguments::{KernelArguments, Layout, Number};
use std::marker::PhantomData;

/// An address on a device, used as a field of [`KernelArguments`].
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
    pub(super) address: u64,
    pub(super) of: PhantomData<*mut T>,
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

// SAFETY: a number that only the device dereferences.
unsafe impl<T> Send for DevicePtr<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for DevicePtr<T> {}
// SAFETY: a plain 64-bit number, which is what a pointer is on the device.
#[cfg(feature = "cuda")]
unsafe impl<T> cust::memory::DeviceCopy for DevicePtr<T> {}

// SAFETY: a transparent 64-bit number, an address on the device.
unsafe impl<T> KernelArguments for DevicePtr<T> {
    const LAYOUT: Layout = Layout::Number(Number::Pointer);
}

static_assertions::assert_impl_all!(DevicePtr<f64>: Send, Sync);

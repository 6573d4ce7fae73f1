//! The description of a device.
use super::choice::Choice;
use crate::cuda::cust::device::Device;
use crate::cuda::cust_raw;
use crate::cuda::error::CudaError;
use crate::cuda::seam::words;
use std::fmt;

/// The description of a device that need not be open.
///
/// ```
/// use bakelite::cuda::{Device, DeviceInfo};
/// let all: Vec<DeviceInfo> = Device::list();
/// let reference = all.last().unwrap(); // after the GPUs, if any
/// assert_eq!(
///     reference.to_string(),
///     "Choice::Reference: bakelite reference device (PTX interpreter, no GPU), compute capability 9.0, 1 multiprocessor, 16.0 GiB"
/// );
/// assert_eq!(Device::open(reference.choice).unwrap().name(), reference.name);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeviceInfo {
    /// The choice with which [`Device::open`](crate::cuda::Device::open) opens it.
    pub choice: Choice,
    /// Its name.
    pub name: String,
    /// Its total memory, in bytes.
    pub memory_bytes: usize,
    /// Number of multiprocessors.
    pub multiprocessors: usize,
    /// Compute capability, major and minor.
    pub compute_capability: (u32, u32),
}

impl fmt::Display for DeviceInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor) = self.compute_capability;
        let (n, s) = match self.multiprocessors {
            1 => (1, ""),
            n => (n, "s"),
        };
        let gib = self.memory_bytes as f64 / f64::from(1 << 30);
        write!(
            f,
            "Choice::{:?}: {}, compute capability {major}.{minor}, {n} multiprocessor{s}, {gib:.1} GiB",
            self.choice, self.name
        )
    }
}

impl DeviceInfo {
    /// The description of a device of the backend that this thread's calls go to.
    pub(super) fn of(device: Device, choice: Choice) -> Result<DeviceInfo, CudaError> {
        use cust_raw::CUdevice_attribute as A;
        let failed = |action| move |e| CudaError::from_cust(action, e);
        let name = device.name();
        let memory = device.total_memory();
        Ok(DeviceInfo {
            choice,
            name: name.map_err(failed("asking for the device's name"))?,
            memory_bytes: memory.map_err(failed("asking for the device's memory"))?,
            multiprocessors: attribute(device, A::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)?
                as usize,
            compute_capability: (
                attribute(device, A::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?,
                attribute(device, A::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?,
            ),
        })
    }
}

/// An attribute of a device of the backend that this thread's calls go to. `cust`'s enum lacks those after number 91.
pub(super) fn attribute(
    device: Device,
    which: cust_raw::CUdevice_attribute,
) -> Result<u32, CudaError> {
    let mut value = 0;
    // SAFETY: `value` may be written; the device handle is the driver's.
    let code = unsafe { cust_raw::cuDeviceGetAttribute(&mut value, which, device.as_raw()) };
    match code as u32 {
        0 => Ok(value as u32),
        code => {
            let (code, text) = words(code);
            Err(CudaError::Driver {
                action: "asking for a device attribute",
                code,
                text: format!("{text} (attribute {})", which as u32),
            })
        }
    }
}

//! The devices of a machine.
use super::choice::Choice;
use super::device::Device;
use super::gpus::{find, gpus};
use super::info::DeviceInfo;
use super::inner::Entered;
use crate::cuda::cust::device::Device as CustDevice;
use crate::cuda::error::CudaError;
use crate::cuda::seam::Backend;

impl Choice {
    /// The first GPU whose name contains `part`, in upper or lower case: `"h200"`.
    ///
    /// ```
    /// use bakelite::cuda::Choice;
    /// let error = Choice::named("no such card").unwrap_err().to_string();
    /// assert!(error.starts_with("no GPU: "), "{error}");
    /// ```
    ///
    /// # Errors
    ///
    /// [`CudaError::NoDevice`] when there is no such GPU; it lists those that are there.
    pub fn named(part: &str) -> Result<Choice, CudaError> {
        find(&gpus()?, part)
    }
}

impl Device {
    /// All devices that can be opened: the GPUs of the driver, by ordinal (`CUDA_VISIBLE_DEVICES` hides and reorders
    /// them), then the reference device. It opens no device. A GPU that the driver cannot describe is left out.
    pub fn list() -> Vec<DeviceInfo> {
        let gpus = gpus().unwrap_or_default();
        let mut all: Vec<DeviceInfo> = gpus.into_iter().flatten().collect();
        let _entered = Entered::new(Backend::Reference);
        let reference = CustDevice::get_device(0);
        let info = reference.map(|device| DeviceInfo::of(device, Choice::Reference));
        all.extend(info.into_iter().flatten());
        all
    }
}

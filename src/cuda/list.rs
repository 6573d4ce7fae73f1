//! The devices of a machine.
use super::device::{Choice, Device, Entered};
use super::error::CudaError;
use super::seam::{Backend, no_driver, words};
use cust::device::Device as CustDevice;
use std::fmt;

/// What a device says about itself, before it is opened.
///
/// ```
/// use bakelite::cuda::{Device, DeviceInfo};
/// let all: Vec<DeviceInfo> = Device::list();
/// let reference = all.last().unwrap(); // behind the GPUs, if any
/// assert_eq!(
///     reference.to_string(),
///     "Choice::Reference: bakelite reference device (PTX interpreter, no GPU), compute capability 9.0, 1 multiprocessor, 16.0 GiB"
/// );
/// assert_eq!(Device::open(reference.choice).unwrap().name(), reference.name);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeviceInfo {
    /// What opens it.
    pub choice: Choice,
    /// Its own name.
    pub name: String,
    /// All of its memory, in bytes.
    pub memory_bytes: usize,
    /// Multiprocessors.
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
    /// Of a device of the backend that this thread's calls go to.
    pub(super) fn of(device: CustDevice, choice: Choice) -> Result<DeviceInfo, CudaError> {
        use cust_raw::CUdevice_attribute_enum as A;
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

/// An attribute of a device of the backend that this thread's calls go to. `cust`'s enum lacks those behind number 91.
pub(super) fn attribute(
    device: CustDevice,
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

/// What each GPU says about itself, by ordinal.
pub(super) type Gpus = Vec<Result<DeviceInfo, CudaError>>;

/// The GPUs.
///
/// # Errors
///
/// [`CudaError::NoDevice`] when the driver cannot be used.
pub(super) fn gpus() -> Result<Gpus, CudaError> {
    if let Some(words) = no_driver() {
        return Err(CudaError::NoDevice {
            reason: format!(
                "no CUDA driver (libcuda.so.1) could be loaded; the loader says: {words}"
            ),
        });
    }
    let _entered = Entered::new(Backend::Driver);
    init().map_err(CudaError::no_device)?;
    let count = CustDevice::num_devices()
        .map_err(|e| CudaError::from_cust("counting the GPUs", e).no_device())?;
    Ok((0..count).map(info).collect())
}

fn info(ordinal: u32) -> Result<DeviceInfo, CudaError> {
    DeviceInfo::of(get(ordinal)?, Choice::Gpu(ordinal))
}

pub(super) fn get(ordinal: u32) -> Result<CustDevice, CudaError> {
    CustDevice::get_device(ordinal).map_err(|e| CudaError::from_cust("asking for the device", e))
}

pub(super) fn init() -> Result<(), CudaError> {
    cust::init(cust::CudaFlags::empty())
        .map_err(|e| CudaError::from_cust("initialising the driver", e))
}

/// That a GPU was asked for which is not there, and what is.
pub(super) fn not_there(asked: &str, gpus: &[Result<DeviceInfo, CudaError>]) -> CudaError {
    let lines = gpus.iter().enumerate().map(|(ordinal, gpu)| match gpu {
        Ok(info) => info.to_string(),
        Err(error) => format!("Choice::Gpu({ordinal}), of which {error}"),
    });
    let there = match gpus {
        [] => "the driver has none".to_owned(),
        _ => format!("there is {}", lines.collect::<Vec<_>>().join("; ")),
    };
    CudaError::NoDevice {
        reason: format!("{asked} was asked for, {there}"),
    }
}

/// The first whose name contains `part`, in upper or lower case.
fn find(gpus: &[Result<DeviceInfo, CudaError>], part: &str) -> Result<Choice, CudaError> {
    let part = part.to_lowercase();
    let found = gpus
        .iter()
        .flatten()
        .find(|gpu| gpu.name.to_lowercase().contains(&part));
    found
        .map(|gpu| gpu.choice)
        .ok_or_else(|| not_there(&format!("a GPU with \"{part}\" in its name"), gpus))
}

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
    /// [`CudaError::NoDevice`], which lists those that are there.
    pub fn named(part: &str) -> Result<Choice, CudaError> {
        find(&gpus()?, part)
    }
}

impl Device {
    /// All devices that can be opened: the GPUs of the driver, by ordinal (`CUDA_VISIBLE_DEVICES` hides and reorders them), then the
    /// reference device. It opens none. A GPU of which the driver does not tell what it is, is not in it.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> [Result<DeviceInfo, CudaError>; 2] {
        let gpu = |ordinal, name: &str| {
            Ok(DeviceInfo {
                choice: Choice::Gpu(ordinal),
                name: name.into(),
                memory_bytes: 80 << 30,
                multiprocessors: 108,
                compute_capability: (8, 0),
            })
        };
        [gpu(0, "NVIDIA A100"), gpu(1, "NVIDIA A100-SXM")]
    }

    #[test]
    fn a_gpu_is_found_by_a_part_of_its_name() {
        assert_eq!(find(&two(), "a100"), Ok(Choice::Gpu(0)));
        assert_eq!(find(&two(), "sxm"), Ok(Choice::Gpu(1)));
    }

    #[test]
    fn an_error_says_what_is_there() {
        assert_eq!(
            find(&two(), "H200").unwrap_err().to_string(),
            "no GPU: a GPU with \"h200\" in its name was asked for, there is \
             Choice::Gpu(0): NVIDIA A100, compute capability 8.0, 108 multiprocessors, 80.0 GiB; \
             Choice::Gpu(1): NVIDIA A100-SXM, compute capability 8.0, 108 multiprocessors, 80.0 GiB; \
             use Choice::Reference to run without one"
        );
        assert_eq!(
            not_there("GPU 2", &[]).to_string(),
            "no GPU: GPU 2 was asked for, the driver has none; use Choice::Reference to run without one"
        );
    }
}

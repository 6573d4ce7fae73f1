//! The GPUs of a machine.
use super::choice::Choice;
use super::info::DeviceInfo;
use super::inner::Entered;
use crate::cuda::cust::{self, device::Device};
use crate::cuda::error::CudaError;
use crate::cuda::seam::{Backend, no_driver};

/// The description of each GPU, by ordinal, or why there is none.
pub(super) type Gpus = Vec<Result<DeviceInfo, CudaError>>;

/// The GPUs of this machine.
///
/// # Errors
///
/// [`CudaError::NoDevice`] when the driver cannot be used.
pub(super) fn gpus() -> Result<Gpus, CudaError> {
    if let Some(reason) = no_driver() {
        return Err(CudaError::NoDevice { reason });
    }
    let _entered = Entered::new(Backend::Driver);
    init().map_err(CudaError::no_device)?;
    let count = Device::num_devices()
        .map_err(|e| CudaError::from_cust("counting the GPUs", e).no_device())?;
    Ok((0..count).map(info).collect())
}

fn info(ordinal: u32) -> Result<DeviceInfo, CudaError> {
    DeviceInfo::of(get(ordinal)?, Choice::Gpu(ordinal))
}

pub(super) fn get(ordinal: u32) -> Result<Device, CudaError> {
    Device::get_device(ordinal).map_err(|e| CudaError::from_cust("asking for the device", e))
}

pub(super) fn init() -> Result<(), CudaError> {
    cust::init(cust::CudaFlags::empty())
        .map_err(|e| CudaError::from_cust("initialising the driver", e))
}

/// The error for a GPU that was asked for and is not there. It lists those that are.
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

/// The first GPU whose name contains `part`, in upper or lower case.
pub(super) fn find(
    gpus: &[Result<DeviceInfo, CudaError>],
    part: &str,
) -> Result<Choice, CudaError> {
    let part = part.to_lowercase();
    let found = gpus
        .iter()
        .flatten()
        .find(|gpu| gpu.name.to_lowercase().contains(&part));
    found
        .map(|gpu| gpu.choice)
        .ok_or_else(|| not_there(&format!("a GPU with \"{part}\" in its name"), gpus))
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

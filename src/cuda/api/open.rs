//! How a device is opened.
use super::choice::Choice;
use super::device::Device;
use super::gpus::{get, gpus, init, not_there};
use super::info::{DeviceInfo, attribute};
use super::inner::{Entered, Inner};
use crate::cuda::cust::context::{Context, CurrentContext};
use crate::cuda::cust::stream::{Stream, StreamFlags};
use crate::cuda::cust_raw;
use crate::cuda::error::CudaError;
use crate::cuda::reference::{self, ReferenceOptions};
use crate::cuda::seam::Backend;
use std::mem::ManuallyDrop;
use std::sync::Arc;

/// The least compute capability that runs baked PTX, which is for `sm_80`.
const LEAST_CAPABILITY: (u32, u32) = (8, 0);

impl Device {
    /// Opens a device.
    ///
    /// # Errors
    ///
    /// [`CudaError::NoDevice`] when a GPU was asked for and cannot be used. It has the driver's number and words and,
    /// where one is known, a remedy. [`Choice::Auto`] never fails for that reason.
    pub fn open(choice: Choice) -> Result<Device, CudaError> {
        match choice {
            Choice::Gpu(ordinal) => Device::open_gpu(ordinal),
            Choice::Reference => Device::reference(),
            Choice::Auto => match first_gpu() {
                Ok(device) => Ok(device),
                Err(reason) => Ok(Device {
                    fallback: Some(reason),
                    ..Device::reference()?
                }),
            },
        }
    }

    /// Why [`Choice::Auto`] opened the reference device and no GPU: what is wrong with each GPU, or with the driver.
    /// `None` for a GPU, and for a reference device that was asked for.
    ///
    /// ```
    /// use bakelite::cuda::{Choice, Device};
    /// # fn main() -> Result<(), bakelite::cuda::CudaError> {
    /// let device = Device::open(Choice::Auto)?;
    /// assert_eq!(device.fallback_reason().is_some(), device.is_reference());
    /// assert_eq!(Device::reference()?.fallback_reason(), None);
    /// # Ok(()) }
    /// ```
    pub fn fallback_reason(&self) -> Option<&str> {
        self.fallback.as_deref()
    }

    /// Opens a reference device: the interpreter of this crate, with memory of its own.
    ///
    /// ```
    /// let device = bakelite::cuda::Device::reference().unwrap();
    /// assert!(device.is_reference() && device.name().contains("no GPU"));
    /// ```
    ///
    /// # Errors
    ///
    /// None is expected.
    pub fn reference() -> Result<Device, CudaError> {
        Device::reference_with(ReferenceOptions::default())
    }

    /// Opens a reference device with options.
    ///
    /// ```
    /// use bakelite::cuda::{Device, ReferenceOptions};
    /// let options = ReferenceOptions { threads: 1, ..ReferenceOptions::default() };
    /// assert!(Device::reference_with(options).unwrap().is_reference());
    /// ```
    ///
    /// # Errors
    ///
    /// None is expected.
    pub fn reference_with(options: ReferenceOptions) -> Result<Device, CudaError> {
        reference::with_options(options, || Device::open_on(Backend::Reference, 0))
    }

    fn open_gpu(ordinal: u32) -> Result<Device, CudaError> {
        let gpus = gpus()?;
        if ordinal as usize >= gpus.len() {
            return Err(not_there(&format!("GPU {ordinal}"), &gpus));
        }
        Device::open_on(Backend::Driver, ordinal).map_err(CudaError::no_device)
    }

    fn open_on(backend: Backend, ordinal: u32) -> Result<Device, CudaError> {
        let choice = match backend {
            Backend::Driver => Choice::Gpu(ordinal),
            Backend::Reference => Choice::Reference,
        };
        let _entered = Entered::new(backend);
        let failed = |action| move |e| CudaError::from_cust(action, e);
        init()?;
        let device = get(ordinal)?;
        let info = DeviceInfo::of(device, choice)?;
        use cust_raw::CUdevice_attribute as A;
        let shared = A::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN;
        let shared_opt_in = attribute(device, shared)? as usize;
        let context = Context::new(device).map_err(failed("creating a context"))?;
        // `cust` ignores what this call returned when it made the context.
        CurrentContext::set_current(&context).map_err(failed("making the context current"))?;
        // A blocking stream: copies, which use the legacy default stream, wait for it and it for them.
        let stream =
            Stream::new(StreamFlags::DEFAULT, None).map_err(failed("creating a stream"))?;
        Ok(Device {
            inner: Arc::new(Inner {
                backend,
                device: device.as_raw(),
                context: ManuallyDrop::new(context),
                stream: ManuallyDrop::new(stream),
            }),
            info,
            shared_opt_in,
            fallback: None,
        })
    }
}

/// The first GPU that runs baked PTX and can be opened, or why there is none.
fn first_gpu() -> Result<Device, String> {
    let (least_major, least_minor) = LEAST_CAPABILITY;
    let reason = |error: CudaError| match error {
        CudaError::NoDevice { reason } => reason,
        other => other.to_string(),
    };
    let mut reasons = Vec::new();
    for (ordinal, gpu) in gpus().map_err(reason)?.into_iter().enumerate() {
        let opened = match gpu {
            Ok(gpu) if gpu.compute_capability < LEAST_CAPABILITY => {
                let (major, minor) = gpu.compute_capability;
                let name = gpu.name;
                reasons.push(format!("GPU {ordinal} ({name}) has compute capability {major}.{minor}, and baked PTX needs {least_major}.{least_minor}"));
                continue;
            }
            Ok(gpu) => Device::open(gpu.choice),
            Err(error) => Err(error),
        };
        match opened {
            Ok(device) => return Ok(device),
            Err(error) => reasons.push(format!("GPU {ordinal}: {}", reason(error))),
        }
    }
    match reasons.is_empty() {
        true => Err("the driver has no GPU".to_owned()),
        false => Err(reasons.join("; ")),
    }
}

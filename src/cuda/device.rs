//! Devices: what is opened, and what keeps it open.
use super::chunks::runs_per_block;
use super::codes::is_sticky;
use super::error::CudaError;
use super::list::{DeviceInfo, attribute, get, gpus, init, not_there};
use super::reference::{self, ReferenceOptions};
use super::seam::{Backend, Guard, words};
use bakelite_device::{Printed, Profile};
use cust::context::{Context, CurrentContext};
use cust::error::CudaError as Cust;
use cust::stream::{Stream, StreamFlags};
use std::ffi::{CString, c_int, c_void};
use std::mem::ManuallyDrop;
use std::sync::Arc;

/// Which device to open.
///
/// ```
/// use bakelite::cuda::{Choice, Device};
/// # fn main() -> Result<(), bakelite::cuda::CudaError> {
/// let device = Device::open(Choice::default())?; // the GPU of this machine, if it has a usable one
/// assert!(device.is_reference() || device.compute_capability() >= (8, 0));
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The first GPU of compute capability 8.0 or more, which baked PTX needs, that can be opened; else the reference device, which then
    /// says why: [`Device::fallback_reason`].
    #[default]
    Auto,
    /// The GPU of this ordinal, whatever its compute capability. See [`Device::list`] and [`Choice::named`].
    Gpu(u32),
    /// The reference device.
    Reference,
}

/// What baked PTX, `sm_80`, runs on.
const LEAST_CAPABILITY: (u32, u32) = (8, 0);

/// What keeps a context alive: shared by a device and its buffers.
pub(super) struct Inner {
    pub(super) backend: Backend,
    pub(super) device: c_int,
    context: ManuallyDrop<Context>,
    pub(super) stream: ManuallyDrop<Stream>,
}

/// This thread's calls go to a backend while it lives; then that is as before, and so is the context that was current there.
pub(super) struct Entered {
    /// `None`: the driver could not tell.
    before: Option<cust_raw::CUcontext>,
    _backend: Guard,
}

impl Entered {
    pub(super) fn new(backend: Backend) -> Entered {
        let _backend = Guard::new(backend);
        let mut before = std::ptr::null_mut();
        // SAFETY: `before` may be written.
        let code = unsafe { cust_raw::cuCtxGetCurrent(&mut before) };
        Entered {
            before: (code as u32 == 0).then_some(before),
            _backend,
        }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        if let Some(before) = self.before {
            // SAFETY: it was current on this thread; null is "none".
            let _ = unsafe { cust_raw::cuCtxSetCurrent(before) };
        }
    }
}

impl Inner {
    /// Directs this thread's calls to the device and makes its context current.
    pub(super) fn enter(&self) -> Result<Entered, CudaError> {
        let entered = Entered::new(self.backend);
        CurrentContext::set_current(&*self.context)
            .map_err(|e| self.error("making the context current", e))?;
        Ok(entered)
    }

    /// An error of `cust`, or the fault of a kernel behind it.
    pub(super) fn error(&self, action: &'static str, error: Cust) -> CudaError {
        self.failed(action, error as u32)
    }

    /// The result of a call that `cust` does not have.
    pub(super) fn check(
        &self,
        action: &'static str,
        code: cust_raw::CUresult,
    ) -> Result<(), CudaError> {
        match code as u32 {
            0 => Ok(()),
            code => Err(self.failed(action, code)),
        }
    }

    pub(super) fn failed(&self, action: &'static str, code: u32) -> CudaError {
        let (code, text) = words(code);
        match self.backend {
            Backend::Reference if is_sticky(code) => {
                CudaError::Fault(reference::fault(self.device).unwrap_or_default())
            }
            Backend::Driver if is_sticky(code) => CudaError::Fault(format!(
                "a kernel failed on the GPU ({action}): {text} (CUDA error {code}); the GPU is lost to this process: start it again, with Choice::Reference to have the access named"
            )),
            _ => CudaError::Driver { action, code, text },
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let _entered = self.enter();
        // Errors of `enter` leave nothing to do: the handles below then belong to a dead context.
        let _backend = Guard::new(self.backend);
        // SAFETY: both are dropped here only, the stream before its context, and never used again.
        unsafe {
            ManuallyDrop::drop(&mut self.stream);
            ManuallyDrop::drop(&mut self.context);
        }
    }
}

/// An opened device.
///
/// After a fault it refuses everything. On the reference device open another: devices that are opened separately there have
/// memory and faults of their own. On a GPU all devices of a process share one context, and CUDA keeps it broken until the
/// process ends: start the process again.
///
/// ```
/// use bakelite::cuda::{CudaError, Device, DevicePtr};
/// # fn main() -> Result<(), CudaError> {
/// const POKE: &str = "
///     .version 8.0
///     .target sm_80
///     .address_size 64
///     .visible .entry poke(.param .u64 at) {
///         .reg .b64 %a<2>;
///         ld.param.u64 %a1, [at];
///         st.global.u32 [%a1+4], 7;
///         ret;
///     }";
/// let device = Device::reference()?;
/// let short = device.zeroed::<u32>(1)?;
/// // SAFETY: on a GPU there would be none, for the store lies behind the buffer; the reference device catches it.
/// let fault = unsafe { device.load(POKE, "poke")?.launch(1, 1, 0, &short.pointer()) }.unwrap_err();
/// assert!(fault.to_string().contains("is in no allocation (the nearest has 4 bytes)"), "{fault}");
/// assert_eq!(short.download().unwrap_err(), fault);
/// assert_eq!(Device::reference()?.upload(&[7])?.download()?, [7]);
/// # Ok(()) }
/// ```
pub struct Device {
    pub(super) inner: Arc<Inner>,
    info: DeviceInfo,
    shared_opt_in: usize,
    /// Why [`Choice::Auto`] took no GPU.
    fallback: Option<String>,
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Device")
            .field("name", &self.info.name)
            .finish()
    }
}

impl Device {
    /// Opens a device.
    ///
    /// # Errors
    ///
    /// [`CudaError::NoDevice`] when a GPU was asked for and cannot be used, with the driver's number and words and, where it is known, what
    /// helps. With [`Choice::Auto`] never for that reason.
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

    /// Why [`Choice::Auto`] opened the reference device and no GPU: of each GPU, or of the driver, what is in the way. `None` for a
    /// device that was asked for, and for a GPU.
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
    /// None that is expected.
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
    /// None that is expected.
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
        use cust_raw::CUdevice_attribute_enum as A;
        let shared = A::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN;
        let shared_opt_in = attribute(device, shared)? as usize;
        let context = Context::new(device).map_err(failed("creating a context"))?;
        // `cust` does not look at what this returned when it made the context.
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

    /// The device's own name; the reference device says that it is none.
    pub fn name(&self) -> &str {
        &self.info.name
    }

    /// Whether this is the reference device.
    pub fn is_reference(&self) -> bool {
        self.inner.backend == Backend::Reference
    }

    /// Shared memory that a block can have at most, in bytes.
    pub fn shared_opt_in_bytes(&self) -> usize {
        self.shared_opt_in
    }

    /// Compute capability, major and minor; the reference device says 9.0.
    pub fn compute_capability(&self) -> (u32, u32) {
        self.info.compute_capability
    }

    /// Multiprocessors; the reference device says what its options say.
    pub fn multiprocessors(&self) -> usize {
        self.info.multiprocessors
    }

    /// Runs per block for an ensemble of so many runs: 64, or 32 where blocks of 64 would leave multiprocessors idle. What
    /// [`Ensemble::solve_on`](crate::Ensemble::solve_on) plans with.
    ///
    /// ```
    /// use bakelite::cuda::{Device, ReferenceOptions};
    /// let options = ReferenceOptions { multiprocessors: 132, ..ReferenceOptions::default() };
    /// let device = Device::reference_with(options).unwrap();
    /// assert_eq!((device.runs_per_block(1_000), device.runs_per_block(100_000)), (32, 64));
    /// ```
    pub fn runs_per_block(&self, runs: usize) -> usize {
        runs_per_block(runs, self.multiprocessors())
    }

    /// Memory in bytes: what is free now, and all of it.
    ///
    /// ```
    /// use bakelite::cuda::{Device, ReferenceOptions};
    /// # fn main() -> Result<(), bakelite::cuda::CudaError> {
    /// let device = Device::reference_with(ReferenceOptions { memory_bytes: 4096, ..ReferenceOptions::default() })?;
    /// let buffer = device.alloc::<f64>(100)?;
    /// assert_eq!(device.memory()?, (4096 - 1024, 4096)); // in steps of 256 bytes
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// A fault of an earlier launch.
    pub fn memory(&self) -> Result<(usize, usize), CudaError> {
        let _entered = self.inner.enter()?;
        let (mut free, mut total) = (0, 0);
        // SAFETY: both may be written.
        let code = unsafe { cust_raw::cuMemGetInfo_v2(&mut free, &mut total) };
        self.inner.check("asking for the free memory", code)?;
        Ok((free, total))
    }

    /// What the last launch did; `None` on a GPU and before the first launch.
    pub fn last_profile(&self) -> Option<Profile> {
        match self.inner.backend {
            Backend::Reference => reference::profile(self.inner.device),
            Backend::Driver => None,
        }
    }

    /// What kernels printed by `printf` since this was last called: launch by launch, in each by blocks. Nothing on a GPU, whose
    /// driver writes to the standard output. Wait for the launches first: a stream of the reference device runs when it is waited
    /// for. The first MiB of text is kept.
    ///
    /// ```
    /// let device = bakelite::cuda::Device::reference().unwrap();
    /// assert!(device.take_printed().is_empty());
    /// ```
    pub fn take_printed(&self) -> Vec<Printed> {
        match self.inner.backend {
            Backend::Reference => reference::printed(self.inner.device),
            Backend::Driver => Vec::new(),
        }
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

/// The assembler's log for PTX that was refused.
pub(super) fn jit_log(text: &CString) -> Option<String> {
    use cust_raw::CUjit_option_enum as O;
    let mut log = vec![0u8; 8192];
    let mut options = [
        O::CU_JIT_ERROR_LOG_BUFFER,
        O::CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES,
    ];
    let mut values = [log.as_mut_ptr().cast::<c_void>(), log.len() as *mut c_void];
    let mut module = std::ptr::null_mut();
    // SAFETY: two options with two values as CUDA defines them; `text` ends with a NUL; the log lives through the call.
    unsafe {
        let image = text.as_ptr().cast();
        let (o, v) = (options.as_mut_ptr(), values.as_mut_ptr());
        if cust_raw::cuModuleLoadDataEx(&mut module, image, 2, o, v) as u32 == 0 {
            cust_raw::cuModuleUnload(module);
        }
    }
    let end = log.iter().position(|b| *b == 0).unwrap_or(log.len());
    let text = String::from_utf8_lossy(&log[..end]).trim().to_string();
    (!text.is_empty()).then_some(text)
}

static_assertions::assert_impl_all!(Device: Send, Sync);
static_assertions::assert_not_impl_any!(Guard: Send, Sync);

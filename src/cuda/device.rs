//! Devices, buffers and kernels.
use super::error::CudaError;
use super::reference::{self, ReferenceOptions};
use super::seam::{Backend, Guard, has_driver};
use crate::ptx::device::{Param, Profile, params_of};
use cust::context::{Context, CurrentContext};
use cust::error::CudaError as Cust;
use cust::memory::{CopyDestination, DeviceBuffer, DeviceCopy};
use cust::module::Module;
use cust::stream::{Stream, StreamFlags};
use std::ffi::{CString, c_int, c_void};
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit, size_of};
use std::sync::Arc;

/// Which device to open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// GPU 0 if there is a driver and a GPU, else the reference device.
    #[default]
    Auto,
    /// The GPU of this ordinal.
    Gpu(u32),
    /// The reference device.
    Reference,
}

/// Values in device memory. Kernels may write any bits.
///
/// # Safety
///
/// Every bit pattern of the type is a valid value, and it has no padding.
pub unsafe trait Element: DeviceCopy + Copy {}

macro_rules! elements {
    ($($t:ty)*) => { $(
        // SAFETY: a number: every bit pattern is a value, and there is no padding.
        unsafe impl Element for $t {}
    )* };
}
elements!(u8 i8 u16 i16 u32 i32 u64 i64 f32 f64);

/// What keeps a context alive: shared by a device and its buffers.
struct Inner {
    backend: Backend,
    device: c_int,
    context: ManuallyDrop<Context>,
    stream: ManuallyDrop<Stream>,
}

impl Inner {
    /// Directs this thread's calls to the device and makes its context current.
    fn enter(&self) -> Result<Guard, CudaError> {
        let guard = Guard::new(self.backend);
        CurrentContext::set_current(&*self.context)
            .map_err(|e| CudaError::from_cust("making the context current", e))?;
        Ok(guard)
    }

    /// An error of `cust`, or the fault of a kernel behind it.
    fn error(&self, action: &'static str, error: Cust) -> CudaError {
        let fault = matches!(
            error,
            Cust::IllegalAddress
                | Cust::MisalignedAddress
                | Cust::LaunchFailed
                | Cust::IllegalInstruction
                | Cust::InvalidAddressSpace
                | Cust::HardwareStackError
        );
        match self.backend {
            Backend::Reference if fault => {
                CudaError::Fault(reference::fault(self.device).unwrap_or_default())
            }
            Backend::Driver if fault => CudaError::Fault(format!(
                "a kernel failed on the GPU ({action}): {error} (CUDA error {}); the same launch with Choice::Reference names the access",
                error as u32
            )),
            _ => CudaError::from_cust(action, error),
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let _guard = self.enter();
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
/// Two devices that are opened separately on the reference have separate memory and faults. After a fault a device refuses
/// everything; open it anew.
pub struct Device {
    inner: Arc<Inner>,
    name: String,
    shared_opt_in: usize,
    capability: (u32, u32),
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Device").field("name", &self.name).finish()
    }
}

impl Device {
    /// Opens a device.
    ///
    /// # Errors
    ///
    /// [`CudaError::NoDevice`] when a GPU was asked for and none can be used. With [`Choice::Auto`] never for that reason.
    pub fn open(choice: Choice) -> Result<Device, CudaError> {
        match choice {
            Choice::Gpu(ordinal) => Device::open_on(Backend::Driver, ordinal),
            Choice::Reference => Device::reference_with(ReferenceOptions::default()),
            Choice::Auto => match Device::open_on(Backend::Driver, 0) {
                Err(CudaError::NoDevice { .. }) => Device::open(Choice::Reference),
                result => result,
            },
        }
    }

    /// Opens the reference device with options.
    ///
    /// # Errors
    ///
    /// None that is expected.
    pub fn reference_with(options: ReferenceOptions) -> Result<Device, CudaError> {
        reference::with_options(options, || Device::open_on(Backend::Reference, 0))
    }

    fn open_on(backend: Backend, ordinal: u32) -> Result<Device, CudaError> {
        if backend == Backend::Driver && !has_driver() {
            return Err(CudaError::NoDevice {
                reason: "no CUDA driver (libcuda.so.1) on this machine".into(),
            });
        }
        let _guard = Guard::new(backend);
        let failed = |action| move |e| CudaError::from_cust(action, e);
        let none = |e: Cust| CudaError::NoDevice {
            reason: format!("the driver says {e} (CUDA error {})", e as u32),
        };
        cust::init(cust::CudaFlags::empty()).map_err(none)?;
        let count = cust::device::Device::num_devices().map_err(none)?;
        if ordinal >= count {
            return Err(CudaError::NoDevice {
                reason: format!("GPU {ordinal} was asked for, the driver has {count}"),
            });
        }
        let device = cust::device::Device::get_device(ordinal).map_err(none)?;
        let name = device
            .name()
            .map_err(failed("asking for the device's name"))?;
        let attribute = |which: cust_raw::CUdevice_attribute| {
            let mut value = 0;
            // SAFETY: `value` may be written; the device handle is the driver's.
            let code =
                unsafe { cust_raw::cuDeviceGetAttribute(&mut value, which, device.as_raw()) };
            match code as u32 {
                0 => Ok(value as u32),
                code => Err(CudaError::Driver {
                    action: "asking for a device attribute",
                    code,
                    text: format!("attribute {}", which as u32),
                }),
            }
        };
        use cust_raw::CUdevice_attribute_enum as A;
        let shared = attribute(A::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN)?;
        let major = attribute(A::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?;
        let minor = attribute(A::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?;
        let context = Context::new(device).map_err(failed("creating a context"))?;
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
            name,
            shared_opt_in: shared as usize,
            capability: (major, minor),
        })
    }

    /// The device's own name; the reference device says that it is none.
    pub fn name(&self) -> &str {
        &self.name
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
        self.capability
    }

    /// What the last launch did; `None` on a GPU and before the first launch.
    pub fn last_profile(&self) -> Option<Profile> {
        match self.inner.backend {
            Backend::Reference => reference::profile(self.inner.device),
            Backend::Driver => None,
        }
    }

    /// Loads PTX and finds `entry` in it.
    ///
    /// # Errors
    ///
    /// [`CudaError::Ptx`] with the assembler's log, [`CudaError::NoEntry`].
    pub fn load(&self, ptx: &str, entry: &str) -> Result<Kernel<'_>, CudaError> {
        let guard = self.inner.enter()?;
        let refused = |log: String| CudaError::Ptx {
            entry: entry.into(),
            log,
        };
        let text = CString::new(ptx).map_err(|_| refused("the text has a NUL byte".into()))?;
        let module = match Module::from_ptx_cstr(&text, &[]) {
            Ok(module) => module,
            Err(e @ (Cust::IllegalAddress | Cust::MisalignedAddress)) => {
                return Err(self.inner.error("loading PTX", e));
            }
            Err(e) => return Err(refused(jit_log(&text).unwrap_or_else(|| e.to_string()))),
        };
        // The driver does not tell a kernel's parameters, so they are read from the text.
        let params = params_of(ptx, entry);
        let kernel = Kernel {
            device: self,
            module: ManuallyDrop::new(module),
            entry: entry.into(),
            params: params.unwrap_or_default(),
        };
        let known = !entry.contains('\0') && kernel.module.get_function(entry).is_ok();
        drop(guard);
        match known {
            true => Ok(kernel),
            false => Err(CudaError::NoEntry {
                entry: entry.into(),
            }),
        }
    }

    /// Copies values to the device.
    ///
    /// # Errors
    ///
    /// [`CudaError::OutOfMemory`]; a fault of an earlier launch.
    pub fn upload<T: Element>(&self, values: &[T]) -> Result<Buffer<T>, CudaError> {
        let mut buffer = self.alloc(values.len())?;
        if !values.is_empty() {
            let _guard = self.inner.enter()?;
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
    pub fn zeroed<T: Element>(&self, len: usize) -> Result<Buffer<T>, CudaError> {
        let buffer = self.alloc(len)?;
        if len > 0 {
            let _guard = self.inner.enter()?;
            let (at, bytes) = (buffer.memory.as_device_ptr().as_raw(), len * size_of::<T>());
            // SAFETY: the buffer has just been allocated with that many bytes.
            let code = unsafe { cust_raw::cuMemsetD8_v2(at, 0, bytes) } as u32;
            if code != 0 {
                return Err(CudaError::Driver {
                    action: "clearing a buffer",
                    code,
                    text: format!("{bytes} bytes"),
                });
            }
        }
        Ok(buffer)
    }

    /// A buffer of `len` values that are not specified.
    ///
    /// # Errors
    ///
    /// As for [`Device::upload`].
    pub fn alloc<T: Element>(&self, len: usize) -> Result<Buffer<T>, CudaError> {
        let Some(bytes) = len.checked_mul(size_of::<T>()) else {
            return Err(CudaError::OutOfMemory { bytes: usize::MAX });
        };
        let _guard = self.inner.enter()?;
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

/// The assembler's log for PTX that was refused.
fn jit_log(text: &CString) -> Option<String> {
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

/// An address on the device, to be a field of an argument structure.
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

/// Memory on a device.
pub struct Buffer<T: Element> {
    memory: ManuallyDrop<DeviceBuffer<T>>,
    inner: Arc<Inner>,
}

impl<T: Element> std::fmt::Debug for Buffer<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Buffer").field("len", &self.len()).finish()
    }
}

impl<T: Element> Buffer<T> {
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

    /// Copies the values to the host.
    ///
    /// # Errors
    ///
    /// A fault of an earlier launch.
    pub fn download(&self) -> Result<Vec<T>, CudaError> {
        if self.is_empty() {
            return Ok(Vec::new());
        }
        let _guard = self.inner.enter()?;
        // SAFETY: zeros are a value of every `Element`.
        let zero: T = unsafe { MaybeUninit::zeroed().assume_init() };
        let mut values = vec![zero; self.len()];
        self.memory
            .copy_to(&mut values)
            .map_err(|e| self.inner.error("copying from the device", e))?;
        Ok(values)
    }
}

impl<T: Element> Drop for Buffer<T> {
    fn drop(&mut self) {
        let _guard = self.inner.enter();
        let _backend = Guard::new(self.inner.backend);
        // SAFETY: dropped here only, and not used again; `inner` keeps the context alive until after this.
        unsafe { ManuallyDrop::drop(&mut self.memory) };
    }
}

/// An entry that was loaded on a device.
pub struct Kernel<'d> {
    device: &'d Device,
    module: ManuallyDrop<Module>,
    entry: String,
    params: Vec<Param>,
}

impl std::fmt::Debug for Kernel<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kernel")
            .field("entry", &self.entry)
            .finish()
    }
}

/// Dynamic shared memory that needs no opting in, in bytes.
const PLAIN_SHARED: usize = 48 * 1024;

impl Kernel<'_> {
    /// Name of the entry.
    pub fn entry(&self) -> &str {
        &self.entry
    }

    /// Launches `grid` blocks of `block` threads with `shared_bytes` of dynamic shared memory each, and waits for the end.
    /// `args` is the kernel's only parameter, a structure by value. An empty grid does nothing and is no error.
    ///
    /// # Errors
    ///
    /// [`CudaError::Arguments`] when the sizes differ, [`CudaError::Configuration`], [`CudaError::Fault`].
    pub fn launch<A: DeviceCopy>(
        &self,
        grid: u32,
        block: u32,
        shared_bytes: usize,
        args: &A,
    ) -> Result<(), CudaError> {
        let inner = &self.device.inner;
        let params = &self.params;
        let wanted = params.last().map_or(0, |p| p.offset_bytes + p.bytes);
        if params.len() != 1 || wanted != size_of::<A>() {
            return Err(CudaError::Arguments {
                entry: self.entry.clone(),
                given: size_of::<A>(),
                wanted,
                params: params.len(),
            });
        }
        let refuse = |reason: String| {
            let entry = self.entry.clone();
            Err(CudaError::Configuration { entry, reason })
        };
        let limit = self.device.shared_opt_in;
        if shared_bytes > limit {
            return refuse(format!(
                "{shared_bytes} bytes of shared memory per block, the device has {limit}; use fewer runs per block or keep less there"
            ));
        }
        if block == 0 || block > 1024 {
            return refuse(format!("a block has 1 to 1024 threads, not {block}"));
        }
        if grid == 0 {
            return Ok(());
        }
        let _guard = inner.enter()?;
        let function = self
            .module
            .get_function(&self.entry)
            .map_err(|e| inner.error("finding the entry", e))?;
        if shared_bytes > PLAIN_SHARED {
            use cust_raw::CUfunction_attribute_enum as A;
            let which = A::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
            // SAFETY: the function is loaded; the value was checked against the device's limit.
            let code = unsafe {
                cust_raw::cuFuncSetAttribute(function.to_raw(), which, shared_bytes as c_int)
            };
            if code as u32 != 0 {
                return refuse(format!(
                    "the driver refuses {shared_bytes} bytes of shared memory (CUDA error {})",
                    code as u32
                ));
            }
        }
        let argument = std::ptr::from_ref(args).cast_mut().cast::<c_void>();
        // SAFETY: one argument of the size that the entry's parameter has; the driver copies it before it returns.
        let launched = unsafe {
            let arguments = [argument];
            inner
                .stream
                .launch(&function, grid, block, shared_bytes as u32, &arguments)
        };
        match launched {
            Err(Cust::InvalidValue) => {
                return refuse(format!(
                    "{grid} blocks of {block} threads with {shared_bytes} bytes of shared memory do not suit it (see its .maxntid)"
                ));
            }
            Err(Cust::LaunchOutOfResources) => {
                return refuse(format!(
                    "{block} threads need more registers or shared memory than a multiprocessor has; use smaller blocks"
                ));
            }
            other => other.map_err(|e| inner.error("launching", e))?,
        }
        inner
            .stream
            .synchronize()
            .map_err(|e| inner.error("waiting for the kernel", e))
    }
}

impl Drop for Kernel<'_> {
    fn drop(&mut self) {
        let _guard = self.device.inner.enter();
        let _backend = Guard::new(self.device.inner.backend);
        // SAFETY: dropped here only, and not used again; the device outlives the kernel.
        unsafe { ManuallyDrop::drop(&mut self.module) };
    }
}

static_assertions::assert_impl_all!(Device: Send, Sync);
static_assertions::assert_impl_all!(Buffer<f64>: Send, Sync);
static_assertions::assert_impl_all!(Kernel<'static>: Send, Sync);
static_assertions::assert_impl_all!(DevicePtr<f64>: Send, Sync);
static_assertions::assert_not_impl_any!(Guard: Send, Sync);

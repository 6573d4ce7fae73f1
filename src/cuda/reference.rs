//! The reference device's answers to `cu*` calls.
//!
//! Handles are numbers that are looked up, never pointers that are followed. A device handle is fresh at every `cuDeviceGet`,
//! and its context has its own memory, modules and sticky error: devices that are opened separately do not see each other.
#![allow(non_snake_case)]
use crate::ptx::device::{
    GlobalMemory, MOST_INSTRUCTIONS, MOST_SHARED, Module, ParseOptions, Printed, Profile,
    cuda_of_driver, read_by_driver, without_panic,
};
use cust_raw::*;
use std::cell::Cell;
use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_int, c_uchar, c_uint, c_ushort, c_void};
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

mod attributes;
mod queues;
pub(super) use attributes::{
    cuCtxGetFlags, cuDeviceGetAttribute, cuDevicePrimaryCtxGetState, cuDevicePrimaryCtxSetFlags_v2,
    cuDeviceTotalMem_v2, cuFuncGetAttribute, cuFuncSetAttribute,
};
use queues::{Queues, after_all};
pub(super) use queues::{
    cuCtxSynchronize, cuEventCreate, cuEventDestroy_v2, cuEventElapsedTime, cuEventRecord,
    cuEventSynchronize, cuLaunchKernel, cuMemAllocHost_v2, cuMemFreeHost, cuMemcpyDtoHAsync_v2,
    cuMemcpyHtoDAsync_v2, cuMemsetD8Async, cuStreamCreateWithPriority, cuStreamDestroy_v2,
    cuStreamSynchronize,
};

/// How the reference device runs kernels.
///
/// ```
/// use bakelite::cuda::{Device, ReferenceOptions};
/// let quick = ReferenceOptions { checks: false, ..ReferenceOptions::default() };
/// assert!(Device::reference_with(quick).unwrap().last_profile().is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReferenceOptions {
    /// Host threads that share the blocks of a launch; 0: as many as the host has cores.
    pub threads: usize,
    /// Whether to check who wrote what in shared and local memory. Bounds and alignment are checked always.
    pub checks: bool,
    /// Whether to record readers of shared memory too, with `checks`: a store to what another thread has read since the last
    /// barrier is a fault then. What a thread stored since the last barrier is its own and needs no record, so kernels whose threads keep
    /// to themselves pay nothing for it.
    pub readers: bool,
    /// Whether to fold kernels when they are loaded: 6 to 8 times faster, the same results and faults.
    pub fold: bool,
    /// Whether to take instructions whose last bits the PTX ISA leaves open (`ex2.approx`, or `add.f32`, which may be
    /// contracted): they give the nearest value, and a GPU's differ within the bound that the ISA states. Without it they are
    /// refused. See [`approximations`](crate::ptx::device#approximations).
    pub approximate: bool,
    /// Device memory in bytes: what is allocated at once, at most.
    pub memory_bytes: usize,
    /// Multiprocessors that it says to have. Nothing is faster for it: it decides how small batches are cut into blocks.
    pub multiprocessors: u32,
    /// Branch of NVIDIA's driver that it stands for, such as 525 or 580: PTX of a newer version than that driver reads is refused,
    /// as the driver would.
    pub driver: u32,
    /// Instructions that a warp may execute in a block. More are a fault that names the line: the loop there does not end.
    pub instructions: u64,
}

impl Default for ReferenceOptions {
    /// All cores, all checks, folded, without approximations; 16 GiB and one multiprocessor; driver 525, the oldest that Bakelite
    /// wants; [`MOST_INSTRUCTIONS`].
    fn default() -> ReferenceOptions {
        ReferenceOptions {
            threads: 0,
            checks: true,
            readers: true,
            fold: true,
            approximate: false,
            memory_bytes: MEMORY,
            multiprocessors: 1,
            driver: 525,
            instructions: MOST_INSTRUCTIONS,
        }
    }
}

/// Shared memory per block at most, in bytes: that of compute capability 9.0.
pub(super) const SHARED_OPT_IN: usize = MOST_SHARED;
/// Shared memory per block without opting in, static and dynamic.
const SHARED_DEFAULT: usize = 48 * 1024;

/// Device memory in bytes unless the options say otherwise.
const MEMORY: usize = 16 << 30;

/// What one opened device has.
struct State {
    options: ReferenceOptions,
    /// Of the primary context: they steer a GPU's host threads, and change nothing here.
    flags: c_uint,
    retained: usize,
    memory: GlobalMemory,
    modules: HashMap<usize, Arc<Module>>,
    /// Dynamic shared memory that a function may use, where it was set.
    opted_in: HashMap<usize, usize>,
    /// The error that stays until the device is opened anew, and its text.
    sticky: Option<(CUresult, String)>,
    /// A bug of ours that the next call that waits tells, and text of the last one told: it costs its launch, not the device.
    bug: Option<String>,
    told: Option<String>,
    profile: Option<Profile>,
    queues: Queues,
}

type Shared = Arc<Mutex<State>>;

static CONTEXTS: Mutex<Option<HashMap<c_int, Shared>>> = Mutex::new(None);
static NEXT_DEVICE: AtomicI32 = AtomicI32::new(1);
static NEXT_MODULE: AtomicUsize = AtomicUsize::new(1);

thread_local! {
    /// The context that is current on this thread, as in CUDA; 0: none.
    static CURRENT: Cell<c_int> = const { Cell::new(0) };
    /// Options for contexts that this thread creates.
    static OPTIONS: Cell<Option<ReferenceOptions>> = const { Cell::new(None) };
}

/// Contexts that `f` creates have these options.
pub(super) fn with_options<R>(options: ReferenceOptions, f: impl FnOnce() -> R) -> R {
    let before = OPTIONS.replace(Some(options));
    let result = f();
    OPTIONS.set(before);
    result
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn find(context: c_int) -> Option<Shared> {
    lock(&CONTEXTS).as_ref()?.get(&context).cloned()
}

/// Text of the fault that a device had.
pub(super) fn fault(device: c_int) -> Option<String> {
    let state = find(device)?;

    let state = lock(&state);
    let sticky = state.sticky.as_ref().map(|s| s.1.clone());
    sticky.or_else(|| state.told.clone())
}

/// What the last launch of a device did.
pub(super) fn profile(device: c_int) -> Option<Profile> {
    let state = find(device)?;

    lock(&state).profile.clone()
}

/// What the launches of a device printed since it was last asked.
pub(super) fn printed(device: c_int) -> Vec<Printed> {
    let state = find(device);

    state.map_or_else(Vec::new, |state| lock(&state).memory.take_printed())
}

type R = CUresult;
const OK: R = CUresult::CUDA_SUCCESS;
const INVALID: R = CUresult::CUDA_ERROR_INVALID_VALUE;
const FAILED: R = CUresult::CUDA_ERROR_LAUNCH_FAILED;

/// Works on the current context. A panic, which is a bug of ours, must not reach the `extern "C"` functions of the seam, where it
/// would abort the process: the call says that it failed, and the context goes on. What it leaves half done are tables, which hold whole
/// entries or none.
fn current(f: impl FnOnce(&mut State) -> R) -> R {
    let Some(state) = find(CURRENT.get()) else {
        return CUresult::CUDA_ERROR_INVALID_CONTEXT;
    };
    let mut state = lock(&state);
    without_panic(|| f(&mut state)).unwrap_or_else(|text| {
        state.told = Some(bug(&text));
        FAILED
    })
}

/// How a panic is told.
fn bug(text: &str) -> String {
    format!("reference device: a bug of bakelite, please report it: {text}")
}

/// The same unless the context has a sticky error, which is returned instead.
fn healthy(f: impl FnOnce(&mut State) -> R) -> R {
    current(|s| match &s.sticky {
        Some((code, _)) => *code,
        None => f(s),
    })
}

/// Writes an output.
///
/// # Safety
///
/// `out` is null or may be written.
unsafe fn set<T>(out: *mut T, value: T) -> R {
    if out.is_null() {
        return INVALID;
    }
    // SAFETY: not null, so it may be written.
    unsafe { out.write(value) };
    OK
}

// All functions below: the caller keeps the contract of the CUDA driver's function of the same name, in particular that
// pointers point to what they say. No other safety is asked for.

pub(super) unsafe fn cuInit(flags: c_uint) -> R {
    valid(flags == 0)
}

pub(super) unsafe fn cuDriverGetVersion(version: *mut c_int) -> R {
    let driver = OPTIONS.get().unwrap_or_default().driver;
    // SAFETY: the driver's contract.
    unsafe { set(version, cuda_of_driver(driver)) }
}

pub(super) unsafe fn cuDeviceGet(device: *mut CUdevice, ordinal: c_int) -> R {
    if ordinal != 0 {
        return CUresult::CUDA_ERROR_INVALID_DEVICE;
    }
    // SAFETY: the driver's contract.
    unsafe { set(device, NEXT_DEVICE.fetch_add(1, Relaxed)) }
}

pub(super) unsafe fn cuDeviceGetCount(count: *mut c_int) -> R {
    // SAFETY: the driver's contract.
    unsafe { set(count, 1) }
}

pub(super) unsafe fn cuDeviceGetName(name: *mut c_char, len: c_int, _device: CUdevice) -> R {
    let text = c"bakelite reference device (PTX interpreter, no GPU)".to_bytes_with_nul();
    if name.is_null() || (len as usize) < text.len() || len < 0 {
        return INVALID;
    }
    // SAFETY: `name` has `len` bytes, which are enough.
    unsafe { std::ptr::copy_nonoverlapping(text.as_ptr().cast(), name, text.len()) };
    OK
}

pub(super) unsafe fn cuDevicePrimaryCtxRetain(context: *mut CUcontext, device: CUdevice) -> R {
    let mut contexts = lock(&CONTEXTS);
    let new = || {
        Arc::new(Mutex::new(State {
            options: OPTIONS.get().unwrap_or_default(),
            flags: 0,
            retained: 0,
            memory: GlobalMemory::new(),
            modules: HashMap::new(),
            opted_in: HashMap::new(),
            sticky: None,
            bug: None,
            told: None,
            profile: None,
            queues: Queues::default(),
        }))
    };
    let all = contexts.get_or_insert_default();
    lock(all.entry(device).or_insert_with(new)).retained += 1;
    // SAFETY: the driver's contract.
    unsafe { set(context, device as usize as CUcontext) }
}

pub(super) unsafe fn cuDevicePrimaryCtxRelease_v2(device: CUdevice) -> R {
    let mut contexts = lock(&CONTEXTS);
    let Some(all) = contexts.as_mut() else {
        return CUresult::CUDA_ERROR_INVALID_CONTEXT;
    };
    let Some(state) = all.get(&device) else {
        return CUresult::CUDA_ERROR_INVALID_CONTEXT;
    };
    let left = {
        let mut state = lock(state);
        state.retained -= 1;
        state.retained
    };
    if left == 0 {
        all.remove(&device);
    }
    OK
}

pub(super) unsafe fn cuCtxSetCurrent(context: CUcontext) -> R {
    CURRENT.set(context as usize as c_int);
    OK
}

pub(super) unsafe fn cuCtxGetCurrent(context: *mut CUcontext) -> R {
    // SAFETY: the driver's contract.
    unsafe { set(context, CURRENT.get() as usize as CUcontext) }
}

pub(super) unsafe fn cuCtxGetDevice(device: *mut CUdevice) -> R {
    match CURRENT.get() {
        0 => CUresult::CUDA_ERROR_INVALID_CONTEXT,
        // SAFETY: the driver's contract.
        context => unsafe { set(device, context) },
    }
}

/// `CU_JIT_ERROR_LOG_BUFFER` and `CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES`.
const ERROR_LOG: u32 = 5;
const ERROR_LOG_BYTES: u32 = 6;

pub(super) unsafe fn cuModuleLoadDataEx(
    module: *mut CUmodule,
    image: *const c_void,
    count: c_uint,
    options: *mut CUjit_option,
    values: *mut *mut c_void,
) -> R {
    if image.is_null() {
        return INVALID;
    }
    // SAFETY: an image is PTX text that ends with a NUL here (a cubin is refused as text).
    let text = unsafe { CStr::from_ptr(image.cast()) }.to_string_lossy();
    let mut parse = ParseOptions {
        fold: true,
        approximate: false,
    };
    let mut driver = 0;
    match healthy(|s| {
        parse = ParseOptions {
            fold: s.options.fold,
            approximate: s.options.approximate,
        };
        driver = s.options.driver;
        OK
    }) {
        OK => {}
        code => return code,
    }
    // Parsed before the context is touched: whatever happens there costs the text, and nothing that is loaded.
    let parsed = without_panic(|| {
        let unread = CUresult::CUDA_ERROR_UNSUPPORTED_PTX_VERSION;
        read_by_driver(&text, driver).map_err(|e| (unread, e))?;
        let invalid = CUresult::CUDA_ERROR_INVALID_PTX;
        Module::parse_with(&text, parse).map_err(|e| (invalid, e))
    });
    let (code, refused) = match parsed {
        Ok(Ok(parsed)) => {
            return healthy(|s| {
                let id = NEXT_MODULE.fetch_add(1, Relaxed);
                s.modules.insert(id, Arc::new(parsed));
                // SAFETY: the driver's contract.
                unsafe { set(module, id as CUmodule) }
            });
        }
        Ok(Err((code, error))) => (code, error.to_string()),
        Err(panic) => (CUresult::CUDA_ERROR_INVALID_PTX, bug(&panic)),
    };
    let (mut log, mut bytes) = (std::ptr::null_mut::<u8>(), 0usize);
    for i in 0..count as usize {
        // SAFETY: both arrays have `count` entries. The options are read as plain integers.
        let (option, value) = unsafe { (*options.cast::<u32>().add(i), *values.add(i)) };
        match option {
            ERROR_LOG => log = value.cast(),
            ERROR_LOG_BYTES => bytes = value as usize,
            _ => {}
        }
    }
    if !log.is_null() && bytes > 0 {
        let n = refused.len().min(bytes - 1);
        // SAFETY: the log buffer has `bytes` bytes, says the option.
        unsafe {
            std::ptr::copy_nonoverlapping(refused.as_ptr(), log, n);
            log.add(n).write(0);
        }
    }
    code
}

pub(super) unsafe fn cuModuleUnload(module: CUmodule) -> R {
    current(|s| match s.modules.remove(&(module as usize)) {
        Some(_) => OK,
        None => CUresult::CUDA_ERROR_INVALID_HANDLE,
    })
}

/// Functions are numbered by module and place in it.
const PER_MODULE: usize = 1 << 16;

pub(super) unsafe fn cuModuleGetFunction(
    function: *mut CUfunction,
    module: CUmodule,
    name: *const c_char,
) -> R {
    if name.is_null() {
        return INVALID;
    }
    // SAFETY: a name is a C string.
    let name = unsafe { CStr::from_ptr(name) }.to_bytes();
    healthy(|s| {
        let Some(m) = s.modules.get(&(module as usize)) else {
            return CUresult::CUDA_ERROR_INVALID_HANDLE;
        };
        let mut kernels = m.kernels().iter();
        match kernels.position(|k| k.name().as_bytes() == name) {
            Some(at) if at < PER_MODULE => {
                let id = module as usize * PER_MODULE + at;
                // SAFETY: the driver's contract.
                unsafe { set(function, id as CUfunction) }
            }
            _ => CUresult::CUDA_ERROR_NOT_FOUND,
        }
    })
}

pub(super) unsafe fn cuMemAlloc_v2(address: *mut CUdeviceptr, bytes: usize) -> R {
    healthy(|s| match allocate(s, bytes) {
        // SAFETY: the driver's contract.
        Some(at) if bytes > 0 => unsafe { set(address, at as CUdeviceptr) },
        Some(at) => {
            s.memory.free(at);
            INVALID
        }
        None => CUresult::CUDA_ERROR_OUT_OF_MEMORY,
    })
}

fn allocate(s: &mut State, bytes: usize) -> Option<u64> {
    let free = s.options.memory_bytes.saturating_sub(s.memory.bytes());
    // in steps of 256 bytes, as `bytes` counts
    if bytes > free / 256 * 256 {
        return None;
    }
    s.memory.allocate(bytes)
}

pub(super) unsafe fn cuMemGetInfo_v2(free: *mut usize, total: *mut usize) -> R {
    healthy(|s| {
        let all = s.options.memory_bytes;
        // SAFETY: the driver's contract.
        match unsafe { set(free, all.saturating_sub(s.memory.bytes())) } {
            // SAFETY: as above.
            OK => unsafe { set(total, all) },
            code => code,
        }
    })
}

pub(super) unsafe fn cuMemFree_v2(address: CUdeviceptr) -> R {
    current(|s| match s.memory.free(address) {
        true => OK,
        false => INVALID,
    })
}

fn valid(done: bool) -> R {
    if done { OK } else { INVALID }
}

pub(super) unsafe fn cuMemcpyHtoD_v2(to: CUdeviceptr, from: *const c_void, bytes: usize) -> R {
    if from.is_null() {
        return valid(bytes == 0);
    }
    // SAFETY: `from` has `bytes` bytes, says the caller.
    let from = unsafe { std::slice::from_raw_parts(from.cast(), bytes) };
    after_all(|s| valid(s.memory.write(to, from)))
}

pub(super) unsafe fn cuMemcpyDtoH_v2(to: *mut c_void, from: CUdeviceptr, bytes: usize) -> R {
    if to.is_null() {
        return valid(bytes == 0);
    }
    // SAFETY: `to` has `bytes` bytes, says the caller; zeroed first, since they may be uninitialised.
    let to = unsafe {
        std::ptr::write_bytes(to.cast::<u8>(), 0, bytes);
        std::slice::from_raw_parts_mut(to.cast(), bytes)
    };
    after_all(|s| valid(s.memory.read(from, to)))
}

pub(super) unsafe fn cuMemcpyDtoD_v2(to: CUdeviceptr, from: CUdeviceptr, bytes: usize) -> R {
    after_all(|s| valid(s.memory.copy(to, from, bytes)))
}

/// Fills `count` elements.
fn fill(to: CUdeviceptr, element: &[u8], count: usize) -> R {
    after_all(|s| valid(s.memory.fill(to, element, count)))
}

pub(super) unsafe fn cuMemsetD8_v2(to: CUdeviceptr, value: c_uchar, count: usize) -> R {
    fill(to, &[value], count)
}

pub(super) unsafe fn cuMemsetD16_v2(to: CUdeviceptr, value: c_ushort, count: usize) -> R {
    fill(to, &value.to_le_bytes(), count)
}

pub(super) unsafe fn cuMemsetD32_v2(to: CUdeviceptr, value: c_uint, count: usize) -> R {
    fill(to, &value.to_le_bytes(), count)
}

fn locate(state: &State, function: CUfunction) -> Option<(Arc<Module>, usize)> {
    let (module, at) = (
        function as usize / PER_MODULE,
        function as usize % PER_MODULE,
    );
    let module = state.modules.get(&module)?.clone();
    (at < module.kernels().len()).then_some((module, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUG: &str = "reference device: a bug of bakelite, please report it: ";

    #[test]
    fn a_panic_fails_its_call_alone() {
        let device = crate::cuda::Device::reference().unwrap();
        let numbers = device.upload(&[7]).unwrap();
        let code = {
            let _entered = device.inner.enter().unwrap();
            current(|_| panic!("row {}", 7))
        };
        assert_eq!(code, FAILED);
        let told = device.inner.check("panicking", code).unwrap_err();
        assert_eq!(told.to_string(), format!("{BUG}row 7"));
        assert_eq!(numbers.download().unwrap(), [7]);
    }

    /// A kernel of this module panics when it starts: its operands lie outside of its registers, which no text can bring about.
    #[test]
    fn a_panic_in_a_kernel_costs_its_launch_alone() {
        const PTX: &str =
            ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry idle() { ret; }";
        let device = crate::cuda::Device::reference().unwrap();
        let numbers = device.upload(&[7]).unwrap();
        let _entered = device.inner.enter().unwrap();
        let mut stream = std::ptr::null_mut();
        let mut good = std::ptr::null_mut();
        let text = std::ffi::CString::new(PTX).unwrap();
        // SAFETY: all handles are looked up; nothing is read behind the text or behind the arguments, of which there are none.
        unsafe {
            assert_eq!(cuStreamCreateWithPriority(&mut stream, 0, 0), OK);
            let (no, none) = (std::ptr::null_mut(), std::ptr::null_mut());
            let image = text.as_ptr().cast();
            assert_eq!(cuModuleLoadDataEx(&mut good, image, 0, no, none), OK);
            let broken = 1 << 40;
            let module = Arc::new(Module::parse(PTX, true).unwrap().broken());
            let inserted = current(|s| {
                s.modules.insert(broken, module);
                OK
            });
            assert_eq!(inserted, OK);
            let launch = |module: usize| {
                let function = (module * PER_MODULE) as CUfunction;
                let (no, none) = (std::ptr::null_mut(), std::ptr::null_mut());
                cuLaunchKernel(function, 3, 1, 1, 32, 1, 1, 0, stream, no, none)
            };
            assert_eq!(launch(broken), OK);
            let code = cuStreamSynchronize(stream);
            assert_eq!(code, FAILED);
            let told = device.inner.check("waiting", code).unwrap_err().to_string();
            assert!(
                told.starts_with(BUG) && told.contains("operands_in_range"),
                "{told}"
            );
            // told once; the next launch, the buffers and the stream are as good as before
            assert_eq!(cuStreamSynchronize(stream), OK);
            assert_eq!(launch(good as usize), OK);
            assert_eq!(cuStreamSynchronize(stream), OK);
        }
        assert_eq!(numbers.download().unwrap(), [7]);
    }

    /// A text of the driver's version is loaded, a newer one is CUDA's error 222, whose log names both versions.
    #[test]
    fn texts_newer_than_the_driver_are_refused_with_both_versions() {
        for (driver, cuda, reads, newer, remedy) in [
            (520, 11080, "7.8", "8.0", "driver: 525"),
            (525, 12000, "8.0", "8.1", "driver: 530"),
            (540, 12020, "8.2", "8.5", "driver: 555"),
            (560, 12060, "8.5", "8.6", "driver: 565"),
            (580, 13000, "9.0", "9.1", "driver: 590"),
        ] {
            let options = ReferenceOptions {
                driver,
                ..ReferenceOptions::default()
            };
            let device = crate::cuda::Device::reference_with(options).unwrap();
            let text = |version: &str| {
                format!(
                    "// compiled\n.version {version}\n.target sm_80\n.address_size 64\n.visible .entry idle() {{ ret; }}"
                )
            };
            device.load(&text(reads), "idle").unwrap();
            let refused = device.load(&text(newer), "idle").unwrap_err();
            let crate::cuda::CudaError::Ptx { log, .. } = &refused else {
                panic!("{refused:?}");
            };
            let both = format!("driver {driver} reads PTX up to version {reads}, this is {newer}");
            assert!(
                log.contains(&both) && log.contains(remedy) && log.contains("line 2"),
                "{log}"
            );
            let _entered = device.inner.enter().unwrap();
            let image = std::ffi::CString::new(text(newer)).unwrap();
            let (mut module, mut version) = (std::ptr::null_mut(), 0);
            let (no, none) = (std::ptr::null_mut(), std::ptr::null_mut());
            // SAFETY: nothing is read behind the text; there are no options.
            let code =
                unsafe { cuModuleLoadDataEx(&mut module, image.as_ptr().cast(), 0, no, none) };
            assert_eq!(code as u32, 222);
            // SAFETY: the number may be written.
            let asked = with_options(options, || unsafe { cuDriverGetVersion(&mut version) });
            assert_eq!((asked, version), (OK, cuda));
        }
    }

    /// A loop that does not end is CUDA's error 702, which stays; its text names the line.
    #[test]
    fn a_loop_without_end_is_a_timeout() {
        const PTX: &str = ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry spin() {\nL: bra L;\nret;\n}";
        let options = ReferenceOptions {
            instructions: 1000,
            ..ReferenceOptions::default()
        };
        let device = crate::cuda::Device::reference_with(options).unwrap();
        let numbers = device.upload(&[7]).unwrap();
        let kernel = device.load(PTX, "spin").unwrap();
        // SAFETY: the kernel accesses no memory.
        let fault = unsafe { kernel.launch(1, 32, 0, &()) }.unwrap_err();
        let crate::cuda::CudaError::Fault(text) = &fault else {
            panic!("{fault:?}");
        };
        assert!(
            text.contains("1000 instructions") && text.contains("line 5"),
            "{text}"
        );
        assert_eq!(numbers.download().unwrap_err(), fault);
        let _entered = device.inner.enter().unwrap();
        // SAFETY: it has no arguments.
        let code = unsafe { cuCtxSynchronize() };
        assert_eq!(code as u32, 702);
        assert_eq!(device.inner.check("waiting", code).unwrap_err(), fault);
    }

    #[test]
    fn fills_and_copies_stay_inside() {
        let device = crate::cuda::Device::reference().unwrap();
        let buffer = device.upload(&[1_u16, 2, 3, 4]).unwrap();
        let _entered = device.inner.enter().unwrap();
        let at = buffer.pointer().address();
        // SAFETY: all addresses are looked up.
        unsafe {
            assert_eq!(cuMemsetD16_v2(at, 7, 2), OK);
            assert_eq!(cuMemcpyDtoD_v2(at + 2, at, 6), OK);
            assert_eq!(cuMemcpyDtoD_v2(at + 4, at, 6), INVALID);
            for count in [5, usize::MAX] {
                assert_eq!(cuMemsetD16_v2(at, 7, count), INVALID);
            }
        }
        assert_eq!(buffer.download().unwrap(), [7, 7, 7, 3]);
    }
}

//! The `cu*` symbols that `cust` links to: the driver, opened when first needed, or the reference device.
#![allow(non_snake_case)]
use super::reference;
use super::table::functions;
use cust_raw::*;
use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_uchar, c_uint, c_ushort, c_void};
use std::sync::OnceLock;

unsafe extern "C" {
    fn dlopen(file: *const c_char, flag: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, symbol: *const c_char) -> *mut c_void;
}

/// `RTLD_NOW` of Linux.
const RTLD_NOW: c_int = 2;

/// Who answers `cu*` calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Backend {
    Driver,
    Reference,
}

thread_local! {
    /// Set by a [`Guard`]; `None`: the driver if there is one.
    static BACKEND: Cell<Option<Backend>> = const { Cell::new(None) };
}

/// Directs the `cu*` calls of this thread to a backend while it lives.
pub(super) struct Guard {
    before: Option<Backend>,
    /// Restores this thread's state, so it must stay on this thread.
    _here: std::marker::PhantomData<*const ()>,
}

impl Guard {
    pub(super) fn new(backend: Backend) -> Guard {
        Guard {
            before: BACKEND.replace(Some(backend)),
            _here: std::marker::PhantomData,
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        BACKEND.set(self.before);
    }
}

/// Handle of `libcuda.so.1`; 0 when it is not there.
fn library() -> usize {
    static LIBRARY: OnceLock<usize> = OnceLock::new();
    // SAFETY: a valid C string; loading the driver's library runs its own initialisers only.
    *LIBRARY.get_or_init(|| unsafe { dlopen(c"libcuda.so.1".as_ptr(), RTLD_NOW) as usize })
}

/// Whether the CUDA driver's library is on this machine.
pub(super) fn has_driver() -> bool {
    library() != 0
}

/// Address of a driver function; 0 when the driver or the function is not there.
fn symbol(name: &CStr) -> usize {
    match library() {
        0 => 0,
        // SAFETY: the handle is from dlopen and never closed; a valid C string.
        library => unsafe { dlsym(library as *mut c_void, name.as_ptr()) as usize },
    }
}

fn backend() -> Backend {
    BACKEND.get().unwrap_or(match has_driver() {
        true => Backend::Driver,
        false => Backend::Reference,
    })
}

macro_rules! known {
    ($($name:ident)*) => {
        /// Every code that `cust_raw`'s enum has. Those of newer drivers become "unknown", since a value that a Rust enum does not
        /// have is undefined behaviour.
        const KNOWN: &[CUresult] = &[$(CUresult::$name),*];
        // A variant that is missing above does not compile.
        const _: fn(CUresult) = |code| match code { $(CUresult::$name)|* => {} };
    };
}
known! {
    CUDA_SUCCESS CUDA_ERROR_INVALID_VALUE CUDA_ERROR_OUT_OF_MEMORY CUDA_ERROR_NOT_INITIALIZED CUDA_ERROR_DEINITIALIZED
    CUDA_ERROR_PROFILER_DISABLED CUDA_ERROR_PROFILER_NOT_INITIALIZED CUDA_ERROR_PROFILER_ALREADY_STARTED
    CUDA_ERROR_PROFILER_ALREADY_STOPPED CUDA_ERROR_STUB_LIBRARY CUDA_ERROR_NO_DEVICE CUDA_ERROR_INVALID_DEVICE
    CUDA_ERROR_DEVICE_NOT_LICENSED CUDA_ERROR_INVALID_IMAGE CUDA_ERROR_INVALID_CONTEXT CUDA_ERROR_CONTEXT_ALREADY_CURRENT
    CUDA_ERROR_MAP_FAILED CUDA_ERROR_UNMAP_FAILED CUDA_ERROR_ARRAY_IS_MAPPED CUDA_ERROR_ALREADY_MAPPED
    CUDA_ERROR_NO_BINARY_FOR_GPU CUDA_ERROR_ALREADY_ACQUIRED CUDA_ERROR_NOT_MAPPED CUDA_ERROR_NOT_MAPPED_AS_ARRAY
    CUDA_ERROR_NOT_MAPPED_AS_POINTER CUDA_ERROR_ECC_UNCORRECTABLE CUDA_ERROR_UNSUPPORTED_LIMIT
    CUDA_ERROR_CONTEXT_ALREADY_IN_USE CUDA_ERROR_PEER_ACCESS_UNSUPPORTED CUDA_ERROR_INVALID_PTX
    CUDA_ERROR_INVALID_GRAPHICS_CONTEXT CUDA_ERROR_NVLINK_UNCORRECTABLE CUDA_ERROR_JIT_COMPILER_NOT_FOUND
    CUDA_ERROR_UNSUPPORTED_PTX_VERSION CUDA_ERROR_JIT_COMPILATION_DISABLED CUDA_ERROR_UNSUPPORTED_EXEC_AFFINITY
    CUDA_ERROR_INVALID_SOURCE CUDA_ERROR_FILE_NOT_FOUND CUDA_ERROR_SHARED_OBJECT_SYMBOL_NOT_FOUND
    CUDA_ERROR_SHARED_OBJECT_INIT_FAILED CUDA_ERROR_OPERATING_SYSTEM CUDA_ERROR_INVALID_HANDLE CUDA_ERROR_ILLEGAL_STATE
    CUDA_ERROR_NOT_FOUND CUDA_ERROR_NOT_READY CUDA_ERROR_ILLEGAL_ADDRESS CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES
    CUDA_ERROR_LAUNCH_TIMEOUT CUDA_ERROR_LAUNCH_INCOMPATIBLE_TEXTURING CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED
    CUDA_ERROR_PEER_ACCESS_NOT_ENABLED CUDA_ERROR_PRIMARY_CONTEXT_ACTIVE CUDA_ERROR_CONTEXT_IS_DESTROYED CUDA_ERROR_ASSERT
    CUDA_ERROR_TOO_MANY_PEERS CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED
    CUDA_ERROR_HARDWARE_STACK_ERROR CUDA_ERROR_ILLEGAL_INSTRUCTION CUDA_ERROR_MISALIGNED_ADDRESS
    CUDA_ERROR_INVALID_ADDRESS_SPACE CUDA_ERROR_INVALID_PC CUDA_ERROR_LAUNCH_FAILED
    CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE CUDA_ERROR_NOT_PERMITTED CUDA_ERROR_NOT_SUPPORTED CUDA_ERROR_SYSTEM_NOT_READY
    CUDA_ERROR_SYSTEM_DRIVER_MISMATCH CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE CUDA_ERROR_MPS_CONNECTION_FAILED
    CUDA_ERROR_MPS_RPC_FAILURE CUDA_ERROR_MPS_SERVER_NOT_READY CUDA_ERROR_MPS_MAX_CLIENTS_REACHED
    CUDA_ERROR_MPS_MAX_CONNECTIONS_REACHED CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED CUDA_ERROR_STREAM_CAPTURE_INVALIDATED
    CUDA_ERROR_STREAM_CAPTURE_MERGE CUDA_ERROR_STREAM_CAPTURE_UNMATCHED CUDA_ERROR_STREAM_CAPTURE_UNJOINED
    CUDA_ERROR_STREAM_CAPTURE_ISOLATION CUDA_ERROR_STREAM_CAPTURE_IMPLICIT CUDA_ERROR_CAPTURED_EVENT
    CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD CUDA_ERROR_TIMEOUT CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE
    CUDA_ERROR_EXTERNAL_DEVICE CUDA_ERROR_UNKNOWN
}

fn sanitise(code: c_int) -> CUresult {
    let known = KNOWN.iter().find(|known| **known as c_int == code);
    *known.unwrap_or(&CUresult::CUDA_ERROR_UNKNOWN)
}

macro_rules! seam {
    ($mode:ident $(fn $name:ident($($a:ident: $t:ty),*);)*) => {$(
        // Hidden: a shared library of ours must not offer CUDA's symbols to its host program.
        std::arch::global_asm!(concat!(".hidden ", stringify!($name)));
        /// # Safety
        ///
        /// As the CUDA driver documents for the function of this name.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name($($a: $t),*) -> CUresult {
            if backend() == Backend::Reference {
                return seam!(@$mode $name $($a),*);
            }
            static ADDRESS: OnceLock<usize> = OnceLock::new();
            let name = concat!(stringify!($name), "\0");
            let address = *ADDRESS.get_or_init(|| {
                CStr::from_bytes_with_nul(name.as_bytes()).map_or(0, symbol)
            });
            if address == 0 {
                return match has_driver() {
                    true => CUresult::CUDA_ERROR_NOT_FOUND,
                    false => CUresult::CUDA_ERROR_NO_DEVICE,
                };
            }
            // SAFETY: the driver's function of this name has this signature (cust_raw's, with the result as the plain
            // integer it is); the caller keeps its contract.
            unsafe {
                let f = std::mem::transmute::<usize, unsafe extern "C" fn($($t),*) -> c_int>(address);
                sanitise(f($($a),*))
            }
        }
    )*};
    (@reference $name:ident $($a:ident),*) => {
        // SAFETY: the caller keeps the contract of the driver's function, and the reference asks for no more.
        unsafe { reference::$name($($a),*) }
    };
    (@driver_only $name:ident $($a:ident),*) => {{
        $(let _ = $a;)*
        CUresult::CUDA_ERROR_NOT_SUPPORTED
    }};
}

functions!(seam);

std::arch::global_asm!(".hidden cuGetErrorString");

/// Always gives a string: `cust`'s `Display` of an error panics otherwise.
///
/// # Safety
///
/// `out` may be written.
#[unsafe(no_mangle)]
unsafe extern "C" fn cuGetErrorString(error: c_int, out: *mut *const c_char) -> CUresult {
    let text = match error {
        0 => c"no error",
        1 => c"invalid value",
        2 => c"out of memory",
        100 => c"no CUDA-capable device, or no driver (libcuda.so.1)",
        101 => c"no device of that number",
        201 => c"no context is current on this thread",
        218 => c"the PTX was refused",
        400 => c"invalid handle",
        500 => c"not found",
        700 => c"a kernel accessed memory illegally",
        701 => c"the launch asks for more than the device has",
        702 => c"a kernel ran longer than the system allows",
        716 => c"a kernel accessed memory at an address that is not aligned",
        719 => c"a kernel failed",
        801 => c"not supported by this device",
        _ => c"unknown error",
    };
    // SAFETY: `out` may be written, says the caller; the texts are static.
    unsafe { *out = text.as_ptr() };
    if backend() == Backend::Driver {
        let address = symbol(c"cuGetErrorString");
        if address != 0 {
            let mut better = std::ptr::null();
            // SAFETY: the driver's function of this name has this signature; `better` may be written.
            let code = unsafe {
                let f = std::mem::transmute::<
                    usize,
                    unsafe extern "C" fn(c_int, *mut *const c_char) -> c_int,
                >(address);
                f(error, &mut better)
            };
            if code == 0 && !better.is_null() {
                // SAFETY: as above; the driver's texts are static.
                unsafe { *out = better };
            }
        }
    }
    CUresult::CUDA_SUCCESS
}

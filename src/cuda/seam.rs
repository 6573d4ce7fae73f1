//! The `cu*` symbols that `cust` links to: the driver, opened when first needed, or the reference device.
#![allow(non_snake_case)]
use super::codes;
use super::reference;
use super::table::functions;
use cust_raw::*;
use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_uchar, c_uint, c_ushort, c_void};
use std::sync::OnceLock;

unsafe extern "C" {
    fn dlopen(file: *const c_char, flag: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, symbol: *const c_char) -> *mut c_void;
    fn dlerror() -> *const c_char;
    fn dlinfo(library: *mut c_void, request: c_int, info: *mut c_void) -> c_int;
}

/// `RTLD_NOW` and `RTLD_DI_LINKMAP` of Linux.
const RTLD_NOW: c_int = 2;
const RTLD_DI_LINKMAP: c_int = 2;

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

/// The driver's library.
struct Library {
    handle: usize,
    /// Where it was found.
    path: String,
}

static LIBRARY: OnceLock<Result<Library, String>> = OnceLock::new();

/// `libcuda.so.1`, or the loader's words on why not.
fn library() -> Result<&'static Library, &'static str> {
    let found = LIBRARY.get_or_init(|| {
        // SAFETY: a valid C string; loading the driver's library runs its own initialisers only.
        let handle = unsafe { dlopen(c"libcuda.so.1".as_ptr(), RTLD_NOW) };
        if handle.is_null() {
            // SAFETY: null, or a string that lives until the next call of the loader on this thread.
            let words = unsafe { text_at(dlerror()) };
            return Err(words.unwrap_or_else(|| "no words".to_owned()));
        }
        let path = path_of(handle).unwrap_or_else(|| "libcuda.so.1".to_owned());
        let handle = handle as usize;
        Ok(Library { handle, path })
    });
    found.as_ref().map_err(String::as_str)
}

/// # Safety
///
/// It is null or a C string.
unsafe fn text_at(text: *const c_char) -> Option<String> {
    // SAFETY: the caller says so.
    let text = (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) })?;
    Some(text.to_string_lossy().into_owned())
}

/// The file of a loaded library.
fn path_of(library: *mut c_void) -> Option<String> {
    /// The public head of the loader's `struct link_map` (`link.h`).
    #[repr(C)]
    struct LinkMap {
        base: usize,
        name: *const c_char,
    }
    let mut map: *const LinkMap = std::ptr::null();
    let out = (&raw mut map).cast();
    // SAFETY: a handle from `dlopen`; the request writes one pointer, to what lives as long as the library, which is never closed.
    unsafe {
        let code = dlinfo(library, RTLD_DI_LINKMAP, out);
        let map = (code == 0 && !map.is_null()).then(|| &*map)?;
        text_at(map.name)
    }
}

/// Where the driver's library is, once it has been loaded.
pub(super) fn library_path() -> Option<&'static str> {
    let found = LIBRARY.get()?.as_ref().ok()?;
    Some(&found.path)
}

/// The loader's words when there is no driver's library that it can load.
pub(super) fn no_driver() -> Option<&'static str> {
    library().err()
}

/// Whether the CUDA driver's library is on this machine.
fn has_driver() -> bool {
    library().is_ok()
}

/// Address of a driver function; 0 when the driver or the function is not there.
fn symbol(name: &CStr) -> usize {
    match library() {
        Err(_) => 0,
        // SAFETY: the handle is from dlopen and never closed; a valid C string.
        Ok(library) => unsafe { dlsym(library.handle as *mut c_void, name.as_ptr()) as usize },
    }
}

/// The last call of this thread that the driver failed. `cust` has 60 of its 100 numbers, and `cust_raw` lacks those of newer drivers:
/// both say 999, and this says which it was.
#[derive(Clone, Copy)]
struct Failed {
    code: u32,
    /// The function that the driver's library lacks.
    lacks: Option<&'static str>,
}

thread_local! {
    static FAILED: Cell<Option<Failed>> = const { Cell::new(None) };
}

/// `CUDA_ERROR_CALL_REQUIRES_NEWER_DRIVER`
const NEEDS_NEWER: u32 = 36;
const UNKNOWN: u32 = 999;

/// The driver's number and its words for a code that a call on this thread has just returned.
pub(super) fn words(code: u32) -> (u32, String) {
    let failed = FAILED.get().filter(|_| code == UNKNOWN);
    match failed {
        None => (code, text(code as c_int)),
        Some(Failed { code, lacks: None }) => (code, text(code as c_int)),
        Some(Failed {
            code,
            lacks: Some(name),
        }) => {
            let path = library_path().unwrap_or("libcuda.so.1");
            (
                code,
                format!("the driver's library ({path}) has no function `{name}`"),
            )
        }
    }
}

/// The driver's words for a number, else ours.
fn text(code: c_int) -> String {
    let mut text = std::ptr::null();
    // SAFETY: `text` may be written; what is written is a static string.
    unsafe {
        let _ = cuGetErrorString(code, &mut text);
        text_at(text).unwrap_or_default()
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

/// The code as a value of the enum; a failure is remembered with the driver's own number.
fn sanitise(code: c_int) -> CUresult {
    if code != 0 {
        let code = code as u32;
        FAILED.set(Some(Failed { code, lacks: None }));
    }
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
                if !has_driver() {
                    return CUresult::CUDA_ERROR_NO_DEVICE;
                }
                let lacks = Some(stringify!($name));
                let code = NEEDS_NEWER;
                FAILED.set(Some(Failed { code, lacks }));
                return CUresult::CUDA_ERROR_UNKNOWN;
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
    let text = codes::text(error as u32);
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

//! Modules, and the kernels in them.
use super::answer::{INVALID, OK, R, set};
use super::state::{State, bug, current, healthy};
use crate::cuda::cust_raw::*;
use bakelite_device::hidden::{read_by_driver, without_panic};
use bakelite_device::{Module, ParseOptions};
use std::ffi::{CStr, c_char, c_uint, c_void};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

static NEXT_MODULE: AtomicUsize = AtomicUsize::new(1);

/// `CU_JIT_ERROR_LOG_BUFFER` and `CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES`.
const ERROR_LOG: u32 = 5;
const ERROR_LOG_BYTES: u32 = 6;

pub(in crate::cuda) unsafe fn cuModuleLoadDataEx(
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
    // Parsed before the context is touched: if that fails, only this text is lost, and nothing that is loaded.
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

pub(in crate::cuda) unsafe fn cuModuleUnload(module: CUmodule) -> R {
    current(|s| match s.modules.remove(&(module as usize)) {
        Some(_) => OK,
        None => CUresult::CUDA_ERROR_INVALID_HANDLE,
    })
}

/// Functions are numbered by module and place in it.
pub(super) const PER_MODULE: usize = 1 << 16;

pub(in crate::cuda) unsafe fn cuModuleGetFunction(
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
            Some(at) if at < PER_MODULE => match (module as usize).checked_mul(PER_MODULE) {
                // SAFETY: the driver's contract.
                Some(first) => unsafe { set(function, (first + at) as CUfunction) },
                // where a `usize` has 32 bits
                None => CUresult::CUDA_ERROR_OUT_OF_MEMORY,
            },
            _ => CUresult::CUDA_ERROR_NOT_FOUND,
        }
    })
}

pub(super) fn locate(state: &State, function: CUfunction) -> Option<(Arc<Module>, usize)> {
    let (module, at) = (
        function as usize / PER_MODULE,
        function as usize % PER_MODULE,
    );
    let module = state.modules.get(&module)?.clone();
    (at < module.kernels().len()).then_some((module, at))
}

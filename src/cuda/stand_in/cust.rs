//! What we use of `cust`, under its names.
//!
//! Handles are kept as the numbers that they are, so that their owners may go to other threads.
use super::cust_raw::CUresult;
use error::CudaError;

/// The result of a call.
fn done(code: CUresult) -> Result<(), CudaError> {
    match code {
        CUresult::CUDA_SUCCESS => Ok(()),
        code => Err(code),
    }
}

pub(in crate::cuda) struct CudaFlags;

impl CudaFlags {
    pub(in crate::cuda) fn empty() -> CudaFlags {
        CudaFlags
    }
}

pub(in crate::cuda) fn init(_: CudaFlags) -> Result<(), CudaError> {
    // SAFETY: it takes a number.
    done(unsafe { super::cust_raw::cuInit(0) })
}

pub(in crate::cuda) mod error {
    pub(in crate::cuda) type CudaError = super::CUresult;
}

pub(in crate::cuda) mod device {
    use super::super::cust_raw::*;
    use super::{CudaError, done};
    use std::ffi::{CStr, c_int};

    #[derive(Clone, Copy)]
    pub(in crate::cuda) struct Device(CUdevice);

    impl Device {
        pub(in crate::cuda) fn num_devices() -> Result<u32, CudaError> {
            let mut count = 0;
            // SAFETY: `count` may be written.
            done(unsafe { cuDeviceGetCount(&mut count) })?;
            Ok(count as u32)
        }

        pub(in crate::cuda) fn get_device(ordinal: u32) -> Result<Device, CudaError> {
            let mut device = 0;
            // SAFETY: `device` may be written.
            done(unsafe { cuDeviceGet(&mut device, ordinal as c_int) })?;
            Ok(Device(device))
        }

        pub(in crate::cuda) fn name(self) -> Result<String, CudaError> {
            let mut name = [0_u8; 128];
            // SAFETY: it may be written up to its length.
            done(unsafe {
                cuDeviceGetName(name.as_mut_ptr().cast(), name.len() as c_int, self.0)
            })?;
            let name = CStr::from_bytes_until_nul(&name).unwrap_or_default();
            Ok(name.to_string_lossy().into_owned())
        }

        pub(in crate::cuda) fn total_memory(self) -> Result<usize, CudaError> {
            let mut bytes = 0;
            // SAFETY: `bytes` may be written.
            done(unsafe { cuDeviceTotalMem_v2(&mut bytes, self.0) })?;
            Ok(bytes)
        }

        pub(in crate::cuda) fn as_raw(&self) -> CUdevice {
            self.0
        }
    }
}

pub(in crate::cuda) mod context {
    use super::super::cust_raw::*;
    use super::device::Device;
    use super::{CudaError, done};

    pub(in crate::cuda) struct Context {
        handle: usize,
        device: CUdevice,
    }

    impl Context {
        pub(in crate::cuda) fn new(device: Device) -> Result<Context, CudaError> {
            let mut context = std::ptr::null_mut();
            let device = device.as_raw();
            // SAFETY: `context` may be written.
            done(unsafe { cuDevicePrimaryCtxRetain(&mut context, device) })?;
            let handle = context as usize;
            Ok(Context { handle, device })
        }
    }

    impl Drop for Context {
        fn drop(&mut self) {
            // SAFETY: handles are looked up.
            let _ = unsafe { cuDevicePrimaryCtxRelease_v2(self.device) };
        }
    }

    pub(in crate::cuda) struct CurrentContext;

    impl CurrentContext {
        pub(in crate::cuda) fn set_current(context: &Context) -> Result<(), CudaError> {
            // SAFETY: handles are looked up.
            done(unsafe { cuCtxSetCurrent(context.handle as CUcontext) })
        }
    }
}

pub(in crate::cuda) mod stream {
    use super::super::cust_raw::*;
    use super::{CudaError, done};

    pub(in crate::cuda) struct StreamFlags;

    impl StreamFlags {
        pub(in crate::cuda) const DEFAULT: StreamFlags = StreamFlags;
    }

    pub(in crate::cuda) struct Stream(usize);

    impl Stream {
        pub(in crate::cuda) fn new(_: StreamFlags, _: Option<i32>) -> Result<Stream, CudaError> {
            let mut stream = std::ptr::null_mut();
            // SAFETY: `stream` may be written.
            done(unsafe { cuStreamCreateWithPriority(&mut stream, 0, 0) })?;
            Ok(Stream(stream as usize))
        }

        pub(in crate::cuda) fn synchronize(&self) -> Result<(), CudaError> {
            // SAFETY: handles are looked up.
            done(unsafe { cuStreamSynchronize(self.as_inner()) })
        }

        pub(in crate::cuda) fn as_inner(&self) -> CUstream {
            self.0 as CUstream
        }
    }

    impl Drop for Stream {
        fn drop(&mut self) {
            // SAFETY: handles are looked up.
            let _ = unsafe { cuStreamDestroy_v2(self.as_inner()) };
        }
    }
}

pub(in crate::cuda) mod module {
    use super::super::cust_raw::*;
    use super::{CudaError, done};
    use std::ffi::{CStr, CString};

    pub(in crate::cuda) struct Module(usize);

    /// An entry of a module.
    pub(in crate::cuda) struct Function(CUfunction);

    impl Module {
        pub(in crate::cuda) fn from_ptx_cstr(text: &CStr, _: &[()]) -> Result<Module, CudaError> {
            let (no, none) = (std::ptr::null_mut(), std::ptr::null_mut());
            let mut module = std::ptr::null_mut();
            // SAFETY: `module` may be written; the text ends with a NUL, and there are no options.
            done(unsafe { cuModuleLoadDataEx(&mut module, text.as_ptr().cast(), 0, no, none) })?;
            Ok(Module(module as usize))
        }

        pub(in crate::cuda) fn get_function(&self, entry: &str) -> Result<Function, CudaError> {
            let Ok(name) = CString::new(entry) else {
                return Err(CUresult::CUDA_ERROR_NOT_FOUND);
            };
            let mut function = std::ptr::null_mut();
            // SAFETY: `function` may be written; a C string.
            done(unsafe { cuModuleGetFunction(&mut function, self.0 as CUmodule, name.as_ptr()) })?;
            Ok(Function(function))
        }
    }

    impl Function {
        pub(in crate::cuda) fn to_raw(&self) -> CUfunction {
            self.0
        }
    }

    impl Drop for Module {
        fn drop(&mut self) {
            // SAFETY: handles are looked up.
            let _ = unsafe { cuModuleUnload(self.0 as CUmodule) };
        }
    }
}

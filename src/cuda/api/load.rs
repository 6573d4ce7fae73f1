//! How a kernel is loaded.
use super::device::Device;
use super::kernel::Kernel;
use crate::cuda::cust::module::Module;
use crate::cuda::cust_raw::{self, CUfunction_attribute, CUjit_option, CUresult};
use crate::cuda::error::CudaError;
use crate::cuda::seam::{and_remedy, is_of_text};
use bakelite_device::hidden::parameters_of;
use std::ffi::{CString, c_void};
use std::mem::ManuallyDrop;

impl Device {
    /// Loads PTX and finds `entry` in it. Loading compiles: do it once, and launch as often as needed.
    ///
    /// ```
    /// # fn main() -> Result<(), bakelite::cuda::CudaError> {
    /// let device = bakelite::cuda::Device::reference()?;
    /// let text = ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry idle() { ret; }";
    /// assert_eq!(device.load(text, "idle")?.entry(), "idle");
    /// let error = device.load(text, "idel").unwrap_err().to_string();
    /// assert!(error.starts_with("the PTX has no entry `idel`"));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`CudaError::Ptx`] with the assembler's log when the text is refused; [`CudaError::NoEntry`] when it has no such
    /// entry; [`CudaError::Driver`] when the text is not the cause, as when memory runs out.
    pub fn load(&self, ptx: &str, entry: &str) -> Result<Kernel<'_>, CudaError> {
        let inner = &self.inner;
        let entered = inner.enter()?;
        let refused = |log: String| CudaError::Ptx {
            entry: entry.into(),
            log,
        };
        let text = CString::new(ptx).map_err(|_| refused("the text has a NUL byte".into()))?;
        let module = match Module::from_ptx_cstr(&text, &[]) {
            Ok(module) => module,
            Err(e) => {
                let error = inner.error("loading PTX", e);
                let CudaError::Driver {
                    code,
                    text: ref said,
                    ..
                } = error
                else {
                    return Err(error);
                };
                if code == CUresult::CUDA_ERROR_OUT_OF_MEMORY as u32 {
                    return Err(error);
                }
                let log = jit_log(&text);
                if log.is_none() && !is_of_text(code) {
                    return Err(error);
                }
                let log = log.unwrap_or_else(|| said.clone());
                return Err(refused(match self.is_reference() {
                    true => log,
                    false => format!("{log} (CUDA error {code}){}", and_remedy(code)),
                }));
            }
        };
        // The driver does not give a kernel's parameters, so they are read from the text.
        let (params, reads) = parameters_of(ptx, entry).unzip();
        let mut kernel = Kernel {
            device: self,
            module: ManuallyDrop::new(module),
            entry: entry.into(),
            params,
            reads: reads.unwrap_or_default(),
            static_shared: 0,
        };
        // `cust` panics at a NUL byte.
        let function = (!entry.contains('\0')).then(|| kernel.module.get_function(entry));
        let function = match function {
            Some(Ok(function)) => function.to_raw(),
            Some(Err(e)) if e as u32 != CUresult::CUDA_ERROR_NOT_FOUND as u32 => {
                return Err(inner.error("finding the entry", e));
            }
            None | Some(Err(_)) => {
                return Err(CudaError::NoEntry {
                    entry: entry.into(),
                });
            }
        };
        let action = "asking for a kernel's shared memory";
        let which = CUfunction_attribute::CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES;
        kernel.static_shared = kernel.attribute(action, function, which)?;
        drop(entered);
        Ok(kernel)
    }
}

/// The assembler's log for PTX that was refused.
fn jit_log(text: &CString) -> Option<String> {
    use CUjit_option as O;
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

//! What keeps a device open, and how a thread enters and leaves its context.
use crate::cuda::cust::context::{Context, CurrentContext};
use crate::cuda::cust::error::CudaError as Cust;
use crate::cuda::cust::stream::Stream;
use crate::cuda::cust_raw;
use crate::cuda::error::CudaError;
use crate::cuda::reference;
use crate::cuda::seam::{Backend, Guard, is_sticky, words};
use std::ffi::c_int;
use std::mem::ManuallyDrop;

/// What keeps a context alive: shared by a device and its buffers.
pub(in crate::cuda) struct Inner {
    pub(in crate::cuda) backend: Backend,
    pub(in crate::cuda) device: c_int,
    pub(super) context: ManuallyDrop<Context>,
    pub(in crate::cuda) stream: ManuallyDrop<Stream>,
}

/// While it lives, this thread's calls go to one backend. When it is dropped, the backend and the current context are
/// as before.
pub(in crate::cuda) struct Entered {
    /// The context that was current before. `None`: the driver could not say.
    before: Option<cust_raw::CUcontext>,
    _backend: Guard,
}

impl Entered {
    pub(in crate::cuda) fn new(backend: Backend) -> Entered {
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
    pub(in crate::cuda) fn enter(&self) -> Result<Entered, CudaError> {
        let entered = Entered::new(self.backend);
        let context: &Context = &self.context;
        CurrentContext::set_current(context)
            .map_err(|e| self.error("making the context current", e))?;
        Ok(entered)
    }

    /// An error of `cust`, or the fault of a kernel that caused it.
    pub(in crate::cuda) fn error(&self, action: &'static str, error: Cust) -> CudaError {
        self.failed(action, error as u32)
    }

    /// The result of a driver call that `cust` does not offer.
    pub(in crate::cuda) fn check(
        &self,
        action: &'static str,
        code: cust_raw::CUresult,
    ) -> Result<(), CudaError> {
        match code as u32 {
            0 => Ok(()),
            code => Err(self.failed(action, code)),
        }
    }

    pub(in crate::cuda) fn failed(&self, action: &'static str, code: u32) -> CudaError {
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
        // An error of `enter` needs no handling: the handles below then belong to a dead context.
        let _backend = Guard::new(self.backend);
        // SAFETY: both are dropped here only, the stream before its context, and never used again.
        unsafe {
            ManuallyDrop::drop(&mut self.stream);
            ManuallyDrop::drop(&mut self.context);
        }
    }
}

static_assertions::assert_not_impl_any!(Guard: Send, Sync);

//! Loaded kernels.
use super::device::Device;
use crate::cuda::cust::module::Module;
use crate::cuda::cust_raw::{self, CUfunction, CUfunction_attribute};
use crate::cuda::error::CudaError;
use crate::cuda::seam::Guard;
use bakelite_device::hidden::{DeclaredParam, Read};
use std::mem::ManuallyDrop;

/// Shared memory per block, static and dynamic together, that a kernel may use without opting in, in bytes.
pub(super) const PLAIN_SHARED: usize = 48 * 1024;
/// A kernel, that is, an entry of a PTX text, loaded on a device.
///
/// ```
/// use bakelite::cuda::Device;
/// # fn main() -> Result<(), bakelite::cuda::CudaError> {
/// const DOUBLE: &str = "
///     .version 8.0
///     .target sm_80
///     .address_size 64
///     .visible .entry double(.param .u64 values) {
///         .reg .b32 %r<2>; .reg .f64 %f<3>; .reg .b64 %a<4>;
///         ld.param.u64 %a1, [values];
///         cvta.to.global.u64 %a2, %a1;
///         mov.u32 %r1, %tid.x;
///         mul.wide.u32 %a3, %r1, 8;
///         add.s64 %a2, %a2, %a3;
///         ld.global.f64 %f1, [%a2];
///         add.rn.f64 %f2, %f1, %f1;
///         st.global.f64 [%a2], %f2;
///         ret;
///     }";
/// let device = Device::reference()?;
/// let kernel = device.load(DOUBLE, "double")?;
/// let values = device.upload(&[1.0_f64, 2.0, 3.0])?;
/// // SAFETY: thread i of the 3 accesses value i only, and the buffer has 3.
/// unsafe { kernel.launch(1, 3, 0, &values.pointer())? };
/// assert_eq!(values.download()?, [2.0, 4.0, 6.0]);
/// # Ok(()) }
/// ```
pub struct Kernel<'d> {
    pub(super) device: &'d Device,
    pub(super) module: ManuallyDrop<Module>,
    pub(super) entry: String,
    /// `None`: they cannot be read from the text.
    pub(super) params: Option<Vec<DeclaredParam>>,
    /// What the body reads of them, as far as the text shows it.
    pub(super) reads: Vec<Read>,
    pub(super) static_shared: usize,
}

impl std::fmt::Debug for Kernel<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kernel")
            .field("entry", &self.entry)
            .finish()
    }
}

impl Kernel<'_> {
    /// The driver's handle of the entry.
    pub(super) fn function(&self) -> Result<CUfunction, CudaError> {
        let found = self.module.get_function(&self.entry);
        let function = found.map_err(|e| self.device.inner.error("finding the entry", e))?;
        Ok(function.to_raw())
    }

    /// An attribute of [`function`](Kernel::function). An error names `action`, which needs it.
    pub(super) fn attribute(
        &self,
        action: &'static str,
        function: CUfunction,
        which: CUfunction_attribute,
    ) -> Result<usize, CudaError> {
        let mut value = 0;
        // SAFETY: `value` may be written; the function is loaded.
        let code = unsafe { cust_raw::cuFuncGetAttribute(&mut value, which, function) };
        self.device.inner.check(action, code)?;
        Ok(usize::try_from(value).unwrap_or(0))
    }

    /// Name of the entry.
    pub fn entry(&self) -> &str {
        &self.entry
    }
}

impl Drop for Kernel<'_> {
    fn drop(&mut self) {
        let _entered = self.device.inner.enter();
        let _backend = Guard::new(self.device.inner.backend);
        // SAFETY: dropped here only, and not used again; the device outlives the kernel.
        unsafe { ManuallyDrop::drop(&mut self.module) };
    }
}

static_assertions::assert_impl_all!(Kernel<'static>: Send, Sync);

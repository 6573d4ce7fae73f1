//! What a kernel uses of a GPU.
use super::kernel::{Kernel, PLAIN_SHARED};
use crate::cuda::cust_raw::{self, CUfunction_attribute};
use crate::cuda::error::CudaError;
use std::ffi::c_int;

/// What a kernel uses of a thread and of a multiprocessor (SM) of a GPU: see [`Kernel::resources`].
///
/// ```
/// fn spills(resources: bakelite::cuda::Resources) -> bool {
///     resources.local_bytes > 0 // or arrays in local memory
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resources {
    /// Registers per thread.
    pub registers: usize,
    /// Local memory per thread, in bytes: arrays and spilled registers.
    pub local_bytes: usize,
    /// Blocks that an SM holds at once.
    pub blocks_per_sm: usize,
}

impl Kernel<'_> {
    /// What the kernel uses of the GPU, as the driver says, when it is launched with blocks of `block` threads and
    /// `shared_bytes` of dynamic shared memory. Compare it with
    /// [`Limits::occupancy`](crate::layout::Limits::occupancy). `None` on the reference device, which has no registers.
    ///
    /// ```
    /// # fn main() -> Result<(), bakelite::cuda::CudaError> {
    /// let device = bakelite::cuda::Device::reference()?;
    /// let text = ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry idle() { ret; }";
    /// assert_eq!(device.load(text, "idle")?.resources(64, 0)?, None);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Any error of the driver.
    pub fn resources(
        &self,
        block: u32,
        shared_bytes: usize,
    ) -> Result<Option<Resources>, CudaError> {
        use CUfunction_attribute as A;
        if self.device.is_reference() {
            return Ok(None);
        }
        let inner = &self.device.inner;
        let _entered = inner.enter()?;
        let function = self.function()?;
        let attribute = |which| self.attribute("asking for a kernel's resources", function, which);
        let registers = attribute(A::CU_FUNC_ATTRIBUTE_NUM_REGS)?;
        let local_bytes = attribute(A::CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES)?;
        let shared = shared_bytes.min(self.device.shared_opt_in_bytes()) as c_int;
        if shared_bytes.saturating_add(self.static_shared) > PLAIN_SHARED {
            let which = A::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
            // SAFETY: the function is loaded; the driver checks the value.
            let code = unsafe { cust_raw::cuFuncSetAttribute(function, which, shared) };
            inner.check("opting in to more than 48 KiB of shared memory", code)?;
        }
        let mut blocks = 0;
        // SAFETY: `blocks` may be written; the function is loaded.
        let code = unsafe {
            cust_raw::cuOccupancyMaxActiveBlocksPerMultiprocessor(
                &mut blocks,
                function,
                block.min(1024) as c_int,
                shared_bytes,
            )
        };
        inner.check("asking for a kernel's occupancy", code)?;
        Ok(Some(Resources {
            registers,
            local_bytes,
            blocks_per_sm: usize::try_from(blocks).unwrap_or(0),
        }))
    }
}

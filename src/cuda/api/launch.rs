//! How a kernel is launched.
#![allow(clippy::disallowed_methods, reason = "the one place that launches")]
use super::kernel::{Kernel, PLAIN_SHARED};
use super::stream::Stream;
use crate::cuda::arguments::{LaunchArguments, Part, check};
use crate::cuda::cust_raw::{self, CUfunction_attribute, CUresult, CUstream};
use crate::cuda::error::CudaError;
use crate::cuda::seam::words;
use bakelite_device::Dim3;
use std::ffi::{c_int, c_void};
use std::sync::Arc;

/// The most blocks of a launch.
pub(in crate::cuda) const MAX_GRID: u32 = i32::MAX as u32;
const MAX_GRID_YZ: u32 = 65535;

impl Kernel<'_> {
    /// Launches `grid` blocks of `block` threads with `shared_bytes` of dynamic shared memory each, and waits for the
    /// end. Grid and block have one to three dimensions: `64`, `(16, 4)`, `(4, 4, 4)`. `args` has the kernel's
    /// parameters: one value, or a tuple of several ([`LaunchArguments`]). An empty grid does nothing and is no error.
    ///
    /// # Safety
    ///
    /// - The entry declares its parameters as `A` has them, structures with the same fields at the same offsets. Their
    ///   number, sizes and kinds are checked. That the kernel reads each field of a structure as
    ///   [`LAYOUT`](crate::cuda::KernelArguments::LAYOUT) says is checked too, as far as the text shows it. On a GPU
    ///   nothing of this is checked where the text's parameter list cannot be read.
    /// - For these arguments, this grid and this block, the kernel accesses global memory only within live buffers of
    ///   this device that the arguments point to, and shared memory only within what it declares and `shared_bytes`.
    /// - Nothing else uses the buffers that it writes, or writes those that it reads, until the call returns.
    ///
    /// On the reference device an access out of bounds gives a [`CudaError::Fault`] that names it, and does no harm:
    /// try a new kernel there first.
    ///
    /// # Errors
    ///
    /// [`CudaError::Arguments`] when the arguments' number, sizes or kinds are not those of the parameters;
    /// [`CudaError::ArgumentLayout`] when the kernel reads a field as something else; [`CudaError::Configuration`] when
    /// the grid, the block or its shared memory does not fit the device; [`CudaError::Fault`] when a kernel did what it
    /// must not.
    pub unsafe fn launch<A: LaunchArguments>(
        &self,
        grid: impl Into<Dim3>,
        block: impl Into<Dim3>,
        shared_bytes: usize,
        args: &A,
    ) -> Result<(), CudaError> {
        let stream = &self.device.inner.stream;
        // SAFETY: as the caller says, and it is waited for at once.
        unsafe {
            let (grid, block) = (grid.into(), block.into());
            let stream = stream.as_inner();
            self.enqueue(stream, grid, block, shared_bytes, A::PARTS, &args.bytes())?;
        }
        let _entered = self.device.inner.enter()?;
        let done = stream.synchronize();
        done.map_err(|e| self.device.inner.error("waiting for the kernel", e))
    }

    /// Like [`launch`](Kernel::launch), without waiting: the kernel runs on `stream`, after what is already there. If
    /// it faults, the next call that waits returns the fault.
    ///
    /// # Safety
    ///
    /// As for [`launch`](Kernel::launch), until the stream has been waited for; until then this kernel and the buffers
    /// live.
    ///
    /// # Errors
    ///
    /// As for [`launch`](Kernel::launch); [`CudaError::Configuration`] when the stream is of another device.
    pub unsafe fn launch_on<A: LaunchArguments>(
        &self,
        stream: &Stream,
        grid: impl Into<Dim3>,
        block: impl Into<Dim3>,
        shared_bytes: usize,
        args: &A,
    ) -> Result<(), CudaError> {
        let queue = stream.queue();
        if !Arc::ptr_eq(&queue.inner, &self.device.inner) {
            return Err(CudaError::Configuration {
                entry: self.entry.clone(),
                reason: "the stream is of another device than the kernel; open a device once, and use it for both".into(),
            });
        }
        let (grid, block) = (grid.into(), block.into());
        // SAFETY: as the caller says.
        unsafe {
            let stream = queue.raw();
            self.enqueue(stream, grid, block, shared_bytes, A::PARTS, &args.bytes())
        }
    }

    /// # Safety
    ///
    /// As for [`launch_on`](Kernel::launch_on), with a live stream of this device.
    pub(in crate::cuda) unsafe fn enqueue(
        &self,
        stream: CUstream,
        grid: Dim3,
        block: Dim3,
        shared_bytes: usize,
        parts: &[Part],
        arguments: &[&[u8]],
    ) -> Result<(), CudaError> {
        let inner = &self.device.inner;
        let refuse = |reason: String| {
            let entry = self.entry.clone();
            Err(CudaError::Configuration { entry, reason })
        };
        match &self.params {
            Some(declared) => check(&self.entry, declared, &self.reads, parts)?,
            None if self.device.is_reference() => {
                return refuse(
                    "its parameter list cannot be read from the PTX text; write it as `.param .TYPE NAME` or `.param .align N .b8 NAME[BYTES]`".into(),
                );
            }
            // The driver read it, and the caller answers for the layout.
            None => {}
        }
        let (fixed, limit) = (self.static_shared, self.device.shared_opt_in_bytes());
        let total = shared_bytes.saturating_add(fixed);
        if total > limit {
            return refuse(format!(
                "{shared_bytes} bytes of dynamic and {fixed} bytes of static shared memory per block, the device has {limit} in all; use fewer runs per block or keep less there"
            ));
        }
        if block.count() == 0 || block.count() > 1024 || block.z > 64 {
            let z = if block.z > 64 {
                ", 64 of them in z"
            } else {
                ""
            };
            return refuse(format!("a block has 1 to 1024 threads{z}, not {block}"));
        }
        if grid.y > MAX_GRID_YZ || grid.z > MAX_GRID_YZ {
            return refuse(format!(
                "a grid has at most {MAX_GRID_YZ} blocks in y and in z, not {grid}"
            ));
        }
        if grid.x > MAX_GRID {
            return refuse(format!(
                "a grid has at most {MAX_GRID} blocks, not {grid}; use larger blocks, or launch several times"
            ));
        }
        if grid.count() == 0 {
            return Ok(());
        }
        let _entered = inner.enter()?;
        let function = self.function()?;
        if total > PLAIN_SHARED {
            use CUfunction_attribute as A;
            let which = A::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
            // Opt in to all there is, not only to what this launch needs: another thread may launch the same kernel
            // with more.
            let most = limit.saturating_sub(fixed) as c_int;
            // SAFETY: the function is loaded, and has that much.
            let code = unsafe { cust_raw::cuFuncSetAttribute(function, which, most) };
            inner.check("opting in to more than 48 KiB of shared memory", code)?;
        }
        let address = |bytes: &&[u8]| bytes.as_ptr().cast_mut().cast::<c_void>();
        let mut addresses: Vec<*mut c_void> = arguments.iter().map(address).collect();
        // SAFETY: one argument for each of the entry's parameters, of its size, as checked above or as the caller
        // promises; the driver copies them before it returns. The caller answers for what the kernel does with them.
        let code = unsafe {
            let (f, none) = (function, std::ptr::null_mut());
            let (Dim3 { x, y, z }, shared) = (grid, shared_bytes as u32);
            let (bx, by, bz) = (block.x, block.y, block.z);
            let all = addresses.as_mut_ptr();
            cust_raw::cuLaunchKernel(f, x, y, z, bx, by, bz, shared, stream, all, none)
        };
        let memory = format_args!(
            "{shared_bytes} bytes of dynamic and {fixed} bytes of static shared memory per block, of {limit} that the device has in all"
        );
        let said = || {
            let (number, text) = words(code as u32);
            format!("{text} (CUDA error {number})")
        };
        match code {
            CUresult::CUDA_ERROR_INVALID_VALUE => refuse(format!(
                "{grid} blocks of {block} threads with {memory}, do not suit it (see its .maxntid): {}",
                said()
            )),
            CUresult::CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES => refuse(format!(
                "{block} threads with {memory}, need more registers or shared memory than a multiprocessor has; use smaller blocks: {}",
                said()
            )),
            CUresult::CUDA_ERROR_OUT_OF_MEMORY => refuse(format!(
                "the driver has no memory left for the local memory of its threads; free some, or bound the ensemble's arrays (LoadedIntegrator::memory_limit): {}",
                said()
            )),
            code => inner.check("launching", code),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::cuda::cust_raw;
    use crate::cuda::seam::{Backend, Guard};
    use crate::cuda::{Choice, Device};

    /// Stores to the last 4 bytes of `4 * count` dynamic shared bytes, after 40 KiB of static ones.
    const PTX: &str = "
        .version 8.0
        .target sm_80
        .address_size 64
        .extern .shared .align 16 .b8 dynamic[];
        .visible .entry top(.param .u32 count) {
            .shared .align 4 .b8 fixed[40960];
            .reg .b32 %r<4>;
            ld.param.u32 %r1, [count];
            shl.b32 %r2, %r1, 2;
            mov.u32 %r3, dynamic;
            add.s32 %r3, %r3, %r2;
            st.shared.u32 [%r3+-4], %r1;
            ret;
        }";

    #[test]
    fn static_and_dynamic_shared_memory_add_up() {
        let device = Device::reference().unwrap();
        let kernel = device.load(PTX, "top").unwrap();
        let launch = |bytes: usize| {
            // SAFETY: it accesses no global memory, and only shared memory that it has.
            unsafe { kernel.launch(1, 1, bytes, &(bytes as u32 / 4)) }
        };
        let limit = device.shared_opt_in_bytes();
        // below 48 KiB in all; above, with less than 48 KiB of its own; all there is
        for bytes in [1024, 20 * 1024, limit - 40 * 1024] {
            launch(bytes).unwrap();
        }
        let error = launch(limit - 40 * 1024 + 4).unwrap_err().to_string();
        assert!(
            error.contains("191492 bytes of dynamic and 40960 bytes of static shared memory per block, the device has 232448 in all"),
            "{error}"
        );
    }

    #[test]
    fn the_grid_has_a_limit() {
        let device = Device::reference().unwrap();
        let kernel = device.load(PTX, "top").unwrap();
        // SAFETY: refused before it runs.
        let error = unsafe { kernel.launch(1 << 31, 1, 4, &1_u32) }.unwrap_err();
        assert_eq!(
            error.to_string(),
            "entry `top` cannot be launched: a grid has at most 2147483647 blocks, not 2147483648; use larger blocks, or launch several times"
        );
    }

    #[test]
    fn the_callers_context_stays_current() {
        let current = || {
            let mut context = std::ptr::null_mut();
            // SAFETY: it may be written.
            unsafe { cust_raw::cuCtxGetCurrent(&mut context) };
            context as usize
        };
        let _backend = Guard::new(Backend::Reference);
        // SAFETY: the reference looks contexts up when they are used.
        unsafe { cust_raw::cuCtxSetCurrent(77 as cust_raw::CUcontext) };
        {
            let device = Device::open(Choice::Reference).unwrap();
            let kernel = device.load(PTX, "top").unwrap();
            assert_eq!(device.upload(&[1]).unwrap().download().unwrap(), [1]);
            // SAFETY: as above.
            unsafe { kernel.launch(1, 1, 4, &1_u32).unwrap() };
            assert_eq!(current(), 77);
        }
        assert_eq!(current(), 77);
    }
}

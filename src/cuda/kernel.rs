//! Loaded kernels and their launches.
#![allow(clippy::disallowed_methods, reason = "the one place that launches")]
use super::codes::{and_remedy, is_of_text};
use super::device::{Device, jit_log};
use super::error::CudaError;
use super::parameters::{self, LaunchArguments, Part};
use super::seam::{Guard, words};
use super::stream::Stream;
use bakelite_device::Dim3;
use bakelite_device::hidden::{DeclaredParam, Read, parameters_of};
use cust::error::CudaError as Cust;
use cust::function::FunctionAttribute;
use cust::module::Module;
use cust_raw::CUresult;
use std::ffi::{CString, c_int, c_void};
use std::mem::ManuallyDrop;
use std::sync::Arc;

/// An entry that was loaded on a device.
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
    device: &'d Device,
    module: ManuallyDrop<Module>,
    entry: String,
    /// `None`: they cannot be read from the text.
    params: Option<Vec<DeclaredParam>>,
    /// What the body reads of them, as far as the text tells.
    reads: Vec<Read>,
    static_shared: usize,
}

impl std::fmt::Debug for Kernel<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kernel")
            .field("entry", &self.entry)
            .finish()
    }
}

/// Shared memory per block, static and dynamic, that needs no opting in, in bytes.
const PLAIN_SHARED: usize = 48 * 1024;
/// Blocks of a launch at most.
pub(super) const MAX_GRID: u32 = i32::MAX as u32;
const MAX_GRID_YZ: u32 = 65535;

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
    /// [`CudaError::Ptx`] with the assembler's log, [`CudaError::NoEntry`]; [`CudaError::Driver`] when it is not the text that fails, as when
    /// memory runs out.
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
                if code == Cust::OutOfMemory as u32 {
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
        // The driver does not tell a kernel's parameters, so they are read from the text.
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
            Some(Ok(function)) => function,
            None | Some(Err(Cust::NotFound)) => {
                return Err(CudaError::NoEntry {
                    entry: entry.into(),
                });
            }
            Some(Err(e)) => return Err(inner.error("finding the entry", e)),
        };
        let bytes = function.get_attribute(FunctionAttribute::SharedMemorySizeBytes);
        let bytes = bytes.map_err(|e| inner.error("asking for a kernel's shared memory", e))?;
        kernel.static_shared = usize::try_from(bytes).unwrap_or(0);
        drop(entered);
        Ok(kernel)
    }
}

impl Kernel<'_> {
    /// Name of the entry.
    pub fn entry(&self) -> &str {
        &self.entry
    }

    /// Launches `grid` blocks of `block` threads with `shared_bytes` of dynamic shared memory each, and waits for the end.
    /// Both have one to three dimensions: `64`, `(16, 4)`, `(4, 4, 4)`. `args` has the kernel's parameters: one value, or a tuple of several
    /// ([`LaunchArguments`]). An empty grid does nothing and is no error.
    ///
    /// # Safety
    ///
    /// - The entry declares its parameters as `A` has them, structures with the same fields at the same offsets. Their number, sizes and kinds are
    ///   checked, and that the kernel reads each field of a structure as what [`LAYOUT`](super::KernelArguments::LAYOUT) says, as far as the text tells; on a GPU
    ///   nothing of it where the text's parameter list cannot be read.
    /// - For these arguments, this grid and this block, the kernel accesses global memory only within live buffers of this
    ///   device that the arguments point to, and shared memory only within what it declares and `shared_bytes`.
    /// - Nothing else uses the buffers that it writes, or writes those that it reads, until the call returns.
    ///
    /// On the reference device an access out of bounds is a [`CudaError::Fault`] with its name, and nothing worse: try a new
    /// kernel there.
    ///
    /// # Errors
    ///
    /// [`CudaError::Arguments`] when number, sizes or kinds differ, [`CudaError::ArgumentLayout`] when the kernel reads a field as another,
    /// [`CudaError::Configuration`], [`CudaError::Fault`].
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

    /// The same without waiting: it runs on `stream`, behind what is there. Its fault is told by the next call that waits.
    ///
    /// # Safety
    ///
    /// As for [`launch`](Kernel::launch), until the stream has been waited for; until then this kernel and the buffers live.
    ///
    /// # Errors
    ///
    /// As for [`launch`](Kernel::launch); a stream of another device.
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
    pub(super) unsafe fn enqueue(
        &self,
        stream: cust_raw::CUstream,
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
            Some(declared) => parameters::check(&self.entry, declared, &self.reads, parts)?,
            None if self.device.is_reference() => {
                return refuse(
                    "its parameter list cannot be read from the PTX text; write it as `.param .TYPE NAME` or `.param .align N .b8 NAME[BYTES]`".into(),
                );
            }
            // The driver read it, and the caller vouches for the layout.
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
        let function = self
            .module
            .get_function(&self.entry)
            .map_err(|e| inner.error("finding the entry", e))?;
        if total > PLAIN_SHARED {
            use cust_raw::CUfunction_attribute_enum as A;
            let which = A::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
            // All there is, not what this launch needs: another thread may launch the same kernel with more.
            let most = limit.saturating_sub(fixed) as c_int;
            // SAFETY: the function is loaded, and has that much.
            let code = unsafe { cust_raw::cuFuncSetAttribute(function.to_raw(), which, most) };
            inner.check("opting in to more than 48 KiB of shared memory", code)?;
        }
        let address = |bytes: &&[u8]| bytes.as_ptr().cast_mut().cast::<c_void>();
        let mut addresses: Vec<*mut c_void> = arguments.iter().map(address).collect();
        // SAFETY: one argument for each of the entry's parameters, of its size, as found above or by the caller's word; the driver
        // copies them before it returns. For what the kernel does with them the caller vouches.
        let code = unsafe {
            let (f, none) = (function.to_raw(), std::ptr::null_mut());
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

/// What a thread and a multiprocessor (SM) of a GPU give to a kernel: see [`Kernel::resources`].
///
/// ```
/// fn spills(resources: bakelite::cuda::Resources) -> bool {
///     resources.local_bytes > 0 // or arrays in local memory
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resources {
    /// Registers of a thread.
    pub registers: usize,
    /// Local memory of a thread, in bytes: arrays and spilled registers.
    pub local_bytes: usize,
    /// Blocks that an SM holds at once.
    pub blocks_per_sm: usize,
}

impl Kernel<'_> {
    /// What the GPU's driver says that the kernel takes, launched with blocks of `block` threads and `shared_bytes` of dynamic shared
    /// memory: to be compared with [`Limits::occupancy`](crate::Limits::occupancy). `None` on the reference device, which has no
    /// registers.
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
    /// The driver's.
    pub fn resources(
        &self,
        block: u32,
        shared_bytes: usize,
    ) -> Result<Option<Resources>, CudaError> {
        use cust_raw::CUfunction_attribute_enum as A;
        if self.device.is_reference() {
            return Ok(None);
        }
        let inner = &self.device.inner;
        let _entered = inner.enter()?;
        let function = self
            .module
            .get_function(&self.entry)
            .map_err(|e| inner.error("finding the entry", e))?;
        let attribute = |which: FunctionAttribute| {
            let value = function.get_attribute(which);
            value
                .map(|value| usize::try_from(value).unwrap_or(0))
                .map_err(|e| inner.error("asking for a kernel's resources", e))
        };
        let registers = attribute(FunctionAttribute::NumRegisters)?;
        let local_bytes = attribute(FunctionAttribute::LocalSizeBytes)?;
        let shared = shared_bytes.min(self.device.shared_opt_in_bytes()) as c_int;
        if shared_bytes.saturating_add(self.static_shared) > PLAIN_SHARED {
            let which = A::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
            // SAFETY: the function is loaded; the driver checks the value.
            let code = unsafe { cust_raw::cuFuncSetAttribute(function.to_raw(), which, shared) };
            inner.check("opting in to more than 48 KiB of shared memory", code)?;
        }
        let mut blocks = 0;
        // SAFETY: `blocks` may be written; the function is loaded.
        let code = unsafe {
            cust_raw::cuOccupancyMaxActiveBlocksPerMultiprocessor(
                &mut blocks,
                function.to_raw(),
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

impl Drop for Kernel<'_> {
    fn drop(&mut self) {
        let _entered = self.device.inner.enter();
        let _backend = Guard::new(self.device.inner.backend);
        // SAFETY: dropped here only, and not used again; the device outlives the kernel.
        unsafe { ManuallyDrop::drop(&mut self.module) };
    }
}

static_assertions::assert_impl_all!(Kernel<'static>: Send, Sync);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cuda::{Choice, Device};

    /// Stores to the last 4 bytes of `4 * count` dynamic shared bytes, behind 40 KiB of static ones.
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
            // SAFETY: it accesses no global memory, and of its shared memory what is there.
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
        let _backend = Guard::new(crate::cuda::seam::Backend::Reference);
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

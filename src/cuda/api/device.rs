//! Opened devices and their properties.
use super::info::DeviceInfo;
use super::inner::Inner;
use crate::cuda::cust_raw;
use crate::cuda::error::CudaError;
use crate::cuda::pipeline::runs_per_block;
use crate::cuda::reference;
use crate::cuda::seam::Backend;
use bakelite_device::{Printed, Profile};
use std::sync::Arc;

/// An opened device.
///
/// After a fault it cannot be used any more: calls return that fault. On the reference device, open another one:
/// devices that are opened separately have memory and faults of their own. On a GPU, all devices of a process share one
/// context, and CUDA keeps it broken until the process ends: start the process again.
///
/// ```
/// use bakelite::cuda::{CudaError, Device, DevicePtr};
/// # fn main() -> Result<(), CudaError> {
/// const POKE: &str = "
///     .version 8.0
///     .target sm_80
///     .address_size 64
///     .visible .entry poke(.param .u64 at) {
///         .reg .b64 %a<2>;
///         ld.param.u64 %a1, [at];
///         st.global.u32 [%a1+4], 7;
///         ret;
///     }";
/// let device = Device::reference()?;
/// let short = device.zeroed::<u32>(1)?;
/// // SAFETY: on a GPU this would be unsafe, for the store is past the end of the buffer; the reference device catches it.
/// let fault = unsafe { device.load(POKE, "poke")?.launch(1, 1, 0, &short.pointer()) }.unwrap_err();
/// assert!(fault.to_string().contains("is in no allocation (the nearest has 4 bytes)"), "{fault}");
/// assert_eq!(short.download().unwrap_err(), fault);
/// assert_eq!(Device::reference()?.upload(&[7])?.download()?, [7]);
/// # Ok(()) }
/// ```
pub struct Device {
    pub(in crate::cuda) inner: Arc<Inner>,
    pub(super) info: DeviceInfo,
    pub(super) shared_opt_in: usize,
    /// Why [`Choice::Auto`] took no GPU.
    pub(super) fallback: Option<String>,
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Device")
            .field("name", &self.info.name)
            .finish()
    }
}

impl Device {
    /// The device's name. The reference device's name says that it is no GPU.
    pub fn name(&self) -> &str {
        &self.info.name
    }

    /// Whether this is the reference device.
    pub fn is_reference(&self) -> bool {
        self.inner.backend == Backend::Reference
    }

    /// The most shared memory that a block can have, in bytes.
    pub fn shared_opt_in_bytes(&self) -> usize {
        self.shared_opt_in
    }

    /// Compute capability, major and minor. It is 9.0 on the reference device.
    pub fn compute_capability(&self) -> (u32, u32) {
        self.info.compute_capability
    }

    /// Number of multiprocessors. On the reference device it is the number in its options.
    pub fn multiprocessors(&self) -> usize {
        self.info.multiprocessors
    }

    /// Runs per block for an ensemble of `runs` runs: 64, or 32 where blocks of 64 would leave multiprocessors idle.
    /// [`Ensemble::solve_on`](crate::ensemble::Ensemble::solve_on) plans with this number.
    ///
    /// ```
    /// use bakelite::cuda::{Device, ReferenceOptions};
    /// let options = ReferenceOptions { multiprocessors: 132, ..ReferenceOptions::default() };
    /// let device = Device::reference_with(options).unwrap();
    /// assert_eq!((device.runs_per_block(1_000), device.runs_per_block(100_000)), (32, 64));
    /// ```
    pub fn runs_per_block(&self, runs: usize) -> usize {
        runs_per_block(runs, self.multiprocessors())
    }

    /// Memory in bytes: what is free now, and the total.
    ///
    /// ```
    /// use bakelite::cuda::{Device, ReferenceOptions};
    /// # fn main() -> Result<(), bakelite::cuda::CudaError> {
    /// let device = Device::reference_with(ReferenceOptions { memory_bytes: 4096, ..ReferenceOptions::default() })?;
    /// let buffer = device.alloc::<f64>(100)?;
    /// assert_eq!(device.memory()?, (4096 - 1024, 4096)); // in steps of 256 bytes
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// A fault of an earlier launch.
    pub fn memory(&self) -> Result<(usize, usize), CudaError> {
        let _entered = self.inner.enter()?;
        let (mut free, mut total) = (0, 0);
        // SAFETY: both may be written.
        let code = unsafe { cust_raw::cuMemGetInfo_v2(&mut free, &mut total) };
        self.inner.check("asking for the free memory", code)?;
        Ok((free, total))
    }

    /// The profile of the last launch; `None` on a GPU and before the first launch.
    pub fn last_profile(&self) -> Option<Profile> {
        match self.inner.backend {
            Backend::Reference => reference::profile(self.inner.device),
            Backend::Driver => None,
        }
    }

    /// What kernels printed with `printf` since the last call of this method, ordered by launch, then by block. Empty
    /// on a GPU, whose driver writes to the standard output. Wait for the launches first: a stream of the reference
    /// device runs when it is waited for. The first MiB of text is kept.
    ///
    /// ```
    /// let device = bakelite::cuda::Device::reference().unwrap();
    /// assert!(device.take_printed().is_empty());
    /// ```
    pub fn take_printed(&self) -> Vec<Printed> {
        match self.inner.backend {
            Backend::Reference => reference::printed(self.inner.device),
            Backend::Driver => Vec::new(),
        }
    }
}

static_assertions::assert_impl_all!(Device: Send, Sync);

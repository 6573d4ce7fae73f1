//! How the reference device runs kernels.
use bakelite_device::MOST_INSTRUCTIONS;

/// How the reference device runs kernels.
///
/// ```
/// use bakelite::cuda::{Device, ReferenceOptions};
/// let quick = ReferenceOptions { checks: false, ..ReferenceOptions::default() };
/// assert!(Device::reference_with(quick).unwrap().last_profile().is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReferenceOptions {
    /// Host threads that share the blocks of a launch; 0: as many as the host has cores.
    pub threads: usize,
    /// Whether to check which thread wrote what in shared and local memory. Bounds and alignment are always checked.
    pub checks: bool,
    /// Whether to record readers of shared memory too, with `checks`: a store to what another thread has read since the
    /// last barrier is then a fault. What a thread stored since the last barrier is its own and needs no record, so
    /// this costs nothing for kernels whose threads access only their own data.
    pub readers: bool,
    /// Whether to simplify kernels when they are loaded: they run 6 to 8 times faster, with the same results and
    /// faults.
    pub fold: bool,
    /// Whether to accept instructions whose last bits the PTX ISA leaves open (`ex2.approx`, or `add.f32`, which may be
    /// contracted): they give the nearest value, and a GPU's differ within the bound that the ISA states. Otherwise
    /// they are refused. See [`approximations`](crate::ptx::device#approximations).
    pub approximate: bool,
    /// Device memory in bytes: the most that can be allocated at one time.
    pub memory_bytes: usize,
    /// Number of multiprocessors that it reports. More make nothing faster: the number decides how small batches are
    /// divided into blocks.
    pub multiprocessors: u32,
    /// Branch of NVIDIA's driver that it imitates, such as 525 or 580: PTX of a newer version than that driver reads is
    /// refused, as that driver would refuse it.
    pub driver: u32,
    /// The most instructions that a warp may execute in a block. One more is a fault that names the line: the loop
    /// there does not end.
    pub instructions: u64,
}

impl Default for ReferenceOptions {
    /// All cores, all checks, simplified kernels, no approximations; 16 GiB and one multiprocessor; driver 525, the
    /// oldest that Bakelite supports; [`MOST_INSTRUCTIONS`].
    fn default() -> ReferenceOptions {
        ReferenceOptions {
            threads: 0,
            checks: true,
            readers: true,
            fold: true,
            approximate: false,
            memory_bytes: MEMORY,
            multiprocessors: 1,
            driver: 525,
            instructions: MOST_INSTRUCTIONS,
        }
    }
}

/// Device memory in bytes unless the options say otherwise: 16 GiB, or as much as `usize` counts.
const MEMORY: usize = 16_usize.saturating_mul(1 << 30);

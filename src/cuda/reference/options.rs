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
    /// Whether to check who wrote what in shared and local memory. Bounds and alignment are checked always.
    pub checks: bool,
    /// Whether to record readers of shared memory too, with `checks`: a store to what another thread has read since the last
    /// barrier is a fault then. What a thread stored since the last barrier is its own and needs no record, so kernels whose threads keep
    /// to themselves pay nothing for it.
    pub readers: bool,
    /// Whether to fold kernels when they are loaded: 6 to 8 times faster, the same results and faults.
    pub fold: bool,
    /// Whether to take instructions whose last bits the PTX ISA leaves open (`ex2.approx`, or `add.f32`, which may be
    /// contracted): they give the nearest value, and a GPU's differ within the bound that the ISA states. Without it they are
    /// refused. See [`approximations`](crate::ptx::device#approximations).
    pub approximate: bool,
    /// Device memory in bytes: what is allocated at once, at most.
    pub memory_bytes: usize,
    /// Multiprocessors that it says to have. Nothing is faster for it: it decides how small batches are cut into blocks.
    pub multiprocessors: u32,
    /// Branch of NVIDIA's driver that it stands for, such as 525 or 580: PTX of a newer version than that driver reads is refused,
    /// as the driver would.
    pub driver: u32,
    /// Instructions that a warp may execute in a block. More are a fault that names the line: the loop there does not end.
    pub instructions: u64,
}

impl Default for ReferenceOptions {
    /// All cores, all checks, folded, without approximations; 16 GiB and one multiprocessor; driver 525, the oldest that Bakelite
    /// wants; [`MOST_INSTRUCTIONS`].
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

//! A launch: blocks over host threads.
use super::fault::{DeviceFault, What};
use super::kernel::Kernel;
use super::memory::GlobalMemory;
use super::rows::LANES;
use super::shared::Shared;
use super::warp::Warp;
use std::panic::resume_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

/// One launch of a kernel. Grid and block have one dimension. The [module](super) has an example.
#[derive(Clone, Copy, Debug)]
pub struct Launch<'a> {
    /// What runs.
    pub kernel: &'a Kernel,
    /// The block of parameters, [`Kernel::param_bytes`] long.
    pub params: &'a [u8],
    /// Blocks; none are a launch that does nothing.
    pub grid: u32,
    /// Threads per block, 1 to 1024.
    pub block: u32,
    /// Dynamic shared memory per block in bytes.
    pub shared_bytes: u32,
    /// Global memory.
    pub memory: &'a GlobalMemory,
    /// Whether to check what was written, by whom, and what lives where. Bounds and alignment are checked always.
    pub checks: bool,
    /// Host threads that share the blocks; 0: as many as the host has cores.
    pub threads: usize,
}

/// What a launch did.
///
/// ```
/// assert_eq!(bakelite::ptx::device::Profile::default().blocks, 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Operations of warps (after folding).
    pub warp_instructions: u64,
    /// Operations of single lanes.
    pub lane_instructions: u64,
    /// Blocks that ran.
    pub blocks: u64,
}

/// Threads per block at most.
const MAX_BLOCK: u32 = 1024;

impl Launch<'_> {
    /// Reads a parameter.
    pub(super) fn param(&self, address: u64, bytes: u64, align: u64) -> Result<u64, What> {
        let total = self.params.len() as u64;
        if address > total || bytes > total - address {
            return Err(What::OutOfBounds(total));
        }
        if !address.is_multiple_of(align) {
            return Err(What::Misaligned);
        }
        let mut value = [0; 8];
        let n = bytes as usize;
        value[..n].copy_from_slice(&self.params[address as usize..][..n]);
        Ok(u64::from_le_bytes(value))
    }

    fn shared_total(&self) -> usize {
        self.shared_bytes as usize + self.kernel.static_shared_bytes
    }

    fn validate(&self) -> Result<(), DeviceFault> {
        let fail = |text: String| Err(DeviceFault::launch(text));
        let name = &self.kernel.name;
        let (given, wanted) = (self.params.len(), self.kernel.param_bytes);
        if given != wanted {
            return fail(format!(
                "entry `{name}` has {wanted} bytes of parameters, {given} were given"
            ));
        }
        let block = self.block;
        if block == 0 || block > MAX_BLOCK {
            return fail(format!(
                "a block has 1 to {MAX_BLOCK} threads, not {block} (entry `{name}`)"
            ));
        }
        if let Some(n) = self.kernel.max_threads.filter(|n| block > *n) {
            return fail(format!(
                "entry `{name}` allows {n} threads per block, not {block}"
            ));
        }
        if let Some(n) = self.kernel.required_threads.filter(|n| block != *n) {
            return fail(format!(
                "entry `{name}` wants {n} threads per block, not {block}"
            ));
        }
        Ok(())
    }

    /// Runs blocks until none are left or one of them has a fault.
    fn work(&self, next: &AtomicU32, stop: &AtomicBool) -> (Profile, Option<DeviceFault>) {
        let named = self.kernel.names.len() > 1;
        let mut shared = Shared::new(self.shared_total(), self.checks, named);
        let warps = self.block.div_ceil(LANES as u32);
        let mut warps: Vec<Warp> = (0..warps).map(|i| Warp::new(self, i)).collect();
        let mut profile = Profile::default();
        let mut fault = None;
        while fault.is_none() && !stop.load(Relaxed) {
            // A plain fetch_add could wrap round behind the largest grid.
            let take = next.fetch_update(Relaxed, Relaxed, |b| (b < self.grid).then(|| b + 1));
            let Ok(block) = take else { break };
            fault = self.run_block(block, &mut warps, &mut shared).err();
            profile.blocks += 1;
        }
        if fault.is_some() {
            stop.store(true, Relaxed);
        }
        for warp in &warps {
            profile.warp_instructions += warp.profile.warp_instructions;
            profile.lane_instructions += warp.profile.lane_instructions;
        }
        (profile, fault)
    }

    /// Runs the warps of a block in turns, from barrier to barrier.
    fn run_block(
        &self,
        block: u32,
        warps: &mut [Warp],
        shared: &mut Shared,
    ) -> Result<(), DeviceFault> {
        shared.clear();
        for warp in warps.iter_mut() {
            warp.start(block);
        }
        while warps.iter().any(|w| !w.is_done()) {
            for warp in warps.iter_mut().filter(|w| !w.is_done()) {
                warp.run(shared)?;
            }
            if self.kernel.has_barrier {
                shared.publish();
            }
        }
        Ok(())
    }
}

/// Runs a launch to its end. The [module](super) has an example.
///
/// A kernel that never ends runs for ever: there is no limit of time.
///
/// # Errors
///
/// The fault of the lowest faulty block, the same one whatever the number of host threads; other blocks may or may not have
/// run by then.
pub fn run(launch: &Launch) -> Result<Profile, DeviceFault> {
    launch.validate()?;
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let threads = if launch.threads == 0 {
        cores()
    } else {
        launch.threads
    };
    let threads = threads.clamp(1, launch.grid.max(1) as usize);
    let (next, stop) = (AtomicU32::new(0), AtomicBool::new(false));
    // Blocks are taken in order, and a block once taken runs to its end: so all blocks below the first fault have run.
    let total = Mutex::new((Profile::default(), None::<DeviceFault>));
    let work = || {
        let (profile, fault) = launch.work(&next, &stop);
        let mut total = total.lock().unwrap_or_else(|e| e.into_inner());
        total.0.warp_instructions += profile.warp_instructions;
        total.0.lane_instructions += profile.lane_instructions;
        total.0.blocks += profile.blocks;
        if let Some(fault) = fault
            && total.1.as_ref().is_none_or(|f| fault.block < f.block)
        {
            total.1 = Some(fault);
        }
    };
    if threads == 1 {
        work();
    } else {
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            // a panic goes on with its own text; left to the scope it would lose it
            for worker in workers {
                worker.join().unwrap_or_else(|panic| resume_unwind(panic));
            }
        });
    }
    let (profile, fault) = total.into_inner().unwrap_or_else(|e| e.into_inner());
    match fault {
        Some(fault) => Err(fault),
        None => Ok(profile),
    }
}

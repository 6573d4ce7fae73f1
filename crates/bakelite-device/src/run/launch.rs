//! Runs a launch: blocks, spread over host threads.
use crate::code::kernel::Kernel;
use crate::code::rows::{LANES, Row};
use crate::memory::allocations::GlobalMemory;
use crate::memory::local::Local;
use crate::memory::shared::Shared;
use crate::run::access::read;
use crate::run::barrier;
use crate::run::fault::{DeviceFault, FaultKind, What, without_panic};
use crate::run::named;
use crate::run::print::{self, Printed};
use crate::run::profile::Profile;
use crate::run::warp::Warp;
use std::cell::Cell;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::thread::Builder;

/// Sizes of a grid in blocks or of a block in threads, in up to three dimensions.
///
/// ```
/// use bakelite_device::Dim3;
/// assert_eq!(Dim3::from((16, 4)), Dim3 { x: 16, y: 4, z: 1 });
/// assert_eq!(Dim3::from(64).count(), Dim3::from((2, 4, 8)).count());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Dim3 {
    /// The dimension in which consecutive numbers are neighbours.
    pub x: u32,
    /// The second dimension.
    pub y: u32,
    /// The third dimension.
    pub z: u32,
}

impl From<u32> for Dim3 {
    fn from(x: u32) -> Dim3 {
        Dim3 { x, y: 1, z: 1 }
    }
}

impl From<(u32, u32)> for Dim3 {
    fn from((x, y): (u32, u32)) -> Dim3 {
        Dim3 { x, y, z: 1 }
    }
}

impl From<(u32, u32, u32)> for Dim3 {
    fn from((x, y, z): (u32, u32, u32)) -> Dim3 {
        Dim3 { x, y, z }
    }
}

impl Dim3 {
    /// Number of blocks or threads in all.
    pub fn count(self) -> u128 {
        self.sizes().into_iter().map(u128::from).product()
    }

    pub(crate) fn sizes(self) -> [u32; 3] {
        [self.x, self.y, self.z]
    }

    /// The position of number `i`. x runs fastest.
    pub(crate) fn position(self, i: u32) -> [u32; 3] {
        let (x, y) = (self.x.max(1), self.y.max(1));
        [i % x, i / x % y, i / x / y]
    }
}

impl fmt::Display for Dim3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Dim3 { x, y: 1, z: 1 } => write!(f, "{x}"),
            Dim3 { x, y, z: 1 } => write!(f, "{x} x {y}"),
            Dim3 { x, y, z } => write!(f, "{x} x {y} x {z}"),
        }
    }
}

/// One launch of a kernel. The [crate](crate) has an example.
#[derive(Clone, Copy, Debug)]
pub struct Launch<'a> {
    /// The kernel to run.
    pub kernel: &'a Kernel,
    /// The block of parameters. It is [`Kernel::param_bytes`] long.
    pub params: &'a [u8],
    /// Number of blocks. A launch without blocks does nothing.
    pub grid: Dim3,
    /// Threads per block, 1 to 1024 in all, at most 64 of them in z.
    pub block: Dim3,
    /// Dynamic shared memory per block in bytes.
    pub shared_bytes: u32,
    /// Global memory of the device.
    pub memory: &'a GlobalMemory,
    /// Whether to check which bytes were written, by which thread, and which buffer lies where. Bounds and alignment
    /// are always checked.
    pub checks: bool,
    /// Whether to record readers of shared memory too. Then a store to bytes that another thread has read since the
    /// last barrier is a fault. Only with `checks`.
    pub readers: bool,
    /// Host threads that share the blocks. 0: as many as the host has cores.
    pub threads: usize,
    /// The most instructions that a warp may execute in a block. One that executes more is stopped with
    /// [`FaultKind::Endless`](crate::FaultKind::Endless). No kernel that ends needs more than [`MOST_INSTRUCTIONS`].
    pub instructions: u64,
}

/// A limit for [`Launch::instructions`] that no kernel that ends should reach. A warp takes some minutes of the host to
/// reach it.
///
/// ```
/// assert_eq!(bakelite_device::MOST_INSTRUCTIONS, 20_000_000_000);
/// ```
pub const MOST_INSTRUCTIONS: u64 = 20_000_000_000;

/// The work of one host thread, or of all of them.
#[derive(Default)]
struct Work {
    profile: Profile,
    fault: Option<DeviceFault>,
    printed: Vec<Printed>,
}

/// The most threads per block.
const MAX_BLOCK: u32 = 1024;
/// The most shared memory per block, static and dynamic, in bytes: that of compute capability 9.0.
pub const MOST_SHARED: usize = 227 * 1024;
/// The most host memory for the registers and the local memory of blocks, in bytes.
const MOST_HOST: u64 = 4 << 30;

impl Launch<'_> {
    /// Reads a parameter.
    pub(crate) fn param(&self, address: u64, bytes: u64, align: u64) -> Result<u64, What> {
        read(self.params, address, bytes, align)
    }

    /// Threads of a block. A launch that runs has at most 1024.
    pub(crate) fn threads_per_block(&self) -> u32 {
        self.block.count() as u32
    }

    /// `n` times `value`, or a fault if the host has no memory for it.
    pub(crate) fn room<T: Clone>(&self, n: usize, value: T) -> Result<Vec<T>, DeviceFault> {
        let mut all = Vec::new();
        match all.try_reserve_exact(n) {
            Ok(()) => {
                all.resize(n, value);
                Ok(all)
            }
            Err(_) => Err(self.too_large(self.host_bytes())),
        }
    }

    /// Bytes of the host that a block needs.
    fn host_bytes(&self) -> u64 {
        let warps = u64::from(self.threads_per_block().div_ceil(LANES as u32));
        let rows = (self.kernel.rows * size_of::<Row>()) as u64;
        let local = self.kernel.local_bytes as u64 * Local::HOST_BYTES;
        warps * (rows + local)
    }

    /// Whether a block of valid size needs more memory of the host than it may have.
    pub fn exceeds_host(&self) -> bool {
        self.block.count() <= u128::from(MAX_BLOCK) && self.host_bytes() > MOST_HOST
    }

    fn too_large(&self, bytes: u64) -> DeviceFault {
        DeviceFault::launch(format!(
            "a block of entry `{}` needs {bytes} bytes of the host for its registers and {} bytes of local memory per thread, more than there are or than {MOST_HOST}: use smaller blocks, fewer registers or smaller arrays",
            self.kernel.name, self.kernel.local_bytes
        ))
    }

    pub(crate) fn shared_total(&self) -> usize {
        self.shared_bytes as usize + self.kernel.static_shared_bytes
    }

    /// Checks that the launch is possible.
    ///
    /// # Errors
    ///
    /// [`FaultKind::BadLaunch`](crate::FaultKind::BadLaunch) if the block, the grid, the shared memory or the
    /// parameters do not fit the kernel, the device or the host.
    pub fn validate(&self) -> Result<(), DeviceFault> {
        let fail = |text: String| Err(DeviceFault::launch(text));
        let name = &self.kernel.name;
        let (given, wanted) = (self.params.len(), self.kernel.param_bytes);
        if given != wanted {
            return fail(format!(
                "entry `{name}` has {wanted} bytes of parameters, {given} were given"
            ));
        }
        let (block, threads) = (self.block, self.block.count());
        if threads == 0 || threads > u128::from(MAX_BLOCK) {
            return fail(format!(
                "a block has 1 to {MAX_BLOCK} threads, not {block} (entry `{name}`)"
            ));
        }
        if block.z > 64 {
            return fail(format!(
                "a block has at most 64 threads in z, not {} (entry `{name}`)",
                block.z
            ));
        }
        if self.shared_total() > MOST_SHARED {
            return fail(format!(
                "a block has at most {MOST_SHARED} bytes of shared memory, not {} of static and {} of dynamic one (entry `{name}`): use smaller blocks or keep less there",
                self.kernel.static_shared_bytes, self.shared_bytes
            ));
        }
        if self.exceeds_host() {
            return Err(self.too_large(self.host_bytes()));
        }
        if self.grid.count() > u128::from(u32::MAX) {
            return fail(format!(
                "a grid has at most {} blocks here, not {} (entry `{name}`)",
                u32::MAX,
                self.grid
            ));
        }
        if let Some(n) = self.kernel.max_threads.filter(|n| threads > u128::from(*n)) {
            return fail(format!(
                "entry `{name}` allows {n} threads per block, not {block}"
            ));
        }
        if let Some([x, y, z]) = self.kernel.required_threads
            && block.sizes() != [x, y, z]
        {
            let wanted = Dim3 { x, y, z };
            return fail(format!(
                "entry `{name}` wants {wanted} threads per block, not {block}"
            ));
        }
        Ok(())
    }

    /// Runs blocks until none are left or one of them has a fault.
    fn work(&self, next: &AtomicU32, stop: &AtomicBool, at: &Cell<u32>) -> Work {
        let named = self.kernel.names.len() > 1;
        let mut shared = Shared::new(self.shared_total(), self.checks, self.readers, named);
        let warps = self.threads_per_block().div_ceil(LANES as u32);
        let blocks = self.grid.count() as u32;
        let warps: Result<Vec<Warp>, DeviceFault> =
            (0..warps).map(|i| Warp::new(self, i)).collect();
        let mut warps = match warps {
            Ok(warps) => warps,
            Err(fault) => {
                return Work {
                    fault: Some(fault),
                    ..Work::default()
                };
            }
        };
        let (mut profile, mut fault) = (Profile::default(), None);
        let mut printed = Vec::new();
        while fault.is_none() && !stop.load(Relaxed) {
            // A plain fetch_add could wrap around after the largest grid.
            let take = next.fetch_update(Relaxed, Relaxed, |b| (b < blocks).then(|| b + 1));
            let Ok(block) = take else { break };
            at.set(block);
            let before = printed.len();
            fault = self
                .run_block(block, &mut warps, &mut shared, &mut printed)
                .err();
            profile.blocks += 1;
            if printed.len() > before {
                // Blocks come in order, so what is too much here is too much overall.
                print::keep(&mut printed);
            }
        }
        if fault.is_some() {
            stop.store(true, Relaxed);
        }
        for warp in &mut warps {
            profile.join(warp.profile());
        }
        Work {
            profile,
            fault,
            printed,
        }
    }

    /// Runs the warps of a block in turns, from barrier to barrier.
    fn run_block(
        &self,
        block: u32,
        warps: &mut [Warp],
        shared: &mut Shared,
        printed: &mut Vec<Printed>,
    ) -> Result<(), DeviceFault> {
        shared.clear();
        for warp in warps.iter_mut() {
            warp.start(block);
        }
        while warps.iter().any(|w| !w.is_done()) {
            for warp in warps.iter_mut().filter(|w| !w.is_done()) {
                let ran = warp.run(shared);
                printed.append(&mut warp.printed);
                ran?;
            }
            if self.kernel.named_barriers {
                named::release(self, warps, shared)?;
                warps.iter_mut().for_each(|warp| warp.passing = 0);
            } else if self.kernel.has_barrier {
                if self.checks
                    && let Some((kind, line, thread)) = barrier::check(self, warps)?
                {
                    warps[0].notes.add(kind, line, thread, block);
                }
                warps.iter_mut().for_each(|warp| warp.passing = 0);
                shared.publish();
            }
        }
        Ok(())
    }
}

/// Runs a launch to its end. The [crate](crate) has an example.
///
/// A kernel that never ends is stopped by [`Launch::instructions`].
///
/// The fault of the lowest block with a fault. It is the same for any number of host threads. Whether other blocks have
/// run by then is not determined.
///
/// The fault of the lowest faulty block, the same one whatever the number of host threads; other blocks may or may not
/// have run by then.
pub fn run(launch: &Launch) -> Result<Profile, DeviceFault> {
    launch.validate()?;
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let threads = if launch.threads == 0 {
        cores()
    } else {
        launch.threads
    };
    // No more host threads than there is host memory for.
    let fit = MOST_HOST / launch.host_bytes().max(1);
    let threads = threads.min(usize::try_from(fit).unwrap_or(usize::MAX));
    let threads = threads.clamp(1, launch.grid.count().max(1) as usize);
    let (next, stop) = (AtomicU32::new(0), AtomicBool::new(false));
    // Blocks are taken in order, and a block once taken runs to its end. So all blocks before the first fault have run.
    let total = Mutex::new(Work::default());
    let work = || {
        let block = Cell::new(0);
        // A panic leaves only the warps and the shared memory of this thread half done, and they are not used again.
        // What others see, global memory and variables, are whole words that are stored atomically.
        let done = without_panic(|| launch.work(&next, &stop, &block));
        let mut work = done.unwrap_or_else(|text| {
            stop.store(true, Relaxed);
            let mut fault = DeviceFault::launch(text);
            (fault.kind, fault.block) = (FaultKind::Bug, block.get());
            Work {
                fault: Some(fault),
                ..Work::default()
            }
        });
        let mut total = total.lock().unwrap_or_else(|e| e.into_inner());
        total.profile.join(work.profile);
        total.printed.append(&mut work.printed);
        if let Some(fault) = work.fault
            && total.fault.as_ref().is_none_or(|f| fault.block < f.block)
        {
            total.fault = Some(fault);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            // If the host gives no more threads, those that exist share the blocks.
            if Builder::new().spawn_scoped(scope, work).is_err() {
                break;
            }
        }
        work();
    });
    let mut total = total.into_inner().unwrap_or_else(|e| e.into_inner());
    if !total.printed.is_empty() {
        // Whether blocks after the faulty one have run depends on the host's threads.
        let last = total.fault.as_ref().map_or(u32::MAX, |f| f.block);
        total.printed.retain(|p| p.block <= last);
        print::keep(&mut total.printed);
        launch.memory.add_printed(total.printed);
    }
    match total.fault {
        Some(fault) => Err(fault),
        None => {
            let notes = &mut total.profile.notes;
            notes.finish(|line| launch.kernel.line_text(line));
            Ok(total.profile)
        }
    }
}

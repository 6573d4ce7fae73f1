//! How many blocks of a plan one multiprocessor (SM) holds at once.

use crate::layout::target::limits::{MAX_BLOCK, WARP};
use crate::layout::{LaunchPlan, Limits};

/// What decides how many blocks an SM holds. Of several that allow the same number, the first here: more of the others would not help.
///
/// ```
/// use bakelite::{Arch, Limiter};
/// // a block of one warp: 32 of them, and no more, are resident
/// assert_eq!(Arch::Sm90.limits().occupancy(32, 0, 32).limiter, Limiter::Blocks);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limiter {
    /// The SM's threads are all in use.
    Warps,
    /// The SM has as many blocks as it can, and threads to spare: a larger block uses them.
    Blocks,
    /// Shared memory.
    SharedMemory,
    /// Registers.
    Registers,
}

impl Limiter {
    /// Its name in messages and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Limiter::Warps => "warps",
            Limiter::Blocks => "blocks",
            Limiter::SharedMemory => "shared memory",
            Limiter::Registers => "registers",
        }
    }
}

/// How many blocks and warps of a kernel one SM holds at once. See [`Limits::occupancy`] and [`LaunchPlan::occupancy`].
///
/// ```
/// let o = bakelite::Arch::Sm80.limits().occupancy(256, 0, 33);
/// assert_eq!((o.by_warps, o.by_registers, o.blocks_per_sm, o.warps_per_sm), (8, 6, 6, 48));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Occupancy {
    /// Resident blocks: the least of the four numbers below.
    pub blocks_per_sm: usize,
    /// Their warps.
    pub warps_per_sm: usize,
    /// What decides.
    pub limiter: Limiter,
    /// Blocks that the SM's threads are enough for.
    pub by_warps: usize,
    /// Blocks that an SM holds at all.
    pub by_blocks: usize,
    /// Blocks that the SM's shared memory is enough for; `usize::MAX` if they use none.
    pub by_shared_memory: usize,
    /// Blocks that the SM's registers are enough for; `usize::MAX` if they were given as 0.
    pub by_registers: usize,
}

/// An asked-for occupancy; see [`PlanView::require`](crate::PlanView::require) and [`LaunchPlan::largest_block`].
///
/// ```
/// use bakelite::{consts::*, *};
/// registry! { pub struct One in one { x: [f64; U1] in Shared; } }
/// plan! { struct P for One = on(Sm90).block(128).sequential(); }
/// // with 128 registers per thread, an SM has 16 warps, in one block or in several
/// assert_eq!(P::PLAN.launch.largest_block(Occupied::WarpsPerSm(16), 128), Some(512));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occupied {
    /// At least so many resident blocks.
    BlocksPerSm(usize),
    /// At least so many resident warps.
    WarpsPerSm(usize),
}

impl Occupied {
    /// Blocks of so many threads that reach it.
    pub(in crate::layout) const fn blocks(self, block: usize) -> usize {
        match self {
            Occupied::BlocksPerSm(n) => n,
            Occupied::WarpsPerSm(n) => n.div_ceil(at_least_1(block.div_ceil(WARP))),
        }
    }
}

// A custom architecture may leave a granularity at 0.
const fn at_least_1(n: usize) -> usize {
    if n == 0 { 1 } else { n }
}

const fn round_up(n: usize, unit: usize) -> usize {
    n.div_ceil(at_least_1(unit))
        .saturating_mul(at_least_1(unit))
}

impl Limits {
    /// The occupancy of a kernel, as NVIDIA's `cuda_occupancy.h` computes it: `block` threads, all shared bytes of a block, registers per
    /// thread (0: they do not matter). A block that cannot be launched at all has 0 blocks per SM.
    ///
    /// * Shared memory: the block's bytes and the system's, rounded up to the granularity, against those of the SM.
    /// * Registers: per warp, rounded up to the granularity; each partition of the SM holds whole warps. The hardware's check of a launch
    ///   counts as if all partitions had as many warps as the fullest.
    ///
    /// One difference: the header lets a thread have 256 registers from 7.0 on; the guide and the compiler end at 255.
    ///
    /// ```
    /// use bakelite::{Arch, Limiter};
    /// // shared memory: 36864 + 1024 = 296 x 128 bytes, of 233472: 6 blocks.
    /// // registers: 64 x 32 = 8 x 256 per warp, 16384 of a partition: 8 warps, x 4 = 32 warps = 8 blocks of 4
    /// let o = Arch::Sm90.limits().occupancy(128, 36864, 64);
    /// assert_eq!((o.by_shared_memory, o.by_registers, o.by_warps, o.by_blocks), (6, 8, 16, 32));
    /// assert_eq!((o.blocks_per_sm, o.warps_per_sm, o.limiter), (6, 24, Limiter::SharedMemory));
    /// ```
    pub const fn occupancy(
        &self,
        block: usize,
        shared_bytes: usize,
        registers_per_thread: usize,
    ) -> Occupancy {
        let warps = at_least_1(block.div_ceil(WARP));
        let by_warps = if block > MAX_BLOCK {
            0
        } else {
            self.max_warps_per_sm() / warps
        };
        let held = round_up(
            shared_bytes.saturating_add(self.shared_reserved_per_block_bytes),
            self.shared_granularity_bytes,
        );
        let by_shared_memory = match self.shared_per_sm_bytes.checked_div(held) {
            _ if shared_bytes > self.shared_per_block_bytes => 0,
            Some(n) => n,
            None => usize::MAX,
        };
        let by_registers = self.blocks_by_registers(warps, registers_per_thread);
        let all = [
            (by_warps, Limiter::Warps),
            (self.max_blocks_per_sm, Limiter::Blocks),
            (by_shared_memory, Limiter::SharedMemory),
            (by_registers, Limiter::Registers),
        ];
        let (mut blocks_per_sm, mut limiter) = all[0];
        let mut i = 1;
        while i < all.len() {
            if all[i].0 < blocks_per_sm {
                (blocks_per_sm, limiter) = all[i];
            }
            i += 1;
        }
        Occupancy {
            blocks_per_sm,
            warps_per_sm: blocks_per_sm.saturating_mul(warps),
            limiter,
            by_warps,
            by_blocks: self.max_blocks_per_sm,
            by_shared_memory,
            by_registers,
        }
    }

    const fn blocks_by_registers(&self, warps: usize, per_thread: usize) -> usize {
        if per_thread == 0 {
            return usize::MAX;
        }
        let per_warp = round_up(per_thread.saturating_mul(WARP), self.register_granularity);
        let checked = per_warp.saturating_mul(round_up(warps, self.warp_granularity));
        if per_thread > self.max_registers_per_thread || checked > self.registers_per_block {
            return 0;
        }
        let partitions = at_least_1(self.warp_granularity);
        self.registers_per_sm / partitions / per_warp * partitions / warps
    }
}

impl LaunchPlan {
    /// How many blocks of this plan an SM of its target holds, with so many registers per thread (0: they do not matter): the number that
    /// `ptxas -v` prints, or [`PlanView::registers`](crate::PlanView::registers).
    ///
    /// ```
    /// use bakelite::{consts::*, *};
    /// registry! { pub struct Big in big { x: [f64; U36] in Shared; } }
    /// plan! { struct P for Big = on(Sm90).block(128).sequential(); }
    /// const O: Occupancy = P::PLAN.launch.occupancy(64);
    /// assert_eq!((O.blocks_per_sm, O.warps_per_sm, O.limiter), (6, 24, Limiter::SharedMemory));
    /// ```
    pub const fn occupancy(&self, registers_per_thread: usize) -> Occupancy {
        self.occupancy_at(self.block, self.run_stride_bytes, registers_per_thread)
    }

    const fn occupancy_at(&self, block: usize, run_bytes: usize, registers: usize) -> Occupancy {
        let shared = self.shared_bytes(block, run_bytes);
        self.arch.limits().occupancy(block, shared, registers)
    }

    /// The largest block in whole warps with which an SM holds what is asked, all else as in this plan; nothing if even a block of 32 does
    /// not reach it. `Occupied::BlocksPerSm(1)` asks for the largest block that runs at all.
    ///
    /// ```
    /// use bakelite::{consts::*, *};
    /// registry! { pub struct Big in big { x: [f64; U36] in Shared; } }
    /// plan! { struct P for Big = on(Sm90).block(128).sequential(); }
    /// const L: LaunchPlan = P::PLAN.launch;
    /// assert_eq!(L.largest_block(Occupied::BlocksPerSm(1), 64), Some(800));
    /// assert_eq!(L.largest_block(Occupied::BlocksPerSm(8), 64), Some(96));
    /// assert_eq!(L.largest_block(Occupied::WarpsPerSm(48), 64), None);
    /// ```
    pub const fn largest_block(
        &self,
        asked: Occupied,
        registers_per_thread: usize,
    ) -> Option<usize> {
        let mut block = MAX_BLOCK;
        while block > 0 {
            let o = self.occupancy_at(block, self.run_stride_bytes, registers_per_thread);
            if o.blocks_per_sm >= at_least_1(asked.blocks(block)) {
                return Some(block);
            }
            block -= WARP;
        }
        None
    }

    /// The most registers per thread with which an SM still holds what is asked, all else as in this plan; nothing if something else
    /// already forbids it.
    ///
    /// ```
    /// # use bakelite::{consts::*, *};
    /// # registry! { pub struct Big in big { x: [f64; U36] in Shared; } }
    /// # plan! { struct P for Big = on(Sm90).block(128).sequential(); }
    /// // 6 blocks of 4 warps are 6 warps for each partition: 16384 / 6 = 10 x 256 registers per warp, 80 per thread
    /// assert_eq!(P::PLAN.launch.most_registers(Occupied::BlocksPerSm(6)), Some(80));
    /// ```
    pub const fn most_registers(&self, asked: Occupied) -> Option<usize> {
        // more registers never give more blocks
        let (mut most, mut too_many) = (0, self.arch.limits().max_registers_per_thread);
        too_many = too_many.saturating_add(1);
        while too_many - most > 1 {
            let middle = most + (too_many - most) / 2;
            if self.occupancy(middle).blocks_per_sm >= asked.blocks(self.block) {
                most = middle;
            } else {
                too_many = middle;
            }
        }
        if most > 0 { Some(most) } else { None }
    }

    /// The most shared bytes per run, padding and skew included (`run_stride_bytes`), with which an SM still holds what is asked, all else as in this plan; nothing if something else
    /// already forbids it.
    ///
    /// ```
    /// # use bakelite::{consts::*, *};
    /// # registry! { pub struct Big in big { x: [f64; U36] in Shared; } }
    /// # plan! { struct P for Big = on(Sm90).block(128).sequential(); }
    /// // 233472 / 8 = 228 x 128 bytes, 1024 of them the system's: 28160 for 128 runs
    /// assert_eq!(P::PLAN.launch.most_shared_bytes_per_run(Occupied::BlocksPerSm(8), 64), Some(220));
    /// ```
    pub const fn most_shared_bytes_per_run(
        &self,
        asked: Occupied,
        registers_per_thread: usize,
    ) -> Option<usize> {
        let limits = self.arch.limits();
        let blocks = at_least_1(asked.blocks(self.block));
        let unit = at_least_1(limits.shared_granularity_bytes);
        let room = (limits.shared_per_sm_bytes / blocks / unit * unit)
            .saturating_sub(limits.shared_reserved_per_block_bytes);
        let room = if room < limits.shared_per_block_bytes {
            room
        } else {
            limits.shared_per_block_bytes
        };
        let run_bytes = self.left_for_runs(room) / at_least_1(self.block);
        let o = self.occupancy_at(self.block, run_bytes, registers_per_thread);
        if o.blocks_per_sm >= blocks {
            Some(run_bytes)
        } else {
            None
        }
    }
}

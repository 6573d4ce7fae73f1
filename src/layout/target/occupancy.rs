//! Occupancy: how many blocks of a plan one multiprocessor (SM) holds at once.

use crate::layout::target::limits::{MAX_BLOCK, WARP};
use crate::layout::{LaunchPlan, Limits};

/// The resource that limits how many blocks an SM holds. If several allow the same number, it is the first of them in
/// this list, because more of the others would not help.
///
/// ```
/// use bakelite::layout::{Arch, Limiter};
/// // a block of one warp: 32 of them, and no more, are resident
/// assert_eq!(Arch::Sm90.limits().occupancy(32, 0, 32).limiter, Limiter::Blocks);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limiter {
    /// All threads of the SM are in use.
    Warps,
    /// The SM has as many blocks as it can hold, but unused threads. A larger block would use them.
    Blocks,
    /// Shared memory is the limit.
    SharedMemory,
    /// Registers are the limit.
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
/// let o = bakelite::layout::Arch::Sm80.limits().occupancy(256, 0, 33);
/// assert_eq!((o.by_warps, o.by_registers, o.blocks_per_sm, o.warps_per_sm), (8, 6, 6, 48));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Occupancy {
    /// Resident blocks: the smallest of the four numbers below.
    pub blocks_per_sm: usize,
    /// The warps of these blocks.
    pub warps_per_sm: usize,
    /// The resource that sets the limit.
    pub limiter: Limiter,
    /// The blocks for which the SM has enough threads.
    pub by_warps: usize,
    /// The most blocks that the SM holds, whatever their size.
    pub by_blocks: usize,
    /// The blocks for which the SM has enough shared memory; `usize::MAX` if they use none.
    pub by_shared_memory: usize,
    /// The blocks for which the SM has enough registers; `usize::MAX` if registers were given as 0.
    pub by_registers: usize,
}

/// An occupancy to ask for; see [`PlanView::require`](crate::layout::PlanView::require) and
/// [`LaunchPlan::largest_block`].
///
/// ```
/// use bakelite::{consts::*, layout::Occupied, prelude::*};
/// registry! { pub struct One in one { x: [f64; U1] in Shared; } }
/// plan! { struct P for One = on(Sm90).block(128).sequential(); }
/// // with 128 registers per thread, an SM has 16 warps, in one block or in several
/// assert_eq!(P::PLAN.launch.largest_block(Occupied::WarpsPerSm(16), 128), Some(512));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occupied {
    /// At least this many resident blocks.
    BlocksPerSm(usize),
    /// At least this many resident warps.
    WarpsPerSm(usize),
}

impl Occupied {
    /// The number of blocks of `block` threads that reach it.
    pub(in crate::layout) const fn blocks(self, block: usize) -> usize {
        match self {
            Occupied::BlocksPerSm(n) => n,
            Occupied::WarpsPerSm(n) => n.div_ceil(at_least_1(block.div_ceil(WARP))),
        }
    }
}

// A custom architecture may have a granularity of 0.
const fn at_least_1(n: usize) -> usize {
    if n == 0 { 1 } else { n }
}

const fn round_up(n: usize, unit: usize) -> usize {
    n.div_ceil(at_least_1(unit))
        .saturating_mul(at_least_1(unit))
}

impl Limits {
    /// The occupancy of a kernel, computed as NVIDIA's `cuda_occupancy.h` does. The arguments are the threads of a
    /// block, all shared bytes of a block, and the registers per thread (0 if they do not matter). A block that cannot
    /// be launched at all has 0 blocks per SM.
    ///
    /// * Shared memory: the bytes of the block and those that the system keeps are added and rounded up to the
    ///   granularity. The sum is compared with the bytes of the SM.
    /// * Registers: those of a warp are rounded up to the granularity. Each partition of the SM holds whole warps. The
    ///   hardware's check of a launch counts as if all partitions had as many warps as the fullest one.
    ///
    /// There is one difference: the header allows a thread 256 registers from 7.0 on; the guide and the compiler end at
    /// 255.
    ///
    /// ```
    /// use bakelite::layout::{Arch, Limiter};
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
    /// How many blocks of this plan an SM of its target holds, for a given number of registers per thread (0 if they do
    /// not matter). Use the number that `ptxas -v` prints, or
    /// [`PlanView::registers`](crate::layout::PlanView::registers).
    ///
    /// ```
    /// use bakelite::{consts::*, layout::{Limiter, Occupancy}, prelude::*};
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

    /// The largest block in whole warps with which an SM reaches the occupancy `asked`. All else is as in this plan.
    /// `None` if even a block of 32 does not reach it. `Occupied::BlocksPerSm(1)` asks for the largest block that can
    /// run at all.
    ///
    /// ```
    /// use bakelite::{consts::*, layout::{LaunchPlan, Occupied}, prelude::*};
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

    /// The most registers per thread with which an SM still reaches the occupancy `asked`. All else is as in this plan.
    /// `None` if something else already prevents it.
    ///
    /// ```
    /// # use bakelite::{consts::*, layout::Occupied, prelude::*};
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

    /// The most shared bytes per run with which an SM still reaches the occupancy `asked`. Padding between runs is
    /// included (`run_stride_bytes`). All else is as in this plan. `None` if something else already prevents it.
    ///
    /// ```
    /// # use bakelite::{consts::*, layout::Occupied, prelude::*};
    /// # registry! { pub struct Big in big { x: [f64; U36] in Shared; } }
    /// # plan! { struct P for Big = on(Sm90).block(128).sequential(); }
    /// // 233472 / 8 = 228 x 128 bytes; without the 1024 that the system keeps, 28160 for 128 runs
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

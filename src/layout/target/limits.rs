//! What the hardware holds, with sources.

/// The lanes of a warp, on every architecture.
pub(in crate::layout) const WARP: usize = 32;

/// The most threads per block that the hardware allows.
pub(in crate::layout) const MAX_BLOCK: usize = 1024;

/// What one block, one thread and one multiprocessor (SM) of an [`Arch`](crate::layout::Arch) hold.
///
/// # Sources
/// * *Guide*: CUDA C++ Programming Guide 13, section 20.2, table 27 "Technical Specifications per Compute Capability",
///   for 7.5, 8.0, 8.6, 8.7, 8.9, 9.0, 10.0 and 12.0.
/// * *Calculator*: `cuda_occupancy.h` of CUDA 13.0.88, NVIDIA's occupancy calculator as C, for all of them; its
///   functions are named below. `tests/layout/occupancy.rs` compares with its results.
/// * For 7.0, which is no longer in the guide, threads and shared memory per SM come from a public table of device
///   properties (32 blocks, 2048 threads, 96 KB for 7.0 to 7.2). For 10.3, threads are those of 10.0, and shared memory
///   is from the carve-outs of the calculator.
/// * `cudaGetDeviceProperties` of an A100, an H100 and a consumer Blackwell, as published by their users, gives the
///   same values for shared memory, threads, blocks, registers and the 1 KB that the system keeps.
///
/// ```
/// use bakelite::layout::Arch;
/// let l = Arch::Sm86.limits();
/// assert_eq!((l.shared_per_sm_bytes, l.shared_per_block_bytes), (102400, 101376));
/// assert_eq!((l.max_warps_per_sm(), l.max_blocks_per_sm, l.registers_per_sm), (48, 16, 65536));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Shared bytes that one block may opt in to. Guide.
    pub shared_per_block_bytes: usize,
    /// Shared bytes of one SM. Guide.
    pub shared_per_sm_bytes: usize,
    /// Shared bytes that the system keeps for each resident block: 1 KB from `sm_80` on, none before. Guide: the
    /// difference between the two rows above; `reservedSharedMemPerBlock` of a device.
    pub shared_reserved_per_block_bytes: usize,
    /// A block gets shared memory in units of this many bytes: 256 on 7.x, 128 from `sm_80` on. Calculator:
    /// `cudaOccSMemAllocationGranularity`.
    pub shared_granularity_bytes: usize,
    /// Resident threads of one SM. Guide.
    pub max_threads_per_sm: usize,
    /// Resident blocks of one SM. Guide; calculator: `cudaOccMaxBlocksPerMultiprocessor`.
    pub max_blocks_per_sm: usize,
    /// 32-bit registers of one SM. Guide: 64 K on all of them.
    pub registers_per_sm: usize,
    /// 32-bit registers that one block may have. Guide: 64 K on all of them.
    pub registers_per_block: usize,
    /// A warp gets registers in units of this many. Calculator: `cudaOccRegAllocationGranularity`, 256.
    pub register_granularity: usize,
    /// The number of partitions of an SM. Each has its part of the registers, and each warp belongs to one partition.
    /// Calculator: `cudaOccSubPartitionsPerMultiprocessor`, 4.
    pub warp_granularity: usize,
    /// The most registers of one thread. Guide: 255.
    pub max_registers_per_thread: usize,
}

impl Limits {
    pub(in crate::layout) const fn of(
        major: usize,
        shared_per_sm_kb: usize,
        warps: usize,
        blocks: usize,
    ) -> Limits {
        let reserved = if major < 8 { 0 } else { 1024 };
        Limits {
            shared_per_block_bytes: shared_per_sm_kb * 1024 - reserved,
            shared_per_sm_bytes: shared_per_sm_kb * 1024,
            shared_reserved_per_block_bytes: reserved,
            shared_granularity_bytes: if major < 8 { 256 } else { 128 },
            max_threads_per_sm: warps * WARP,
            max_blocks_per_sm: blocks,
            registers_per_sm: 65536,
            registers_per_block: 65536,
            register_granularity: 256,
            warp_granularity: 4,
            max_registers_per_thread: 255,
        }
    }

    /// Resident warps of one SM.
    pub const fn max_warps_per_sm(&self) -> usize {
        self.max_threads_per_sm / WARP
    }
}

/// A target architecture, for the shared memory that a block may opt in to.
///
/// Sources, named at each: the CUDA C++ Programming Guide, table "Technical Specifications per Compute Capability", row "Maximum
/// amount of shared memory per thread block"; the capacities in CUTLASS' `arch.h`; what Triton prints when a kernel exceeds the
/// limit. One without such a source is left to [`Custom`](Arch::Custom).
///
/// ```
/// use bakelite::Arch;
/// assert_eq!(Arch::Sm90.shared_bytes(), 232448);
/// assert_eq!(Arch::Custom { sm: 61, shared_bytes: 49152 }.shared_bytes(), 49152);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Arch {
    /// Volta: 96 KB (programming guide).
    Sm70,
    /// Turing: 64 KB (programming guide).
    Sm75,
    /// Ampere A100: 163 KB (programming guide).
    Sm80,
    /// Ampere, consumer: 99 KB (programming guide, Triton).
    Sm86,
    /// Ampere, Orin: 163 KB (programming guide).
    Sm87,
    /// Ada: 99 KB (programming guide, Triton).
    Sm89,
    /// Hopper: 227 KB (programming guide, CUTLASS).
    Sm90,
    /// Blackwell B200: 227 KB (CUTLASS).
    Sm100,
    /// Blackwell B300: 227 KB (CUTLASS).
    Sm103,
    /// Blackwell, consumer: 99 KB (CUTLASS).
    Sm120,
    /// Any other, with the limit from its documentation.
    Custom {
        /// The number of `sm_..`.
        sm: usize,
        /// Shared bytes per block.
        shared_bytes: usize,
    },
}

impl Arch {
    /// The number of `sm_..`.
    pub const fn sm(self) -> usize {
        match self {
            Arch::Sm70 => 70,
            Arch::Sm75 => 75,
            Arch::Sm80 => 80,
            Arch::Sm86 => 86,
            Arch::Sm87 => 87,
            Arch::Sm89 => 89,
            Arch::Sm90 => 90,
            Arch::Sm100 => 100,
            Arch::Sm103 => 103,
            Arch::Sm120 => 120,
            Arch::Custom { sm, .. } => sm,
        }
    }

    /// The shared bytes that one block may use.
    pub const fn shared_bytes(self) -> usize {
        match self {
            Arch::Sm70 => 98304,
            Arch::Sm75 => 65536,
            Arch::Sm80 | Arch::Sm87 => 166912,
            Arch::Sm86 | Arch::Sm89 | Arch::Sm120 => 101376,
            Arch::Sm90 | Arch::Sm100 | Arch::Sm103 => 232448,
            Arch::Custom { shared_bytes, .. } => shared_bytes,
        }
    }
}

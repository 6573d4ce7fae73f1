//! Target architectures.

use crate::layout::Limits;

/// A target architecture. It says what a block and a multiprocessor (SM) can hold; see [`Limits`].
///
/// ```
/// use bakelite::layout::{Arch, Limits};
/// assert_eq!(Arch::Sm90.shared_bytes(), 232448);
/// // an architecture that is not listed: give the shared bytes of a block, the rest is as on a similar one ...
/// assert_eq!(Arch::custom(61, 49152).shared_bytes(), 49152);
/// // ... or every limit that its documentation gives
/// let limits = Limits { max_blocks_per_sm: 32, shared_per_sm_bytes: 98304, ..Arch::custom(61, 49152).limits() };
/// assert_eq!(Arch::Custom { sm: 61, limits }.limits().max_blocks_per_sm, 32);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Arch {
    /// Volta: 96 KB of shared memory for a block.
    Sm70,
    /// Turing: 64 KB.
    Sm75,
    /// Ampere A100: 163 KB.
    Sm80,
    /// Ampere, consumer: 99 KB.
    Sm86,
    /// Ampere, Orin: 163 KB.
    Sm87,
    /// Ada: 99 KB.
    Sm89,
    /// Hopper: 227 KB.
    Sm90,
    /// Blackwell B200: 227 KB.
    Sm100,
    /// Blackwell B300: 227 KB.
    Sm103,
    /// Blackwell, consumer: 99 KB.
    Sm120,
    /// Any other, with the limits from its documentation.
    Custom {
        /// The number of `sm_..`.
        sm: usize,
        /// What a block and an SM of it hold.
        limits: Limits,
    },
}

impl Arch {
    /// The architectures with a name, oldest first.
    ///
    /// ```
    /// # use bakelite::layout::Arch;
    /// assert!(Arch::NAMED.iter().any(|arch| arch.sm() == 90));
    /// ```
    pub const NAMED: &'static [Arch] = &[
        Arch::Sm70,
        Arch::Sm75,
        Arch::Sm80,
        Arch::Sm86,
        Arch::Sm87,
        Arch::Sm89,
        Arch::Sm90,
        Arch::Sm100,
        Arch::Sm103,
        Arch::Sm120,
    ];

    /// An architecture where only the shared bytes per block are known. An SM then holds these bytes once, plus the
    /// bytes that the system keeps for a block. All other limits are those of the smallest listed architecture of its
    /// generation: Turing (before `sm_80`) or consumer Ampere. With `sm` 0 the plan is not for a GPU, but for the host.
    ///
    /// ```
    /// # use bakelite::layout::Arch;
    /// assert_eq!(Arch::custom(88, 166912).limits().shared_per_sm_bytes, 167936);
    /// ```
    pub const fn custom(sm: usize, shared_bytes: usize) -> Arch {
        let model = if sm < 80 { Arch::Sm75 } else { Arch::Sm86 }.limits();
        let reserved = model.shared_reserved_per_block_bytes;
        Arch::Custom {
            sm,
            limits: Limits {
                shared_per_block_bytes: shared_bytes,
                shared_per_sm_bytes: shared_bytes.saturating_add(reserved),
                ..model
            },
        }
    }

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
        self.limits().shared_per_block_bytes
    }

    /// What a block and an SM of this architecture hold.
    pub const fn limits(self) -> Limits {
        // shared KB per SM, warps, blocks
        match self {
            Arch::Sm70 => Limits::of(7, 96, 64, 32),
            Arch::Sm75 => Limits::of(7, 64, 32, 16),
            Arch::Sm80 => Limits::of(8, 164, 64, 32),
            Arch::Sm86 => Limits::of(8, 100, 48, 16),
            Arch::Sm87 => Limits::of(8, 164, 48, 16),
            Arch::Sm89 => Limits::of(8, 100, 48, 24),
            Arch::Sm90 => Limits::of(9, 228, 64, 32),
            Arch::Sm100 | Arch::Sm103 => Limits::of(10, 228, 64, 32),
            Arch::Sm120 => Limits::of(12, 100, 48, 24),
            Arch::Custom { limits, .. } => limits,
        }
    }
}

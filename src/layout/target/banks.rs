//! Bank conflicts: how many passes through shared memory one access of a warp takes.

use crate::layout::{Addressing, ElementKind};

const BANKS: usize = 32;
const WORD_BYTES: usize = 4;

/// The cost in shared memory of one access by the 32 lanes of a warp. See [`Addressing::row_access`].
///
/// ```
/// use bakelite::layout::{Addressing, ElementKind};
/// let a = Addressing { base_bytes: 0, element_stride_bytes: 8, lane_stride_bytes: 4 };
/// let column = a.column_access(ElementKind::F32);
/// assert_eq!((column.transactions, column.least, column.ways()), (2, 1, 2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BankAccess {
    /// The passes through shared memory (wavefronts) that serve all lanes.
    pub transactions: usize,
    /// The passes without a conflict. One pass serves 32 lanes of 4 bytes.
    pub least: usize,
}

impl BankAccess {
    /// The degree of the bank conflict; 1 means that there is none.
    pub const fn ways(&self) -> usize {
        self.transactions / self.least
    }
}

/// # Bank conflicts
/// Shared memory has 32 banks of 4 bytes: word `w` is in bank `w % 32`. A bank serves one word per pass, and all lanes
/// that want the same word get it in that pass (CUDA C++ Programming Guide 13.0, sections 20.4.3 and 20.6: compute
/// capability 5.x and all later). If lanes access 8 bytes each, the two halves of a warp are served separately; with 16
/// bytes each, the four quarters are. So only lanes of the same half or quarter conflict. For 16 bytes this is stated
/// on NVIDIA's GTC 2019 slides S9593, and for both sizes by users in the threads NVIDIA/cutlass#328 and
/// Dao-AILab/flash-attention#738; the guide does not mention it. An element is moved by the widest accesses that its
/// alignment allows: `[f32; 3]` takes three.
impl Addressing {
    /// The access where each of the 32 lanes of a warp uses its own element `i`, the same `i` for all. Kernels whose
    /// lanes are runs do this.
    ///
    /// ```
    /// use bakelite::{consts::*, layout::{BankAccess, ElementKind}, prelude::*};
    /// registry! { pub struct Pair in pair { a: [f32; U40] in Shared; b: [f64; U40] in Shared; } }
    /// plan! { struct P for Pair = on(Sm90).block(64).sequential(); }
    /// const ROW: BankAccess = P::PLAN.launch.addressing(slot!(P, "b")).row_access(ElementKind::F64);
    /// assert_eq!((ROW.transactions, ROW.least, ROW.ways()), (2, 2, 1));
    /// ```
    pub const fn row_access(&self, element: ElementKind) -> BankAccess {
        access(self.lane_stride_bytes, element)
    }

    /// The access where the 32 lanes of a warp together use 32 neighbouring elements of one run, for example to sum one
    /// run's vector.
    ///
    /// ```
    /// # use bakelite::{consts::*, layout::ElementKind, prelude::*};
    /// # registry! { pub struct Pair in pair { a: [f32; U40] in Shared; b: [f64; U40] in Shared; } }
    /// # plan! { struct P for Pair = on(Sm90).block(64).sequential(); }
    /// # plan! { struct Odd for Pair = on(Sm90).block(63).sequential(); }
    /// # plan! { struct Own for Pair = on(Sm90).block(64).contiguous().sequential(); }
    /// // 64 lanes x 8 bytes apart: all in one bank
    /// assert_eq!(P::PLAN.launch.addressing(slot!(P, "b")).column_access(ElementKind::F64).ways(), 16);
    /// // an odd block spreads them, and so does a run in one piece
    /// assert_eq!(Odd::PLAN.launch.addressing(slot!(Odd, "b")).column_access(ElementKind::F64).ways(), 1);
    /// assert_eq!(Own::PLAN.launch.addressing(slot!(Own, "b")).column_access(ElementKind::F64).ways(), 1);
    /// ```
    pub const fn column_access(&self, element: ElementKind) -> BankAccess {
        access(self.element_stride_bytes, element)
    }
}

/// The cost if lane `l` accesses an element at `l * stride_bytes`, which is a multiple of the alignment.
const fn access(stride_bytes: usize, element: ElementKind) -> BankAccess {
    let width_words = if element.align > WORD_BYTES {
        element.align / WORD_BYTES
    } else {
        1
    };
    // The banks are taken as 32 / width banks that are `width` words wide. Lane l of a half or quarter is in wide bank
    // (l * units) % wide. So gcd(units, wide) of its 32 / width lanes meet in one bank. All lanes at one address take
    // one pass.
    let wide = BANKS / width_words;
    let units = stride_bytes / WORD_BYTES / width_words;
    let ways = if units == 0 { 1 } else { gcd(units, wide) };
    let least = element.bytes.div_ceil(WORD_BYTES);
    BankAccess {
        transactions: least.saturating_mul(ways),
        least,
    }
}

const fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

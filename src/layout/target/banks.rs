//! How many times a warp goes to shared memory for one access.

use crate::layout::{Addressing, ElementKind};

const BANKS: usize = 32;
const WORD_BYTES: usize = 4;

/// What one access by the 32 lanes of a warp costs in shared memory. See [`Addressing::row_access`].
///
/// ```
/// use bakelite::{Addressing, ElementKind};
/// let a = Addressing { base_bytes: 0, element_stride_bytes: 8, lane_stride_bytes: 4 };
/// let column = a.column_access(ElementKind::F32);
/// assert_eq!((column.transactions, column.least, column.ways()), (2, 1, 2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BankAccess {
    /// Passes through shared memory (wavefronts) that serve all lanes.
    pub transactions: usize,
    /// The same without a conflict: 32 lanes of 4 bytes fill one.
    pub least: usize,
}

impl BankAccess {
    /// How many ways the access conflicts: 1 is none.
    pub const fn ways(&self) -> usize {
        self.transactions / self.least
    }
}

/// # Bank conflicts
/// Shared memory has 32 banks of 4 bytes: word `w` is in bank `w % 32`, a bank serves one word per pass, and lanes that want the same word
/// get it together (CUDA C++ Programming Guide 13.0, sections 20.4.3 and 20.6: compute capability 5.x and all later). Lanes of 8 bytes
/// are served by half warps, of 16 bytes by quarter warps, each on its own, so that only lanes of one part conflict (stated for 16 bytes on
/// NVIDIA's GTC 2019 slides S9593, for both by users in the threads NVIDIA/cutlass#328 and Dao-AILab/flash-attention#738; the guide is
/// silent on it). An element is moved by the widest accesses that its alignment allows: `[f32; 3]` takes three.
impl Addressing {
    /// All 32 lanes of a warp access their own element `i`, whichever it is: what a kernel does whose runs are lanes.
    ///
    /// ```
    /// use bakelite::{consts::*, *};
    /// registry! { pub struct Pair in pair { a: [f32; U40] in Shared; b: [f64; U40] in Shared; } }
    /// plan! { struct P for Pair = on(Sm90).block(64).sequential(); }
    /// const ROW: BankAccess = P::PLAN.launch.addressing(slot!(P, "b")).row_access(ElementKind::F64);
    /// assert_eq!((ROW.transactions, ROW.least, ROW.ways()), (2, 2, 1));
    /// ```
    pub const fn row_access(&self, element: ElementKind) -> BankAccess {
        access(self.lane_stride_bytes, element)
    }

    /// The 32 lanes of a warp access 32 neighbouring elements of one run together, as where a warp sums one run's vector.
    ///
    /// ```
    /// # use bakelite::{consts::*, *};
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

/// Lane `l` accesses an element at `l * stride_bytes`, a multiple of the alignment.
const fn access(stride_bytes: usize, element: ElementKind) -> BankAccess {
    let width_words = if element.align > WORD_BYTES {
        element.align / WORD_BYTES
    } else {
        1
    };
    // The banks taken as 32 / width wide ones: lane l of a part is in wide bank (l * units) % wide, so that the 32 / width
    // lanes of the part meet gcd(units, wide) times. All at one address is one pass.
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

//! Rows and what a lane computes. A row is one PTX register of one warp: 32 lanes of 64 bits.
//!
//! Narrower values are kept zero-extended in the lanes that take part. Operations compute all lanes and keep those that
//! take part. In the other lanes a row may hold any 64 bits from an earlier use, since rows are packed. So every
//! function here accepts any 64 bits: what it tests is first cut to the type. A floating-point result that is NaN is
//! replaced by one fixed NaN, so that its bits do not depend on the host. For `f32` it is that of NVIDIA's devices; for
//! `f64` any would do, since PTX names none.
use crate::code::kernel::{Cmp, Round, Ty};

/// Lanes of a warp.
pub(crate) const LANES: usize = 32;

/// One register of one warp.
#[repr(C, align(64))]
#[derive(Clone, Copy)]
pub(crate) struct Row(pub(crate) [u64; LANES]);

/// Lanes that are computed together. They are few enough to stay in vector registers.
pub(crate) const CHUNK: usize = 8;

impl Row {
    pub(crate) const CHUNKS: usize = LANES / CHUNK;

    /// Lanes `CHUNK * i` and on.
    #[inline(always)]
    pub(crate) fn chunk(&self, i: usize) -> [u64; CHUNK] {
        let mut chunk = [0; CHUNK];
        chunk.copy_from_slice(&self.0[CHUNK * i..][..CHUNK]);
        chunk
    }

    #[inline(always)]
    pub(crate) fn set_chunk(&mut self, i: usize, chunk: [u64; CHUNK]) {
        self.0[CHUNK * i..][..CHUNK].copy_from_slice(&chunk);
    }
}

/// Lanes `CHUNK * i` and on of a row.
///
/// # Safety
///
/// `row` points to a row, `i` is below `LANES / CHUNK`.
#[inline(always)]
pub(crate) unsafe fn get(row: *const Row, i: usize) -> [u64; CHUNK] {
    // SAFETY: a row is LANES / CHUNK chunks without padding, and its alignment is larger than theirs.
    unsafe { row.cast::<[u64; CHUNK]>().add(i).read() }
}

/// Writes what [`get`] reads.
///
/// # Safety
///
/// As for [`get`]. No reference to the row is alive.
#[inline(always)]
pub(crate) unsafe fn put(row: *mut Row, i: usize, chunk: [u64; CHUNK]) {
    // SAFETY: as in `get`.
    unsafe { row.cast::<[u64; CHUNK]>().add(i).write(chunk) }
}

/// A set of lanes, spread out for blending; rebuilt only when the set changes.
#[repr(align(64))]
pub(crate) struct Mask {
    pub(crate) bits: u32,
    /// All ones for the lanes in the set.
    pub(crate) rows: [u64; LANES],
    /// The same per 4-byte word of 8-byte lanes.
    pub(crate) words: [u16; 2 * LANES],
    /// The same per 4-byte lane.
    pub(crate) halves: [u16; LANES],
    /// The same per byte.
    pub(crate) bytes: [u8; LANES],
}

impl Mask {
    pub(crate) fn new() -> Mask {
        Mask {
            bits: 0,
            rows: [0; LANES],
            words: [0; 2 * LANES],
            halves: [0; LANES],
            bytes: [0; LANES],
        }
    }

    #[inline(always)]
    pub(crate) fn set(&mut self, bits: u32) {
        if self.bits == bits {
            return;
        }
        self.bits = bits;
        for (lane, row) in self.rows.iter_mut().enumerate() {
            *row = 0u64.wrapping_sub(u64::from(bits >> lane & 1));
        }
        for (lane, word) in self.halves.iter_mut().enumerate() {
            *word = 0u16.wrapping_sub((bits >> lane & 1) as u16);
        }
        for (lane, byte) in self.bytes.iter_mut().enumerate() {
            *byte = 0u8.wrapping_sub((bits >> lane & 1) as u8);
        }
        for (i, word) in self.words.iter_mut().enumerate() {
            *word = 0u16.wrapping_sub((bits >> (i / 2) & 1) as u16);
        }
    }
}

/// Chunk `i` of a row: `new` in the lanes of the mask, `old` elsewhere.
#[inline(always)]
pub(crate) fn blend(old: [u64; CHUNK], new: [u64; CHUNK], mask: &Mask, i: usize) -> [u64; CHUNK] {
    std::array::from_fn(|q| {
        let m = mask.rows[CHUNK * i + q];
        (new[q] & m) | (old[q] & !m)
    })
}

#[inline(always)]
pub(crate) fn f64_of(x: u64) -> f64 {
    f64::from_bits(x)
}

#[inline(always)]
pub(crate) fn f32_of(x: u64) -> f32 {
    f32::from_bits(x as u32)
}

#[inline(always)]
pub(crate) fn of_f64(x: f64) -> u64 {
    if x.is_nan() {
        0x7fff_ffff_ffff_ffff
    } else {
        x.to_bits()
    }
}

#[inline(always)]
pub(crate) fn of_f32(x: f32) -> u64 {
    if x.is_nan() {
        0x7fff_ffff
    } else {
        u64::from(x.to_bits())
    }
}

/// The larger operand. A number wins over a NaN, and -0 is below +0.
#[inline(always)]
pub(crate) fn max_f64(x: f64, y: f64) -> f64 {
    // This is one instruction of the host, which gives `y` for equals and for NaNs.
    let larger = if x > y { x } else { y };
    let larger = if x == y {
        f64::from_bits(x.to_bits() & y.to_bits())
    } else {
        larger
    };
    if y.is_nan() { x } else { larger }
}

/// The smaller operand; see [`max_f64`].
#[inline(always)]
pub(crate) fn min_f64(x: f64, y: f64) -> f64 {
    let smaller = if x < y { x } else { y };
    let smaller = if x == y {
        f64::from_bits(x.to_bits() | y.to_bits())
    } else {
        smaller
    };
    if y.is_nan() { x } else { smaller }
}

#[inline(always)]
pub(crate) fn compare<T: PartialOrd>(c: Cmp, x: T, y: T) -> bool {
    let ordered = x.partial_cmp(&y).is_some();
    match c {
        Cmp::Eq => x == y,
        Cmp::Ne => ordered && x != y,
        Cmp::Lt => x < y,
        Cmp::Le => x <= y,
        Cmp::Gt => x > y,
        Cmp::Ge => x >= y,
        Cmp::Equ => !ordered || x == y,
        Cmp::Neu => !ordered || x != y,
        Cmp::Ltu => !ordered || x < y,
        Cmp::Leu => !ordered || x <= y,
        Cmp::Gtu => !ordered || x > y,
        Cmp::Geu => !ordered || x >= y,
        Cmp::Num => ordered,
        Cmp::Nan => !ordered,
    }
}

/// A value extended to 64 bits, with its sign if its type has one. Bits above the type are ignored: a converted
/// register may have more.
#[inline(always)]
pub(crate) fn signed(ty: Ty, x: u64) -> i64 {
    match ty {
        Ty::S8 => i64::from(x as i8),
        Ty::S16 => i64::from(x as i16),
        Ty::S32 => i64::from(x as i32),
        Ty::U8 => i64::from(x as u8),
        Ty::U16 => i64::from(x as u16),
        Ty::U32 => i64::from(x as u32),
        _ => x as i64,
    }
}

/// The low bits of `v` that `ty` has.
#[inline(always)]
pub(crate) fn truncate(ty: Ty, x: u64) -> u64 {
    x & (u64::MAX >> (64 - ty.bits()))
}

/// A comparison of operands of any type.
#[inline(always)]
pub(crate) fn compare_lane(c: Cmp, ty: Ty, x: u64, y: u64) -> bool {
    match ty {
        Ty::F64 => compare(c, f64_of(x), f64_of(y)),
        Ty::F32 => compare(c, f32_of(x), f32_of(y)),
        Ty::S8 | Ty::S16 | Ty::S32 | Ty::S64 => compare(c, signed(ty, x), signed(ty, y)),
        _ => compare(c, x, y),
    }
}

/// Integer quotient. PTX leaves the result of a division by zero unspecified. Here it is all ones.
pub(crate) fn divide(ty: Ty, x: u64, y: u64) -> u64 {
    let (x, y) = (truncate(ty, x), truncate(ty, y));
    let q = match ty {
        _ if y == 0 => u64::MAX,
        Ty::S16 | Ty::S32 | Ty::S64 => signed(ty, x).wrapping_div(signed(ty, y)) as u64,
        _ => x / y,
    };
    truncate(ty, q)
}

/// Integer remainder; see [`divide`].
pub(crate) fn remainder(ty: Ty, x: u64, y: u64) -> u64 {
    let (x, y) = (truncate(ty, x), truncate(ty, y));
    let r = match ty {
        _ if y == 0 => u64::MAX,
        Ty::S16 | Ty::S32 | Ty::S64 => signed(ty, x).wrapping_rem(signed(ty, y)) as u64,
        _ => x % y,
    };
    truncate(ty, r)
}

/// High half of a product.
pub(crate) fn multiply_high(ty: Ty, x: u64, y: u64) -> u64 {
    let product = match ty {
        Ty::S32 | Ty::S64 => (i128::from(signed(ty, x)) * i128::from(signed(ty, y))) as u128,
        _ => u128::from(x) * u128::from(y),
    };
    truncate(ty, (product >> ty.bits()) as u64)
}

#[inline(always)]
pub(crate) fn shift_left(ty: Ty, x: u64, by: u64) -> u64 {
    let shifted = if by > 63 { 0 } else { x << by };
    truncate(ty, shifted)
}

#[inline(always)]
pub(crate) fn shift_right(ty: Ty, x: u64, by: u64) -> u64 {
    match ty {
        Ty::S16 | Ty::S32 | Ty::S64 => truncate(ty, (signed(ty, x) >> by.min(63)) as u64),
        _ if by > 63 => 0,
        _ => x >> by,
    }
}

/// Any conversion except the most frequent ones, which the warp has inline.
pub(crate) fn convert(to: Ty, from: Ty, round: Round, x: u64) -> u64 {
    if !from.is_float() {
        let integer = signed(from, x);
        let unsigned = !matches!(from, Ty::S8 | Ty::S16 | Ty::S32 | Ty::S64);
        return match (to, unsigned) {
            (Ty::F64, true) => of_f64(integer as u64 as f64),
            (Ty::F64, false) => of_f64(integer as f64),
            (Ty::F32, true) => of_f32(integer as u64 as f32),
            (Ty::F32, false) => of_f32(integer as f32),
            _ => truncate(to, integer as u64),
        };
    }
    // f32 to f64 is exact, and so are all roundings to an integral value after it.
    let x = match from {
        Ty::F32 => f64::from(f32_of(x)),
        _ => f64_of(x),
    };
    let r = match round {
        Round::Plain => x,
        Round::Nearest => x.round_ties_even(),
        Round::Zero => x.trunc(),
        Round::Down => x.floor(),
        Round::Up => x.ceil(),
    };
    match to {
        Ty::F64 => of_f64(r),
        Ty::F32 => of_f32(r as f32),
        // PTX: a NaN gives 0, or the highest bit alone when one side has 64 bits.
        _ if r.is_nan() && (from == Ty::F64 || to.bits() == 64) => 1 << (to.bits() - 1),
        // Rust's casts saturate as PTX does, and give 0 for NaN.
        Ty::S32 => u64::from(r as i32 as u32),
        Ty::U32 => u64::from(r as u32),
        Ty::S64 => r as i64 as u64,
        Ty::S16 => u64::from(r as i16 as u16),
        Ty::U16 => u64::from(r as u16),
        Ty::S8 => u64::from(r as i8 as u8),
        Ty::U8 => u64::from(r as u8),
        _ => r as u64,
    }
}

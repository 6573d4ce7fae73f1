//! Rarer operations on integers and bits, lane by lane.
use crate::code::kernel::Ty;
use crate::code::rows::{multiply_high, signed, truncate};

/// An operation of up to three operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Integer {
    /// `c + |a - b|`
    Sad(Ty),
    /// High half of `a * b`, plus `c`.
    MadHi(Ty),
    /// The same, saturated.
    MadHiSat,
    /// Product of 24 bits each, plus `c`: bits 16 and on, or the low ones.
    Mad24 {
        hi: bool,
        signed: bool,
    },
    Mad24HiSat,
    /// Saturated sums and differences of `s32`.
    AddSat,
    SubSat,
    /// Any function of three bits, by its table.
    Lop3(u8),
    /// Picks bytes of `b:a`, by mode and the low bits of `c`.
    Permute(Permute),
    /// Dot product of four bytes with four, plus `c`. The flags say whether `a` and `b` are signed.
    Dot4(bool, bool),
    /// Dot product of two halves with two bytes, from this byte on.
    Dot2(bool, bool, u8),
    /// Absolute differences of four bytes. The flag says whether their sum is added to `c`.
    AbsDiff4(bool),
    /// Flags: whether the amount wraps, whether the sign is extended.
    Szext(bool, bool),
    /// Flag: whether the amount wraps.
    Bmsk(bool),
    /// Position of the set bit that is `c` set bits from `b`.
    Fns,
    /// 1 where the operand is zero, else 0.
    Cnot(Ty),
}

/// Modes of `prmt`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Permute {
    /// Extracts four bytes, forward and backward.
    F4e,
    B4e,
    /// Replicates one byte four times, one half twice.
    Rc8,
    Rc16,
    /// Edge clamp, left and right.
    Ecl,
    Ecr,
}

/// Computes one lane.
pub(crate) fn integer(code: Integer, x: u64, y: u64, z: u64) -> u64 {
    let word = |v: i64| truncate(Ty::U32, v as u64);
    let saturated = |v: i64| word(v.clamp(i32::MIN.into(), i32::MAX.into()));
    let [sx, sy, sz] = [x, y, z].map(|v| signed(Ty::S32, v));
    match code {
        Integer::Sad(ty) => {
            let less = match ty {
                Ty::S16 | Ty::S32 | Ty::S64 => signed(ty, x) < signed(ty, y),
                _ => truncate(ty, x) < truncate(ty, y),
            };
            let apart = if less {
                y.wrapping_sub(x)
            } else {
                x.wrapping_sub(y)
            };
            truncate(ty, z.wrapping_add(apart))
        }
        Integer::MadHi(ty @ (Ty::U16 | Ty::S16)) => {
            let product = signed(ty, x) * signed(ty, y);
            truncate(ty, (product >> 16) as u64).wrapping_add(z) & 0xffff
        }
        Integer::MadHi(ty) => {
            let [x, y] = [x, y].map(|v| truncate(ty, v));
            truncate(ty, multiply_high(ty, x, y).wrapping_add(z))
        }
        Integer::MadHiSat => saturated(((sx * sy) >> 32) + sz),
        Integer::Mad24 { hi, signed } => {
            let product = product24(signed, x, y);
            word((if hi { product >> 16 } else { product }).wrapping_add(z as i64))
        }
        Integer::Mad24HiSat => {
            let high = signed(Ty::S32, word(product24(true, x, y) >> 16));
            saturated(high + sz)
        }
        Integer::AddSat => saturated(sx + sy),
        Integer::SubSat => saturated(sx - sy),
        Integer::Lop3(table) => {
            let minterm = |i: u8| {
                let pick = |bit: u8, v: u64| if i >> bit & 1 == 1 { v } else { !v };
                pick(2, x) & pick(1, y) & pick(0, z)
            };
            let of = (0..8).filter(|i| table >> i & 1 == 1).map(minterm);
            truncate(Ty::U32, of.fold(0, |all, m| all | m))
        }
        Integer::Permute(mode) => permute(mode, x, y, z),
        Integer::Dot4(a, b) => {
            let products = (0..4).map(|i| byte(a, x, i) * byte(b, y, i));
            word(products.fold(sz, |sum, p| sum + p))
        }
        Integer::Dot2(a, b, first) => {
            let half = |i: u8| {
                let half = x >> (16 * i) & 0xffff;
                if a {
                    signed(Ty::S16, half)
                } else {
                    half as i64
                }
            };
            let products = (0..2).map(|i| half(i) * byte(b, y, first + i));
            word(products.fold(sz, |sum, p| sum + p))
        }
        Integer::AbsDiff4(sum) => {
            let apart = (0..4).map(|i| byte(false, x, i).abs_diff(byte(false, y, i)));
            match sum {
                true => truncate(Ty::U32, z + apart.sum::<u64>()),
                false => apart.rev().fold(0, |all, byte| all << 8 | byte),
            }
        }
        Integer::Szext(wraps, extends) => {
            let n = if wraps {
                y & 31
            } else {
                truncate(Ty::U32, y).min(32)
            };
            match n {
                0 => 0,
                n => {
                    let up = 64 - n;
                    word(match extends {
                        true => (x << up) as i64 >> up,
                        false => (x << up >> up) as i64,
                    })
                }
            }
        }
        Integer::Bmsk(wraps) => {
            let cut = |v: u64| {
                if wraps {
                    v & 31
                } else {
                    truncate(Ty::U32, v).min(32)
                }
            };
            let (from, width) = (cut(x), cut(y));
            truncate(Ty::U32, ((1u64 << width) - 1) << from)
        }
        Integer::Fns => find(x as u32, y as u32, z as i32),
        Integer::Cnot(ty) => u64::from(truncate(ty, x) == 0),
    }
}

/// Product of the low 24 bits of each.
fn product24(signs: bool, x: u64, y: u64) -> i64 {
    let cut = |v: u64| match signs {
        true => (v << 40) as i64 >> 40,
        false => (v & 0xff_ffff) as i64,
    };
    cut(x) * cut(y)
}

/// Byte `i`.
fn byte(signs: bool, v: u64, i: u8) -> i64 {
    let byte = v >> (8 * i) & 0xff;
    if signs {
        signed(Ty::S8, byte)
    } else {
        byte as i64
    }
}

fn permute(mode: Permute, x: u64, y: u64, z: u64) -> u64 {
    let bytes = (y << 32 | (x & 0xffff_ffff)).to_le_bytes();
    let k = z as usize & 3;
    let from = |i: usize| match mode {
        Permute::F4e => k + i,
        Permute::B4e => (k + 8 - i) & 7,
        Permute::Rc8 => k,
        Permute::Rc16 => (k & 1) * 2 + (i & 1),
        Permute::Ecl => k.max(i),
        Permute::Ecr => k.min(i),
    };
    (0..4).map(|i| u64::from(bytes[from(i)]) << (8 * i)).sum()
}

/// The position of the set bit of `mask` that is `offset` set bits from `base` (0: `base` itself). All ones where there
/// is none.
fn find(mask: u32, base: u32, offset: i32) -> u64 {
    let set = |i: &u32| mask >> (i & 31) & 1 == 1;
    // PTX leaves a base above 31 undefined.
    let base = base & 31;
    let found = match offset {
        0 => Some(base).filter(set),
        1.. => (base..32).filter(set).nth(offset as usize - 1),
        _ => (0..=base)
            .rev()
            .filter(set)
            .nth(offset.unsigned_abs() as usize - 1),
    };
    u64::from(found.unwrap_or(u32::MAX))
}

//! Instructions that are computed lane by lane.
use crate::code::float::float;
use crate::code::half::half;
use crate::code::integer::integer;
use crate::code::kernel::{Rare, Ty};
use crate::code::round::{converted, rounded};
use crate::code::rows::{signed, truncate};

/// The number of zero bits above the highest one bit of a value of type `ty`.
fn leading_zeros(ty: Ty, x: u64) -> u64 {
    u64::from(truncate(ty, x).leading_zeros() - (64 - ty.bits()))
}

/// Computes one lane of a rare instruction. It accepts any 64 bits, see [`rows`](crate::code::rows).
pub(crate) fn rare(code: Rare, x: u64, y: u64, z: u64) -> u64 {
    match code {
        Rare::Popc => u64::from(x.count_ones()),
        Rare::Clz(ty) => leading_zeros(ty, x),
        Rare::Brev(ty) => x.reverse_bits() >> (64 - ty.bits()),
        Rare::Bfind(ty, amount) => {
            let value = signed(ty, x);
            let magnitude = match ty {
                Ty::S32 | Ty::S64 if value < 0 => truncate(ty, !x),
                _ => truncate(ty, x),
            };
            match (magnitude, amount) {
                (0, _) => 0xffff_ffff,
                (m, false) => u64::from(63 - m.leading_zeros()),
                (m, true) => leading_zeros(ty, m),
            }
        }
        Rare::Bfe(ty) => {
            let (position, length) = (y & 0xff, z & 0xff);
            let highest = u64::from(ty.bits() - 1);
            let negative = match ty {
                Ty::S32 | Ty::S64 if length > 0 => x >> (position + length - 1).min(highest) & 1,
                _ => 0,
            };
            // Bits of the field that are within the value; above them, the sign.
            let inside = length.min((highest + 1).saturating_sub(position));
            let low = u64::MAX.checked_shr(64 - inside as u32).unwrap_or(0);
            let field = x.checked_shr(position as u32).unwrap_or(0) & low;
            truncate(ty, field | (0u64.wrapping_sub(negative) & !low))
        }
        Rare::Bfi(ty) => {
            let (position, length) = (z & 0xff, z >> 8 & 0xff);
            let low = match length {
                0 => 0,
                _ => u64::MAX >> (64 - length.min(64)),
            };
            let field = low.checked_shl(position as u32).unwrap_or(0);
            let value = x.checked_shl(position as u32).unwrap_or(0);
            truncate(ty, (value & field) | (y & !field))
        }
        Rare::Prmt => {
            let bytes = (y << 32 | x).to_le_bytes();
            let byte = |i: usize| {
                let select = z >> (4 * i) & 0xf;
                let byte = bytes[select as usize & 7];
                let sign = 0u8.wrapping_sub(byte >> 7);
                u64::from(if select & 8 != 0 { sign } else { byte }) << (8 * i)
            };
            (0..4).map(byte).sum()
        }
        Rare::Shf(left, wraps) => {
            let both = y << 32 | x;
            let by = if wraps { z & 31 } else { z.min(32) };
            match left {
                true => both << by >> 32,
                false => truncate(Ty::U32, both >> by),
            }
        }
        Rare::Rounded(arithmetic, ty, round) => rounded(arithmetic, ty, round, x, y, z),
        Rare::CvtRounded(to, from, round) => converted(to, from, round, x),
        Rare::Float(code) => float(code, x, y),
        Rare::Integer(code) => integer(code, x, y, z),
        Rare::Half(code) => half(code, x, y, z),
    }
}

//! Operations on floats other than those of IEEE 754: flushed subnormals, saturation, and the functions that a GPU
//! approximates.
//!
//! An approximation is the correctly rounded value, or rarely its neighbour: it is computed in `f64` by this crate's
//! own functions, so An approximation gives the correctly rounded value, or rarely its neighbour. It is computed in
//! `f64` by this crate's own functions, so it has the same bits on every host. A GPU's value differs within the bound
//! of the PTX ISA.
use crate::code::kernel::Ty;
use crate::code::rows::{f32_of, f64_of, max_f64, min_f64, of_f32, of_f64, signed, truncate};

/// An operation on one or two values of a lane.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Float {
    /// Replaces a subnormal `f32` by the zero of its sign.
    Flush,
    /// Limits a value to 0 to 1. A NaN becomes 0.
    Saturate(Ty),
    /// Converts an integer of the second type to the nearest one of the first.
    Clamp(Ty, Ty),
    /// Combines the sign of `a` with the rest of `b`.
    CopySign(Ty),
    /// `max` or `min` of `f32`.
    Extreme(Extreme),
    Ex2,
    Lg2,
    Sin,
    Cos,
    Tanh,
    /// `1 / sqrt(a)`
    Rsqrt(Ty),
    /// `a * (1 / b)`
    Div,
    /// An approximation from the upper word of an `f64`, which gives the upper word of the result.
    GrossRcp,
    GrossRsqrt,
}

/// A `max` or `min` with modifiers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Extreme {
    pub(crate) max: bool,
    /// Whether a NaN operand makes the result NaN.
    pub(crate) nan: bool,
    /// Whether magnitudes are compared, and the result has the product's sign.
    pub(crate) xorsign: bool,
}

impl Extreme {
    /// The larger or smaller of two numbers that are exact in `f64`. `None`: NaN.
    pub(crate) fn of(self, x: f64, y: f64) -> Option<f64> {
        let (a, b) = match self.xorsign {
            true => (x.abs(), y.abs()),
            false => (x, y),
        };
        let r = match self.max {
            true => max_f64(a, b),
            false => min_f64(a, b),
        };
        if r.is_nan() || (self.nan && (x.is_nan() || y.is_nan())) {
            return None;
        }
        let negative = x.is_sign_negative() != y.is_sign_negative();
        Some(match self.xorsign {
            true if negative => -r.abs(),
            true => r.abs(),
            false => r,
        })
    }
}

/// A subnormal `f32` as the zero of its sign.
#[inline(always)]
pub(crate) fn flush(x: u64) -> u64 {
    let subnormal = x & 0x7f80_0000 == 0;
    if subnormal { x & 0x8000_0000 } else { x }
}

/// Computes one lane.
pub(crate) fn float(code: Float, x: u64, y: u64) -> u64 {
    let single = |f: fn(f64) -> f64| of_f32(f(f64::from(f32_of(x))) as f32);
    match code {
        Float::Flush => flush(x),
        // A NaN is not above 0.
        Float::Saturate(Ty::F64) if f64_of(x) > 0.0 => of_f64(f64_of(x).min(1.0)),
        Float::Saturate(Ty::F32) if f32_of(x) > 0.0 => of_f32(f32_of(x).min(1.0)),
        Float::Saturate(_) => 0,
        Float::Clamp(to, from) => clamp(to, from, x),
        Float::CopySign(ty) => {
            let sign = 1 << (ty.bits() - 1);
            (x & sign) | (y & (sign - 1))
        }
        Float::Extreme(extreme) => {
            let found = extreme.of(f32_of(x).into(), f32_of(y).into());
            of_f32(found.unwrap_or(f64::NAN) as f32)
        }
        Float::Ex2 => single(libm::exp2),
        Float::Lg2 => single(libm::log2),
        Float::Sin => single(|x| libm::sin(angle(x))),
        Float::Cos => single(|x| libm::cos(angle(x))),
        Float::Tanh => single(libm::tanh),
        Float::Rsqrt(Ty::F64) => of_f64(rsqrt(f64_of(x))),
        Float::Rsqrt(_) => single(|x| 1.0 / x.sqrt()),
        Float::Div => {
            let (x, y) = (f32_of(x), f32_of(y));
            // Here 1 / y is subnormal, and a GPU's is zero.
            let huge = y.is_finite() && y.abs() > f32::from_bits(253 << 23);
            of_f32(if huge { x * 0f32.copysign(y) } else { x / y })
        }
        Float::GrossRcp => gross(x, |x| 1.0 / x),
        Float::GrossRsqrt => gross(x, |x| 1.0 / x.sqrt()),
    }
}

/// Reduces an angle that is so large that no error bound is promised for it.
fn angle(x: f64) -> f64 {
    match x.abs() > 1e13 {
        true => x % std::f64::consts::TAU,
        false => x,
    }
}

/// `1 / sqrt(x)`, corrected once. Its error is little more than half a unit in the last place.
fn rsqrt(x: f64) -> f64 {
    let y = 1.0 / x.sqrt();
    if !y.is_finite() || y == 0.0 {
        return y;
    }
    let high = x * y;
    let low = x.mul_add(y, -high);
    let error = (-high).mul_add(y, 1.0) - low * y;
    y + 0.5 * y * error
}

/// A function of the upper word, rounded to an upper word. Subnormals count as zeros.
fn gross(x: u64, f: fn(f64) -> f64) -> u64 {
    const UPPER: u64 = 0xffff_ffff_0000_0000;
    let flushed = |bits: u64| match bits >> 52 & 0x7ff {
        0 => bits & (1 << 63),
        _ => bits,
    };
    let r = f(f64::from_bits(flushed(x & UPPER)));
    if r.is_nan() {
        return 0x7fff_ffff_0000_0000;
    }
    let rounded = r.to_bits() + u64::from(r.is_finite()) * (1 << 31);
    flushed(rounded & UPPER)
}

/// The nearest integer of type `to`.
fn clamp(to: Ty, from: Ty, x: u64) -> u64 {
    let value = match from {
        Ty::U64 => i128::from(x),
        _ => i128::from(signed(from, x)),
    };
    let (least, most) = range(to);
    truncate(to, value.clamp(least, most) as u64)
}

/// Least and largest integer of a type.
pub(crate) fn range(ty: Ty) -> (i128, i128) {
    let bits = ty.bits();
    match ty {
        Ty::S8 | Ty::S16 | Ty::S32 | Ty::S64 => (-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
        _ => (0, (1 << bits) - 1),
    }
}

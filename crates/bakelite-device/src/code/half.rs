//! `f16` and `bf16`, one or two in a register. They are computed in `f64`, where products are exact and sums are
//! rounded to odd, so that the one rounding to the format is correct.
use crate::code::float::Extreme;
use crate::code::kernel::{Cmp, Round, Ty};
use crate::code::rows::{compare, f32_of, f64_of, of_f32, signed};

/// A format of 16 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    F16,
    Bf16,
}

/// The last step of an operation on its result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    Plain,
    /// Limits it to 0 to 1. A NaN becomes 0.
    Saturate,
    /// Replaces negative results by 0.
    Relu,
}

/// What an operation computes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum What {
    Add,
    Sub,
    Mul,
    Fma,
    Neg,
    Abs,
    Extreme(Extreme),
    Ex2,
    Tanh,
    /// A comparison. Where it holds, the result is 1 (flag true) or all bits set (flag false); elsewhere 0.
    Set(Cmp, bool),
}

/// An operation on a lane.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Half {
    /// Computes with one or two numbers of the format. Subnormals are flushed or not.
    Compute {
        what: What,
        kind: Kind,
        packed: bool,
        flushes: bool,
        end: End,
    },
    /// Converts the low or the high number to `f32`.
    Widen(Kind, bool),
    /// Converts from another type.
    Narrow(Kind, Ty, Round, End),
}

impl Kind {
    /// Bits of the significand, and the smallest exponent of a normal number.
    fn shape(self) -> (i32, i32) {
        match self {
            Kind::F16 => (11, -14),
            Kind::Bf16 => (8, -126),
        }
    }

    fn infinity(self) -> u64 {
        match self {
            Kind::F16 => 0x7c00,
            Kind::Bf16 => 0x7f80,
        }
    }

    fn one(self) -> u16 {
        match self {
            Kind::F16 => 0x3c00,
            Kind::Bf16 => 0x3f80,
        }
    }

    /// The number with these bits.
    fn value(self, bits: u64) -> f64 {
        let (precision, least) = self.shape();
        let sign = if bits & 0x8000 != 0 { -1.0 } else { 1.0 };
        let magnitude = bits & 0x7fff;
        if magnitude >= self.infinity() {
            let infinite = magnitude == self.infinity();
            let value = if infinite { f64::INFINITY } else { f64::NAN };
            return value.copysign(sign);
        }
        let exponent = (magnitude >> (precision - 1)) as i32;
        let low = magnitude & ((1 << (precision - 1)) - 1);
        let significand = low | u64::from(exponent > 0) << (precision - 1);
        let scale = exponent.max(1) - 1 + least - (precision - 1);
        sign * significand as f64 * f64::from_bits(((1023 + scale) as u64) << 52)
    }

    /// The bits of `x` in the format. `x` is exact, or rounded to odd with more than twice as many bits as the format
    /// has.
    fn bits(self, x: f64, round: Round) -> u64 {
        let (precision, least) = self.shape();
        if x.is_nan() {
            return 0x7fff;
        }
        let (negative, all) = (x.is_sign_negative(), x.abs().to_bits());
        let sign = u64::from(negative) << 15;
        if x.is_infinite() || all == 0 {
            return sign | if all == 0 { 0 } else { self.infinity() };
        }
        let exponent = (all >> 52) as i32 - 1023;
        let significand = all & (u64::MAX >> 12) | u64::from(all >> 52 != 0) << 52;
        let at = exponent.max(least);
        let drop = (at - (precision - 1)) - (exponent - 52);
        let (kept, rest, half) = match drop {
            64.. => (0, 1, 2),
            _ => {
                let kept = significand >> drop;
                (kept, significand - (kept << drop), 1 << (drop - 1))
            }
        };
        let away = match round {
            Round::Plain | Round::Nearest => rest > half || (rest == half && kept & 1 == 1),
            Round::Zero => false,
            Round::Up => !negative && rest != 0,
            Round::Down => negative && rest != 0,
        };
        let magnitude = ((at - least) as u64) << (precision - 1);
        let magnitude = (magnitude + kept + u64::from(away)).min(self.infinity());
        let to_infinity = match round {
            Round::Plain | Round::Nearest => true,
            Round::Zero => false,
            Round::Up => !negative,
            Round::Down => negative,
        };
        let over = magnitude == self.infinity() && !to_infinity;
        sign | (magnitude - u64::from(over))
    }

    /// A subnormal as the zero of its sign.
    fn flushed(self, bits: u64) -> u64 {
        match bits & self.infinity() {
            0 => bits & 0x8000,
            _ => bits,
        }
    }

    fn end(self, bits: u64, end: End) -> u64 {
        let value = self.value(bits);
        match end {
            End::Plain => bits,
            End::Saturate if value.is_nan() || value <= 0.0 => 0,
            End::Saturate if value > 1.0 => self.one().into(),
            End::Relu if value <= 0.0 => 0,
            _ => bits,
        }
    }
}

/// `x + y`, or, where `f64` cannot represent it, the one of its two neighbours whose last bit is 1.
fn sum(x: f64, y: f64) -> f64 {
    let sum = x + y;
    let back = sum - x;
    let error = (x - (sum - back)) + (y - back);
    if !sum.is_finite() || error == 0.0 {
        return sum;
    }
    odd(sum, error.is_sign_negative() != sum.is_sign_negative())
}

/// Of the two numbers around an exact value, the one whose last bit is 1. `rounded` is one of the two. `away`: it was
/// rounded away from zero.
fn odd(rounded: f64, away: bool) -> f64 {
    f64::from_bits((rounded.to_bits() - u64::from(away)) | 1)
}

/// An integer, rounded to odd.
fn of_integer(ty: Ty, x: u64) -> f64 {
    let exact = match ty {
        Ty::U64 => i128::from(x),
        _ => i128::from(signed(ty, x)),
    };
    let rounded = exact as f64;
    let back = rounded as i128;
    match back == exact {
        true => rounded,
        false => odd(rounded, back.unsigned_abs() > exact.unsigned_abs()),
    }
}

/// Computes one lane.
pub(crate) fn half(code: Half, x: u64, y: u64, z: u64) -> u64 {
    match code {
        Half::Widen(kind, high) => {
            let bits = x >> if high { 16 } else { 0 } & 0xffff;
            of_f32(kind.value(bits) as f32)
        }
        Half::Narrow(kind, from, round, end) => {
            let value = match from {
                Ty::F32 => f64::from(f32_of(x)),
                Ty::F64 => f64_of(x),
                _ => of_integer(from, x),
            };
            kind.end(kind.bits(value, round), end)
        }
        Half::Compute { packed, .. } => {
            let part = |by: u32| one(code, [x, y, z].map(|v| v >> by & 0xffff));
            match packed {
                true => part(16) << 16 | part(0),
                false => part(0),
            }
        }
    }
}

/// Computes one number of a lane.
fn one(code: Half, operands: [u64; 3]) -> u64 {
    let Half::Compute {
        what,
        kind,
        flushes,
        end,
        ..
    } = code
    else {
        return 0;
    };
    let flushed = |bits: u64| if flushes { kind.flushed(bits) } else { bits };
    let [a, b, c] = operands.map(flushed);
    let [x, y, z] = [a, b, c].map(|bits| kind.value(bits));
    let rounded = |value: f64| kind.bits(value, Round::Nearest);
    let bits = match what {
        What::Add => rounded(sum(x, y)),
        What::Sub => rounded(sum(x, -y)),
        What::Mul => rounded(x * y),
        What::Fma => rounded(sum(x * y, z)),
        What::Neg => a ^ 0x8000,
        What::Abs => a & 0x7fff,
        What::Extreme(extreme) => rounded(extreme.of(x, y).unwrap_or(f64::NAN)),
        What::Ex2 => rounded(libm::exp2(x)),
        What::Tanh => rounded(libm::tanh(x)),
        What::Set(cmp, number) => {
            let yes = if number { kind.one() } else { 0xffff };
            return u64::from(yes) * u64::from(compare(cmp, x, y));
        }
    };
    kind.end(flushed(bits), end)
}

//! Arithmetic rounded towards zero, up or down. Exact results are integers with an exponent, cut to the format's
//! precision. Results to nearest are the host's own. These are rare, so they are computed one by one.
use crate::code::kernel::{Arithmetic, Round, Ty};
use crate::code::rows::{f32_of, f64_of, of_f32, of_f64, signed};

/// `(-1)^negative * magnitude * 2^exponent`, plus something less than one unit of it if `more`.
#[derive(Clone, Copy)]
struct Exact {
    negative: bool,
    magnitude: u128,
    exponent: i32,
    more: bool,
}

impl Exact {
    /// A finite number.
    fn of(x: f64) -> Exact {
        let bits = x.to_bits();
        let (raw, fraction) = ((bits >> 52 & 0x7ff) as i32, bits & ((1 << 52) - 1));
        let hidden = u64::from(raw != 0) << 52;
        Exact {
            negative: x.is_sign_negative(),
            magnitude: u128::from(fraction | hidden),
            exponent: raw.max(1) - 1075,
            more: false,
        }
    }

    /// The exponent just above the highest bit.
    fn top(&self) -> i32 {
        self.exponent + (128 - self.magnitude.leading_zeros() as i32)
    }

    fn times(self, by: Exact) -> Exact {
        Exact {
            negative: self.negative != by.negative,
            magnitude: self.magnitude * by.magnitude,
            exponent: self.exponent + by.exponent,
            more: false,
        }
    }

    /// Sum. Where the result is zero, either neither operand was zero, or the caller knows the sign.
    fn plus(self, other: Exact) -> Exact {
        if self.magnitude == 0 || other.magnitude == 0 {
            return if self.magnitude == 0 { other } else { self };
        }
        let (big, small) = if self.top() >= other.top() {
            (self, other)
        } else {
            (other, self)
        };
        // The highest bit of the larger one goes to bit 125, so that a sum fits. What the smaller one loses lies far
        // below the format's last bit, and nothing is lost where they cancel.
        let exponent = big.top() - 126;
        let a = big.magnitude << (big.exponent - exponent);
        let shift = small.exponent - exponent;
        let (b, more) = match shift {
            0.. => (small.magnitude << shift, false),
            -127..0 => {
                let b = small.magnitude >> -shift;
                (b, b << -shift != small.magnitude)
            }
            _ => (0, true),
        };
        let magnitude = match big.negative == small.negative {
            true => a + b,
            false => a.abs_diff(b) - u128::from(more),
        };
        Exact {
            negative: if a >= b { big.negative } else { small.negative },
            magnitude,
            exponent,
            more,
        }
    }

    /// Quotient of numbers that are not zero.
    fn over(self, by: Exact) -> Exact {
        let shift = self.magnitude.leading_zeros() - 1;
        let n = self.magnitude << shift;
        Exact {
            negative: self.negative != by.negative,
            magnitude: n / by.magnitude,
            exponent: self.exponent - shift as i32 - by.exponent,
            more: !n.is_multiple_of(by.magnitude),
        }
    }

    /// Square root of a positive number.
    fn root(self) -> Exact {
        let mut shift = self.magnitude.leading_zeros() as i32 - 2;
        shift -= (self.exponent - shift) & 1;
        let n = self.magnitude << shift;
        let magnitude = n.isqrt();
        Exact {
            magnitude,
            exponent: (self.exponent - shift) / 2,
            more: magnitude * magnitude != n,
            ..self
        }
    }

    /// The bits of the nearest number of the format in the direction of rounding.
    fn bits(self, ty: Ty, round: Round) -> u64 {
        // Bits of the significand, smallest exponent, mask of all exponent bits.
        let (precision, least, finite): (i32, i32, u64) = match ty {
            Ty::F32 => (24, -149, 0xff << 23),
            _ => (53, -1074, 0x7ff << 52),
        };
        let sign = u64::from(self.negative) << (ty.bits() - 1);
        let away = match round {
            Round::Up => !self.negative,
            Round::Down => self.negative,
            _ => false,
        };
        let drop = (self.top() - precision).max(least) - self.exponent;
        let (kept, rest) = match drop {
            128.. => (0, self.magnitude != 0),
            0..128 => {
                let kept = self.magnitude >> drop;
                (kept, kept << drop != self.magnitude)
            }
            _ => (self.magnitude << -drop, false),
        };
        let kept = kept as u64 + u64::from(away && (rest || self.more));
        let exponent = self.exponent + drop;
        let magnitude = match kept >> (precision - 1) {
            0 => kept,
            // The hidden bit adds one to the exponent. A carry out of the significand adds another.
            _ => ((exponent - least) as u64)
                .saturating_mul(1 << (precision - 1))
                .saturating_add(kept),
        };
        let magnitude = match magnitude >= finite {
            true if away => finite,
            true => finite - 1,
            false => magnitude,
        };
        sign | magnitude
    }
}

/// The result of an operation of type `ty` on `x`, `y` and `z`.
pub(crate) fn rounded(a: Arithmetic, ty: Ty, round: Round, x: u64, y: u64, z: u64) -> u64 {
    let of = |bits: u64| match ty {
        Ty::F32 => f64::from(f32_of(bits)),
        _ => f64_of(bits),
    };
    let (x, y, z) = (of(x), of(y), of(z));
    // These are exact (or a NaN) in any format.
    let special = match a {
        Arithmetic::Add => x + y,
        Arithmetic::Sub => x - y,
        Arithmetic::Mul => x * y,
        Arithmetic::Fma => x.mul_add(y, z),
        Arithmetic::Div => x / y,
        Arithmetic::Sqrt => x.sqrt(),
        Arithmetic::Rcp => 1.0 / x,
    };
    let used: &[f64] = match a {
        Arithmetic::Fma => &[x, y, z],
        Arithmetic::Sqrt | Arithmetic::Rcp => &[x],
        _ => &[x, y],
    };
    let number = |x: f64| match ty {
        Ty::F32 => of_f32(x as f32),
        _ => of_f64(x),
    };
    if used.iter().any(|x| !x.is_finite()) {
        return number(special);
    }
    let [ex, ey, ez] = [x, y, z].map(Exact::of);
    let exact = match a {
        Arithmetic::Add | Arithmetic::Sub | Arithmetic::Fma => {
            let (left, mut right) = match a {
                Arithmetic::Fma => (ex.times(ey), ez),
                _ => (ex, ey),
            };
            right.negative ^= a == Arithmetic::Sub;
            let sum = left.plus(right);
            if sum.magnitude == 0 {
                // The sign of both, or else the sign for the direction of rounding.
                let negative = match left.negative == right.negative {
                    true => left.negative,
                    false => round == Round::Down,
                };
                return number(if negative { -0.0 } else { 0.0 });
            }
            sum
        }
        Arithmetic::Mul if x != 0.0 && y != 0.0 => ex.times(ey),
        Arithmetic::Div if x != 0.0 && y != 0.0 => ex.over(ey),
        Arithmetic::Rcp if x != 0.0 => Exact::of(1.0).over(ex),
        Arithmetic::Sqrt if x > 0.0 => ex.root(),
        // Zeros, infinities, and roots of what is negative.
        _ => return number(special),
    };
    exact.bits(ty, round)
}

/// A conversion from `from` to the floating-point type `to`.
pub(crate) fn converted(to: Ty, from: Ty, round: Round, x: u64) -> u64 {
    let exact = match from {
        Ty::F64 => {
            let x = f64_of(x);
            if !x.is_finite() {
                return of_f32(x as f32);
            }
            Exact::of(x)
        }
        _ => {
            let integer = match from {
                Ty::U64 => i128::from(x),
                _ => i128::from(signed(from, x)),
            };
            Exact {
                negative: integer < 0,
                magnitude: integer.unsigned_abs(),
                exponent: 0,
                more: false,
            }
        }
    };
    match exact.magnitude {
        0 => u64::from(exact.negative) << (to.bits() - 1),
        _ => exact.bits(to, round),
    }
}

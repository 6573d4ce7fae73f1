//! A number of 106 bits as a sum of two `f64`: T. J. Dekker, Numer. Math. 18 (1971) 224; Y. Hida, X. S. Li, D. H.
//! Bailey, ARITH 15 (2001) 155.

use bakelite::ode::Scalar;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// `high + low`, with `|low|` at most half a unit in the last place of `high`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Double {
    pub high: f64,
    low: f64,
}

/// `a + b` exactly.
fn two_sum(a: f64, b: f64) -> Double {
    let high = a + b;
    let part = high - a;
    Double {
        high,
        low: (a - (high - part)) + (b - part),
    }
}

impl Double {
    fn scaled(self, by: f64) -> Double {
        Double {
            high: self.high * by,
            low: self.low * by,
        }
    }
}

impl From<f64> for Double {
    fn from(high: f64) -> Double {
        Double { high, low: 0.0 }
    }
}

impl Add for Double {
    type Output = Double;
    fn add(self, other: Double) -> Double {
        let (high, low) = (two_sum(self.high, other.high), two_sum(self.low, other.low));
        let sum = two_sum(high.high, high.low + low.high);
        two_sum(sum.high, sum.low + low.low)
    }
}
impl Neg for Double {
    type Output = Double;
    fn neg(self) -> Double {
        self.scaled(-1.0)
    }
}
impl Sub for Double {
    type Output = Double;
    fn sub(self, other: Double) -> Double {
        self + -other
    }
}
impl Mul for Double {
    type Output = Double;
    fn mul(self, other: Double) -> Double {
        let high = self.high * other.high;
        let rest = self.high.mul_add(other.high, -high);
        two_sum(high, rest + (self.high * other.low + self.low * other.high))
    }
}
impl Div for Double {
    type Output = Double;
    fn div(self, other: Double) -> Double {
        let first = self.high / other.high;
        let rest = self - other * first.into();
        let second = rest.high / other.high;
        let rest = rest - other * second.into();
        two_sum(first, second) + (rest.high / other.high).into()
    }
}

impl Scalar for Double {
    type Mask = bool;
    type Time = Double;
    /// That of `f64`: elementary functions are as good as there, and no system of the tests of order calls one.
    const SIGNIFICAND_BITS: u32 = 53;
    fn lit(value: f64) -> Double {
        value.into()
    }
    fn from_time(time: Double) -> Double {
        time
    }
    fn to_time(self) -> Double {
        self
    }
    fn mul_add(self, factor: Double, term: Double) -> Double {
        self * factor + term
    }
    fn sqrt(self) -> Double {
        // one Newton step
        let root: Double = self.high.sqrt().into();
        if root.high == 0.0 {
            return root;
        }
        (root + self / root).scaled(0.5)
    }
    fn abs(self) -> Double {
        if self.high < 0.0 { -self } else { self }
    }
    fn max(self, other: Double) -> Double {
        if self.lt(other) { other } else { self }
    }
    fn min(self, other: Double) -> Double {
        if other.lt(self) { other } else { self }
    }
    fn lt(self, other: Double) -> bool {
        (self - other).high < 0.0
    }
    fn le(self, other: Double) -> bool {
        (self - other).high <= 0.0
    }
    fn same(self, other: Double) -> bool {
        self == other
    }
    fn select(mask: bool, yes: Double, no: Double) -> Double {
        if mask { yes } else { no }
    }
    fn exponent(self) -> Double {
        Scalar::exponent(self.high).into()
    }
    fn mantissa(self) -> Double {
        self * (-Scalar::exponent(self.high)).exp2().into()
    }
    fn exp2i(self) -> Double {
        self.high.exp2().into()
    }
    fn nearest(self) -> Double {
        self.high.round_ties_even().into()
    }
    fn copysign(self, sign: Double) -> Double {
        let magnitude = self.abs();
        if sign.high.is_sign_negative() {
            -magnitude
        } else {
            magnitude
        }
    }
    fn bit(self, index: u32) -> bool {
        Scalar::bit(self.high, index)
    }
}

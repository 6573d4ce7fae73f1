//! Constants and values in parts: sums of floats, and polynomials for each float.

use super::Basic;

/// Coefficients from the lowest power up, for each float.
pub(super) struct Fit<const DOUBLE: usize, const SINGLE: usize> {
    pub(super) double: [f64; DOUBLE],
    pub(super) single: [f64; SINGLE],
}

impl<const DOUBLE: usize, const SINGLE: usize> Fit<DOUBLE, SINGLE> {
    /// The polynomial at `x`.
    #[inline(always)]
    pub(super) fn at<R: Basic>(&self, x: R) -> R {
        self.from::<0, R>(x)
    }
    /// The polynomial without its first `FIRST` terms, divided by `x^FIRST`.
    #[inline(always)]
    pub(super) fn from<const FIRST: usize, R: Basic>(&self, x: R) -> R {
        if is_double::<R>() {
            polynomial::<FIRST, _, _>(&self.double, x)
        } else {
            polynomial::<FIRST, _, _>(&self.single, x)
        }
    }
    /// The constant term.
    #[inline(always)]
    pub(super) fn first<R: Basic>(&self) -> R {
        pick(self.double[0], self.single[0])
    }
}

/// The coefficients from `FIRST` on. Even and odd powers are summed apart, which halves the chain of dependent
/// operations.
#[inline(always)]
pub(super) fn polynomial<const FIRST: usize, R: Basic, const N: usize>(
    coefficients: &[f64; N],
    x: R,
) -> R {
    let square = x * x;
    let both = (N - FIRST).is_multiple_of(2);
    let mut k = N - 2;
    let (mut even, mut odd) = (R::lit(coefficients[k]), R::lit(coefficients[k + 1]));
    if !both {
        (even, odd) = (odd, even);
        k += 1;
    }
    while k > FIRST + 1 {
        k -= 2;
        even = even.mul_add(square, R::lit(coefficients[k]));
        if both || k + 2 < N - 1 {
            odd = odd.mul_add(square, R::lit(coefficients[k + 1]));
        }
    }
    odd.mul_add(x, even)
}

/// A constant as a sum of floats of falling size, for each float.
pub(super) struct Parts<const N: usize> {
    pub(super) double: [f64; N],
    pub(super) single: [f64; N],
}

impl<const N: usize> Parts<N> {
    #[inline(always)]
    pub(super) fn part<R: Basic>(&self, index: usize) -> R {
        pick(self.double[index], self.single[index])
    }
    #[inline(always)]
    pub(super) fn two<R: Basic>(&self) -> Two<R> {
        Two {
            high: self.part(0),
            low: self.part(1),
        }
    }
}

#[inline(always)]
pub(super) fn is_double<R: Basic>() -> bool {
    R::SIGNIFICAND_BITS == 53
}

#[inline(always)]
pub(super) fn pick<R: Basic>(double: f64, single: f64) -> R {
    R::lit(if is_double::<R>() { double } else { single })
}

#[inline(always)]
pub(super) fn limit<R: Basic>(double: f64, single: f64) -> f64 {
    if is_double::<R>() { double } else { single }
}

/// Whether `x` is so small that an odd function with slope 1 equals `x` there, and that a quarter of it may be
/// subnormal.
#[inline(always)]
pub(super) fn is_tiny<R: Basic>(x: R) -> R::Mask {
    x.abs().lt(pick(1e-300, 1e-35))
}

/// The unevaluated sum `high + low`. Unless another bound is given, `low` is at most a few units in the last place of
/// `high`.
#[derive(Clone, Copy)]
pub(super) struct Two<R> {
    pub(super) high: R,
    pub(super) low: R,
}

impl<R: Basic> Two<R> {
    /// `a + b`, exactly, if `a` is 0 or its magnitude is not below that of `b`.
    #[inline(always)]
    pub(super) fn ordered_sum(a: R, b: R) -> Self {
        let high = a + b;
        Two {
            high,
            low: (a - high) + b,
        }
    }
    /// `a b`, exactly.
    #[inline(always)]
    pub(super) fn product(a: R, b: R) -> Self {
        let high = a * b;
        Two {
            high,
            low: a.mul_add(b, -high),
        }
    }
    /// The same sum, where `high` is its rounded value. Before, `low` must be at most `high` in magnitude.
    #[inline(always)]
    pub(super) fn normal(self) -> Self {
        Self::ordered_sum(self.high, self.low)
    }
    /// The product of two sums. It leaves out the product of the low parts.
    #[inline(always)]
    pub(super) fn times(self, other: Self) -> Self {
        let product = Self::product(self.high, other.high);
        let low = self.low.mul_add(other.high, product.low);
        Two {
            high: product.high,
            low: self.high.mul_add(other.low, low),
        }
    }
    /// The quotient of two sums, by one division. It is rounded once, apart from its low bits.
    #[inline(always)]
    pub(super) fn over(self, other: Self) -> R {
        let reciprocal = R::lit(1.0) / other.high;
        let quotient = self.high * reciprocal;
        let rest =
            (-quotient).mul_add(other.high, self.high) + (-quotient).mul_add(other.low, self.low);
        rest.mul_add(reciprocal, quotient)
    }
}

/// `value`, but at most `limit`. A NaN stays NaN.
#[inline(always)]
pub(super) fn at_most<R: Basic>(value: R, limit: f64) -> R {
    let limit = R::lit(limit);
    R::select(limit.lt(value), limit, value)
}

/// `value`, but at least `limit`. A NaN stays NaN.
#[inline(always)]
pub(super) fn at_least<R: Basic>(value: R, limit: f64) -> R {
    let limit = R::lit(limit);
    R::select(value.lt(limit), limit, value)
}

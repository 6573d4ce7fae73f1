//! The number type that every right-hand side and every straight-line part of an algorithm is generic over.

use super::Mask;
use super::elementary::{self, Basic};
use core::ops::{Add, Div, Mul, Neg, Sub};

/// A real number in one of three forms: a plain float, a pack of floats, or a value that is being traced to PTX.
///
/// All three give the same bits, because the bits of every operation are defined:
///
/// - `+ - * /`, [`sqrt`](Scalar::sqrt): IEEE 754, correctly rounded to nearest even (`add.rn`, `sub.rn`, `mul.rn`,
///   `div.rn`, `sqrt.rn`); never contracted; subnormals kept
/// - [`mul_add`](Scalar::mul_add): one rounding (`fma.rn`); an fma happens only where `mul_add` is written
/// - `-x`, [`abs`](Scalar::abs): the sign bit is flipped, or cleared
/// - [`max`](Scalar::max), [`min`](Scalar::min): if one side is NaN, the other side; −0 is below +0 (PTX `max`, `min`)
/// - [`lt`](Scalar::lt), [`le`](Scalar::le), [`same`](Scalar::same): false if either side is NaN; −0 equals +0
/// - [`select`](Scalar::select): copies bits
/// - [`powi`](Scalar::powi): a fixed chain: square from the top bit of the exponent down, times `x` where the bit is
///   set
/// - [`lit`](Scalar::lit): the `f64`, rounded to nearest even
/// - [`from_time`](Scalar::from_time), [`to_time`](Scalar::to_time): rounded to nearest even; exact
/// - [`exponent`](Scalar::exponent), [`mantissa`](Scalar::mantissa), [`exp2i`](Scalar::exp2i): cut from, or written to,
///   the bits; see there
/// - [`copysign`](Scalar::copysign), [`bit`](Scalar::bit): bits of the operand, or of `x` + 1.5·2^23 or 1.5·2^52; see
///   there
/// - [`exp`](Scalar::exp), [`exp2`](Scalar::exp2), [`exp_m1`](Scalar::exp_m1), [`ln`](Scalar::ln),
///   [`log2`](Scalar::log2), [`log10`](Scalar::log10), [`ln_1p`](Scalar::ln_1p), [`powf`](Scalar::powf),
///   [`cbrt`](Scalar::cbrt), [`hypot`](Scalar::hypot): one chain of the operations above, without tables or branches
/// - [`sin`](Scalar::sin), [`cos`](Scalar::cos), [`tan`](Scalar::tan), [`asin`](Scalar::asin), [`acos`](Scalar::acos),
///   [`atan`](Scalar::atan), [`atan2`](Scalar::atan2), [`sinh`](Scalar::sinh), [`cosh`](Scalar::cosh),
///   [`tanh`](Scalar::tanh): likewise
/// - a sum over states or stages: starts as +0 and adds in ascending index, each term by `mul_add`; zero tableau
///   coefficients are skipped everywhere
/// - a NaN that leaves the library: the constant [`Real::CANONICAL_NAN`](crate::ode::Real), never a computed one: NaN
///   payloads differ between processors
///
/// The elementary functions are within 1 unit in the last place (ulp) of the exact value in both floats, subnormal
/// results and arguments included; a NaN gives a NaN. The largest errors known, in ulp:
///
/// | | `f64` | `f32` | | `f64` | `f32` | | `f64` | `f32` | | `f64` | `f32` |
/// |---|---|---|---|---|---|---|---|---|---|---|---|
/// | `exp` | 0.88 | 0.80 | `log10` | 0.64 | 0.67 | `asin` | 0.62 | 0.72 | `tanh` | 0.67 | 0.69 |
/// | `exp2` | 0.93 | 0.78 | `ln_1p` | 0.90 | 0.90 | `acos` | 0.60 | 0.68 | `cbrt` | 0.50 | 0.51 |
/// | `exp_m1` | 0.84 | 0.81 | `sin` | 0.75 | 0.77 | `atan` | 0.68 | 0.68 | `powf` | 0.83 | 0.84 |
/// | `ln` | 0.85 | 0.83 | `cos` | 0.75 | 0.78 | `sinh` | 0.81 | 0.82 | `atan2` | 0.75 | 0.75 |
/// | `log2` | 0.69 | 0.73 | `tan` | 0.92 | 0.90 | `cosh` | 0.70 | 0.72 | `hypot` | 0.85 | 0.85 |
///
/// For `f32` functions of one argument, these are the largest errors of all 2^32 arguments
/// (`benches/src/bin/every_f32.rs`). The others were found by hill climbing (`tests/ode/elementary_bands.rs`); the true
/// maximum may be a few hundredths larger.
///
/// [`power`](crate::ode::power) has functions with the same names that are faster and good for five digits. The
/// step-size controllers use them. On the concrete types `f32` and `f64`, `x.sin()` is the standard library's function,
/// whose last bits differ between platforms. In code that is generic over `R: Scalar`, such as the body of
/// [`system!`](crate::system), it is the function described here.
///
/// The bits of a NaN inside a computation are not defined, and the integrator does not depend on them. A right-hand
/// side should not depend on them either: [`exponent`](Scalar::exponent) and [`mantissa`](Scalar::mantissa) of a NaN
/// are its bits.
///
/// ```
/// use bakelite::ode::Scalar;
/// fn logistic<R: Scalar>(x: R, rate: R) -> R {
///     rate * x * (R::lit(1.0) - x)
/// }
/// assert_eq!(logistic(0.5_f64, 2.0), 0.5);
///
/// fn pendulum<R: Scalar>(angle: R) -> R {
///     -angle.sin()
/// }
/// assert_eq!(pendulum(0.5_f64), -0.479425538604203);
/// ```
pub trait Scalar:
    Copy
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// The truth values of this scalar's lanes.
    type Mask: Mask;
    /// The type of time: the same lanes in `f64`. Time is `f64` even if states are `f32`.
    type Time: Scalar<Mask = Self::Mask, Time = Self::Time>;

    /// The number of significant bits: 24 for `f32`, 53 for `f64`.
    const SIGNIFICAND_BITS: u32;

    /// The constant nearest to `value`.
    fn lit(value: f64) -> Self;
    /// Rounds a time.
    fn from_time(time: Self::Time) -> Self;
    /// Widens to a time, exactly.
    fn to_time(self) -> Self::Time;
    /// `self * factor + term`, rounded once.
    fn mul_add(self, factor: Self, term: Self) -> Self;
    /// The square root.
    fn sqrt(self) -> Self;
    /// The value with its sign bit cleared.
    fn abs(self) -> Self;
    /// The larger value. If one side is NaN, the other side.
    fn max(self, other: Self) -> Self;
    /// The smaller value. If one side is NaN, the other side.
    fn min(self, other: Self) -> Self;
    /// `self < other`.
    fn lt(self, other: Self) -> Self::Mask;
    /// `self <= other`.
    fn le(self, other: Self) -> Self::Mask;
    /// `self == other`.
    fn same(self, other: Self) -> Self::Mask;
    /// `yes` where `mask` holds, else `no`.
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;

    /// The biased exponent field minus its bias, as a number: `floor(log2 |x|)` for a normal `x`; −1023 (`f64`) or −127
    /// (`f32`) for zero and subnormals; 1024 or 128 for infinity and NaN.
    fn exponent(self) -> Self;
    /// The significand field as a number in `[1, 2)`.
    fn mantissa(self) -> Self;
    /// `2^k` for `k` in −1022..=1023 (`f64`) or −126..=127 (`f32`). `k` is first rounded to the nearest whole number,
    /// ties to even. The result is unspecified elsewhere.
    fn exp2i(self) -> Self;

    /// The nearest whole number, ties to even, for `|x| < 2^22` (`f32`) or `2^51` (`f64`). It is computed by adding and
    /// then subtracting 1.5·2^23 or 1.5·2^52.
    fn nearest(self) -> Self;

    /// The value with the sign bit of `sign`.
    fn copysign(self, sign: Self) -> Self;
    /// Whether bit `index` of a whole number `|x| < 2^22` (`f32`) or `2^51` (`f64`) is set, in two's complement. Bit 0
    /// is set for odd numbers. The result is unspecified for other values.
    fn bit(self, index: u32) -> Self::Mask;

    /// True unless the value is infinite or NaN.
    #[inline(always)]
    fn is_finite(self) -> Self::Mask {
        self.abs().lt(Self::lit(f64::INFINITY))
    }

    /// `self` to a whole power. It squares from the top bit of `power` down, so the chain of operations depends on
    /// `power` alone.
    #[inline(always)]
    fn powi(self, power: u32) -> Self {
        if power == 0 {
            return Self::lit(1.0);
        }
        let mut result = self;
        let mut bit = 31 - power.leading_zeros();
        while bit > 0 {
            bit -= 1;
            result = result * result;
            if power >> bit & 1 == 1 {
                result = result * self;
            }
        }
        result
    }

    /// `e^x`. The result is infinite from ln of the largest number on, 0 below ln of half the smallest number, and may
    /// be subnormal between.
    #[inline(always)]
    fn exp(self) -> Self {
        elementary::exp(self)
    }

    /// `2^x`, exact for whole `x`.
    #[inline(always)]
    fn exp2(self) -> Self {
        elementary::exp2(self)
    }

    /// `e^x - 1`, also exact near 0. −0 gives −0.
    #[inline(always)]
    fn exp_m1(self) -> Self {
        elementary::exp_m1(self)
    }

    /// The natural logarithm: −∞ at ±0, NaN below 0, +∞ at +∞.
    #[inline(always)]
    fn ln(self) -> Self {
        elementary::ln(self)
    }

    /// The logarithm to base 2, exact for powers of 2. Special values are as for [`ln`](Scalar::ln).
    #[inline(always)]
    fn log2(self) -> Self {
        elementary::log2(self)
    }

    /// The logarithm to base 10. Special values are as for [`ln`](Scalar::ln).
    #[inline(always)]
    fn log10(self) -> Self {
        elementary::log10(self)
    }

    /// `ln(1 + x)`, also exact for `x` near 0: −∞ at −1, NaN below, +∞ at +∞. −0 gives −0.
    #[inline(always)]
    fn ln_1p(self) -> Self {
        elementary::ln_1p(self)
    }

    /// The sine of an angle in radians, for `|x| <= 2^45` (`f64`) or `2^17` (`f32`). Beyond that it is NaN, which ends
    /// a run as non-finite. −0 gives −0.
    #[inline(always)]
    fn sin(self) -> Self {
        elementary::sin(self)
    }

    /// The cosine of an angle in radians. The range is that of [`sin`](Scalar::sin).
    #[inline(always)]
    fn cos(self) -> Self {
        elementary::cos(self)
    }

    /// The tangent of an angle in radians. The range is that of [`sin`](Scalar::sin). −0 gives −0.
    #[inline(always)]
    fn tan(self) -> Self {
        elementary::tan(self)
    }

    /// The arc sine in radians, in `[-π/2, π/2]`. NaN for `|x| > 1`. −0 gives −0.
    #[inline(always)]
    fn asin(self) -> Self {
        elementary::asin(self)
    }

    /// The arc cosine in radians, in `[0, π]`. NaN for `|x| > 1`.
    #[inline(always)]
    fn acos(self) -> Self {
        elementary::acos(self)
    }

    /// The arc tangent in radians, in `[-π/2, π/2]`, also of ±∞. −0 gives −0.
    #[inline(always)]
    fn atan(self) -> Self {
        elementary::atan(self)
    }

    /// The hyperbolic sine; ±∞ if it overflows. −0 gives −0.
    #[inline(always)]
    fn sinh(self) -> Self {
        elementary::sinh(self)
    }

    /// The hyperbolic cosine; +∞ if it overflows.
    #[inline(always)]
    fn cosh(self) -> Self {
        elementary::cosh(self)
    }

    /// The hyperbolic tangent; ±1 at ±∞. −0 gives −0.
    #[inline(always)]
    fn tanh(self) -> Self {
        elementary::tanh(self)
    }

    /// The cube root, also of negative and subnormal numbers. ±0 and ±∞ give themselves.
    #[inline(always)]
    fn cbrt(self) -> Self {
        elementary::cbrt(self)
    }

    /// `self` to any power, with the special values of IEEE 754 `pow`: 1 for the power 0 or the base 1, even if the
    /// other is NaN; NaN for a negative finite base and a power that is not whole. The sign of odd powers is right at
    /// ±0 and ±∞, too.
    #[inline(always)]
    fn powf(self, exponent: Self) -> Self {
        elementary::powf(self, exponent)
    }

    /// The angle of the point `(x, self)` in radians, in `[-π, π]`, with the signed zeros and infinities of IEEE 754
    /// `atan2`.
    #[inline(always)]
    fn atan2(self, x: Self) -> Self {
        elementary::atan2(self, x)
    }

    /// `√(self² + other²)`, without overflow in the squares. +∞ if either is infinite, even if the other is NaN.
    #[inline(always)]
    fn hypot(self, other: Self) -> Self {
        elementary::hypot(self, other)
    }

    /// [`sin`](Scalar::sin) and [`cos`](Scalar::cos), with the same bits. It costs little more than one of them.
    #[inline(always)]
    fn sin_cos(self) -> (Self, Self) {
        elementary::sin_cos(self)
    }
}

macro_rules! given {
    ($(fn $name:ident($($value:ident: $type:ty),*) -> $result:ty;)*) => { $(
        #[inline(always)]
        fn $name($($value: $type),*) -> $result {
            <Self as Scalar>::$name($($value),*)
        }
    )* };
}

impl<R: Scalar> Basic for R {
    type Mask = <R as Scalar>::Mask;
    const SIGNIFICAND_BITS: u32 = <R as Scalar>::SIGNIFICAND_BITS;

    given! {
        fn lit(value: f64) -> Self;
        fn mul_add(self: Self, factor: Self, term: Self) -> Self;
        fn sqrt(self: Self) -> Self;
        fn abs(self: Self) -> Self;
        fn lt(self: Self, other: Self) -> <Self as Scalar>::Mask;
        fn le(self: Self, other: Self) -> <Self as Scalar>::Mask;
        fn same(self: Self, other: Self) -> <Self as Scalar>::Mask;
        fn select(mask: <Self as Scalar>::Mask, yes: Self, no: Self) -> Self;
        fn exponent(self: Self) -> Self;
        fn mantissa(self: Self) -> Self;
        fn exp2i(self: Self) -> Self;
        fn nearest(self: Self) -> Self;
        fn copysign(self: Self, sign: Self) -> Self;
        fn bit(self: Self, index: u32) -> <Self as Scalar>::Mask;
    }
}

//! `f32` and `f64` as [`Scalar`]s.

use crate::layout::Element;
use crate::ode::Scalar;

/// The types of float that states can have.
///
/// ```
/// use bakelite::ode::Real;
/// assert!(<f32 as Real>::CANONICAL_NAN.is_nan());
/// assert_eq!(<f64 as Real>::NAME, "f64");
/// ```
pub trait Real:
    Scalar<Mask = bool, Time = f64>
    + HostScalar<Lane = Self>
    + Element
    + Send
    + Sync
    + Default
    + PartialOrd
    + core::fmt::Debug
{
    /// The NaN that failed runs end with: the sign bit is 0, the top bit of the significand is set, all others are
    /// zero.
    const CANONICAL_NAN: Self;
    /// `"f32"` or `"f64"`.
    const NAME: &'static str;
    /// The shortest step, in units of time: 1,024 times the smallest normal number, 2^−116 in `f32` (1.2e-35), 2^−1012
    /// in `f64` (2.3e-305). The last step of a span may be as short as a hundredth of it. Implicit methods divide by a
    /// step times a coefficient of their tableau. For shorter steps, that quotient would be infinite.
    ///
    /// ```
    /// use bakelite::ode::Real;
    /// assert_eq!(f64::SMALLEST_STEP, 2.0_f64.powi(-1012));
    /// ```
    const SMALLEST_STEP: f64;
    /// The smallest relative tolerance that a state can be held to: 10 units of roundoff, 6.0e-7 in `f32`, 1.1e-15 in
    /// `f64` (the bound of Hairer's `radau5.f`, `10 uround`).
    ///
    /// ```
    /// use bakelite::ode::Real;
    /// assert_eq!(f64::SMALLEST_RTOL, 5.0 * f64::EPSILON);
    /// ```
    const SMALLEST_RTOL: f64;
    /// To `f64`, exactly.
    fn to_f64(self) -> f64;
    /// From `f64`, rounded to nearest.
    fn from_f64(value: f64) -> Self;
    /// The bits, zero-extended.
    fn to_bits_u64(self) -> u64;
    /// `yes` where `mask` is all ones, `no` where it is 0.
    fn blend(mask: u64, yes: Self, no: Self) -> Self;
}

/// A scalar on the host: one float, or a pack of them. The trait is sealed: kernels and executors know only `f32` and
/// `f64`.
pub trait HostScalar: Scalar + sealed::Sealed {
    /// The type of one lane.
    type Lane: Real;
    /// The number of runs that advance together.
    const WIDTH: usize;
    /// Reads a lane.
    fn lane(&self, lane: usize) -> Self::Lane;
    /// Writes a lane.
    fn set_lane(&mut self, lane: usize, value: Self::Lane);
    /// Reads a lane of a time.
    fn time_lane(time: &Self::Time, lane: usize) -> f64;
    /// Writes a lane of a time.
    fn set_time_lane(time: &mut Self::Time, lane: usize, value: f64);
    /// Reads a lane of a mask.
    fn mask_lane(mask: &Self::Mask, lane: usize) -> bool;
    /// Writes a lane of a mask.
    fn set_mask_lane(mask: &mut Self::Mask, lane: usize, value: bool);
}

pub(in crate::ode) mod sealed {
    pub trait Sealed {}
}

macro_rules! float {
    ($t:ident, $bits:ident, $nan:expr, $explicit:expr, $bias:expr) => {
        impl sealed::Sealed for $t {}
        impl Scalar for $t {
            type Mask = bool;
            type Time = f64;
            const SIGNIFICAND_BITS: u32 = $explicit + 1;
            #[inline(always)]
            fn lit(value: f64) -> $t {
                value as $t
            }
            #[inline(always)]
            fn from_time(time: f64) -> $t {
                time as $t
            }
            #[inline(always)]
            fn to_time(self) -> f64 {
                self as f64
            }
            #[inline(always)]
            fn mul_add(self, factor: $t, term: $t) -> $t {
                $t::mul_add(self, factor, term)
            }
            #[inline(always)]
            fn sqrt(self) -> $t {
                $t::sqrt(self)
            }
            #[inline(always)]
            fn abs(self) -> $t {
                $t::from_bits(self.to_bits() & ($bits::MAX >> 1))
            }
            #[inline(always)]
            fn max(self, other: $t) -> $t {
                // Rust's own max leaves the sign of zero open; PTX does not.
                let ordered = if self > other {
                    self
                } else if other > self {
                    other
                } else {
                    $t::from_bits(self.to_bits() & other.to_bits())
                };
                if self.is_nan() {
                    other
                } else if other.is_nan() {
                    self
                } else {
                    ordered
                }
            }
            #[inline(always)]
            fn min(self, other: $t) -> $t {
                let ordered = if self < other {
                    self
                } else if other < self {
                    other
                } else {
                    $t::from_bits(self.to_bits() | other.to_bits())
                };
                if self.is_nan() {
                    other
                } else if other.is_nan() {
                    self
                } else {
                    ordered
                }
            }
            #[inline(always)]
            fn lt(self, other: $t) -> bool {
                self < other
            }
            #[inline(always)]
            fn le(self, other: $t) -> bool {
                self <= other
            }
            #[inline(always)]
            fn same(self, other: $t) -> bool {
                self == other
            }
            #[inline(always)]
            fn select(mask: bool, yes: $t, no: $t) -> $t {
                if mask { yes } else { no }
            }
            #[inline(always)]
            fn copysign(self, sign: $t) -> $t {
                let magnitude = $bits::MAX >> 1;
                $t::from_bits((self.to_bits() & magnitude) | (sign.to_bits() & !magnitude))
            }
            #[inline(always)]
            fn bit(self, index: u32) -> bool {
                // the low bits of 1.5 * 2^p + x are those of x
                let magic = 1.5 * ((1 as $bits) << $explicit) as $t;
                ((self + magic).to_bits() >> index) & 1 == 1
            }
            #[inline(always)]
            fn exponent(self) -> $t {
                // 2^p + field is exact, so the field comes out without an integer conversion (which AVX2 lacks for
                // f64).
                let field = (self.to_bits() >> $explicit) & ($bits::MAX >> ($explicit + 1));
                let two_p = (1 as $bits) << $explicit;
                $t::from_bits(((two_p as $t).to_bits()) | field) - (two_p as $t + $bias)
            }
            #[inline(always)]
            fn mantissa(self) -> $t {
                let fraction = self.to_bits() & (((1 as $bits) << $explicit) - 1);
                $t::from_bits(fraction | (1.0 as $t).to_bits())
            }
            #[inline(always)]
            fn nearest(self) -> $t {
                let magic = 1.5 * ((1 as $bits) << $explicit) as $t;
                (self + magic) - magic
            }
            #[inline(always)]
            fn exp2i(self) -> $t {
                // the low bits of 1.5 * 2^p + bias + k are bias + k
                let magic = 1.5 * ((1 as $bits) << $explicit) as $t + $bias;
                $t::from_bits((self + magic).to_bits() << $explicit)
            }
        }
        impl Real for $t {
            const CANONICAL_NAN: $t = $t::from_bits($nan);
            const NAME: &'static str = stringify!($t);
            const SMALLEST_STEP: f64 = 1024.0 * $t::MIN_POSITIVE as f64;
            const SMALLEST_RTOL: f64 = 5.0 * $t::EPSILON as f64;
            #[inline(always)]
            fn to_f64(self) -> f64 {
                self as f64
            }
            #[inline(always)]
            fn from_f64(value: f64) -> $t {
                value as $t
            }
            #[inline(always)]
            fn to_bits_u64(self) -> u64 {
                self.to_bits() as u64
            }
            #[inline(always)]
            fn blend(mask: u64, yes: $t, no: $t) -> $t {
                let mask = mask as $bits;
                $t::from_bits((yes.to_bits() & mask) | (no.to_bits() & !mask))
            }
        }
        impl HostScalar for $t {
            type Lane = $t;
            const WIDTH: usize = 1;
            #[inline(always)]
            fn lane(&self, _: usize) -> $t {
                *self
            }
            #[inline(always)]
            fn set_lane(&mut self, _: usize, value: $t) {
                *self = value;
            }
            #[inline(always)]
            fn time_lane(time: &f64, _: usize) -> f64 {
                *time
            }
            #[inline(always)]
            fn set_time_lane(time: &mut f64, _: usize, value: f64) {
                *time = value;
            }
            #[inline(always)]
            fn mask_lane(mask: &bool, _: usize) -> bool {
                *mask
            }
            #[inline(always)]
            fn set_mask_lane(mask: &mut bool, _: usize, value: bool) {
                *mask = value;
            }
        }
    };
}
float!(f32, u32, 0x7fc0_0000, 23, 127.0);
float!(f64, u64, 0x7ff8_0000_0000_0000, 52, 1023.0);

//! A pack: several runs in one value, which advance together.

#![allow(
    clippy::needless_range_loop,
    reason = "a lane index runs over several arrays at once"
)]

use super::elementary;
use crate::ode::{HostScalar, Mask, Real, Scalar};
use core::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

/// `W` floats, with operations lane by lane. The loops are plain. They become vector instructions inside an entry point
/// that is compiled for a SIMD level.
///
/// ```
/// use bakelite::ode::{Pack, Scalar};
/// let sum = Pack([1.0, 2.0]) + Pack::lit(0.5);
/// assert_eq!(sum.0, [1.5, 2.5]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub struct Pack<T, const W: usize>(pub [T; W]);

/// A truth value for each lane of a [`Pack`].
///
/// A lane is all ones or all zeros, as vector comparisons give it. An array of `bool` would be packed and unpacked at
/// each use.
///
/// ```
/// use bakelite::ode::{Pack, Scalar};
/// assert_eq!(Pack([1.0, 2.0]).lt(Pack::lit(1.5)).lanes(), [true, false]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct PackMask<const W: usize>([u64; W]);

impl<const W: usize> PackMask<W> {
    /// The truth value of each lane.
    #[must_use]
    pub fn lanes(&self) -> [bool; W] {
        self.0.map(|lane| lane != 0)
    }
}

#[inline(always)]
fn spread(value: bool) -> u64 {
    0_u64.wrapping_sub(u64::from(value))
}

impl<T: Real, const W: usize> Pack<T, W> {
    #[inline(always)]
    fn map(mut self, op: impl Fn(T) -> T) -> Self {
        for lane in 0..W {
            self.0[lane] = op(self.0[lane]);
        }
        self
    }
    #[inline(always)]
    fn zip(mut self, other: Self, op: impl Fn(T, T) -> T) -> Self {
        for lane in 0..W {
            self.0[lane] = op(self.0[lane], other.0[lane]);
        }
        self
    }
    #[inline(always)]
    fn test(self, other: Self, op: impl Fn(T, T) -> bool) -> PackMask<W> {
        let mut mask = [0; W];
        for lane in 0..W {
            mask[lane] = spread(op(self.0[lane], other.0[lane]));
        }
        PackMask(mask)
    }
}

macro_rules! arithmetic {
    ($($trait:ident $method:ident),*) => {$(
        impl<T: Real, const W: usize> $trait for Pack<T, W> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                self.zip(other, T::$method)
            }
        }
    )*};
}
arithmetic!(Add add, Sub sub, Mul mul, Div div);

impl<T: Real, const W: usize> Neg for Pack<T, W> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        self.map(T::neg)
    }
}

impl<T: Real, const W: usize> Pack<T, W> {
    /// Whether elementary functions handle two lanes in each turn. If so, the pack fills two vectors of any SIMD level,
    /// and each vector has other work to do while it waits for its own results.
    const PAIRED: bool = W * size_of::<T>() >= 128 && W.is_multiple_of(2);
    /// Lanes `lane` and `lane + W / 2`.
    #[inline(always)]
    fn pair(&self, lane: usize) -> Pack<T, 2> {
        Pack([self.0[lane], self.0[lane + W / 2]])
    }
    #[inline(always)]
    fn set_pair(&mut self, lane: usize, pair: Pack<T, 2>) {
        self.0[lane] = pair.0[0];
        self.0[lane + W / 2] = pair.0[1];
    }
}

/// Elementary functions: a loop over the lanes around the code for one of them, or for two. LLVM's loop vectoriser
/// vectorises the whole loop. LLVM's other vectoriser would leave parts of a long chain of operations on packs as
/// scalar instructions.
macro_rules! lane_by_lane {
    ($($name:ident($($other:ident)?))*) => {$(
        // in an unoptimised build, a step with all of its calls inlined would take megabytes of stack
        #[cfg_attr(not(debug_assertions), inline(always))]
        fn $name(self $(, $other: Self)?) -> Self {
            let mut out = self;
            if Self::PAIRED {
                for lane in 0..W / 2 {
                    let value = elementary::$name(self.pair(lane) $(, $other.pair(lane))?);
                    out.set_pair(lane, value);
                }
                return out;
            }
            for lane in 0..W {
                out.0[lane] = elementary::$name(self.0[lane] $(, $other.0[lane])?);
            }
            out
        }
    )*};
}

impl<T: Real, const W: usize> Scalar for Pack<T, W> {
    type Mask = PackMask<W>;
    type Time = Pack<f64, W>;
    const SIGNIFICAND_BITS: u32 = T::SIGNIFICAND_BITS;
    #[inline(always)]
    fn lit(value: f64) -> Self {
        Pack([T::from_f64(value); W])
    }
    #[inline(always)]
    fn from_time(time: Pack<f64, W>) -> Self {
        let mut pack = Self::lit(0.0);
        for lane in 0..W {
            pack.0[lane] = T::from_f64(time.0[lane]);
        }
        pack
    }
    #[inline(always)]
    fn to_time(self) -> Pack<f64, W> {
        let mut time = [0.0; W];
        for lane in 0..W {
            time[lane] = self.0[lane].to_f64();
        }
        Pack(time)
    }
    #[inline(always)]
    fn mul_add(mut self, factor: Self, term: Self) -> Self {
        for lane in 0..W {
            self.0[lane] = self.0[lane].mul_add(factor.0[lane], term.0[lane]);
        }
        self
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        self.map(T::sqrt)
    }
    #[inline(always)]
    fn abs(self) -> Self {
        self.map(Scalar::abs)
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, Scalar::max)
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.zip(other, Scalar::min)
    }
    #[inline(always)]
    fn lt(self, other: Self) -> PackMask<W> {
        self.test(other, |a, b| a < b)
    }
    #[inline(always)]
    fn le(self, other: Self) -> PackMask<W> {
        self.test(other, |a, b| a <= b)
    }
    #[inline(always)]
    fn same(self, other: Self) -> PackMask<W> {
        self.test(other, |a, b| a == b)
    }
    #[inline(always)]
    fn select(mask: PackMask<W>, yes: Self, no: Self) -> Self {
        let mut pack = no;
        for lane in 0..W {
            pack.0[lane] = T::blend(mask.0[lane], yes.0[lane], no.0[lane]);
        }
        pack
    }
    #[inline(always)]
    fn copysign(self, sign: Self) -> Self {
        self.zip(sign, Scalar::copysign)
    }
    #[inline(always)]
    fn bit(self, index: u32) -> PackMask<W> {
        self.test(self, |x, _| x.bit(index))
    }
    #[inline(always)]
    fn exponent(self) -> Self {
        self.map(Scalar::exponent)
    }
    #[inline(always)]
    fn mantissa(self) -> Self {
        self.map(Scalar::mantissa)
    }
    #[inline(always)]
    fn exp2i(self) -> Self {
        self.map(Scalar::exp2i)
    }
    #[inline(always)]
    fn nearest(self) -> Self {
        self.map(Scalar::nearest)
    }
    lane_by_lane! {
        exp() exp2() exp_m1() ln() log2() log10() ln_1p() sin() cos() tan() asin() acos() atan() atan2(x) sinh() cosh() tanh()
        powf(exponent) cbrt() hypot(other)
    }
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn sin_cos(self) -> (Self, Self) {
        let (mut sin, mut cos) = (self, self);
        if Self::PAIRED {
            for lane in 0..W / 2 {
                let (s, c) = elementary::sin_cos(self.pair(lane));
                sin.set_pair(lane, s);
                cos.set_pair(lane, c);
            }
            return (sin, cos);
        }
        for lane in 0..W {
            (sin.0[lane], cos.0[lane]) = elementary::sin_cos(self.0[lane]);
        }
        (sin, cos)
    }
}

impl<T: Real, const W: usize> super::float::sealed::Sealed for Pack<T, W> {}
impl<T: Real, const W: usize> HostScalar for Pack<T, W> {
    type Lane = T;
    const WIDTH: usize = W;
    #[inline(always)]
    fn lane(&self, lane: usize) -> T {
        self.0[lane]
    }
    #[inline(always)]
    fn set_lane(&mut self, lane: usize, value: T) {
        self.0[lane] = value;
    }
    #[inline(always)]
    fn time_lane(time: &Pack<f64, W>, lane: usize) -> f64 {
        time.0[lane]
    }
    #[inline(always)]
    fn set_time_lane(time: &mut Pack<f64, W>, lane: usize, value: f64) {
        time.0[lane] = value;
    }
    #[inline(always)]
    fn mask_lane(mask: &PackMask<W>, lane: usize) -> bool {
        mask.0[lane] != 0
    }
    #[inline(always)]
    fn set_mask_lane(mask: &mut PackMask<W>, lane: usize, value: bool) {
        mask.0[lane] = spread(value);
    }
}

macro_rules! logic {
    ($($trait:ident $method:ident),*) => {$(
        impl<const W: usize> $trait for PackMask<W> {
            type Output = Self;
            #[inline(always)]
            fn $method(mut self, other: Self) -> Self {
                for lane in 0..W {
                    self.0[lane] = self.0[lane].$method(other.0[lane]);
                }
                self
            }
        }
    )*};
}
logic!(BitAnd bitand, BitOr bitor);

impl<const W: usize> Not for PackMask<W> {
    type Output = Self;
    #[inline(always)]
    fn not(mut self) -> Self {
        for lane in 0..W {
            self.0[lane] = !self.0[lane];
        }
        self
    }
}

impl<const W: usize> Mask for PackMask<W> {
    #[inline(always)]
    fn splat(value: bool) -> Self {
        PackMask([spread(value); W])
    }
    #[inline(always)]
    fn any(self) -> bool {
        let mut any = 0;
        for lane in 0..W {
            any |= self.0[lane];
        }
        any != 0
    }
}

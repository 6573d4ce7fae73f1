//! The operations that the elementary functions need of a number. The elementary functions are methods of
//! [`Scalar`](crate::ode::Scalar). [`Scalar`](crate::ode::Scalar) gives them these operations; they do not refer to it,
//! so the dependence goes one way only.

use crate::ode::Mask;
use core::ops::{Add, Div, Mul, Neg, Sub};

/// The operations, under the names and with the bits that [`Scalar`](crate::ode::Scalar) gives them.
pub(in crate::ode::number) trait Basic:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    type Mask: Mask;
    const SIGNIFICAND_BITS: u32;

    fn lit(value: f64) -> Self;
    fn mul_add(self, factor: Self, term: Self) -> Self;
    fn sqrt(self) -> Self;
    fn abs(self) -> Self;
    fn lt(self, other: Self) -> Self::Mask;
    fn le(self, other: Self) -> Self::Mask;
    fn same(self, other: Self) -> Self::Mask;
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;
    fn exponent(self) -> Self;
    fn mantissa(self) -> Self;
    fn exp2i(self) -> Self;
    fn nearest(self) -> Self;
    fn copysign(self, sign: Self) -> Self;
    fn bit(self, index: u32) -> Self::Mask;
}

//! The exponential: `e^x = 2^n e^r` with a whole `n` and `|r| <= ln 2 / 2`.

use super::Basic;
use super::coefficients::{EXP, EXP_M1, EXP2, LN_2};
use super::parts::{Two, at_least, at_most, is_double, is_tiny, limit};
use core::f64::consts::LOG2_E;

/// `x = n ln 2 + r`, with `r` in two parts.
#[inline(always)]
pub(super) fn reduce<R: Basic>(x: R) -> (R, Two<R>) {
    let n = (x * R::lit(LOG2_E)).nearest();
    // exact: a multiple of the last bit of either, and below 1/2
    let rest = (-n).mul_add(LN_2.part(0), x);
    let low = LN_2.part::<R>(1);
    let high = (-n).mul_add(low, rest);
    let low = (-n).mul_add(low, rest - high);
    (n, Two { high, low })
}

/// `e^r - 1 - r` plus the low part of `r`, for the sum that follows.
#[inline(always)]
fn tail<R: Basic>(r: Two<R>) -> R {
    (r.high * r.high).mul_add(EXP.at(r.high), r.low)
}

/// `2^n value`, rounded once more if it is subnormal. `|n| <= 2000` (`f64`), 240 (`f32`).
#[inline(always)]
fn scaled<R: Basic>(value: R, n: R) -> R {
    // in two steps, because 2^n itself may be out of range: half of n, rounded up and down if n is odd
    let half = R::lit(0.5);
    let up = n.mul_add(half, R::lit(0.25)).exp2i();
    let down = n.mul_add(half, R::lit(-0.25)).exp2i();
    value * up * down
}

/// `2^n e^r`; `n` as in [`scaled`]. With `careful`, it is 0.25 ulp better (`f64`; 0.1 in `f32`), for three more
/// operations.
#[inline(always)]
pub(super) fn assemble<R: Basic>(n: R, r: Two<R>, careful: bool) -> R {
    let one = R::lit(1.0);
    let value = if careful {
        let sum = Two::ordered_sum(one, r.high);
        sum.high + (sum.low + tail(r))
    } else {
        one + (r.high + tail(r))
    };
    scaled(value, n)
}

#[inline(always)]
pub(crate) fn exp<R: Basic>(x: R) -> R {
    // beyond these the result is infinite, or rounds to 0
    let x = at_most(x, limit::<R>(710.0, 89.0));
    let x = at_least(x, limit::<R>(-746.0, -104.0));
    let (n, r) = reduce(x);
    assemble(n, r, !is_double::<R>())
}

#[inline(always)]
pub(crate) fn exp2<R: Basic>(x: R) -> R {
    let x = at_most(x, limit::<R>(1025.0, 129.0));
    let x = at_least(x, limit::<R>(-1076.0, -151.0));
    let n = x.nearest();
    let fraction = x - n;
    let (one, ln_2, curve) = (R::lit(1.0), LN_2.part::<R>(0), EXP2.at(fraction));
    let value = if is_double::<R>() {
        fraction.mul_add(fraction.mul_add(curve, ln_2), one)
    } else {
        let high = fraction.mul_add(ln_2, one);
        let low = fraction.mul_add(ln_2, one - high);
        high + (fraction * fraction).mul_add(curve, low)
    };
    scaled(value, n)
}

/// Converts an exponent of 2 to an exponent of e.
#[inline(always)]
pub(super) fn times_ln_2<R: Basic>(fraction: Two<R>) -> Two<R> {
    fraction.times(LN_2.two())
}

#[inline(always)]
pub(crate) fn exp_m1<R: Basic>(x: R) -> R {
    let clamped = at_most(x, limit::<R>(710.0, 89.0));
    let clamped = at_least(clamped, -40.0);
    let (n, r) = reduce(clamped);
    // half of it, because 2^n may be out of range
    let scale = (n - R::lit(1.0)).exp2i();
    let whole = Two::ordered_sum(scale, R::lit(-0.5));
    let sum = Two::ordered_sum(whole.high, scale * r.high);
    // r²/2 is apart from what follows it: near ln 2 / 2 the sum is a third of r, so the rounding of a common factor
    // would count three times
    let half_square = R::lit(0.5) * r.high * r.high;
    let low = r.high.mul_add(r.low, r.low);
    let rest = (half_square * r.high).mul_add(EXP_M1.at(r.high), low);
    let low = scale.mul_add(rest, sum.low + whole.low);
    let value = (sum.high + scale.mul_add(half_square, low)) * R::lit(2.0);
    R::select(is_tiny(x), x, value)
}

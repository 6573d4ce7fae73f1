//! Logarithms: `x = 2^k (1 + f)` with `1 + f` in `[√½, √2]`, and `ln(1 + f) = 2 atanh(s)`, `s = f / (2 + f)`.

use super::Basic;
use super::coefficients::{LN_2_CUT, LOG, LOG2_E, LOG10_2_CUT, LOG10_E};
use super::parts::{Two, at_most, is_double, pick};
use core::f64::consts::SQRT_2;

/// `x = 2^k (1 + f)`, exactly, for finite `x > 0`.
#[inline(always)]
pub(super) fn split<R: Basic>(x: R) -> (R, R) {
    let subnormal = x.lt(pick(f64::MIN_POSITIVE, f32::MIN_POSITIVE as f64));
    let bits = pick::<R>(54.0, 25.0);
    let scale = pick::<R>(18_014_398_509_481_984.0, 33_554_432.0);
    let x = R::select(subnormal, x * scale, x);
    let (k, f) = split_normal(x);
    (k - R::select(subnormal, bits, R::lit(0.0)), f)
}

/// The same, for an `x` that is not subnormal.
#[inline(always)]
fn split_normal<R: Basic>(x: R) -> (R, R) {
    let (k, m, one) = (x.exponent(), x.mantissa(), R::lit(1.0));
    let upper = R::lit(SQRT_2).lt(m);
    let scale = R::select(upper, R::lit(0.5), one);
    (
        k + R::select(upper, one, R::lit(0.0)),
        m.mul_add(scale, -one),
    )
}

/// `s`, `f²/2` and a sum, with which `ln(1 + f) = f - (f²/2 - s sum)`: fdlibm's form, in which `f` is exact and the
/// rest is small.
#[inline(always)]
fn series<R: Basic>(f: R) -> (R, R, R) {
    let s = f / (f + R::lit(2.0));
    let z = s * s;
    let half_square = half(f) * f;
    (s, half_square, z.mul_add(LOG.at(z), half_square))
}

#[inline(always)]
fn half<R: Basic>(f: R) -> R {
    R::lit(0.5) * f
}

/// `k ln 2 + ln(1 + f) + lost`
#[inline(always)]
fn natural<R: Basic>(k: R, f: R, lost: R) -> R {
    let (s, half_square, sum) = series(f);
    let small = half_square - s.mul_add(sum, lost);
    if is_double::<R>() {
        return k.mul_add(LN_2_CUT.part(0), f - small);
    }
    // 0.1 ulp better, at the price of three more operations
    let sum = Two::ordered_sum(k * LN_2_CUT.part(0), f);
    sum.high + (sum.low - small)
}

/// The logarithm `value`, replaced by the special values where `x` is 0, below 0, infinite or NaN.
#[inline(always)]
pub(super) fn at_edges<R: Basic>(x: R, value: R) -> R {
    let infinity = R::lit(f64::INFINITY);
    let zero = R::lit(0.0);
    let value = R::select(x.lt(infinity), value, x);
    let value = R::select(x.same(zero), -infinity, value);
    R::select(x.lt(zero), R::lit(f64::NAN), value)
}

#[inline(always)]
pub(crate) fn ln<R: Basic>(x: R) -> R {
    let (k, f) = split(x);
    at_edges(x, natural(k, f, k * LN_2_CUT.part(1)))
}

/// `ln(1 + f) / ln base + whole`, where `whole.high` is 0 or not below the rest. `f - f²/2` and its product with the
/// factor are kept as sums of two floats. Near `√2` the result is only half of them, and with a `whole` of -1,
/// `whole - sum` would be rounded if the product's last bits were in the sum.
#[inline(always)]
fn scaled<R: Basic>(f: R, factor: Two<R>, whole: Two<R>) -> R {
    let (s, _, sum) = series(f);
    let parabola = (-half(f)).mul_add(f, f);
    // exact, apart from the last rounding
    let lost = (-half(f)).mul_add(f, f - parabola);
    let rest = s.mul_add(sum, lost);
    let first = Two::product(parabola, factor.high);
    let total = Two::ordered_sum(whole.high, first.high);
    let low = parabola.mul_add(factor.low, total.low + (first.low + whole.low));
    total.high + rest.mul_add(factor.high, low)
}

#[inline(always)]
pub(crate) fn log2<R: Basic>(x: R) -> R {
    let (k, f) = split(x);
    let whole = Two {
        high: k,
        low: R::lit(0.0),
    };
    at_edges(x, scaled(f, LOG2_E.two(), whole))
}

#[inline(always)]
pub(crate) fn log10<R: Basic>(x: R) -> R {
    let (k, f) = split(x);
    let whole = Two {
        high: k * LOG10_2_CUT.part(0),
        low: k * LOG10_2_CUT.part(1),
    };
    at_edges(x, scaled(f, LOG10_E.two(), whole))
}

#[inline(always)]
pub(crate) fn ln_1p<R: Basic>(x: R) -> R {
    let one = R::lit(1.0);
    // 1 + x = sum + error, exactly
    let sum = one + x;
    let back = sum - x;
    let error = (one - back) + (x - (sum - back));
    let (k, f) = split_normal(sum);
    // the part of 1 + x that the sum lost, relative to it: 2^-k error / (1 + f), with 1 - f + f² for 1 / (1 + f);
    // beyond 2^64 nothing is left of it
    let lost = error * (-at_most(k, 64.0)).exp2i();
    let lost = lost * f.mul_add(f - one, one);
    let value = natural(k, f, k.mul_add(LN_2_CUT.part(1), lost));
    // -0 gives -0
    let value = R::select(x.same(R::lit(0.0)), x, value);
    at_edges_1p(x, value)
}

#[inline(always)]
fn at_edges_1p<R: Basic>(x: R, value: R) -> R {
    let infinity = R::lit(f64::INFINITY);
    let end = R::lit(-1.0);
    let value = R::select(x.lt(infinity), value, x);
    let value = R::select(x.same(end), -infinity, value);
    R::select(x.lt(end), R::lit(f64::NAN), value)
}

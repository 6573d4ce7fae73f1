//! `x^y = 2^(y log2 x)`, the logarithm as a sum of two floats.

use super::Basic;
use super::coefficients::{LOG2_TAIL, TWO_LOG2_E, TWO_THIRDS_LOG2_E};
use super::exp::{assemble, times_ln_2};
use super::log::split;
use super::parts::{Two, at_least, at_most, limit};

/// `log2 x` for finite `x > 0`, relative error about 2^-65 (`f64`), 2^-36 (`f32`); `low` is below the last bit of
/// `high`.
#[inline(always)]
fn log2<R: Basic>(x: R) -> Two<R> {
    let (k, f) = split(x);
    // s = f / (2 + f)
    let below = Two::ordered_sum(R::lit(2.0), f);
    let reciprocal = R::lit(1.0) / below.high;
    let s = f * reciprocal;
    let rest = (-s).mul_add(below.low, (-s).mul_add(below.high, f));
    let s_low = rest * reciprocal;
    let z = s * s;
    let z_low = (s + s).mul_add(s_low, s.mul_add(s, -z));
    // log2(1 + f) = s (2 / ln 2 + z (2 / (3 ln 2) + z tail))
    // the tail's constant term last: it is rounded once
    let tail = z.mul_add(LOG2_TAIL.from::<1, R>(z), LOG2_TAIL.first());
    let constant = TWO_THIRDS_LOG2_E.two::<R>();
    let inner = z.mul_add(tail, constant.high);
    let inner_low = z.mul_add(tail, constant.high - inner);
    let inner_low = z_low.mul_add(tail, inner_low + constant.low);
    let product = Two::product(z, inner);
    let product_low = z_low.mul_add(inner, z.mul_add(inner_low, product.low));
    let constant = TWO_LOG2_E.two::<R>();
    let outer = Two::ordered_sum(constant.high, product.high);
    let outer_low = outer.low + (product_low + constant.low);
    let log = Two::product(s, outer.high);
    let log_low = s_low.mul_add(outer.high, s.mul_add(outer_low, log.low));
    let sum = Two::ordered_sum(k, log.high);
    Two {
        high: sum.high,
        low: sum.low + log_low,
    }
}

/// Whether `y` is whole, and whether it is odd.
#[inline(always)]
fn whole_and_odd<R: Basic>(y: R) -> (R::Mask, R::Mask) {
    // numbers from there on are whole; from twice that on, they are even
    let all = limit::<R>(4_503_599_627_370_496.0, 8_388_608.0);
    let is_whole = |size: R| ((size + R::lit(all)) - R::lit(all)).same(size);
    let size = y.abs();
    let whole = is_whole(at_most(size, all));
    let even = is_whole(at_most(size, 2.0 * all) * R::lit(0.5));
    (whole, whole & !even)
}

#[inline(always)]
pub(crate) fn powf<R: Basic>(x: R, y: R) -> R {
    let (zero, one, infinity) = (R::lit(0.0), R::lit(1.0), R::lit(f64::INFINITY));
    let size = x.abs();
    let log = log2(size);
    // beyond this the result is 0, 1 or infinite; products stay finite
    let bound = limit::<R>(18_446_744_073_709_551_616.0, 4_294_967_296.0);
    let clamped = at_least(at_most(y, bound), -bound);
    let power = Two::product(clamped, log.high);
    let low = clamped.mul_add(log.low, power.low);
    let bound = limit::<R>(1100.0, 160.0);
    let high = at_least(at_most(power.high, bound), -bound);
    let low = R::select(high.same(power.high), low, zero);
    let n = high.nearest();
    // a multiple of the last bit of `high`, so 0 or not below `low`
    let fraction = Two::ordered_sum(high - n, low);
    let value = assemble(n, times_ln_2(fraction), true);
    let (whole, odd) = whole_and_odd(y);
    let value = R::select(x.lt(zero) & !whole, R::lit(f64::NAN), value);
    // 0 and infinity
    let none = size.same(zero);
    let inverse = R::select(none, infinity, zero);
    let end = R::select(zero.lt(y), size, inverse);
    let value = R::select(none | size.same(infinity), end, value);
    // -0 has a sign too
    let value = value.copysign(R::select(odd, x, one));
    let value = R::select(x.same(x) & y.same(y), value, x + y);
    R::select(y.same(zero) | x.same(one), one, value)
}

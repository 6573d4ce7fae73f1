//! `x^y = 2^(y log2 x)`, the logarithm as a sum of two floats.

use super::coefficients::{LOG_TAIL, LOG2_E, TWO_THIRDS};
use super::exp::{assemble, times_ln_2};
use super::log::split;
use super::{Scalar, Two, at_least, at_most, limit, pick};

/// `log2 x` for finite `x > 0`, relative error about 2^-65 (`f64`), 2^-36 (`f32`).
#[inline(always)]
fn log2<R: Scalar>(x: R) -> Two<R> {
    let (k, f) = split(x);
    let one = R::lit(1.0);
    // s = f / (2 + f)
    let below = Two::ordered_sum(R::lit(2.0), f);
    let reciprocal = one / below.high;
    let high = f * reciprocal;
    let rest = (-high).mul_add(below.low, (-high).mul_add(below.high, f));
    let s = Two {
        high,
        low: rest * reciprocal,
    };
    let z = s.times(s);
    let factor = Two::ordered_sum(TWO_THIRDS.part(0), z.high * LOG_TAIL.at(z.high));
    let factor = Two {
        high: factor.high,
        low: factor.low + TWO_THIRDS.part(1),
    };
    let curve = s.times(z).times(factor);
    let two = R::lit(2.0);
    let sum = Two::ordered_sum(s.high * two, curve.high);
    let ln = Two {
        high: sum.high,
        low: sum.low + s.low.mul_add(two, curve.low),
    };
    let log = ln.times(LOG2_E.two());
    let sum = Two::ordered_sum(k, log.high);
    Two::ordered_sum(sum.high, sum.low + log.low)
}

/// Whether `size >= 0` is whole.
#[inline(always)]
fn is_whole<R: Scalar>(size: R) -> R::Mask {
    let all = pick::<R>(4_503_599_627_370_496.0, 8_388_608.0);
    all.le(size) | ((size + all) - all).same(size)
}

#[inline(always)]
pub(crate) fn powf<R: Scalar>(x: R, y: R) -> R {
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
    let value = assemble(n, times_ln_2(fraction));

    // 0 and infinity
    let rises = zero.lt(y);
    let vanishes = R::select(rises, zero, infinity);
    let grows = R::select(rises, infinity, zero);
    let value = R::select(size.same(zero), vanishes, value);
    let value = R::select(size.same(infinity), grows, value);
    let y_size = y.abs();
    let whole = is_whole(y_size);
    let odd = whole & !is_whole(y_size * R::lit(0.5));
    // -0 has a sign too
    let negative = one.copysign(x).lt(zero);
    let value = R::select(odd & negative, -value, value);
    let value = R::select(
        x.lt(zero) & size.lt(infinity) & !whole,
        R::lit(f64::NAN),
        value,
    );
    let value = R::select(x.same(x), value, x);
    let value = R::select(y.same(y), value, y);
    R::select(y.same(zero) | x.same(one), one, value)
}

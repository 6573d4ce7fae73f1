//! Cube root and length.

use super::Basic;
use super::coefficients::{CBRT, HALF_OVER};
use super::parts::{Two, at_least, limit, pick};

#[inline(always)]
pub(crate) fn cbrt<R: Basic>(x: R) -> R {
    let size = x.abs();
    let subnormal = size.lt(pick(f64::MIN_POSITIVE, f32::MIN_POSITIVE as f64));
    // cubes of 2^18, 2^9
    let cube = pick::<R>(18_014_398_509_481_984.0, 134_217_728.0);
    let size = R::select(subnormal, size * cube, size);
    let exponent = size.exponent();
    let m = size.mantissa();
    let third = (exponent * R::lit(1.0 / 3.0)).nearest();
    // -1, 0 or 1
    let rest = third.mul_add(R::lit(-3.0), exponent);
    let (zero, one) = (R::lit(0.0), R::lit(1.0));
    let (up, down) = (zero.lt(rest), rest.lt(zero));
    let factor =
        |above: f64, below: f64| R::select(up, R::lit(above), R::select(down, R::lit(below), one));
    let start = CBRT.at(m) * factor(0.793_700_525_984_099_7, 1.259_921_049_894_873_2);
    let m = m * factor(2.0, 0.5);
    // m^(-1/3), by an iteration of order three
    let square = start * start;
    let error = (-(m * square)).mul_add(start, one);
    let step = error.mul_add(R::lit(2.0 / 9.0), R::lit(1.0 / 3.0));
    let inverse = (start * error).mul_add(step, start);
    // the root, and Newton's step with an exact residual
    let inverse_square = inverse * inverse;
    let root = m * inverse_square;
    let square = Two::product(root, root);
    let residual = (-square.low).mul_add(root, (-square.high).mul_add(root, m));
    let root = (residual * R::lit(1.0 / 3.0)).mul_add(inverse_square, root);
    let scale = third - R::select(subnormal, pick(18.0, 9.0), zero);
    let value = (root * scale.exp2i()).copysign(x);
    let plain = zero.lt(size) & size.lt(R::lit(f64::INFINITY));
    R::select(plain, value, x)
}

#[inline(always)]
pub(crate) fn hypot<R: Basic>(x: R, y: R) -> R {
    let (x, y) = (x.abs(), y.abs());
    let swap = x.lt(y);
    let (large, small) = (R::select(swap, y, x), R::select(swap, x, y));
    // after scaling, the larger is in [2, 4)
    let one = R::lit(1.0);
    let exponent = at_least(large.exponent() - one, limit::<R>(-1022.0, -126.0));
    let down = (-exponent).exp2i();
    let (a, b) = (large * down, small * down);
    let (a2, b2) = (Two::product(a, a), Two::product(b, b));
    let sum = Two::ordered_sum(a2.high, b2.high);
    let root = sum.high.sqrt();
    let rest = (-root).mul_add(root, sum.high) + (sum.low + (a2.low + b2.low));
    // 1 / (2 root), with one step of Newton's method. If the result is below the smallest normal number, the scaled
    // root is below the interval of the fit. The correction is then too small, down to 53 % of it where one bit of the
    // result is lost
    let half_over = HALF_OVER.at(root);
    let half_over = half_over * (-(root + root)).mul_add(half_over, R::lit(2.0));
    let value = rest.mul_add(half_over, root) * exponent.exp2i();
    let infinity = R::lit(f64::INFINITY);
    R::select(x.same(infinity) | y.same(infinity), infinity, value)
}

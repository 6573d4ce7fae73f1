//! Inverse trigonometric functions.

use super::Basic;
use super::coefficients::{ASIN, ATAN, PI, PI_2, PI_4, THREE_PI_4};
use super::parts::{Two, at_least, at_most, limit, pick};
use crate::ode::Mask;

/// tan π/8
const TAN_PI_8: f64 = 0.414_213_562_373_095_03;

/// The angle in `[0, π]` of the point with coordinates `|x|`, `|y|`, mirrored in the y axis where `left` holds. It
/// takes one division, of `t` with `|t| <= tan π/8`: the point is mirrored in the diagonal, then turned by π/4, if
/// necessary.
#[inline(always)]
fn angle<R: Basic>(y: R, x: R, left: R::Mask) -> R {
    let zero = R::lit(0.0);
    let steep = x.lt(y);
    let (large, small) = (R::select(steep, y, x), R::select(steep, x, y));
    let turned = (large * R::lit(TAN_PI_8)).lt(small);
    let (sum, difference) = (
        Two::ordered_sum(large, small),
        Two::ordered_sum(large, -small),
    );
    let above = Two {
        high: R::select(turned, -difference.high, small),
        low: R::select(turned, -difference.low, zero),
    };
    let below = Two {
        high: R::select(turned, sum.high, large),
        low: R::select(turned, sum.low, zero),
    };
    let reciprocal = R::lit(1.0) / below.high;
    let t = above.high * reciprocal;
    let rest = (-t).mul_add(below.high, above.high) + (-t).mul_add(below.low, above.low);
    let t_low = rest * reciprocal;
    let z = t * t;
    let tail = (t * z).mul_add(ATAN.at(z), (-z).mul_add(t_low, t_low));
    let base = |index: usize| {
        let right = R::select(
            turned,
            PI_4.part(index),
            R::select(steep, PI_2.part(index), zero),
        );
        let top = R::select(steep, PI_2.part(index), PI.part(index));
        let mirrored = R::select(turned, THREE_PI_4.part(index), top);
        R::select(left, mirrored, right)
    };
    let backward = (steep & !left) | (left & !steep);
    let t = R::select(backward, -t, t);
    let tail = R::select(backward, -tail, tail);
    let sum = Two::ordered_sum(base(0), t);
    sum.high + (sum.low + (base(1) + tail))
}

#[inline(always)]
pub(crate) fn atan<R: Basic>(x: R) -> R {
    // from there on, the result is π/2 to the last bit
    let size = at_most(x.abs(), 1_152_921_504_606_846_976.0);
    angle(size, R::lit(1.0), R::Mask::splat(false)).copysign(x)
}

#[inline(always)]
pub(crate) fn atan2<R: Basic>(y: R, x: R) -> R {
    let (zero, one, infinity) = (R::lit(0.0), R::lit(1.0), R::lit(f64::INFINITY));
    let left = one.copysign(x).lt(zero);
    let (b, a) = (y.abs(), x.abs());
    let larger = R::select(a.lt(b), b, a);
    // after scaling, the larger is in [2^60, 2^61), unless it is so small that the quotient is far from the smallest
    // number. Without scaling, the rounding error of a quotient near that number would be below that number
    let exponent = larger.exponent() - R::lit(60.0);
    let exponent = at_least(exponent, limit::<R>(-1022.0, -126.0));
    let down = (-exponent).exp2i();
    // an infinity counts as 1, and the other coordinate as 0, or as 1 if it is infinite, too
    let infinite = larger.same(infinity);
    let scale = |value: R| {
        let limit = R::select(value.same(infinity), one, value * zero);
        R::select(infinite, limit, value * down)
    };
    let none = larger.same(zero);
    let value = angle(scale(b), R::select(none, one, scale(a)), left);
    value.copysign(y)
}

/// `asin t = t + tail` on `[0, 1/2]`. A `size` in `[0, 1]` is folded to `t`: itself, or `√((1 - size) / 2)`.
#[inline(always)]
fn fold<R: Basic>(size: R) -> (R::Mask, R, R) {
    let half = R::lit(0.5);
    let folded = half.lt(size);
    let z = R::select(folded, (-half).mul_add(size, half), size * size);
    let root = z.sqrt();
    // never 0 / 0
    let twice = root.mul_add(R::lit(2.0), pick(1e-290, 1e-30));
    let root_low = (-root).mul_add(root, z) / twice;
    let t = R::select(folded, root, size);
    let t_low = R::select(folded, root_low, R::lit(0.0));
    (folded, t, (t * z).mul_add(ASIN.at(z), t_low))
}

#[inline(always)]
pub(crate) fn asin<R: Basic>(x: R) -> R {
    let size = x.abs();
    let (folded, t, tail) = fold(size);
    let two = R::lit(-2.0);
    let sum = Two::ordered_sum(PI_2.part(0), t * two);
    let mirrored = sum.high + (sum.low + tail.mul_add(two, PI_2.part(1)));
    R::select(folded, mirrored, t + tail).copysign(x)
}

#[inline(always)]
pub(crate) fn acos<R: Basic>(x: R) -> R {
    let zero = R::lit(0.0);
    let (folded, t, tail) = fold(x.abs());
    let left = x.lt(zero);
    // 2 asin t, π - 2 asin t, or π/2 -+ asin t
    let base = |index: usize| {
        let end = R::select(left, PI.part(index), zero);
        R::select(folded, end, PI_2.part(index))
    };
    let turn = R::select(folded, R::lit(2.0), R::lit(-1.0));
    let turn = R::select(left, -turn, turn);
    let sum = Two::ordered_sum(base(0), t * turn);
    sum.high + (sum.low + tail.mul_add(turn, base(1)))
}

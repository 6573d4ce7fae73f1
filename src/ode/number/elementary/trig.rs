//! Sine, cosine and tangent: `x = q π/2 + r` with a whole `q` and `r` in two parts.

use super::Basic;
use super::coefficients::{COS, PI_2, SIN};
use super::parts::{Two, pick};
use core::f64::consts::FRAC_2_PI;

/// The quadrant and the remainder. NaN outside the range.
#[inline(always)]
fn reduce<R: Basic>(x: R) -> (R, Two<R>) {
    let inside = x.abs().le(pick(35_184_372_088_832.0, 131_072.0));
    let x = R::select(inside, x, R::lit(f64::NAN));
    let q = (x * R::lit(FRAC_2_PI)).nearest();
    // exact: a multiple of the last bit of either, and below 1
    let first = (-q).mul_add(PI_2.part(0), x);
    let second = Two::product(q, PI_2.part(1));
    // first - second, exactly, whichever is larger
    let high = first - second.high;
    let back = high - first;
    let error = (first - (high - back)) - (second.high + back);
    let low = (-q).mul_add(PI_2.part(2), error - second.low);
    (q, Two::ordered_sum(high, low))
}

/// Sine and cosine of the remainder, each as a large term and the sum of the others.
#[inline(always)]
fn kernels<R: Basic>(r: Two<R>) -> (Two<R>, Two<R>) {
    let (one, half) = (R::lit(1.0), R::lit(0.5) * r.high);
    let z = r.high * r.high;
    // 1 - r²/2, and its rounding error
    let parabola = (-half).mul_add(r.high, one);
    let lost = (-half).mul_add(r.high, one - parabola);
    let sin_low = (r.high * z).mul_add(SIN.at(z), r.low * parabola);
    let cos_low = (z * z).mul_add(COS.at(z), (-r.high).mul_add(r.low, lost));
    (
        Two {
            high: r.high,
            low: sin_low,
        },
        Two {
            high: parabola,
            low: cos_low,
        },
    )
}

#[inline(always)]
fn values<R: Basic>(r: Two<R>) -> (R, R) {
    let (sin, cos) = kernels(r);
    (sin.high + sin.low, cos.high + cos.low)
}

#[inline(always)]
pub(crate) fn sin_cos<R: Basic>(x: R) -> (R, R) {
    let (q, r) = reduce(x);
    let (s, c) = values(r);
    let odd = q.bit(0);
    let sin = R::select(odd, c, s);
    let cos = R::select(odd, s, c);
    let sin = R::select(q.bit(1), -sin, sin);
    let cos = R::select((q + R::lit(1.0)).bit(1), -cos, cos);
    // -0 gives -0
    (R::select(x.same(R::lit(0.0)), x, sin), cos)
}

#[inline(always)]
pub(crate) fn sin<R: Basic>(x: R) -> R {
    sin_cos(x).0
}

#[inline(always)]
pub(crate) fn cos<R: Basic>(x: R) -> R {
    sin_cos(x).1
}

#[inline(always)]
pub(crate) fn tan<R: Basic>(x: R) -> R {
    let (q, r) = reduce(x);
    let (sin, cos) = kernels(r);
    let (sin, cos) = (sin.normal(), cos.normal());
    let odd = q.bit(0);
    let above = Two {
        high: R::select(odd, cos.high, sin.high),
        low: R::select(odd, cos.low, sin.low),
    };
    let below = Two {
        high: R::select(odd, sin.high, cos.high),
        low: R::select(odd, sin.low, cos.low),
    };
    let value = above.over(below);
    let value = R::select(odd, -value, value);
    R::select(x.same(R::lit(0.0)), x, value)
}

//! Hyperbolic functions by the even and the odd part of `e^r`, `x = n ln 2 + r`. There is no difference of nearly equal
//! numbers, and no division except in tanh.

use super::Basic;
use super::coefficients::{COSH, SINH};
use super::exp::reduce;
use super::parts::{Two, at_most, is_tiny, limit};

/// `2^(n-1) ± 2^(-n-1)` times 2^-`shift`: sinh and cosh of `n ln 2`.
struct Powers<R> {
    sinh: Two<R>,
    cosh: Two<R>,
}

impl<R: Basic> Powers<R> {
    #[inline(always)]
    fn new(n: R, shift: f64) -> Self {
        let shift = R::lit(1.0 + shift);
        let large = (n - shift).exp2i();
        // from there on, it is below the last bit
        let small = (-at_most(n, 64.0) - shift).exp2i();
        Powers {
            sinh: Two::ordered_sum(large, -small),
            cosh: Two::ordered_sum(large, small),
        }
    }
}

/// `even cosh r + odd sinh r`, a normalised sum.
#[inline(always)]
fn combine<R: Basic>(even: Two<R>, odd: Two<R>, r: R, cosh_tail: R, sinh_tail: R) -> Two<R> {
    let product = Two::product(odd.high, r);
    let sum = Two::ordered_sum(even.high, product.high);
    let low = even.low + odd.low.mul_add(r, product.low);
    let low = odd.high.mul_add(sinh_tail, low);
    let low = even.high.mul_add(cosh_tail, low);
    Two {
        high: sum.high,
        low: sum.low + low,
    }
}

/// `cosh r - 1`, and `sinh r - r` with the low part of `r`.
#[inline(always)]
fn tails<R: Basic>(r: Two<R>) -> (R, R) {
    let z = r.high * r.high;
    (
        z.mul_add(COSH.at(z), r.high * r.low),
        (r.high * z).mul_add(SINH.at(z), r.low),
    )
}

#[inline(always)]
pub(crate) fn sinh<R: Basic>(x: R) -> R {
    let size = at_most(x.abs(), limit::<R>(711.0, 90.0));
    let (n, r) = reduce(size);
    let (cosh_tail, sinh_tail) = tails(r);
    // a quarter of it, because 2^n may be out of range
    let powers = Powers::new(n, 2.0);
    let sum = combine(powers.sinh, powers.cosh, r.high, cosh_tail, sinh_tail);
    let value = (sum.high + sum.low) * R::lit(4.0);
    R::select(is_tiny(x), x, value.copysign(x))
}

#[inline(always)]
pub(crate) fn cosh<R: Basic>(x: R) -> R {
    let (n, r) = reduce(at_most(x.abs(), limit::<R>(711.0, 90.0)));
    let (cosh_tail, sinh_tail) = tails(r);
    let powers = Powers::new(n, 2.0);
    let sum = combine(powers.cosh, powers.sinh, r.high, cosh_tail, sinh_tail);
    (sum.high + sum.low) * R::lit(4.0)
}

#[inline(always)]
pub(crate) fn tanh<R: Basic>(x: R) -> R {
    // from there on, the result rounds to 1
    let size = at_most(x.abs(), limit::<R>(20.0, 10.0));
    let (n, r) = reduce(size);
    let (cosh_tail, sinh_tail) = tails(r);
    let Powers { sinh, cosh } = Powers::new(n, 0.0);
    let above = combine(sinh, cosh, r.high, cosh_tail, sinh_tail);
    let below = combine(cosh, sinh, r.high, cosh_tail, sinh_tail);
    let value = above.normal().over(below.normal());
    value.copysign(x)
}

//! The power function of the step-size controllers, with one source for host, packs and PTX. It has five digits, is
//! clamped, and is never NaN. For right-hand sides, use the accurate methods of [`Scalar`], such as [`Scalar::powf`].

use crate::ode::Scalar;

/// Polynomial `q` with `log2(1 + s) ≈ s q(s)` on `[0, 1]`, `q(1) = 1`: least-maximum fit, absolute error 1.6e-5. The
/// coefficients are exact in `f32`.
const LOG2: [f64; 5] = [
    1.441_916_942_596_435_5,
    -0.709_096_074_104_309_1,
    0.415_604_948_997_497_56,
    -0.193_574_443_459_510_8,
    0.045_148_551_464_080_81,
];
/// Coefficients of `f, f², ...` in `2^f - 1` on `[-1/2, 1/2]`: least-maximum fit, relative error 2.8e-6. Exact in
/// `f32`.
const EXP2: [f64; 4] = [
    0.693_124_175_071_716_3,
    0.240_240_991_115_570_07,
    0.055_906_429_886_817_93,
    0.009_582_851_082_086_563,
];
/// Results are kept within `2^±60`, so that no later product of two of them overflows `f32`.
const LIMIT: f64 = 60.0;

/// `log2 |x|`. The absolute error is at most 1.7e-5 for a normal `x`; in `f32` the result's rounding adds 6e-8
/// `|log2 x|`. Zero gives −1023 (`f64`) or −127 (`f32`), a subnormal number gives a value within 1 above that, and
/// infinity gives 1024 or 128. A NaN counts as infinity.
///
/// ```
/// assert!((bakelite::ode::power::log2(10.0_f64) - 10.0_f64.log2()).abs() < 1.7e-5);
/// ```
#[inline(always)]
pub fn log2<R: Scalar>(x: R) -> R {
    // the bits of a NaN differ between processors
    let x = R::select(x.is_finite(), x, R::lit(f64::INFINITY));
    let s = x.mantissa() - R::lit(1.0);
    let mut q = R::lit(LOG2[4]);
    let mut k = 4;
    while k > 0 {
        k -= 1;
        q = q.mul_add(s, R::lit(LOG2[k]));
    }
    s.mul_add(q, x.exponent())
}

/// `2^v`, with a relative error of at most 3e-6. `v` is first clamped to `[-60, 60]`; a NaN counts as −60.
///
/// ```
/// assert!((bakelite::ode::power::exp2(0.5_f64) / 2.0_f64.sqrt() - 1.0).abs() < 3e-6);
/// ```
#[inline(always)]
pub fn exp2<R: Scalar>(v: R) -> R {
    let v = v.max(R::lit(-LIMIT)).min(R::lit(LIMIT));
    // adding and subtracting 1.5 * 2^23 (f32) or more rounds to an integer; |v| <= 60 leaves room in both
    let whole = v.nearest();
    let f = v - whole;
    let mut q = R::lit(EXP2[3]);
    let mut k = 3;
    while k > 0 {
        k -= 1;
        q = q.mul_add(f, R::lit(EXP2[k]));
    }
    q.mul_add(f, R::lit(1.0)) * whole.exp2i()
}

/// `|x|^a`, computed as `2^(a log2 |x|)`. The relative error is at most `1.2e-5 |a| + 3e-6` for a normal `x`, in `f32`
/// plus `1.2e-7 |a log2 x|`, while the result is within `2^±60`. Beyond that, the result is `2^±60` itself. It is never
/// NaN, infinite or 0 for a finite `a`: 0 counts as half the smallest normal number, infinity and NaN as twice the
/// largest.
///
/// ```
/// use bakelite::ode::power::power;
/// assert!((power(32.0_f64, -0.2) - 0.5).abs() < 1e-5);
/// assert!(power(0.0_f64, -0.2) > 1e17 && power(f64::NAN, -0.2) < 1e-17);
/// ```
#[inline(always)]
pub fn power<R: Scalar>(x: R, a: R) -> R {
    exp2(a * log2(x))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sweep<R: crate::ode::Real>(exponents: core::ops::Range<i32>) -> (f64, f64, f64) {
        let (mut log_error, mut exp_error, mut power_error) = (0.0_f64, 0.0_f64, 0.0_f64);
        for k in exponents {
            for i in 0..400 {
                let x = R::from_f64((1.0 + f64::from(i) / 400.0) * 2.0_f64.powi(k));
                let exact = x.to_f64().log2();
                let slack = exact.abs() * if R::NAME == "f32" { 6e-8 } else { 0.0 };
                log_error = log_error.max((log2(x).to_f64() - exact).abs() - slack);
                for a in [-0.5, -0.2, 0.08] {
                    let a = R::from_f64(a);
                    let want = x.to_f64().powf(a.to_f64());
                    if (1e-18..1e18).contains(&want) {
                        let slack = (a.to_f64() * exact).abs()
                            * if R::NAME == "f32" { 1.2e-7 } else { 0.0 };
                        let error = (power(x, a).to_f64() / want - 1.0).abs() - slack;
                        power_error = power_error.max(error - 1.2e-5 * a.to_f64().abs());
                    }
                }
            }
        }
        for i in -24_000..24_000 {
            let v = R::from_f64(f64::from(i) / 400.0);
            exp_error = exp_error.max((exp2(v).to_f64() / v.to_f64().exp2() - 1.0).abs());
        }
        (log_error, exp_error, power_error)
    }

    #[test]
    fn errors_are_as_stated() {
        for (log_error, exp_error, power_error) in
            [sweep::<f64>(-1022..1023), sweep::<f32>(-126..127)]
        {
            assert!(log_error < 1.7e-5, "{log_error}");
            assert!(exp_error < 3.0e-6, "{exp_error}");
            assert!(power_error < 3.0e-6, "{power_error}");
        }
    }

    #[test]
    fn defined_at_the_edges() {
        assert_eq!(log2(0.0_f64), -1023.0);
        assert_eq!(log2(f64::INFINITY), 1024.0);
        assert_eq!(log2(f32::INFINITY), 128.0);
        assert_eq!((log2(f64::NAN), log2(-f64::NAN)), (1024.0, 1024.0));
        assert_eq!(log2(f32::from_bits(0x7fff_ffff)), 128.0);
        assert_eq!(log2(-8.0_f64), 3.0);
        assert_eq!(exp2(f64::NAN), 2.0_f64.powi(-60));
        assert_eq!(exp2(f32::INFINITY), 2.0_f32.powi(60));
        for x in [
            0.0,
            f64::MIN_POSITIVE / 8.0,
            f64::MAX,
            f64::INFINITY,
            f64::NAN,
            -f64::NAN,
        ] {
            for a in [-0.5, 0.0, 0.5] {
                assert!(power(x, a).is_finite() && power(x, a) > 0.0);
                assert!(power(x as f32, a as f32).is_finite() && power(x as f32, a as f32) > 0.0);
            }
        }
        assert_eq!(power(f64::INFINITY, 0.0), 1.0);
    }
}

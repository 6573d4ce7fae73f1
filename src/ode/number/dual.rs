//! Derivatives of straight-line code, by dual numbers: the same code with another [`Scalar`].

use crate::ode::Scalar;
use core::ops::{Add, Div, Mul, Neg, Sub};

/// A value and its derivative in one direction (forward mode; A. Griewank, A. Walther, *Evaluating Derivatives*, 2nd
/// ed., table 3.4).
///
/// Code that is generic over [`Scalar`] can run on dual numbers. It then gives the same values, bit for bit, and with
/// them their derivatives along the seeds' direction. A slope that is known to be zero is absent, so constants cost
/// nothing, neither on the host nor in a trace. Comparisons look at values: the derivative of a
/// [`select`](Scalar::select) is that of the side that is taken. [`exponent`](Scalar::exponent) and
/// [`nearest`](Scalar::nearest) are constant between their jumps.
///
/// ```
/// use bakelite::ode::{Dual, Scalar};
/// fn cube<R: Scalar>(x: R) -> R { x * x * x }
/// let at_two = cube(Dual::new(2.0_f64, 1.0));
/// assert_eq!((at_two.value, at_two.slope()), (8.0, 12.0));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Dual<R> {
    /// The value.
    pub value: R,
    /// `None`: the derivative is zero for every value.
    slope: Option<R>,
}

impl<R: Scalar> Dual<R> {
    /// A value that changes with `slope` along the direction.
    ///
    /// ```
    /// assert_eq!(bakelite::ode::Dual::new(2.0, 3.0).slope(), 3.0);
    /// ```
    #[inline(always)]
    pub fn new(value: R, slope: R) -> Self {
        Dual {
            value,
            slope: Some(slope),
        }
    }

    /// A value that does not depend on the direction.
    ///
    /// ```
    /// assert_eq!(bakelite::ode::Dual::constant(2.0).slope(), 0.0);
    /// ```
    #[inline(always)]
    pub fn constant(value: R) -> Self {
        Dual { value, slope: None }
    }

    /// The derivative along the direction.
    #[inline(always)]
    pub fn slope(self) -> R {
        match self.slope {
            Some(slope) => slope,
            None => R::lit(0.0),
        }
    }

    /// The derivative. `None` if it is zero by structure: then the value does not depend on the direction.
    ///
    /// ```
    /// use bakelite::ode::Dual;
    /// assert_eq!((Dual::constant(2.0) * Dual::constant(3.0)).known_slope(), None);
    /// ```
    #[inline(always)]
    pub fn known_slope(self) -> Option<R> {
        self.slope
    }

    /// The dual number of `f(self)`, where `f' = rate`.
    #[inline(always)]
    fn chain(self, value: R, rate: R) -> Self {
        Dual {
            value,
            slope: times(self.slope, rate),
        }
    }
}

#[inline(always)]
fn times<R: Scalar>(slope: Option<R>, rate: R) -> Option<R> {
    match slope {
        Some(slope) => Some(slope * rate),
        None => None,
    }
}

#[inline(always)]
fn negated<R: Scalar>(slope: Option<R>) -> Option<R> {
    match slope {
        Some(slope) => Some(-slope),
        None => None,
    }
}

#[inline(always)]
fn sum<R: Scalar>(a: Option<R>, b: Option<R>) -> Option<R> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a + b),
        (one, None) | (None, one) => one,
    }
}

/// `x a + y b`
#[inline(always)]
fn weighted<R: Scalar>((x, a): (R, Option<R>), (y, b): (R, Option<R>)) -> Option<R> {
    match (a, b) {
        (Some(a), Some(b)) => Some(x.mul_add(a, y * b)),
        (Some(a), None) => Some(x * a),
        (None, Some(b)) => Some(y * b),
        (None, None) => None,
    }
}

#[inline(always)]
fn either<R: Scalar>(mask: R::Mask, yes: Option<R>, no: Option<R>) -> Option<R> {
    let zero = R::lit(0.0);
    match (yes, no) {
        (Some(yes), Some(no)) => Some(R::select(mask, yes, no)),
        (Some(yes), None) => Some(R::select(mask, yes, zero)),
        (None, Some(no)) => Some(R::select(mask, zero, no)),
        (None, None) => None,
    }
}

impl<R: Scalar> Add for Dual<R> {
    type Output = Self;
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Dual {
            value: self.value + other.value,
            slope: sum(self.slope, other.slope),
        }
    }
}
impl<R: Scalar> Sub for Dual<R> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        let slope = match (self.slope, other.slope) {
            (Some(a), Some(b)) => Some(a - b),
            (one, None) => one,
            (None, one) => negated(one),
        };
        Dual {
            value: self.value - other.value,
            slope,
        }
    }
}
impl<R: Scalar> Mul for Dual<R> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Dual {
            value: self.value * other.value,
            slope: weighted((self.value, other.slope), (other.value, self.slope)),
        }
    }
}
impl<R: Scalar> Div for Dual<R> {
    type Output = Self;
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        let value = self.value / other.value;
        let above = match (self.slope, other.slope) {
            (Some(a), Some(b)) => Some((-value).mul_add(b, a)),
            (one, None) => one,
            (None, Some(b)) => Some(-value * b),
        };
        let slope = match above {
            Some(above) => Some(above / other.value),
            None => None,
        };
        Dual { value, slope }
    }
}
impl<R: Scalar> Neg for Dual<R> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Dual {
            value: -self.value,
            slope: negated(self.slope),
        }
    }
}

/// The method of [`Scalar`] on the value, and its derivative there.
macro_rules! functions {
    ($($name:ident: |$x:ident, $value:ident| $rate:expr;)*) => {$(
        #[inline(always)]
        fn $name(self) -> Self {
            let $x = self.value;
            let $value = $x.$name();
            match self.slope {
                Some(_) => self.chain($value, $rate),
                None => Dual::constant($value),
            }
        }
    )*};
}

impl<R: Scalar> Scalar for Dual<R> {
    type Mask = R::Mask;
    type Time = Dual<R::Time>;
    const SIGNIFICAND_BITS: u32 = R::SIGNIFICAND_BITS;

    #[inline(always)]
    fn lit(value: f64) -> Self {
        Dual::constant(R::lit(value))
    }
    #[inline(always)]
    fn from_time(time: Self::Time) -> Self {
        let slope = match time.slope {
            Some(slope) => Some(R::from_time(slope)),
            None => None,
        };
        Dual {
            value: R::from_time(time.value),
            slope,
        }
    }
    #[inline(always)]
    fn to_time(self) -> Self::Time {
        let slope = match self.slope {
            Some(slope) => Some(slope.to_time()),
            None => None,
        };
        Dual {
            value: self.value.to_time(),
            slope,
        }
    }
    #[inline(always)]
    fn mul_add(self, factor: Self, term: Self) -> Self {
        let product = weighted((self.value, factor.slope), (factor.value, self.slope));
        Dual {
            value: self.value.mul_add(factor.value, term.value),
            slope: sum(product, term.slope),
        }
    }
    #[inline(always)]
    fn abs(self) -> Self {
        let negative = self.value.lt(R::lit(0.0));
        Dual {
            value: self.value.abs(),
            slope: either::<R>(negative, negated(self.slope), self.slope),
        }
    }
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        let value = self.value.max(other.value);
        Dual {
            value,
            slope: either::<R>(value.same(self.value), self.slope, other.slope),
        }
    }
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        let value = self.value.min(other.value);
        Dual {
            value,
            slope: either::<R>(value.same(self.value), self.slope, other.slope),
        }
    }
    #[inline(always)]
    fn lt(self, other: Self) -> R::Mask {
        self.value.lt(other.value)
    }
    #[inline(always)]
    fn le(self, other: Self) -> R::Mask {
        self.value.le(other.value)
    }
    #[inline(always)]
    fn same(self, other: Self) -> R::Mask {
        self.value.same(other.value)
    }
    #[inline(always)]
    fn select(mask: R::Mask, yes: Self, no: Self) -> Self {
        Dual {
            value: R::select(mask, yes.value, no.value),
            slope: either::<R>(mask, yes.slope, no.slope),
        }
    }

    #[inline(always)]
    fn exponent(self) -> Self {
        Dual::constant(self.value.exponent())
    }
    #[inline(always)]
    fn nearest(self) -> Self {
        Dual::constant(self.value.nearest())
    }
    #[inline(always)]
    fn bit(self, index: u32) -> R::Mask {
        self.value.bit(index)
    }
    #[inline(always)]
    fn copysign(self, sign: Self) -> Self {
        let value = self.value.copysign(sign.value);
        Dual {
            value,
            slope: either::<R>(value.same(self.value), self.slope, negated(self.slope)),
        }
    }

    functions! {
        mantissa: |x, value| value / x;
        exp2i: |_x, value| value * R::lit(core::f64::consts::LN_2);
        sqrt: |_x, value| R::lit(0.5) / value;
        exp: |_x, value| value;
        exp2: |_x, value| value * R::lit(core::f64::consts::LN_2);
        exp_m1: |_x, value| value + R::lit(1.0);
        ln: |x, _value| R::lit(1.0) / x;
        log2: |x, _value| R::lit(core::f64::consts::LOG2_E) / x;
        log10: |x, _value| R::lit(core::f64::consts::LOG10_E) / x;
        ln_1p: |x, _value| R::lit(1.0) / (x + R::lit(1.0));
        sin: |x, _value| x.cos();
        cos: |x, _value| -x.sin();
        tan: |_x, value| value.mul_add(value, R::lit(1.0));
        asin: |x, _value| R::lit(1.0) / (-x).mul_add(x, R::lit(1.0)).sqrt();
        acos: |x, _value| R::lit(-1.0) / (-x).mul_add(x, R::lit(1.0)).sqrt();
        atan: |x, _value| R::lit(1.0) / x.mul_add(x, R::lit(1.0));
        sinh: |x, _value| x.cosh();
        cosh: |x, _value| x.sinh();
        tanh: |_x, value| (-value).mul_add(value, R::lit(1.0));
        cbrt: |_x, value| R::lit(1.0 / 3.0) / (value * value);
    }

    #[inline(always)]
    fn powf(self, exponent: Self) -> Self {
        let (x, p) = (self.value, exponent.value);
        let value = x.powf(p);
        // this form has no quotient of 0 by 0 at x = 0
        let by_base = times(self.slope, p * x.powf(p - R::lit(1.0)));
        let by_exponent = match exponent.slope {
            Some(slope) => {
                let zero = R::lit(0.0);
                let rate = R::select(zero.lt(x), value * x.ln(), zero);
                Some(slope * rate)
            }
            None => None,
        };
        Dual {
            value,
            slope: sum(by_base, by_exponent),
        }
    }
    #[inline(always)]
    fn atan2(self, x: Self) -> Self {
        let (above, below) = (self.value, x.value);
        let square = above.mul_add(above, below * below);
        Dual {
            value: above.atan2(below),
            slope: weighted((below / square, self.slope), (-above / square, x.slope)),
        }
    }
    #[inline(always)]
    fn hypot(self, other: Self) -> Self {
        let value = self.value.hypot(other.value);
        Dual {
            value,
            slope: weighted(
                (self.value / value, self.slope),
                (other.value / value, other.slope),
            ),
        }
    }
    #[inline(always)]
    fn sin_cos(self) -> (Self, Self) {
        let (sin, cos) = self.value.sin_cos();
        (self.chain(sin, cos), self.chain(cos, -sin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares the slope of `f` at `x` with a central difference, whose own error is about 1e-9.
    fn agrees(name: &str, x: f64, f: impl Fn(Dual<f64>) -> Dual<f64>) {
        let got = f(Dual::new(x, 1.0));
        let h = 1e-5;
        let at = |x: f64| f(Dual::constant(x)).value;
        let want = (at(x + h) - at(x - h)) / (2.0 * h);
        assert!(
            (got.slope() - want).abs() < 1e-8 * (1.0 + want.abs()),
            "{name} at {x}: {} for {want}",
            got.slope()
        );
        assert_eq!(got.value.to_bits(), at(x).to_bits());
        assert_eq!(f(Dual::constant(x)).known_slope(), None, "{name}");
    }

    #[test]
    fn every_function_has_its_derivative() {
        macro_rules! unary {
            ($($name:ident at $($x:literal)*;)*) => {$($(
                agrees(stringify!($name), $x, |x| Scalar::$name(x));
            )*)*};
        }
        unary! {
            sqrt at 0.3 2.0; abs at -0.7 0.7; mantissa at 1.3 5.0 -3.0; exp at -1.0 0.5; exp2 at -1.0 0.5; exp_m1 at 0.01 -1.0;
            ln at 0.2 3.0; log2 at 0.2 3.0; log10 at 0.2 3.0; ln_1p at 0.01 -0.5; sin at 0.4 -2.0; cos at 0.4 -2.0;
            tan at 0.4 -1.0; asin at 0.3 -0.6; acos at 0.3 -0.6; atan at 0.3 -6.0; sinh at 0.3 -2.0; cosh at 0.3 -2.0;
            tanh at 0.3 -2.0; cbrt at 0.3 -2.0;
        }
        let c = Dual::constant(1.7);
        agrees("add", 0.4, |x| x + c + x);
        agrees("sub", 0.4, |x| c - x * x - x);
        agrees("mul", 0.4, |x| c * x * x);
        agrees("div", 0.4, |x| (c + x) / (x * x));
        agrees("neg", 0.4, |x| -x);
        agrees("mul_add", 0.4, |x| x.mul_add(x, c * x));
        agrees("max", 0.4, |x| Scalar::max(x, x * x));
        agrees("min", 0.4, |x| Scalar::min(x, x * x));
        agrees("copysign", 0.4, |x| Scalar::copysign(x, -c));
        agrees("powi", 1.3, |x| Scalar::powi(x, 5));
        agrees("powf", 1.3, |x| Scalar::powf(x, c));
        agrees("powf, both", 1.3, |x| Scalar::powf(c * x, x));
        agrees("atan2", 0.4, |x| Scalar::atan2(x, c + x));
        agrees("hypot", 0.4, |x| Scalar::hypot(x, c * x));
        agrees("sin_cos", 0.4, |x| {
            let (sin, cos) = Scalar::sin_cos(x);
            sin * cos
        });
        agrees("select", 0.4, |x| {
            Scalar::select(x.lt(c), x * x, Dual::constant(9.0))
        });
        agrees("time", 0.4, |x| Dual::from_time((x * x).to_time()));
    }

    #[test]
    fn flat_places() {
        let x = Dual::new(0.0, 1.0);
        assert_eq!(Scalar::powf(x, Dual::constant(2.0)).slope(), 0.0);
        assert_eq!(
            Scalar::nearest(Dual::new(1.6, 1.0)).known_slope(),
            None::<f64>
        );
        assert_eq!(
            Scalar::exponent(Dual::new(1.6, 1.0)).known_slope(),
            None::<f64>
        );
    }

    #[test]
    fn second_derivatives_by_duals_of_duals() {
        let x = Dual::new(Dual::new(0.7_f64, 1.0), Dual::constant(1.0));
        let sine = Scalar::sin(x);
        assert!((sine.slope().slope() + 0.7_f64.sin()).abs() < 1e-15);
    }
}

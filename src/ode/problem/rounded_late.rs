//! A scalar that keeps what is computed from time in `f64` until it is combined with a state.

use crate::ode::{Scalar, System, splat};
use core::fmt::{Debug, Formatter};
use core::ops::{Add, Div, Mul, Neg, Sub};
use generic_array::{ArrayLength, GenericArray};

/// A value inside a right-hand side whose states have fewer bits than time has.
///
/// A value computed from time, literals and parameters alone has the bits of time. Where it is combined with a state,
/// it is rounded, once. What a value is made of is known after inlining, as is the absence of a slope in a
/// [`Dual`](crate::ode::Dual): code that does not use time is compiled as if it ran on `R` itself.
#[derive(Clone, Copy, Debug)]
pub(in crate::ode) struct RoundedLate<R: Scalar> {
    /// The value that is used where it is combined with a state.
    narrow: R,
    /// The same value in the precision of time; `None` if a state is in it.
    wide: Option<R::Time>,
    /// Whether time is in it. If so, `narrow` is `wide`, rounded. Else `narrow` is what `R` computes from literals and
    /// parameters.
    timed: bool,
}

/// A time, and its value rounded to `R`.
#[derive(Clone, Copy)]
pub(in crate::ode) struct Moment<R: Scalar> {
    wide: R::Time,
    narrow: R,
}
// a derived one would need another bound on `R`
impl<R: Scalar + Debug> Debug for Moment<R> {
    fn fmt(&self, f: &mut Formatter<'_>) -> core::fmt::Result {
        self.narrow.fmt(f)
    }
}
impl<R: Scalar> Moment<R> {
    #[inline(always)]
    pub(in crate::ode) fn at(time: R::Time) -> Self {
        Moment {
            wide: time,
            narrow: R::from_time(time),
        }
    }
}

impl<R: Scalar> RoundedLate<R> {
    #[inline(always)]
    fn state(value: R) -> Self {
        RoundedLate {
            narrow: value,
            wide: None,
            timed: false,
        }
    }
    #[inline(always)]
    fn fixed(narrow: R, wide: R::Time) -> Self {
        RoundedLate {
            narrow,
            wide: Some(wide),
            timed: false,
        }
    }
    #[inline(always)]
    fn timed(time: R::Time) -> Self {
        RoundedLate {
            narrow: R::from_time(time),
            wide: Some(time),
            timed: true,
        }
    }
}

/// The scalar that a right-hand side is called with, for states in `R`.
pub(in crate::ode) trait Seen<R: Scalar>: Scalar<Mask = R::Mask> {
    fn time(time: Moment<R>) -> Self;
    fn parameter(value: R) -> Self;
    fn state(value: R) -> Self;
    /// Its value rounded to `R`.
    fn seen(self) -> R;
}
impl<R: Scalar> Seen<R> for R {
    #[inline(always)]
    fn time(time: Moment<R>) -> R {
        time.narrow
    }
    #[inline(always)]
    fn parameter(value: R) -> R {
        value
    }
    #[inline(always)]
    fn state(value: R) -> R {
        value
    }
    #[inline(always)]
    fn seen(self) -> R {
        self
    }
}
impl<R: Scalar> Seen<R> for RoundedLate<R> {
    #[inline(always)]
    fn time(time: Moment<R>) -> Self {
        RoundedLate {
            narrow: time.narrow,
            wide: Some(time.wide),
            timed: true,
        }
    }
    #[inline(always)]
    fn parameter(value: R) -> Self {
        Self::fixed(value, value.to_time())
    }
    #[inline(always)]
    fn state(value: R) -> Self {
        Self::state(value)
    }
    #[inline(always)]
    fn seen(self) -> R {
        self.narrow
    }
}

/// Whether a system on states in `R` gets time in more bits than they have.
pub(in crate::ode) const fn rounds_late<S: System, R: Scalar>() -> bool {
    !S::AUTONOMOUS && R::SIGNIFICAND_BITS < <R::Time as Scalar>::SIGNIFICAND_BITS
}

/// Applies `convert`, an associated function of `F`, to each element.
macro_rules! each {
    ($values:ident, $into:ty, $zero:expr, $convert:path) => {{
        let mut result = splat::<$into, N>($zero);
        for index in 0..N::USIZE {
            result[index] = $convert($values[index]);
        }
        result
    }};
}

/// States as a right-hand side sees them.
#[inline(always)]
pub(in crate::ode) fn states_as<F: Seen<R>, R: Scalar, N: ArrayLength>(
    values: &GenericArray<R, N>,
) -> GenericArray<F, N> {
    each!(values, F, F::state(R::lit(0.0)), F::state)
}
/// Parameters as a right-hand side sees them.
#[inline(always)]
pub(in crate::ode) fn parameters_as<F: Seen<R>, R: Scalar, N: ArrayLength>(
    values: &GenericArray<R, N>,
) -> GenericArray<F, N> {
    each!(values, F, F::state(R::lit(0.0)), F::parameter)
}
/// The values that a right-hand side returns, rounded to `R`.
#[inline(always)]
pub(in crate::ode) fn all_seen<F: Seen<R>, R: Scalar, N: ArrayLength>(
    values: &GenericArray<F, N>,
) -> GenericArray<R, N> {
    each!(values, R, R::lit(0.0), F::seen)
}

/// The right-hand side of `S`; its time has not been rounded.
#[inline(always)]
pub(in crate::ode) fn rhs<S: System, R: Scalar>(
    time: Moment<R>,
    states: &GenericArray<R, S::States>,
    parameters: &GenericArray<R, S::Parameters>,
) -> GenericArray<R, S::States> {
    if const { rounds_late::<S, R>() } {
        let states = states_as::<RoundedLate<R>, R, S::States>(states);
        let parameters = parameters_as::<RoundedLate<R>, R, S::Parameters>(parameters);
        all_seen(&S::rhs(RoundedLate::time(time), &states, &parameters))
    } else {
        S::rhs(time.narrow, states, parameters)
    }
}

/// `$f` of a value.
macro_rules! of_one {
    ($value:expr, $f:path) => {{
        let wide = match $value.wide {
            Some(wide) => Some($f(wide)),
            None => None,
        };
        let narrow = match wide {
            Some(wide) if $value.timed => R::from_time(wide),
            _ => $f($value.narrow),
        };
        RoundedLate {
            narrow,
            wide,
            timed: $value.timed,
        }
    }};
}

/// `$f` of two values, after the arguments `$first`.
macro_rules! of_two {
    ($a:expr, $b:expr, $f:path $(, $first:expr)?) => {{
        let (a, b) = ($a, $b);
        let wide = match (a.wide, b.wide) {
            (Some(x), Some(y)) => Some($f($($first,)? x, y)),
            _ => None,
        };
        let (narrow, timed) = match wide {
            Some(wide) if a.timed || b.timed => (R::from_time(wide), true),
            _ => ($f($($first,)? a.narrow, b.narrow), false),
        };
        RoundedLate { narrow, wide, timed }
    }};
}

// in an unoptimised build, a step with all of its calls inlined would take megabytes of stack, and minutes to compile
macro_rules! arithmetic {
    ($($trait:ident $method:ident),*) => {$(
        impl<R: Scalar> $trait for RoundedLate<R> {
            type Output = Self;
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn $method(self, other: Self) -> Self {
                of_two!(self, other, $trait::$method)
            }
        }
    )*};
}
arithmetic!(Add add, Sub sub, Mul mul, Div div);

impl<R: Scalar> Neg for RoundedLate<R> {
    type Output = Self;
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn neg(self) -> Self {
        of_one!(self, Neg::neg)
    }
}

macro_rules! functions {
    ($($one:ident)*; $($two:ident)*; $($test:ident)*) => {
        $(
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn $one(self) -> Self {
                of_one!(self, Scalar::$one)
            }
        )*
        $(
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn $two(self, other: Self) -> Self {
                of_two!(self, other, Scalar::$two)
            }
        )*
        $(
            #[cfg_attr(not(debug_assertions), inline(always))]
            fn $test(self, other: Self) -> R::Mask {
                match (self.wide, other.wide) {
                    (Some(a), Some(b)) if self.timed || other.timed => a.$test(b),
                    _ => self.narrow.$test(other.narrow),
                }
            }
        )*
    };
}

impl<R: Scalar> Scalar for RoundedLate<R> {
    type Mask = R::Mask;
    type Time = R::Time;
    const SIGNIFICAND_BITS: u32 = R::SIGNIFICAND_BITS;

    #[inline(always)]
    fn lit(value: f64) -> Self {
        Self::fixed(R::lit(value), R::Time::lit(value))
    }
    /// An explicit call rounds at once.
    #[inline(always)]
    fn from_time(time: R::Time) -> Self {
        Self::state(R::from_time(time))
    }
    #[inline(always)]
    fn to_time(self) -> R::Time {
        match self.wide {
            Some(wide) if self.timed => wide,
            _ => self.narrow.to_time(),
        }
    }
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn mul_add(self, factor: Self, term: Self) -> Self {
        let timed = self.timed || factor.timed;
        match (self.wide, factor.wide, term.wide) {
            (Some(a), Some(b), Some(c)) if timed || term.timed => Self::timed(a.mul_add(b, c)),
            // the product is not combined with the state yet, so it is not rounded before the sum
            (Some(a), Some(b), None) if timed => {
                Self::state(R::from_time(a.mul_add(b, term.narrow.to_time())))
            }
            (Some(a), Some(b), Some(c)) => Self::fixed(
                self.narrow.mul_add(factor.narrow, term.narrow),
                a.mul_add(b, c),
            ),
            _ => Self::state(self.narrow.mul_add(factor.narrow, term.narrow)),
        }
    }
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn select(mask: R::Mask, yes: Self, no: Self) -> Self {
        of_two!(yes, no, Scalar::select, mask)
    }
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn bit(self, index: u32) -> R::Mask {
        match self.wide {
            Some(wide) if self.timed => wide.bit(index),
            _ => self.narrow.bit(index),
        }
    }
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn sin_cos(self) -> (Self, Self) {
        let wide = match self.wide {
            Some(wide) => Some(wide.sin_cos()),
            None => None,
        };
        match wide {
            Some((sin, cos)) if self.timed => (Self::timed(sin), Self::timed(cos)),
            _ => {
                let (sin, cos) = self.narrow.sin_cos();
                match wide {
                    Some((wide_sin, wide_cos)) => {
                        (Self::fixed(sin, wide_sin), Self::fixed(cos, wide_cos))
                    }
                    None => (Self::state(sin), Self::state(cos)),
                }
            }
        }
    }
    functions! {
        sqrt abs exponent mantissa exp2i nearest exp exp2 exp_m1 ln log2 log10 ln_1p sin cos tan asin acos atan sinh cosh tanh cbrt;
        max min copysign powf atan2 hypot;
        lt le same
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ode::{Dual, Pack};

    type Late = RoundedLate<f32>;

    #[derive(Clone, Copy, PartialEq, Debug)]
    enum Kind {
        OfState,
        Fixed,
        Timed,
    }
    fn kind<R: Scalar>(late: RoundedLate<R>) -> Kind {
        match (late.wide.is_some(), late.timed) {
            (false, false) => Kind::OfState,
            (true, false) => Kind::Fixed,
            (true, true) => Kind::Timed,
            (false, true) => unreachable!(),
        }
    }
    fn wide<R: Scalar>(late: RoundedLate<R>) -> R::Time {
        late.wide.unwrap()
    }

    fn narrow(late: Late) -> u32 {
        late.narrow.to_bits()
    }

    /// An operation by name, on `f32`, on `f64` and on values that are rounded late.
    macro_rules! unary {
        ($($name:ident)*) => {
            [$((
                stringify!($name),
                Scalar::$name as fn(f32) -> f32,
                Scalar::$name as fn(f64) -> f64,
                Scalar::$name as fn(Late) -> Late,
            )),*]
        };
    }

    #[test]
    fn one_operand() {
        let all = unary! {
            sqrt abs exponent mantissa exp2i nearest exp exp2 exp_m1 ln log2 log10 ln_1p sin cos tan asin acos atan sinh cosh tanh cbrt
        };
        // 0.7 is not a number of 24 bits
        let x = 0.7_f64;
        for (name, on_f32, on_f64, on_late) in all {
            let plain = on_f32(x as f32).to_bits();
            assert_eq!(narrow(on_late(Late::state(x as f32))), plain, "{name}");
            let fixed = on_late(Late::lit(x));
            assert_eq!(narrow(fixed), plain, "{name}");
            assert_eq!(wide(fixed).to_bits(), on_f64(x).to_bits(), "{name}");
            let timed = on_late(Late::timed(x));
            assert!(kind(timed) == Kind::Timed, "{name}");
            assert_eq!(wide(timed).to_bits(), on_f64(x).to_bits(), "{name}");
        }
        for (late, bits) in [
            (Late::state(0.7), 0.7_f32.to_bits()),
            (Late::lit(0.7), 0.7_f32.to_bits()),
        ] {
            assert_eq!(narrow(-late), bits ^ 1 << 31);
        }
        assert_eq!(wide(-Late::timed(0.7)), -0.7);
        let (sin, cos) = Late::timed(1e9).sin_cos();
        assert_eq!((wide(sin), wide(cos)), Scalar::sin_cos(1e9_f64));
        let (sin, cos) = Late::lit(0.7).sin_cos();
        assert_eq!(
            (sin.narrow, wide(cos)),
            (Scalar::sin(0.7_f32), Scalar::cos(0.7_f64))
        );
        assert!(Late::timed(16_777_217.0).bit(0) && !Late::state(16_777_216.0_f32).bit(0));
    }

    #[test]
    fn two_operands() {
        macro_rules! binary {
            ($($name:ident)*) => {
                [$((
                    stringify!($name),
                    |a: f32, b: f32| a.$name(b),
                    |a: f64, b: f64| a.$name(b),
                    |a: Late, b: Late| a.$name(b),
                )),*] as [(&str, fn(f32, f32) -> f32, fn(f64, f64) -> f64, fn(Late, Late) -> Late); _]
            };
        }
        #[allow(
            clippy::wildcard_imports,
            reason = "the traits whose methods these are"
        )]
        use core::ops::*;
        let mut all = binary!(add sub mul div).to_vec();
        macro_rules! function {
            ($($name:ident)*) => {$(
                all.push((stringify!($name), Scalar::$name, Scalar::$name, Scalar::$name));
            )*};
        }
        function!(max min copysign powf atan2 hypot);
        let (x, y) = (1.7_f64, 0.3_f64);
        let (a, b) = (x as f32, y as f32);
        for (name, on_f32, on_f64, on_late) in all {
            let plain = on_f32(a, b).to_bits();
            let [s, t] = [Late::state(a), Late::state(b)];
            let [f, g] = [Late::lit(x), Late::lit(y)];
            let [u, v] = [Late::timed(x), Late::timed(y)];
            // what is combined with a state is rounded once
            for (one, other) in [(s, t), (s, g), (f, t), (s, v), (u, t)] {
                let met = on_late(one, other);
                assert!(kind(met) == Kind::OfState, "{name}");
                assert_eq!(narrow(met), plain, "{name}");
            }
            let fixed = on_late(f, g);
            assert!(kind(fixed) == Kind::Fixed, "{name}");
            assert_eq!(narrow(fixed), plain, "{name}");
            for (one, other) in [(f, g), (u, g), (f, v), (u, v)] {
                let kept = on_late(one, other);
                assert_eq!(wide(kept).to_bits(), on_f64(x, y).to_bits(), "{name}");
            }
            assert!(kind(on_late(u, g)) == Kind::Timed && kind(on_late(f, v)) == Kind::Timed);
        }
    }

    #[test]
    fn three_operands() {
        // the product of two times has 60 bits
        let (t, w, y) = (1_000_000.3_f64, 1.1_f64, -1_100_000.0_f32);
        let met = Late::timed(t).mul_add(Late::lit(w), Late::state(y));
        assert_eq!(met.narrow, t.mul_add(w, f64::from(y)) as f32);
        let with_state = Late::state(y).mul_add(Late::lit(w), Late::timed(t));
        assert_eq!(with_state.narrow, y.mul_add(w as f32, t as f32));
        let fixed = Late::lit(w).mul_add(Late::lit(w), Late::state(y));
        assert_eq!(fixed.narrow, (w as f32).mul_add(w as f32, y));
        let timed = Late::lit(w).mul_add(Late::lit(w), Late::timed(t));
        assert_eq!(wide(timed), w.mul_add(w, t));
        let chosen = Late::select(true, Late::timed(t), Late::lit(w));
        assert!(kind(chosen) == Kind::Timed && wide(chosen) == t);
        let chosen = Late::select(true, Late::timed(t), Late::state(y));
        assert!(kind(chosen) == Kind::OfState && chosen.narrow == t as f32);
    }

    #[test]
    fn comparisons() {
        // these differ by less than f32 can tell
        let (early, late) = (Late::timed(1e9), Late::timed(1e9 + 1.0));
        assert!(early.lt(late) && early.le(late) && !early.same(late));
        let state = Late::state(1e9_f32);
        assert!(state.same(late) && late.same(state) && !state.lt(late));
        // as on f32, where time is not in it
        assert!(Late::lit(1e9).same(Late::lit(1e9 + 1.0)));
    }

    #[test]
    fn rounding_by_name_rounds() {
        assert!(
            kind(Late::from_time(0.7)) == Kind::OfState && Late::from_time(0.7).narrow == 0.7_f32
        );
        assert_eq!(Late::timed(0.7).to_time(), 0.7);
        assert_eq!(Late::lit(0.7).to_time(), f64::from(0.7_f32));
    }

    /// A pack that is rounded late, and the slopes of one.
    #[test]
    fn packs_and_slopes() {
        type Packed = RoundedLate<Pack<f32, 2>>;
        let time = Dual::new(Packed::timed(Pack([1e9, 2e9])), Packed::lit(1.0));
        let omega = Dual::constant(<Packed as Seen<Pack<f32, 2>>>::parameter(Pack([1.5, 2.5])));
        let state = Dual::constant(Packed::state(Pack([0.1, 0.2])));
        let wave = (omega * time).cos();
        let slope = wave.known_slope().unwrap();
        assert!(kind(slope) == Kind::Timed);
        for (lane, (omega, time)) in [(1.5, 1e9), (2.5, 2e9)].into_iter().enumerate() {
            assert_eq!(wide(slope).0[lane], -Scalar::sin(omega * time) * omega);
        }
        let met = (wave * state).slope();
        for lane in 0..2 {
            let want = wide(slope).0[lane] as f32 * [0.1_f32, 0.2][lane];
            assert_eq!(met.narrow.0[lane], want);
        }
        // of parameters alone, as on f32
        assert!(kind((omega * time).slope()) == Kind::Fixed);
    }

    /// The numbers in `benches/README.md`: how many `f64` instructions and conversions a kernel needs for the use of
    /// time in one evaluation.
    #[test]
    fn instructions_in_kernels() {
        use crate::ptx::{Traced, trace};
        type Narrow = Traced<f32>;
        type Value = RoundedLate<Narrow>;
        let count = |rhs: fn(Value, Value, Value) -> Value| {
            let fragment = trace(|| {
                let time = <Value as Seen<Narrow>>::time(Moment::at(Traced::operand("t")));
                let parameter = Value::fixed(Narrow::operand("p"), Narrow::operand("p").to_time());
                rhs(time, parameter, Value::state(Narrow::operand("y")))
                    .narrow
                    .output("f");
            });
            let registers = [("t", "%fd1"), ("p", "%f1"), ("y", "%f2"), ("f", "%f3")];
            let register = |name: &str| {
                let found = registers.iter().find(|(known, _)| *known == name);
                found.map(|(_, register)| *register)
            };
            let text = fragment.emit(&register).unwrap();
            let lines = |op: &str, not: &str| {
                let lines = text.lines().filter(|line| line.contains(op));
                lines.filter(|line| !line.contains(not)).count()
            };
            (lines(".f64", "cvt."), lines("cvt.", "mov."))
        };
        assert_eq!(count(|_, p, y| p * p.exp() * y), (0, 0));
        assert_eq!(count(|t, _, y| t * y), (0, 1));
        assert_eq!(count(|t, p, y| p * t - y), (1, 2));
        assert_eq!(count(|t, p, y| (p * t).cos() - y), (55, 2));
    }
}

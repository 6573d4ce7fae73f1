//! The elementary functions with a multiprecision reference: for `tests/ode/elementary.rs` and the bench of the same
//! name.

use bakelite::ode::{Real, Scalar};
use dashu_base::CubicRoot;
use dashu_float::{FBig, round::mode::HalfEven};

pub type Big = FBig<HalfEven, 2>;
/// Of the reference: more than twice what `f64` has.
const BITS: usize = 130;

pub fn big(value: f64) -> Big {
    let exact = Big::try_from(value).expect("finite");
    exact.with_precision(BITS).value()
}

pub trait Function {
    const NAME: &'static str;
    /// Where a plain measurement draws its arguments.
    const X: (f64, f64);
    const Y: (f64, f64);
    fn of<R: Scalar>(x: R, y: R) -> R;
    /// Whether the reference is asked; `largest` is the largest exponent of the float.
    fn inside(x: f64, y: f64, largest: f64) -> bool;
    fn exact(x: Big, y: Big) -> Big;
}

macro_rules! functions {
    ($($name:ident $x:expr, $y:expr, |$a:ident, $b:ident| $ours:expr, |$l:ident| $inside:expr, $exact:expr;)*) => {
        $(
            pub struct $name;
            impl Function for $name {
                const NAME: &'static str = stringify!($name);
                const X: (f64, f64) = $x;
                const Y: (f64, f64) = $y;
                #[inline(always)]
                fn of<R: Scalar>($a: R, $b: R) -> R { _ = $b; $ours }
                fn inside($a: f64, $b: f64, $l: f64) -> bool { _ = ($a, $b, $l); $inside }
                fn exact($a: Big, $b: Big) -> Big { _ = &$b; $exact }
            }
        )*
        /// Calls a macro with all of them.
        #[allow(unused_macros)]
        macro_rules! each_function {
            ($callback:ident) => { $callback! { $($name)* } };
        }
    };
}

functions! {
    Exp (-20.0, 20.0), (0.0, 1.0), |x, y| x.exp(), |l| x.abs() < 0.6932 * (l + 54.0), x.exp();
    Exp2 (-20.0, 20.0), (0.0, 1.0), |x, y| x.exp2(), |l| x.abs() < l + 55.0, (x * big(2.0).ln()).exp();
    ExpM1 (-3.0, 3.0), (0.0, 1.0), |x, y| x.exp_m1(), |l| x.abs() < 0.6932 * l && x != 0.0, x.exp_m1();
    Ln (0.01, 100.0), (0.0, 1.0), |x, y| x.ln(), |_l| x > 0.0, x.ln();
    Log2 (0.01, 100.0), (0.0, 1.0), |x, y| x.log2(), |_l| x > 0.0, x.ln() / big(2.0).ln();
    Log10 (0.01, 100.0), (0.0, 1.0), |x, y| x.log10(), |_l| x > 0.0, x.ln() / big(10.0).ln();
    Ln1p (-0.9, 10.0), (0.0, 1.0), |x, y| x.ln_1p(), |_l| x > -1.0 && x != 0.0, x.ln_1p();
    Sin (-10.0, 10.0), (0.0, 1.0), |x, y| x.sin(), |l| x.abs() <= if l > 200.0 { 2.0_f64.powi(45) } else { 131_072.0 } && x != 0.0, x.sin();
    Cos (-10.0, 10.0), (0.0, 1.0), |x, y| x.cos(), |l| x.abs() <= if l > 200.0 { 2.0_f64.powi(45) } else { 131_072.0 }, x.cos();
    Tan (-10.0, 10.0), (0.0, 1.0), |x, y| x.tan(), |l| x.abs() <= if l > 200.0 { 2.0_f64.powi(45) } else { 131_072.0 } && x != 0.0, x.tan();
    Asin (-1.0, 1.0), (0.0, 1.0), |x, y| x.asin(), |_l| x.abs() <= 1.0 && x != 0.0, x.asin();
    Acos (-1.0, 1.0), (0.0, 1.0), |x, y| x.acos(), |_l| x.abs() < 1.0, x.acos();
    Atan (-10.0, 10.0), (0.0, 1.0), |x, y| x.atan(), |_l| x != 0.0, x.atan();
    Sinh (-5.0, 5.0), (0.0, 1.0), |x, y| x.sinh(), |l| x.abs() < 0.6932 * l && x != 0.0, x.sinh();
    Cosh (-5.0, 5.0), (0.0, 1.0), |x, y| x.cosh(), |l| x.abs() < 0.6932 * l, x.cosh();
    Tanh (-5.0, 5.0), (0.0, 1.0), |x, y| x.tanh(), |_l| x.abs() < 25.0 && x != 0.0, x.tanh();
    Cbrt (-100.0, 100.0), (0.0, 1.0), |x, y| x.cbrt(), |_l| x != 0.0, x.cbrt();
    Powf (0.01, 10.0), (-3.0, 3.0), |x, y| x.powf(y), |l| x > 0.0 && x != 1.0 && y != 0.0 && (y * x.log2()).abs() < l + 52.0, (x.ln() * y).exp();
    Atan2 (-10.0, 10.0), (-1.0, 1.0), |y, x| y.atan2(x), |_l| x != 0.0 && y != 0.0, y.atan2(&x);
    Hypot (-10.0, 10.0), (-1.0, 1.0), |x, y| x.hypot(y), |l| x != 0.0 && y != 0.0 && x.abs().max(y.abs()) < 2.0_f64.powf(l - 1.0), x.hypot(&y);
}

/// Uniform in `0..2^64`: SplitMix64.
pub struct Random(pub u64);
impl Random {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / 2.0_f64.powi(53)
    }
}

fn double<T: Real>() -> bool {
    T::NAME == "f64"
}

/// Any float: its bits are uniform.
pub fn any<T: Real>(random: &mut Random) -> T {
    let bits = random.bits();
    if double::<T>() {
        T::from_f64(f64::from_bits(bits))
    } else {
        T::from_f64(f64::from(f32::from_bits(bits as u32)))
    }
}

/// Arguments: uniform in the range, in the bits, and near the hard places (multiples of π/4, 1, powers of 2).
pub fn samples<F: Function, T: Real>(count: usize, seed: u64) -> Vec<(T, T)> {
    let mut random = Random(seed);
    let mut found = Vec::with_capacity(count);
    let largest = if double::<T>() { 1024.0 } else { 128.0 };
    let mut kind = 0_u64;
    while found.len() < count {
        kind += 1;
        let range = |random: &mut Random, (low, high): (f64, f64)| {
            T::from_f64(low + (high - low) * random.unit())
        };
        let near = |random: &mut Random, places: u64| {
            let place = match random.bits() % 4 {
                0 => (random.bits() % places) as f64 * core::f64::consts::FRAC_PI_4,
                1 => 2.0_f64.powi((random.bits() % 40) as i32 - 20),
                2 => (random.bits() % 3) as f64 / 2.0,
                _ => 1.0,
            };
            let off = 1.0 + random.unit() * 2.0_f64.powi(-((random.bits() % 50) as i32));
            let sign = if random.bits() & 1 == 0 { 1.0 } else { -1.0 };
            T::from_f64(
                sign * if random.bits() & 1 == 0 {
                    place * off
                } else {
                    place / off
                },
            )
        };
        let (x, y) = match kind % 4 {
            0 | 1 => (range(&mut random, F::X), range(&mut random, F::Y)),
            2 => (any(&mut random), any(&mut random)),
            _ => (near(&mut random, 1 << 20), near(&mut random, 4)),
        };
        let (a, b) = (x.to_f64(), y.to_f64());
        if a.is_finite() && b.is_finite() && F::inside(a, b, largest) {
            found.push((x, y));
        }
    }
    found
}

/// The error of `ours` in units of the last place of the exact result; `None` where that overflows.
pub fn ulps<F: Function, T: Real>(x: T, y: T, ours: T) -> Option<f64> {
    let exact = F::exact(big(x.to_f64()), big(y.to_f64()));
    let (bits, least, most) = if double::<T>() {
        (52, -1022, 1023)
    } else {
        (23, -126, 127)
    };
    let rounded = exact.to_f64().value();
    let size = rounded.abs();
    if size
        > if double::<T>() {
            f64::MAX
        } else {
            f64::from(f32::MAX)
        }
    {
        return None;
    }
    let exponent = (((size.to_bits() >> 52) as i32) - 1023).max(least);
    assert!(exponent <= most);
    assert!(
        ours.to_f64().is_finite(),
        "{}({x:?}, {y:?}) = {ours:?}",
        F::NAME
    );
    // in units before it is rounded: below the smallest number of `f64`, the difference is
    let difference = (big(ours.to_f64()) - exact) << (bits - exponent) as isize;
    Some(difference.to_f64().value().abs())
}

/// The largest error, and where.
pub fn worst<F: Function, T: Real>(count: usize, seed: u64) -> (f64, T, T) {
    let mut worst = (0.0, T::default(), T::default());
    for (x, y) in samples::<F, T>(count, seed) {
        if let Some(error) = ulps::<F, T>(x, y, F::of(x, y)).filter(|error| *error > worst.0) {
            worst = (error, x, y);
        }
    }
    worst
}

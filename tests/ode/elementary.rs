//! The elementary functions of `Scalar`: errors against a multiprecision reference, special values, laws, and the same
//! bits everywhere.
#![cfg(feature = "std")]

use crate::common::functions::*;
use bakelite::ode::{Pack, Real, Scalar};

/// What the docs of `Scalar` promise, in units of the last place.
const PROMISED: f64 = 1.0;

macro_rules! errors {
    ($($name:ident)*) => {$(
        let (double, single) = (worst::<$name, f64>(500, 3), worst::<$name, f32>(500, 4));
        println!("{}: {double:?} {single:?}", $name::NAME);
        assert!(double.0 <= PROMISED && single.0 <= PROMISED, "{}: {double:?} {single:?}", $name::NAME);
    )*};
}

#[test]
fn errors_are_as_promised() {
    each_function!(errors);
}

fn bits<T: Real>(value: T) -> u64 {
    let value = if value.to_f64().is_nan() {
        T::CANONICAL_NAN
    } else {
        value
    };
    value.to_bits_u64()
}

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;

fn special<T: Real>() {
    use core::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};
    let of = T::from_f64;
    // the largest number, its binary exponent, the smallest
    let (most, top, least) = if T::NAME == "f64" {
        (f64::MAX, 1024.0, f64::from_bits(1))
    } else {
        (f64::from(f32::MAX), 128.0, f64::from(f32::from_bits(1)))
    };
    let range = if T::NAME == "f64" {
        2.0_f64.powi(45)
    } else {
        131_072.0
    };
    let bottom = least.log2();
    type Unary<'a, T> = (&'a str, fn(T) -> T, &'a [(f64, f64)]);
    let unary: [Unary<'_, T>; 17] = [
        (
            "exp",
            T::exp,
            &[
                (0.0, 1.0),
                (-0.0, 1.0),
                (INF, INF),
                (-INF, 0.0),
                (NAN, NAN),
                (most, INF),
                (-most, 0.0),
                (least, 1.0),
            ],
        ),
        (
            "exp2",
            T::exp2,
            &[
                (0.0, 1.0),
                (10.0, 1024.0),
                (-1.0, 0.5),
                (top, INF),
                (bottom, least),
                (bottom - 1.0, 0.0),
                (INF, INF),
                (-INF, 0.0),
                (NAN, NAN),
            ],
        ),
        (
            "exp_m1",
            T::exp_m1,
            &[
                (0.0, 0.0),
                (-0.0, -0.0),
                (least, least),
                (-least, -least),
                (INF, INF),
                (-INF, -1.0),
                (-most, -1.0),
                (most, INF),
                (NAN, NAN),
            ],
        ),
        (
            "ln",
            T::ln,
            &[
                (1.0, 0.0),
                (0.0, -INF),
                (-0.0, -INF),
                (-1.0, NAN),
                (-INF, NAN),
                (INF, INF),
                (NAN, NAN),
            ],
        ),
        (
            "log2",
            T::log2,
            &[
                (1.0, 0.0),
                (8.0, 3.0),
                (least, bottom),
                (0.0, -INF),
                (-1.0, NAN),
                (INF, INF),
                (NAN, NAN),
            ],
        ),
        (
            "log10",
            T::log10,
            &[
                (1.0, 0.0),
                (1000.0, 3.0),
                (1e9, 9.0),
                (0.0, -INF),
                (-1.0, NAN),
                (INF, INF),
                (NAN, NAN),
            ],
        ),
        (
            "ln_1p",
            T::ln_1p,
            &[
                (0.0, 0.0),
                (-0.0, -0.0),
                (least, least),
                (-1.0, -INF),
                (-2.0, NAN),
                (INF, INF),
                (NAN, NAN),
            ],
        ),
        (
            "sin",
            T::sin,
            &[
                (0.0, 0.0),
                (-0.0, -0.0),
                (least, least),
                (2.0 * range, NAN),
                (INF, NAN),
                (-INF, NAN),
                (NAN, NAN),
            ],
        ),
        (
            "cos",
            T::cos,
            &[
                (0.0, 1.0),
                (-0.0, 1.0),
                (least, 1.0),
                (2.0 * range, NAN),
                (INF, NAN),
                (NAN, NAN),
            ],
        ),
        (
            "tan",
            T::tan,
            &[
                (0.0, 0.0),
                (-0.0, -0.0),
                (least, least),
                (2.0 * range, NAN),
                (INF, NAN),
                (NAN, NAN),
            ],
        ),
        (
            "asin",
            T::asin,
            &[
                (0.0, 0.0),
                (-0.0, -0.0),
                (least, least),
                (1.0, FRAC_PI_2),
                (-1.0, -FRAC_PI_2),
                (1.5, NAN),
                (INF, NAN),
                (NAN, NAN),
            ],
        ),
        (
            "acos",
            T::acos,
            &[
                (1.0, 0.0),
                (-1.0, PI),
                (0.0, FRAC_PI_2),
                (-0.0, FRAC_PI_2),
                (-1.5, NAN),
                (INF, NAN),
                (NAN, NAN),
            ],
        ),
        (
            "atan",
            T::atan,
            &[
                (0.0, 0.0),
                (-0.0, -0.0),
                (least, least),
                (1.0, FRAC_PI_4),
                (INF, FRAC_PI_2),
                (-INF, -FRAC_PI_2),
                (most, FRAC_PI_2),
                (NAN, NAN),
            ],
        ),
        (
            "sinh",
            T::sinh,
            &[
                (0.0, 0.0),
                (-0.0, -0.0),
                (least, least),
                (INF, INF),
                (-INF, -INF),
                (most, INF),
                (NAN, NAN),
            ],
        ),
        (
            "cosh",
            T::cosh,
            &[
                (0.0, 1.0),
                (-0.0, 1.0),
                (INF, INF),
                (-INF, INF),
                (most, INF),
                (NAN, NAN),
            ],
        ),
        (
            "tanh",
            T::tanh,
            &[
                (0.0, 0.0),
                (-0.0, -0.0),
                (least, least),
                (INF, 1.0),
                (-INF, -1.0),
                (most, 1.0),
                (NAN, NAN),
            ],
        ),
        (
            "cbrt",
            T::cbrt,
            &[
                (0.0, 0.0),
                (-0.0, -0.0),
                (27.0, 3.0),
                (-8.0, -2.0),
                (INF, INF),
                (-INF, -INF),
                (NAN, NAN),
            ],
        ),
    ];
    for (name, function, cases) in unary {
        for &(x, want) in cases {
            let got = function(of(x));
            assert_eq!(
                bits(got),
                bits(of(want)),
                "{name}({x:e}) of {}: {got:?}",
                T::NAME
            );
        }
    }
    type Binary<'a, T> = (&'a str, fn(T, T) -> T, &'a [(f64, f64, f64)]);
    let binary: [Binary<'_, T>; 3] = [
        (
            "powf",
            T::powf,
            &[
                (NAN, 0.0, 1.0),
                (1.0, NAN, 1.0),
                (NAN, 1.0, NAN),
                (2.0, NAN, NAN),
                (2.0, 10.0, 1024.0),
                (-2.0, 3.0, -8.0),
                (-2.0, 2.0, 4.0),
                (-2.0, 0.5, NAN),
                (0.0, 2.0, 0.0),
                (-0.0, 3.0, -0.0),
                (-0.0, 2.0, 0.0),
                (0.0, -1.0, INF),
                (-0.0, -1.0, -INF),
                (-0.0, -2.0, INF),
                (INF, 2.0, INF),
                (INF, -2.0, 0.0),
                (-INF, 3.0, -INF),
                (-INF, 2.0, INF),
                (-INF, -3.0, -0.0),
                (-INF, 0.5, INF),
                (2.0, INF, INF),
                (0.5, INF, 0.0),
                (2.0, -INF, 0.0),
                (0.5, -INF, INF),
                (-1.0, INF, 1.0),
                (-1.0, most, 1.0),
                (2.0, top, INF),
                (2.0, bottom, least),
                (1.5, most, INF),
                (1.5, -most, 0.0),
                (0.0, 0.0, 1.0),
                (0.0, INF, 0.0),
                (0.0, -INF, INF),
                (-1.0, 8_388_607.0, -1.0),
            ],
        ),
        (
            "atan2",
            T::atan2,
            &[
                (0.0, 1.0, 0.0),
                (-0.0, 1.0, -0.0),
                (0.0, -1.0, PI),
                (-0.0, -1.0, -PI),
                (0.0, 0.0, 0.0),
                (0.0, -0.0, PI),
                (-0.0, -0.0, -PI),
                (1.0, 0.0, FRAC_PI_2),
                (-1.0, 0.0, -FRAC_PI_2),
                (1.0, -0.0, FRAC_PI_2),
                (1.0, 1.0, FRAC_PI_4),
                (1.0, INF, 0.0),
                (1.0, -INF, PI),
                (INF, 1.0, FRAC_PI_2),
                (-INF, 1.0, -FRAC_PI_2),
                (INF, INF, FRAC_PI_4),
                (INF, -INF, 3.0 * FRAC_PI_4),
                (most, most, FRAC_PI_4),
                (least, least, FRAC_PI_4),
                (least, most, 0.0),
                (NAN, 1.0, NAN),
                (1.0, NAN, NAN),
                (INF, NAN, NAN),
                (NAN, INF, NAN),
            ],
        ),
        (
            "hypot",
            T::hypot,
            &[
                (0.0, 0.0, 0.0),
                (-0.0, 0.0, 0.0),
                (3.0, -4.0, 5.0),
                (INF, NAN, INF),
                (NAN, -INF, INF),
                (NAN, 1.0, NAN),
                (1.0, NAN, NAN),
                (most, most, INF),
                (most, 0.0, most),
                (least, 0.0, least),
                (-5.0 * least, 12.0 * least, 13.0 * least),
            ],
        ),
    ];
    for (name, function, cases) in binary {
        for &(x, y, want) in cases {
            let got = function(of(x), of(y));
            assert_eq!(
                bits(got),
                bits(of(want)),
                "{name}({x:e}, {y:e}) of {}: {got:?}",
                T::NAME
            );
        }
    }
}

#[test]
fn special_values() {
    special::<f64>();
    special::<f32>();
}

/// Where results stop to be finite, or to be other than 0: neighbours on either side.
#[test]
fn thresholds() {
    fn exp(x: f64) -> f64 {
        Scalar::exp(x)
    }
    let ln_max = 709.782_712_893_384;
    assert!(exp(ln_max).is_finite() && exp(ln_max.next_up()).is_infinite());
    let ln_min = -745.133_219_101_941_1;
    assert!(exp(ln_min) == f64::from_bits(1) && exp(ln_min.next_down()) == 0.0);
    let top = 2.0_f64.powi(45);
    assert!(Scalar::sin(top).is_finite() && Scalar::sin(top.next_up()).is_nan());
    assert!(
        Scalar::cos(-131_072.0_f32).is_finite() && Scalar::cos(131_072.0_f32.next_up()).is_nan()
    );
}

/// Samples with the edges among them.
fn with_edges<F: Function, T: Real>(count: usize) -> Vec<(T, T)> {
    let mut found = samples::<F, T>(count, 5);
    let mut random = Random(6);
    found.extend((0..count).map(|_| (any::<T>(&mut random), any::<T>(&mut random))));
    let edges = [
        0.0,
        1.0,
        0.5,
        3.0,
        INF,
        NAN,
        f64::MAX,
        1e-310,
        1e-42,
        5e-324,
        1e5,
        1e18,
    ]
    .map(T::from_f64);
    for x in edges.into_iter().flat_map(|x| [x, -x]) {
        found.extend(edges.iter().flat_map(|&y| [(x, y), (x, -y)]));
    }
    while !found.len().is_multiple_of(16) {
        found.push(found[0]);
    }
    found
}

fn packed<F: Function, T: Real>() {
    for chunk in with_edges::<F, T>(64).chunks(16) {
        let (x, y) = (
            Pack::<T, 16>(core::array::from_fn(|i| chunk[i].0)),
            Pack(core::array::from_fn(|i| chunk[i].1)),
        );
        let got = F::of(x, y);
        for (&(x, y), got) in chunk.iter().zip(got.0) {
            assert_eq!(bits(got), bits(F::of(x, y)), "{}({x:?}, {y:?})", F::NAME);
        }
    }
}

macro_rules! packs {
    ($($name:ident)*) => {$( packed::<$name, f64>(); packed::<$name, f32>(); )*};
}

#[test]
fn packs_give_the_same_bits() {
    each_function!(packs);
    for x in [0.5, -2.0, 1e6, INF] {
        let (sin, cos) = Pack([x; 2]).sin_cos();
        assert_eq!(
            (bits(sin.0[1]), bits(cos.0[0])),
            (bits(Scalar::sin(x)), bits(Scalar::cos(x)))
        );
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]
    #[test]
    fn laws(x in -700.0..700.0_f64, y in 1e-3..1.0_f64) {
        fn odd(f: impl Fn(f64) -> f64, x: f64) {
            assert_eq!((-f(x)).to_bits(), f(-x).to_bits());
        }
        odd(Scalar::sin, x);
        odd(Scalar::tan, x);
        odd(Scalar::atan, x);
        odd(Scalar::sinh, x);
        odd(Scalar::tanh, x);
        odd(Scalar::cbrt, x);
        odd(Scalar::asin, y);
        assert_eq!(Scalar::cos(x).to_bits(), Scalar::cos(-x).to_bits());
        assert_eq!(Scalar::cosh(x).to_bits(), Scalar::cosh(-x).to_bits());
        let next = x + x.abs() * 2.0_f64.powi(-46);
        for f in [Scalar::exp, Scalar::exp2, Scalar::exp_m1, Scalar::atan, Scalar::sinh, Scalar::tanh, Scalar::cbrt] {
            let f: fn(f64) -> f64 = f;
            assert!(f(x) <= f(next), "{x}");
        }
        for f in [Scalar::ln, Scalar::log2, Scalar::log10, Scalar::ln_1p] {
            let f: fn(f64) -> f64 = f;
            assert!(f(x.abs()) <= f(x.abs() * (1.0 + 2.0_f64.powi(-40))), "{x}");
        }
        // relative error of the power, |x| 2^-53 of each
        assert!((Scalar::ln(Scalar::exp(x)) - x).abs() <= 2.0_f64.powi(-52) * (1.0 + x.abs()));
        let (s, c) = Scalar::sin_cos(x);
        assert!((s.mul_add(s, c * c) - 1.0).abs() < 1e-15);
        assert!((Scalar::sin(Scalar::asin(y)) - y).abs() < 4e-16);
        assert!((Scalar::powf(y, 2.0) - y * y).abs() <= 2.0 * f64::EPSILON * y * y);
    }
}

#[cfg(feature = "reference")]
mod device {
    use super::*;
    use bakelite::consts::*;
    use bakelite::cuda::{Choice, Device, DeviceElement, DevicePtr, KernelArguments};
    use bakelite::host::{Level, Tuning};
    use bakelite::ptx::{Traced, declarations, trace};
    use bakelite::{
        layout::try_plan,
        ode::{Integrator, methods::Erk},
        prelude::*,
    };

    #[derive(Clone, Copy)]
    #[repr(C)]
    struct Arguments<T> {
        x: DevicePtr<T>,
        y: DevicePtr<T>,
        result: DevicePtr<T>,
    }
    // SAFETY: repr(C), without padding; addresses of the device.
    unsafe impl KernelArguments for Arguments<f32> {}
    // SAFETY: as above.
    unsafe impl KernelArguments for Arguments<f64> {}

    /// One block: a thread for each pair.
    fn program<F: Function, T: Real>() -> String {
        let fragment = trace(|| F::of(Traced::<T>::operand("x"), Traced::operand("y")).output("d"));
        let body = fragment
            .emit(&|name| match name {
                "x" => Some("%x"),
                "y" => Some("%y"),
                _ => Some("%d"),
            })
            .unwrap();
        let (t, shift) = if T::NAME == "f64" {
            ("f64", 3)
        } else {
            ("f32", 2)
        };
        let mut text = format!(
            ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry lanes(.param .align 8 .b8 args[24])\n{{\n\
             .reg .b32 %r<2>;\n.reg .b64 %a<5>;\n.reg .{t} %x, %y, %d;\n{}mov.u32 %r0, %tid.x;\ncvt.u64.u32 %a4, %r0;\nshl.b64 %a4, %a4, {shift};\n",
            declarations(fragment.registers())
        );
        for at in 0..3 {
            text += &format!(
                "ld.param.u64 %a{at}, [args+{}];\ncvta.to.global.u64 %a{at}, %a{at};\nadd.s64 %a{at}, %a{at}, %a4;\n",
                8 * at
            );
        }
        text + &format!(
            "ld.global.{t} %x, [%a0];\nld.global.{t} %y, [%a1];\n{body}\nst.global.{t} [%a2], %d;\nret;\n}}\n"
        )
    }

    fn traced<F: Function, T: Real + DeviceElement>(device: &Device)
    where
        Arguments<T>: KernelArguments,
    {
        let kernel = device.load(&program::<F, T>(), "lanes").unwrap();
        for chunk in with_edges::<F, T>(96).chunks(256) {
            let (x, y): (Vec<T>, Vec<T>) = chunk.iter().copied().unzip();
            let (x, y) = (device.upload(&x).unwrap(), device.upload(&y).unwrap());
            let result = device.zeroed::<T>(chunk.len()).unwrap();
            let arguments = Arguments {
                x: x.pointer(),
                y: y.pointer(),
                result: result.pointer(),
            };
            // SAFETY: each thread accesses its own element of three buffers that have as many as there are threads.
            unsafe { kernel.launch(1, chunk.len() as u32, 0, &arguments).unwrap() };
            for (&(x, y), got) in chunk.iter().zip(result.download().unwrap()) {
                assert_eq!(
                    bits(got),
                    bits(F::of(x, y)),
                    "{}({x:?}, {y:?}): {got:?}",
                    F::NAME
                );
            }
        }
    }

    macro_rules! traces {
        ($($name:ident)*) => {
            let device = Device::open(Choice::Reference).unwrap();
            $( traced::<$name, f64>(&device); traced::<$name, f32>(&device); )*
        };
    }

    #[test]
    fn traced_ptx_gives_the_same_bits() {
        each_function!(traces);
    }

    system! {
        /// A damped pendulum whose drive dies out.
        struct Pendulum;
        states: U2;
        parameters: U2;
        rhs: |t, [angle, speed], [drive, decay]| [
            speed,
            drive * t.cos() * (-(decay * t)).exp() - angle.sin() - R::lit(0.1) * speed,
        ]
    }

    fn solve<E: Real + DeviceElement>() {
        type M<E> = Integrator<Pendulum, Erk<Tsit5>, ProportionalIntegral, E, Shared>;
        let value = |low: f64, run: usize| E::from_f64(low + 0.05 * run as f64);
        let initial =
            ndarray::Array2::from_shape_fn((2, 35), |(row, run)| value(0.1 * row as f64, run));
        let parameters =
            ndarray::Array2::from_shape_fn((2, 35), |(row, run)| value(0.2 + row as f64, run));
        let ensemble =
            Ensemble::<Pendulum, E>::new(initial.view(), parameters.view(), (0.0, 5.0)).unwrap();
        let options = Options {
            rtol: 1e-5,
            atol: vec![1e-5],
            ..Options::default()
        };
        let plan =
            try_plan::<<M<E> as Method>::Buffers>(on(Arch::Sm80).block(32).packed()).unwrap();
        let tuning = Tuning {
            threads: 1,
            level: Level::best(),
        };
        let expected = ensemble
            .solve_on_host::<M<E>, 1>(&options, plan.view(), &tuning)
            .unwrap();
        assert_eq!(expected.count(Status::Success), 35);
        let packs = ensemble
            .solve_on_host::<M<E>, 16>(&options, plan.view(), &tuning)
            .unwrap();
        assert!(expected.same_bits(&packs));
        let device = Device::open(Choice::Reference).unwrap();
        let got = ensemble
            .solve_on_device::<M<E>>(&options, &plan.view(), &device)
            .unwrap();
        assert!(expected.same_bits(&got));
    }

    #[test]
    fn a_driven_pendulum_has_the_same_bits() {
        solve::<f64>();
        solve::<f32>();
    }
}

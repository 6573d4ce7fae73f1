//! The reference device's directed roundings and bit instructions: a compiled kernel and hand-written ones beside Rust,
//! whose results to nearest and exact remainders tell on which side the true value lies.
#![cfg(feature = "reference")]

use bakelite::cuda::{Choice, Device, DevicePtr, KernelArguments, ReferenceOptions};

/// The reference device folded and not; and the GPU of this machine.
fn devices() -> Vec<Device> {
    let options = |fold| ReferenceOptions {
        fold,
        ..ReferenceOptions::default()
    };
    let all = [true, false].map(|fold| Device::reference_with(options(fold)).unwrap());
    let mut devices = Vec::from(all);
    let auto = Device::open(Choice::Auto).unwrap();
    if !auto.is_reference() {
        devices.push(auto);
    }
    devices
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Direction {
    Zero,
    Down,
    Up,
}
use Direction::{Down, Up, Zero};
const DIRECTIONS: [(&str, Direction); 3] = [("rz", Zero), ("rm", Down), ("rp", Up)];

/// A value that need not be a number of the format: `near` and the sign of what is missing.
#[derive(Clone, Copy, Debug)]
struct Value {
    near: f64,
    rest: f64,
}

/// Exact sum of three numbers' rounded sum and remainder (Knuth).
fn sum(x: f64, y: f64) -> Value {
    let near = x + y;
    let other = near - x;
    let rest = (x - (near - other)) + (y - other);
    Value { near, rest }
}

impl Value {
    /// The neighbour in `f64`.
    fn double(self, direction: Direction) -> f64 {
        let Value { near, rest } = self;
        // a finite value beyond the largest number
        if near.is_infinite() {
            let away = direction == if near > 0.0 { Up } else { Down };
            return if away { near } else { f64::MAX.copysign(near) };
        }
        match direction {
            Down if rest < 0.0 => near.next_down(),
            Up if rest > 0.0 => near.next_up(),
            Zero if rest < 0.0 && near > 0.0 => near.next_down(),
            Zero if rest > 0.0 && near < 0.0 => near.next_up(),
            _ => near,
        }
    }

    /// The neighbour in `f32`; zero has the sign of `near`.
    fn single(self, direction: Direction) -> f32 {
        let near = self.near as f32;
        let back = f64::from(near);
        let above = self.near > back || (self.near == back && self.rest > 0.0);
        let below = self.near < back || (self.near == back && self.rest < 0.0);
        match direction {
            Down if below => near.next_down(),
            Up if above => near.next_up(),
            Zero if below && (back > 0.0) => near.next_down(),
            Zero if above && (back < 0.0) => near.next_up(),
            _ => near,
        }
    }
}

/// Sum with the sign of an exact zero.
fn add(x: f64, y: f64, direction: Direction) -> Value {
    let value = sum(x, y);
    if value.near == 0.0
        && value.rest == 0.0
        && (x != 0.0 || x.is_sign_negative() != y.is_sign_negative())
    {
        let near = if direction == Down { -0.0 } else { 0.0 };
        return Value { near, rest: 0.0 };
    }
    value
}

const SINGLES: [f32; 30] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.1,
    -0.3,
    1.5,
    3.0,
    -7.0,
    1e-3,
    12345.678,
    -1e7,
    16_777_217.0,
    1e-20,
    -3e-20,
    7e-30,
    1e-38,
    -1.2e-38,
    1e-45,
    -4e-45,
    6.1e-39,
    3e38,
    -3.4e38,
    1e20,
    f32::MAX,
    f32::MIN,
    f32::MIN_POSITIVE,
    f32::EPSILON,
    1.000_000_1,
    0.333_333_34,
];
const DOUBLES: [f64; 28] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.1,
    -0.3,
    1.5,
    3.0,
    -7.0,
    1e-3,
    12345.678,
    -1e17,
    9_007_199_254_740_993.0,
    1e-20,
    -3e-20,
    7e-130,
    1e120,
    -1.2e-120,
    1e150,
    -4e140,
    6.1e-39,
    1.7e308,
    -1.6e308,
    1e300,
    f64::MAX,
    f64::MIN,
    f64::EPSILON,
    1.0 / 3.0,
];
const SPECIALS: [f64; 3] = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN];

/// `%d = operation of %x, %y, %z`, one thread for each triple.
fn run(device: &Device, ty: &str, body: &str, cells: &[[u64; 3]]) -> Vec<u64> {
    let ptx = format!(
        ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry one(.param .align 8 .b8 args[16])\n{{\n\
         .reg .b32 %r<5>;\n.reg .b64 %a, %l<4>;\n.reg .pred %p<4>;\n.reg .{ty} %x, %y, %z, %d;\n\
         mov.u32 %r0, %ctaid.x;\nmov.u32 %r1, %ntid.x;\nmov.u32 %r2, %tid.x;\nmad.lo.u32 %r0, %r0, %r1, %r2;\n\
         ld.param.u64 %l1, [args+8];\ncvt.u64.u32 %a, %r0;\nsetp.ge.u64 %p1, %a, %l1;\n@%p1 ret;\n\
         ld.param.u64 %l1, [args];\ncvta.to.global.u64 %l1, %l1;\nmul.wide.u32 %a, %r0, 24;\nadd.u64 %a, %a, %l1;\n\
         ld.global.{ty} %x, [%a];\nld.global.{ty} %y, [%a+8];\nld.global.{ty} %z, [%a+16];\nmov.u64 %l2, 0;\nst.global.u64 [%a], %l2;\n\
         {body}\nret;\n}}\n"
    );
    let flat: Vec<u64> = cells.iter().flatten().copied().collect();
    let buffer = device.upload(&flat).unwrap();
    let args = [buffer.pointer().address(), cells.len() as u64];
    let kernel = device.load(&ptx, "one").unwrap();
    // SAFETY: a thread below the number of cells accesses its own.
    unsafe {
        kernel
            .launch((cells.len() as u32).div_ceil(64), 64, 0, &args)
            .unwrap()
    };
    buffer.download().unwrap().into_iter().step_by(3).collect()
}

macro_rules! directed {
    ($test:ident, $f:ident, $values:ident, $bits:expr, $of:expr, $round:ident) => {
        #[test]
        fn $test() {
            let ty = stringify!($f);
            let mut values: Vec<$f> = $values.to_vec();
            values.extend(SPECIALS.map(|x| x as $f));
            let n = values.len();
            let cells: Vec<[$f; 3]> = (0..n * n)
                .map(|i| [values[i / n], values[i % n], values[(i * 7 + i / n) % n]])
                .collect();
            let raw: Vec<[u64; 3]> = cells.iter().map(|c| c.map($bits)).collect();
            for device in devices() {
                for (modifier, direction) in DIRECTIONS {
                    let check = |name: &str,
                                 operands: &str,
                                 want: &dyn Fn($f, $f, $f) -> Option<$f>| {
                        let body = format!(
                            "{name}.{modifier}.{ty} %d, {operands}; st.global.{ty} [%a], %d;"
                        );
                        let got = run(&device, ty, &body, &raw);
                        let mut compared = 0;
                        for (&[x, y, z], got) in cells.iter().zip(got) {
                            let Some(want) = want(x, y, z) else { continue };
                            let got = $of(got);
                            compared += 1;
                            assert!(
                                got.to_bits() == want.to_bits() || (got.is_nan() && want.is_nan()),
                                "{body} of {x:e}, {y:e}, {z:e}: {got:e}, expected {want:e}"
                            );
                        }
                        assert!(compared > n);
                    };
                    let finite = |all: &[$f]| all.iter().all(|x| x.is_finite());
                    let sum = |x: $f, y: $f| match finite(&[x, y]) {
                        true => Some(add(x.into(), y.into(), direction).$round(direction)),
                        false => Some(x + y),
                    };
                    check("add", "%x, %y", &|x, y, _| sum(x, y));
                    check("sub", "%x, %y", &|x, y, _| sum(x, -y));
                    let product = |x: f64, y: f64| Value {
                        near: x * y,
                        rest: x.mul_add(y, -(x * y)),
                    };
                    // where the remainder itself is no number, there is nothing to compare with
                    let told = |v: Value| v.near == 0.0 && v.rest == 0.0 || v.near.abs() > 1e-280;
                    check("mul", "%x, %y", &|x, y, _| {
                        if !finite(&[x, y]) || x == 0.0 || y == 0.0 {
                            return Some(x * y);
                        }
                        let value = product(x.into(), y.into());
                        told(value).then(|| value.$round(direction))
                    });
                    check("div", "%x, %y", &|x, y, _| {
                        if !finite(&[x, y]) || x == 0.0 || y == 0.0 {
                            return Some(x / y);
                        }
                        let (x, y) = (f64::from(x), f64::from(y));
                        let near = x / y;
                        let rest = if near.is_finite() {
                            (-near).mul_add(y, x) * y.signum()
                        } else {
                            0.0
                        };
                        (near.abs() > 1e-280 && near.is_finite() && x.abs() > 1e-220)
                            .then(|| Value { near, rest }.$round(direction))
                    });
                    check("rcp", "%x", &|x, _, _| {
                        if !x.is_finite() || x == 0.0 {
                            return Some(1.0 / x);
                        }
                        let y = f64::from(x);
                        let near = 1.0 / y;
                        let rest = (-near).mul_add(y, 1.0) * y.signum();
                        (near.abs() > 1e-280).then(|| Value { near, rest }.$round(direction))
                    });
                    check("sqrt", "%x", &|x, _, _| {
                        if !x.is_finite() || x <= 0.0 {
                            return Some(x.sqrt());
                        }
                        let near = f64::from(x).sqrt();
                        let rest = (-near).mul_add(near, f64::from(x));
                        Some(Value { near, rest }.$round(direction))
                    });
                    check("fma", "%x, %y, %z", &|x, y, z| {
                        if !finite(&[x, y, z]) {
                            return Some(x.mul_add(y, z));
                        }
                        let p = product(x.into(), y.into());
                        // exact where the product is a number
                        let exact = p.rest == 0.0 && p.near.is_finite() && told(p);
                        exact.then(|| add(p.near, z.into(), direction).$round(direction))
                    });
                }
            }
        }
    };
}
directed!(
    directed_f32,
    f32,
    SINGLES,
    |x: f32| u64::from(x.to_bits()),
    |x: u64| f32::from_bits(x as u32),
    single
);
directed!(
    directed_f64,
    f64,
    DOUBLES,
    |x: f64| x.to_bits(),
    f64::from_bits,
    double
);

/// Products that are no numbers, and subnormal results, with the neighbours that the definition wants.
#[test]
fn directed_edges() {
    let tiny = f64::from_bits(1);
    let cases: [(&str, [f64; 3], [f64; 3]); 7] = [
        // rz, rm, rp
        ("mul", [1e-200, 1e-200, 0.0], [0.0, 0.0, tiny]),
        ("mul", [1e-200, -1e-200, 0.0], [-0.0, -tiny, -0.0]),
        (
            "mul",
            [1e200, -1e200, 0.0],
            [f64::MIN, f64::NEG_INFINITY, f64::MIN],
        ),
        ("div", [tiny, 2.0, 0.0], [0.0, 0.0, tiny]),
        ("div", [3.0 * tiny, -2.0, 0.0], [-tiny, -2.0 * tiny, -tiny]),
        (
            "fma",
            [0.1, 0.1, -0.01],
            [
                8.326672684688674e-19,
                8.326672684688674e-19,
                8.326672684688676e-19,
            ],
        ),
        ("fma", [1e-300, 1e-300, 1.0], [1.0, 1.0, 1.0 + f64::EPSILON]),
    ];
    for device in devices() {
        for (name, cell, want) in cases {
            for ((modifier, _), want) in DIRECTIONS.iter().zip(want) {
                let z = if name == "fma" { ", %z" } else { "" };
                let body = format!("{name}.{modifier}.f64 %d, %x, %y{z}; st.global.f64 [%a], %d;");
                let got = f64::from_bits(run(&device, "f64", &body, &[cell.map(f64::to_bits)])[0]);
                if name == "fma" && cell[2] == -0.01 {
                    // 0.1 * 0.1 - 0.01, by its exact parts: product to nearest, its remainder, and the difference
                    let near = 0.1f64 * 0.1;
                    let exact = sum(near - 0.01, 0.1f64.mul_add(0.1, -near));
                    let direction = DIRECTIONS.iter().find(|d| d.0 == *modifier).unwrap().1;
                    assert_eq!(got, exact.double(direction), "{body}");
                    continue;
                }
                assert_eq!(got.to_bits(), want.to_bits(), "{body} of {cell:?}: {got:e}");
            }
        }
    }
}

#[test]
fn directed_conversions() {
    let doubles: Vec<f64> = DOUBLES
        .iter()
        .chain(&SPECIALS)
        .copied()
        .chain([1e-46, -1e-46, 3.5e38, -3.5e38, 1.000_000_01, -1.000_000_01])
        .collect();
    let cells: Vec<[u64; 3]> = doubles.iter().map(|x| [x.to_bits(); 3]).collect();
    let integers: Vec<u64> = [0, 1, 3, 16_777_217, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]
        .into_iter()
        .chain([
            1 << 53 | 1,
            i64::MAX as u64,
            i64::MIN as u64,
            u64::MAX,
            u64::MAX - 1024,
            0xfedc_ba98_7654_3210,
        ])
        .collect();
    let whole: Vec<[u64; 3]> = integers.iter().map(|x| [*x; 3]).collect();
    for device in devices() {
        for (modifier, direction) in DIRECTIONS {
            let body =
                format!(".reg .f32 %f; cvt.{modifier}.f32.f64 %f, %x; st.global.f32 [%a], %f;");
            for (x, got) in doubles.iter().zip(run(&device, "f64", &body, &cells)) {
                let got = f32::from_bits(got as u32);
                let want = match x.is_finite() {
                    true => Value {
                        near: *x,
                        rest: 0.0,
                    }
                    .single(direction),
                    false => *x as f32,
                };
                assert!(
                    got.to_bits() == want.to_bits() || got.is_nan() && want.is_nan(),
                    "{body} {x:e}: {got:e}, {want:e}"
                );
            }
            for ty in ["u8", "s8", "u16", "s16", "u32", "s32", "u64", "s64"] {
                let extended = |x: u64| match ty {
                    "u8" => i128::from(x as u8),
                    "s8" => i128::from(x as i8),
                    "u16" => i128::from(x as u16),
                    "s16" => i128::from(x as i16),
                    "u32" => i128::from(x as u32),
                    "s32" => i128::from(x as i32),
                    "u64" => i128::from(x),
                    _ => i128::from(x as i64),
                };
                let single = format!(
                    ".reg .f32 %f; cvt.{modifier}.f32.{ty} %f, %x; st.global.f32 [%a], %f;"
                );
                let double = format!(
                    ".reg .f64 %f; cvt.{modifier}.f64.{ty} %f, %x; st.global.f64 [%a], %f;"
                );
                let singles = run(&device, "b64", &single, &whole);
                let all = singles
                    .into_iter()
                    .zip(run(&device, "b64", &double, &whole));
                for (x, (single, double)) in integers.iter().zip(all) {
                    let x = extended(*x);
                    let (single, double) = (f32::from_bits(single as u32), f64::from_bits(double));
                    // as integers: 128 bits hold them all
                    let side = |back: i128| match direction {
                        Down => back <= x,
                        Up => back >= x,
                        Zero => back.abs() <= x.abs(),
                    };
                    assert!(
                        side(single as i128) && side(double as i128),
                        "{ty} {modifier} {x}: {single:e}, {double:e}"
                    );
                    let near = |back: i128, up: i128, down: i128| back == x || (down < x && x < up);
                    assert!(
                        near(
                            single as i128,
                            single.next_up() as i128,
                            single.next_down() as i128
                        ),
                        "{ty} {x}"
                    );
                    assert!(
                        near(
                            double as i128,
                            double.next_up() as i128,
                            double.next_down() as i128
                        ),
                        "{ty} {x}"
                    );
                }
            }
        }
    }
}

const INTEGERS: [u64; 14] = [
    0,
    1,
    2,
    5,
    31,
    32,
    33,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1234_5678_9abc_def0,
    0x8000_0000_0000_0000,
    u64::MAX,
    0x0f0f_0000_8421_fedc,
];

#[test]
fn bits_and_fields() {
    let n = INTEGERS.len();
    let cells: Vec<[u64; 3]> = (0..n * n * 3)
        .map(|i| {
            [
                INTEGERS[i % n],
                INTEGERS[i / n % n],
                [
                    0, 1, 4, 7, 8, 13, 31, 32, 40, 63, 64, 255, 256, 0x3210, 0x9a75,
                ][i * 7 % 15],
            ]
        })
        .collect();
    for device in devices() {
        let check = |ty: &str, body: &str, want: &dyn Fn(u64, u64, u64) -> u64| {
            let body = format!("{body} st.global.{ty} [%a], %d;");
            let cut = |x: u64| {
                if ty.ends_with("32") {
                    x as u32 as u64
                } else {
                    x
                }
            };
            for (&[x, y, z], got) in cells.iter().zip(run(&device, ty, &body, &cells)) {
                let want = want(cut(x), cut(y), cut(z));
                assert_eq!(got, want, "{body} of {x:#x}, {y:#x}, {z:#x}");
            }
        };
        let wide = |body: &str| format!("{} cvt.u64.u32 %d, %r1;", body.replace("%d", "%r1"));
        check("b32", "popc.b32 %d, %x;", &|x, _, _| x.count_ones().into());
        check("b64", &wide("popc.b64 %d, %x;"), &|x, _, _| {
            x.count_ones().into()
        });
        check("b32", "clz.b32 %d, %x;", &|x, _, _| {
            (x as u32).leading_zeros().into()
        });
        check("b64", &wide("clz.b64 %d, %x;"), &|x, _, _| {
            x.leading_zeros().into()
        });
        check("b32", "brev.b32 %d, %x;", &|x, _, _| {
            (x as u32).reverse_bits().into()
        });
        check("b64", "brev.b64 %d, %x;", &|x, _, _| x.reverse_bits());
        let bfind = |x: u64, highest: i32| (0..=highest).rev().find(|i| x >> i & 1 == 1);
        let or_none = |i: Option<i32>| i.map_or(0xffff_ffff, |i| i as u64);
        let positive = |x: i64| (if x < 0 { !x } else { x }) as u64;
        check("b32", "bfind.u32 %d, %x;", &|x, _, _| or_none(bfind(x, 31)));
        check("b32", "bfind.s32 %d, %x;", &|x, _, _| {
            or_none(bfind(positive(x as i32 as i64), 31))
        });
        check("b64", &wide("bfind.s64 %d, %x;"), &|x, _, _| {
            or_none(bfind(positive(x as i64), 63))
        });
        check("b32", "bfind.shiftamt.u32 %d, %x;", &|x, _, _| {
            or_none(bfind(x, 31).map(|i| 31 - i))
        });
        check("b64", &wide("bfind.shiftamt.u64 %d, %x;"), &|x, _, _| {
            or_none(bfind(x, 63).map(|i| 63 - i))
        });
        // the manual's loop, bit by bit
        let bfe = |a: u64, b: u64, c: u64, msb: u64, signed: bool| {
            let (pos, len) = (b & 0xff, c & 0xff);
            let sbit = if signed && len > 0 {
                a >> (pos + len - 1).min(msb) & 1
            } else {
                0
            };
            (0..=msb).fold(0, |d, i| {
                d | (if i < len && pos + i <= msb {
                    a >> (pos + i) & 1
                } else {
                    sbit
                }) << i
            })
        };
        check("b32", "bfe.u32 %d, %x, %y, %z;", &|x, y, z| {
            bfe(x, y, z, 31, false)
        });
        check("b32", "bfe.s32 %d, %x, %y, %z;", &|x, y, z| {
            bfe(x, y, z, 31, true)
        });
        let narrow = "cvt.u32.u64 %r1, %y; cvt.u32.u64 %r2, %z;";
        check(
            "b64",
            &format!("{narrow} bfe.u64 %d, %x, %r1, %r2;"),
            &|x, y, z| bfe(x, y, z, 63, false),
        );
        check(
            "b64",
            &format!("{narrow} bfe.s64 %d, %x, %r1, %r2;"),
            &|x, y, z| bfe(x, y, z, 63, true),
        );
        let bfi = |a: u64, b: u64, c: u64, d: u64, msb: u64| {
            let (pos, len) = (c & 0xff, d & 0xff);
            (0..len).filter(|i| pos + i <= msb).fold(b, |f, i| {
                (f & !(1 << (pos + i))) | (a >> i & 1) << (pos + i)
            })
        };
        check("b32", "bfi.b32 %d, %x, %y, %z, 9;", &|x, y, z| {
            bfi(x, y, z, 9, 31)
        });
        check("b32", "bfi.b32 %d, %x, %y, 5, %z;", &|x, y, z| {
            bfi(x, y, 5, z, 31)
        });
        check(
            "b64",
            &format!("{narrow} bfi.b64 %d, %x, %y, %r2, 60;"),
            &|x, y, z| bfi(x, y, z, 60, 63),
        );
        check(
            "b64",
            &format!("{narrow} bfi.b64 %d, %x, %y, 3, %r2;"),
            &|x, y, z| bfi(x, y, 3, z, 63),
        );
        check("b32", "prmt.b32 %d, %x, %y, %z;", &|x, y, z| {
            let bytes = (y << 32 | x).to_le_bytes();
            (0..4).fold(0, |d, i| {
                let (select, sign) = (z >> (4 * i) & 7, z >> (4 * i + 3) & 1 == 1);
                let byte = bytes[select as usize];
                let byte = if sign {
                    if byte & 0x80 != 0 { 0xff } else { 0 }
                } else {
                    byte
                };
                d | u64::from(byte) << (8 * i)
            })
        });
        let both = |x: u64, y: u64| u128::from(y << 32 | x);
        check("b32", "shf.l.wrap.b32 %d, %x, %y, %z;", &|x, y, z| {
            (both(x, y) << (z & 31) >> 32) as u32 as u64
        });
        check("b32", "shf.r.wrap.b32 %d, %x, %y, %z;", &|x, y, z| {
            (both(x, y) >> (z & 31)) as u32 as u64
        });
        check("b32", "shf.l.clamp.b32 %d, %x, %y, %z;", &|x, y, z| {
            (both(x, y) << z.min(32) >> 32) as u32 as u64
        });
        check("b32", "shf.r.clamp.b32 %d, %x, %y, %z;", &|x, y, z| {
            (both(x, y) >> z.min(32)) as u32 as u64
        });
        check(
            "b64",
            "cvt.u32.u64 %r1, %x; cvt.u32.u64 %r2, %y; mad.wide.s32 %d, %r1, %r2, %z;",
            &|x, y, z| (i64::from(x as i32) * i64::from(y as i32)).wrapping_add(z as i64) as u64,
        );
        check(
            "b64",
            "cvt.u32.u64 %r1, %x; cvt.u32.u64 %r2, %y; mad.wide.u32 %d, %r1, %r2, %z;",
            &|x, y, z| (u64::from(x as u32) * u64::from(y as u32)).wrapping_add(z),
        );
        // narrowing, and the sign up to the register's width
        check("b32", "cvt.s8.s32 %d, %x;", &|x, _, _| {
            x as i8 as u32 as u64
        });
        check("b32", "cvt.u8.s32 %d, %x;", &|x, _, _| x as u8 as u64);
        check("b64", "cvt.s16.u64 %d, %x;", &|x, _, _| x as i16 as u64);
        // two results: q is of the opposite comparison
        for (join, with) in [
            ("", (|t, _| t) as fn(bool, bool) -> bool),
            (".and", |t, c| t & c),
            (".xor", |t, c| t ^ c),
        ] {
            let third = if join.is_empty() { "" } else { ", !%p3" };
            let body = format!(
                "setp.gt.u64 %p3, %y, %z; setp.lt{join}.u64 %p1|%p2, %x, %y{third}; selp.u64 %d, 2, 0, %p2; @%p1 add.u64 %d, %d, 1;"
            );
            check("b64", &body, &|x, y, z| {
                let c = y <= z;
                u64::from(with(x < y, c)) + 2 * u64::from(with(x >= y, c))
            });
        }
        let own = "setp.gt.u64 %p1, %y, %z; setp.lt.or.u64 %p1|%p2, %x, %y, %p1; selp.u64 %d, 2, 0, %p2; @%p1 add.u64 %d, %d, 1;";
        check("b64", own, &|x, y, z| {
            u64::from(x < y || y > z) + 2 * u64::from(x >= y || y > z)
        });
    }
}

#[derive(Clone, Copy)]
#[repr(C)]
struct Numbers {
    a: DevicePtr<f32>,
    b: DevicePtr<f64>,
    c: DevicePtr<i32>,
    f: DevicePtr<f32>,
    d: DevicePtr<f64>,
    l: DevicePtr<i64>,
    n: i32,
    padding: i32,
}
// SAFETY: repr(C), without padding; addresses of the device and numbers.
unsafe impl KernelArguments for Numbers {}

#[test]
fn compiled_roundings_and_bits() {
    const N: usize = 200;
    let random = |i: usize| {
        (i as u64 + 1)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(23)
    };
    let a: Vec<f32> = (0..=N).map(|i| (random(i) as i32) as f32 * 1e-7).collect();
    let b: Vec<f64> = (0..=N).map(|i| (random(i) as i64) as f64 * 1e-15).collect();
    let c: Vec<i32> = (0..=N).map(|i| (random(i) >> (i % 40)) as i32).collect();
    for device in devices() {
        let (x, y, z) = (
            device.upload(&a).unwrap(),
            device.upload(&b).unwrap(),
            device.upload(&c).unwrap(),
        );
        let f = device.zeroed::<f32>(8 * N).unwrap();
        let d = device.zeroed::<f64>(8 * N).unwrap();
        let l = device.zeroed::<i64>(8 * N).unwrap();
        let args = Numbers {
            a: x.pointer(),
            b: y.pointer(),
            c: z.pointer(),
            f: f.pointer(),
            d: d.pointer(),
            l: l.pointer(),
            n: N as i32,
            padding: 0,
        };
        let kernel = device
            .load(include_str!("../ptx/numbers.ptx"), "numbers")
            .unwrap();
        // SAFETY: the buffers have what the kernel's structure says.
        unsafe { kernel.launch(4, 64, 0, &args).unwrap() };
        let (f, d, l) = (
            f.download().unwrap(),
            d.download().unwrap(),
            l.download().unwrap(),
        );
        for t in 0..N {
            let (x, x2) = (f64::from(a[t]), f64::from(a[t + 1]));
            let (y, y2, c, c2) = (b[t], b[t + 1], c[t], c[t + 1]);
            let w = (i64::from(c) << 32) ^ i64::from(c2);
            let product = |x: f64, y: f64| Value {
                near: x * y,
                rest: x.mul_add(y, -(x * y)),
            };
            let quotient = |x: f64, y: f64| Value {
                near: x / y,
                rest: (-(x / y)).mul_add(y, x) * y.signum(),
            };
            let root = |x: f64| Value {
                near: x.sqrt(),
                rest: (-x.sqrt()).mul_add(x.sqrt(), x),
            };
            let whole = |x: i64| Value {
                near: x as f64,
                rest: (x as i128 - (x as f64) as i128) as f64,
            };
            let singles = [
                add(x, x2, Zero).single(Zero),
                product(x, x2).single(Up),
                quotient(x, x2).single(Down),
                root(x.abs()).single(Zero),
                sum(x * x2, 1.0).single(Down),
                quotient(1.0, x).single(Up),
                Value { near: y, rest: 0.0 }.single(Down),
                whole(w).single(Up),
            ];
            let doubles = [
                add(y, y2, Up).double(Up),
                product(y, y2).double(Down),
                quotient(y, y2).double(Zero),
                root(y.abs()).double(Up),
                add(y, -y2, Down).double(Down),
                quotient(1.0, y).double(Zero),
                whole(w).double(Down),
                1.0 / y + y.copysign(y2),
            ];
            let first = |x: u64| {
                if x == 0 {
                    0
                } else {
                    i64::from(x.trailing_zeros()) + 1
                }
            };
            let bytes = ((c2 as u32 as u64) << 32 | c as u32 as u64).to_le_bytes();
            // CUDA looks at three bits of each selector only
            let permuted = (0..4).fold(0_u32, |d, i| {
                let select = c as u32 >> (4 * i) & 7;
                d | u32::from(bytes[select as usize]) << (8 * i)
            });
            let funnel = ((c2 as u32 as u64) << 32 | c as u32 as u64) << (c & 31) >> 32;
            let longs = [
                i64::from(c.count_ones() + c.leading_zeros())
                    + first(c as u32 as u64)
                    + (i64::from(c.reverse_bits() as u32) << 8),
                i64::from(w.count_ones() + w.leading_zeros()) + first(w as u64),
                w.reverse_bits(),
                funnel as i64,
                permuted.into(),
                (i32::from(c as u8) + i32::from(c2 as i8) + i32::from(c.wrapping_mul(c2) as i16))
                    .into(),
                (((c as u32 as u64) << 32 | c2 as u32 as u64) as i64)
                    .wrapping_add(((y.to_bits() >> 32) as i32).into()),
                (i64::from(c) * i64::from(c2))
                    .wrapping_add(w / 7)
                    .wrapping_add(w % 1_000_003)
                    .wrapping_add((w as u64 / 10) as i64),
            ];
            for k in 0..8 {
                assert_eq!(
                    f[k * N + t].to_bits(),
                    singles[k].to_bits(),
                    "f{k} of {x:e}, {x2:e}"
                );
                assert_eq!(
                    d[k * N + t].to_bits(),
                    doubles[k].to_bits(),
                    "d{k} of {y:e}, {y2:e}"
                );
                assert_eq!(l[k * N + t], longs[k], "l{k} of {c:#x}, {c2:#x}");
            }
        }
    }
}

#[derive(Clone, Copy)]
#[repr(C)]
struct Waves {
    x: DevicePtr<f64>,
    sine: DevicePtr<f64>,
    exponential: DevicePtr<f64>,
    high: DevicePtr<u64>,
}
// SAFETY: repr(C), without padding; addresses of the device.
unsafe impl KernelArguments for Waves {}

/// CUDA promises two units in the last place for the sine and one for the exponential; so does the host, about.
#[test]
fn compiled_functions() {
    const N: usize = 256;
    // arguments beyond 105615 are reduced with products of several words
    let x: Vec<f64> = (0..N)
        .map(|i| (i as f64 - 128.5) * 1.7f64.powi(i as i32 % 90))
        .collect();
    let words: Vec<u64> = (0..2 * N as u64)
        .map(|i| (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (i % 5 * 13))
        .collect();
    let close =
        |a: f64, b: f64, ulps: f64| a == b || (a - b).abs() <= ulps * f64::EPSILON * b.abs();
    for device in devices() {
        let from = device.upload(&x).unwrap();
        let sine = device.zeroed::<f64>(N).unwrap();
        let exponential = device.zeroed::<f64>(N).unwrap();
        let high = device.upload(&words).unwrap();
        let args = Waves {
            x: from.pointer(),
            sine: sine.pointer(),
            exponential: exponential.pointer(),
            high: high.pointer(),
        };
        let kernel = device
            .load(include_str!("../ptx/waves.ptx"), "waves")
            .unwrap();
        // SAFETY: a thread accesses what is its own of buffers that are long enough.
        unsafe { kernel.launch(1, N as u32, 0, &args).unwrap() };
        let (sine, exponential) = (sine.download().unwrap(), exponential.download().unwrap());
        let high = high.download().unwrap();
        for i in 0..N {
            assert!(
                close(sine[i], x[i].sin(), 3.0),
                "sin {:e}: {:e}",
                x[i],
                sine[i]
            );
            assert!(
                close(exponential[i], x[i].exp(), 2.0),
                "exp {:e}: {:e}",
                x[i],
                exponential[i]
            );
            let (u, v) = (words[2 * i], words[2 * i + 1]);
            assert_eq!(high[2 * i], ((u128::from(u) * u128::from(v)) >> 64) as u64);
            assert_eq!(
                high[2 * i + 1],
                u / (v | 1) + (u >> 7) % u64::from(v as u32 | 1)
            );
        }
    }
}

#[test]
fn sums_and_products_of_several_words() {
    let values = [
        0,
        1,
        0xffff_ffff,
        0x8000_0000,
        0x7fff_ffff,
        0x1234_5678,
        0xfedc_ba98,
    ];
    let n = values.len();
    let cells: Vec<[u64; 3]> = (0..n * n * n)
        .map(|i| [i % n, i / n % n, i / n / n].map(|i| values[i]))
        .collect();
    for device in devices() {
        // the carry of one operation, seen by the next: %d is the second result, %x + 2^32 * %y and the like are the
        // operands
        let check = |body: &str, want: &dyn Fn(u64, u64, u64) -> (u64, u64)| {
            let body = format!("{body} mov.b64 %l3, {{%r1, %d}}; st.global.u64 [%a], %l3;");
            for (&[x, y, z], got) in cells.iter().zip(run(&device, "b32", &body, &cells)) {
                let (low, high) = want(x, y, z);
                assert_eq!(
                    got,
                    low & 0xffff_ffff | high << 32,
                    "{body} of {x:#x}, {y:#x}, {z:#x}"
                );
            }
        };
        let low = 0xffff_ffff;
        let add = "add.cc.u32 %r1, %x, %y; addc.u32 %d, %y, %z;";
        check(add, &|x, y, z| (x + y, (y + z + ((x + y) >> 32)) & low));
        // and a carry of the carry's addition
        let add = "add.cc.s32 %r1, %x, %y; addc.cc.u32 %r1, %y, %z; addc.u32 %d, 0, 0;";
        check(add, &|x, y, z| {
            (y + z + ((x + y) >> 32), (y + z + ((x + y) >> 32)) >> 32)
        });
        let sub = "sub.cc.u32 %r1, %x, %y; subc.cc.u32 %d, %y, %z; subc.s32 %r1, %x, 0;";
        check(sub, &|x, y, z| {
            let first = u64::from(x < y);
            let second = u64::from(y < z + first);
            (x.wrapping_sub(second), y.wrapping_sub(z + first) & low)
        });
        let mad = "mad.lo.cc.u32 %r1, %x, %y, %z; madc.hi.u32 %d, %x, %y, %z;";
        check(mad, &|x, y, z| {
            let carry = (((x * y) & low) + z) >> 32;
            (x * y + z, (((x * y) >> 32) + z + carry) & low)
        });
        let mad = "mad.hi.cc.s32 %r1, %x, %y, %z; madc.lo.cc.s32 %d, %x, %y, 5;";
        check(mad, &|x, y, z| {
            let high = ((x as i32 as i64 * y as i32 as i64) >> 32) as u32 as u64;
            (high + z, (((x * y) & low) + 5 + ((high + z) >> 32)) & low)
        });
        check(
            "mad.hi.u32 %r1, %x, %y, %z; mov.pred %p1, 1; mov.pred %p2, 0; selp.u32 %d, 3, 4, %p1; @%p2 mov.u32 %d, 9;",
            &|x, y, z| (((x * y) >> 32) + z, 3),
        );
    }
}

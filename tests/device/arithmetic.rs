//! The reference device computes what PTX defines: every instruction that it claims beside Rust's own operation, and
//! compiled kernels beside the same algorithm in Rust, bit for bit. A GPU, where there is one, is held to the same
//! table.
#![cfg(feature = "reference")]

use bakelite::cuda::{Choice, Device, DevicePtr, KernelArguments, ReferenceOptions};
use std::cmp::Ordering::{self, *};

/// The reference device folded and not, on one host thread and on two; and the GPU of this machine.
fn devices() -> Vec<Device> {
    let mut devices = Vec::new();
    for (fold, threads) in [(true, 1), (true, 2), (false, 1), (false, 2)] {
        let options = ReferenceOptions {
            fold,
            threads,
            readers: true,
            ..ReferenceOptions::default()
        };
        devices.push(Device::reference_with(options).unwrap());
    }
    let auto = Device::open(Choice::Auto).unwrap();
    if !auto.is_reference() {
        devices.push(auto);
    }
    devices
}

#[derive(Clone, Copy)]
#[repr(C)]
struct Lanes {
    inputs: [DevicePtr<u64>; 3],
    result: DevicePtr<u64>,
    count: u64,
}
// SAFETY: repr(C), without padding; addresses of the device and numbers.
unsafe impl KernelArguments for Lanes {}

/// Three 64-bit cells in, one out: `body` computes `%d` from `%x`, `%y` and `%z`, registers of the types `[x, y, z,
/// d]`.
fn program(types: [&str; 4], body: &str) -> String {
    let [x, y, z, d] = types;
    let mut text = format!(
        ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry lanes(.param .align 8 .b8 args[40])\n{{\n\
         .reg .pred %p<8>;\n.reg .b32 %r<4>;\n.reg .b64 %a<6>;\n.reg .{x} %x;\n.reg .{y} %y;\n.reg .{z} %z;\n.reg .{d} %d;\n\
         mov.u32 %r0, %ctaid.x;\nmov.u32 %r1, %ntid.x;\nmov.u32 %r2, %tid.x;\nmad.lo.u32 %r3, %r0, %r1, %r2;\n\
         cvt.u64.u32 %a5, %r3;\nld.param.u64 %a4, [args+32];\nsetp.ge.u64 %p0, %a5, %a4;\n@%p0 ret;\nshl.b64 %a5, %a5, 3;\n"
    );
    for at in 0..4 {
        text += &format!("ld.param.u64 %a{at}, [args+{}];\n", 8 * at);
        text += &format!("cvta.to.global.u64 %a{at}, %a{at};\nadd.s64 %a{at}, %a{at}, %a5;\n");
    }
    for (at, (register, ty)) in [("%x", x), ("%y", y), ("%z", z)].iter().enumerate() {
        text += &format!("ld.global.{ty} {register}, [%a{at}];\n");
    }
    text + body + &format!("\nst.global.{d} [%a3], %d;\nret;\n}}\n")
}

/// Threads per block: the second warp is half full, and 48 divides no number of cells used here, so the last one is
/// too.
const BLOCK: u32 = 48;

fn run(device: &Device, ptx: &str, cells: &[[u64; 3]]) -> Vec<u64> {
    let column = |at: usize| cells.iter().map(|c| c[at]).collect::<Vec<_>>();
    let inputs = [0, 1, 2].map(|at| device.upload(&column(at)).unwrap());
    let result = device.zeroed::<u64>(cells.len()).unwrap();
    let lanes = Lanes {
        inputs: inputs.each_ref().map(|buffer| buffer.pointer()),
        result: result.pointer(),
        count: cells.len() as u64,
    };
    let grid = (cells.len() as u32).div_ceil(BLOCK);
    let kernel = device.load(ptx, "lanes").unwrap();
    // SAFETY: each thread below `count` accesses its own cell of each buffer, and they have `count`.
    unsafe { kernel.launch(grid, BLOCK, 0, &lanes).unwrap() };
    result.download().unwrap()
}

/// Equal bits, or two NaNs: PTX does not say which NaN an operation gives.
fn agree(ty: &str, a: u64, b: u64) -> bool {
    let single = |bits| f32::from_bits(bits as u32);
    a == b
        || match ty {
            "f64" => f64::from_bits(a).is_nan() && f64::from_bits(b).is_nan(),
            "f32" => single(a).is_nan() && single(b).is_nan(),
            _ => false,
        }
}

struct Bench {
    devices: Vec<Device>,
    cells: Vec<[u64; 3]>,
}

impl Bench {
    /// All pairs of `values`, with a third that is neither of them.
    fn new(values: &[u64]) -> Bench {
        let n = values.len();
        let cell = |i: usize| [values[i / n], values[i % n], values[(i * 7 + i / n) % n]];
        Bench {
            devices: devices(),
            cells: (0..n * n).map(cell).collect(),
        }
    }

    fn check(&self, types: [&str; 4], body: &str, want: impl Fn(u64, u64, u64) -> u64) {
        let ptx = program(types, body);
        for (which, device) in self.devices.iter().enumerate() {
            let got = run(device, &ptx, &self.cells);
            for (&[x, y, z], got) in self.cells.iter().zip(got) {
                let want = want(x, y, z);
                assert!(
                    agree(types[3], got, want),
                    "device {which}, `{body}` of {x:#x}, {y:#x}, {z:#x}: {got:#x}, expected {want:#x}"
                );
            }
        }
    }
}

const NUMBERS: [f64; 26] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.1,
    0.5,
    -1.5,
    2.5,
    -3.75,
    16_777_217.0,
    2_147_483_647.5,
    -2_147_483_648.7,
    4_294_967_295.5,
    9.3e18,
    1.9e19,
    -1e-40,
    1.000_000_059_604_645, // half-way between two f32
    3.5e38,                // beyond f32
    f64::MIN_POSITIVE,
    5e-324,
    -2.2e-308,
    f64::MAX,
    f64::MIN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
];
/// A NaN with a sign and a payload.
const ODD_NAN: u64 = 0xfff8_0000_dead_beef;

fn bits_f64() -> Vec<u64> {
    let bits = NUMBERS.iter().map(|x| x.to_bits());
    bits.chain([ODD_NAN]).collect()
}

fn bits_f32() -> Vec<u64> {
    let subnormal = f32::from_bits(1);
    let more = [
        subnormal,
        -f32::MIN_POSITIVE,
        f32::MAX,
        f32::from_bits(0xffc0_beef),
    ];
    let numbers = NUMBERS.iter().map(|x| *x as f32).chain(more);
    numbers.map(|x| u64::from(x.to_bits())).collect()
}

macro_rules! floats {
    ($test:ident, $f:ident, $int:ident, $values:ident) => {
        #[test]
        fn $test() {
            let (t, mut bench) = (stringify!($f), Bench::new(&$values()));
            let of = |x: u64| $f::from_bits(x as $int);
            let bits = |x: $f| u64::from(x.to_bits());
            // what is left of a product when its rounded self is taken away: where fma differs from mul and add
            let left = bench.cells.clone();
            let left = left.iter().map(|&[x, y, _]| [x, y, bits(-(of(x) * of(y)))]);
            bench.cells.extend(left);
            // a NaN loses, and -0 is below +0
            let pick = |x: $f, y: $f, wanted: Ordering| match (x.is_nan(), y.is_nan()) {
                (true, _) => y,
                (_, true) => x,
                _ if x.total_cmp(&y) == wanted => x,
                _ => y,
            };
            let check = |body: &str, want: &dyn Fn($f, $f, $f) -> $f| {
                let want = |x, y, z| bits(want(of(x), of(y), of(z)));
                bench.check([t; 4], &body.replace("#", t), want);
            };
            check("add.rn.# %d, %x, %y;", &|x, y, _| x + y);
            check("sub.rn.# %d, %x, %y;", &|x, y, _| x - y);
            check("mul.rn.# %d, %x, %y;", &|x, y, _| x * y);
            check("div.rn.# %d, %x, %y;", &|x, y, _| x / y);
            check("fma.rn.# %d, %x, %y, %z;", &|x, y, z| x.mul_add(y, z));
            let twice = "mul.rn.# %d, %x, %y; add.rn.# %d, %d, %z;";
            check(twice, &|x, y, z| x * y + z);
            check("sqrt.rn.# %d, %x;", &|x, _, _| x.sqrt());
            check("rcp.rn.# %d, %x;", &|x, _, _| 1.0 / x);
            check("neg.# %d, %x;", &|x, _, _| -x);
            check("abs.# %d, %x;", &|x, _, _| x.abs());
            check("max.# %d, %x, %y;", &|x, y, _| pick(x, y, Greater));
            check("min.# %d, %x, %y;", &|x, y, _| pick(x, y, Less));
            check("cvt.rni.#.# %d, %x;", &|x, _, _| x.round_ties_even());
            check("cvt.rzi.#.# %d, %x;", &|x, _, _| x.trunc());
            check("cvt.rmi.#.# %d, %x;", &|x, _, _| x.floor());
            check("cvt.rpi.#.# %d, %x;", &|x, _, _| x.ceil());

            // the suffix u: also true when the operands do not compare
            let relations: [(&str, &dyn Fn(Option<Ordering>) -> bool); 8] = [
                ("eq", &|o| o == Some(Equal)),
                ("ne", &|o| o.is_some_and(|o| o != Equal)),
                ("lt", &|o| o == Some(Less)),
                ("le", &|o| o.is_some_and(|o| o != Greater)),
                ("gt", &|o| o == Some(Greater)),
                ("ge", &|o| o.is_some_and(|o| o != Less)),
                ("num", &|o| o.is_some()),
                ("nan", &|o| o.is_none()),
            ];
            for (at, (name, holds)) in relations.iter().enumerate() {
                for unordered in [false, true] {
                    if unordered && at >= 6 {
                        continue;
                    }
                    let u = if unordered { "u" } else { "" };
                    let body = format!("setp.{name}{u}.{t} %p1, %x, %y; selp.u32 %d, 1, 0, %p1;");
                    bench.check([t, t, t, "u32"], &body, |x, y, _| {
                        let order = of(x).partial_cmp(&of(y));
                        u64::from(holds(order) || (unordered && order.is_none()))
                    });
                }
            }

            // out of range: the nearest; NaN: 0, or the highest bit alone where one side has 64 bits
            let rounded = |round: &str, x: u64| match round {
                "rni" => of(x).round_ties_even(),
                "rzi" => of(x).trunc(),
                "rmi" => of(x).floor(),
                _ => of(x).ceil(),
            };
            for round in ["rni", "rzi", "rmi", "rpi"] {
                macro_rules! to {
                    ($i:ident $u:ident $name:literal) => {
                        let body = format!("cvt.{round}.{}.{t} %d, %x;", $name);
                        let wide = $u::BITS == 64 || t == "f64";
                        let nan = if wide { 1 << ($u::BITS - 1) } else { 0 };
                        bench.check([t, t, t, $name], &body, |x, _, _| match rounded(round, x) {
                            r if r.is_nan() => nan,
                            r => (r as $i) as $u as u64,
                        });
                    };
                }
                to!(i32 u32 "s32");
                to!(u32 u32 "u32");
                to!(i64 u64 "s64");
                to!(u64 u64 "u64");
            }
        }
    };
}
floats!(every_f64_instruction, f64, u64, bits_f64);
floats!(every_f32_instruction, f32, u32, bits_f32);

#[test]
fn conversions_between_floats_and_choices() {
    let double = Bench::new(&bits_f64());
    double.check(
        ["f64", "f64", "f64", "f32"],
        "cvt.rn.f32.f64 %d, %x;",
        |x, _, _| u64::from((f64::from_bits(x) as f32).to_bits()),
    );
    for (bool_op, join) in [
        ("and", (|a, b| a & b) as fn(bool, bool) -> bool),
        ("or", |a, b| a | b),
        ("xor", |a, b| a ^ b),
    ] {
        for not in ["", "!"] {
            let body = format!(
                "setp.gt.f64 %p2, %y, %z; setp.lt.{bool_op}.f64 %p1, %x, %y, {not}%p2; selp.f64 %d, %x, %z, %p1;"
            );
            double.check(["f64"; 4], &body, |x, y, z| {
                let [a, b, c] = [x, y, z].map(f64::from_bits);
                if join(a < b, (b > c) != (not == "!")) {
                    x
                } else {
                    z
                }
            });
        }
    }
    // guards: the lanes that a guard stops keep the old value
    let guarded = "mov.f64 %d, %z; setp.lt.f64 %p1, %x, %y; @%p1 add.rn.f64 %d, %x, %y; @!%p1 neg.f64 %d, %d;";
    double.check(["f64"; 4], guarded, |x, y, z| {
        let [a, b, c] = [x, y, z].map(f64::from_bits);
        (if a < b { a + b } else { -c }).to_bits()
    });
    // and keep it from block to block
    let later = "setp.lt.f64 %p1, %x, %y; neg.f64 %d, %z; bra.uni $next; $next: @%p1 add.rn.f64 %d, %x, %y;";
    double.check(["f64"; 4], later, |x, y, z| {
        let [a, b, c] = [x, y, z].map(f64::from_bits);
        (if a < b { a + b } else { -c }).to_bits()
    });
    // predicates that folding knows, in guards, choices and branches
    for known in [0, 1] {
        let set = format!("setp.eq.u32 %p1, {known}, 1; not.pred %p2, %p1;");
        let bodies = [
            "mov.f64 %d, %z; @%p1 mov.f64 %d, %x; @!%p1 mov.f64 %d, %y;",
            "mov.f64 %d, %x; @%p2 mov.f64 %d, %y; @!%p2 add.rn.f64 %z, %x, %y;",
            "selp.f64 %d, %x, %y, %p1;",
            "or.pred %p3, %p1, %p2; and.pred %p4, %p3, %p1; xor.pred %p5, %p3, %p2; selp.f64 %z, %x, %y, %p4; \
             mov.pred %p6, %p5; selp.f64 %d, %z, %y, %p6;",
            "@%p1 bra $x; mov.f64 %d, %y; bra.uni $end; $x: mov.f64 %d, %x; $end:",
            "@!%p1 bra $y; mov.f64 %d, %x; bra.uni $end; $y: mov.f64 %d, %y; $end:",
        ];
        for body in bodies {
            double.check(["f64"; 4], &(set.clone() + body), |x, y, _| {
                if known == 1 { x } else { y }
            });
        }
    }
    // lanes of a warp that reach a barrier one after the other, where some have returned
    let twice = "mov.f64 %d, %x; setp.lt.f64 %p1, %x, %y; @%p1 bra $far; $sync: barrier.sync 0; mov.f64 %d, %y; bra.uni $end; \
                 $far: mov.f64 %y, %z; bra.uni $sync; $end:";
    double.check(["f64"; 4], twice, |x, y, z| {
        let [a, b] = [x, y].map(f64::from_bits);
        if a < b { z } else { y }
    });
    let single = Bench::new(&bits_f32());
    single.check(
        ["f32", "f32", "f32", "f64"],
        "cvt.f64.f32 %d, %x;",
        |x, _, _| f64::from(f32::from_bits(x as u32)).to_bits(),
    );
    // f32 has one NaN on NVIDIA's devices: PTX keeps no payloads
    let sum = program(["f32"; 4], "add.rn.f32 %d, %x, %y;");
    let got = run(&single.devices[0], &sum, &[[0xffc0_beef, 0x3f80_0000, 0]]);
    assert_eq!(got, [0x7fff_ffff]);
}

const INTEGERS: [u64; 22] = [
    0,
    1,
    2,
    3,
    7,
    15,
    16,
    31,
    33,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    u64::MAX,
    0x1234_5678_9abc_def0,
];

macro_rules! integers {
    ($bench:ident, $t:ident, $u:ident, $ty:literal, $bits:literal) => {{
        let check = |body: &str, want: &dyn Fn($t, $t, $t) -> $t| {
            let body = body.replace("#", $ty).replace("?", $bits);
            let want = |x, y, z| want(x as $t, y as $t, z as $t) as $u as u64;
            $bench.check([$ty; 4], &body, want);
        };
        check("add.# %d, %x, %y;", &|x, y, _| x.wrapping_add(y));
        check("sub.# %d, %x, %y;", &|x, y, _| x.wrapping_sub(y));
        check("mul.lo.# %d, %x, %y;", &|x, y, _| x.wrapping_mul(y));
        let mad = "mad.lo.# %d, %x, %y, %z;";
        check(mad, &|x, y, z| x.wrapping_mul(y).wrapping_add(z));
        // PTX leaves a division by zero open: never asked for here
        check("or.b? %y, %y, 1; div.# %d, %x, %y;", &|x, y, _| {
            x.wrapping_div(y | 1)
        });
        check("or.b? %y, %y, 1; rem.# %d, %x, %y;", &|x, y, _| {
            x.wrapping_rem(y | 1)
        });
        check("max.# %d, %x, %y;", &|x, y, _| x.max(y));
        check("min.# %d, %x, %y;", &|x, y, _| x.min(y));
        check("and.b? %d, %x, %y;", &|x, y, _| x & y);
        check("or.b? %d, %x, %y;", &|x, y, _| x | y);
        check("xor.b? %d, %x, %y;", &|x, y, _| x ^ y);
        check("not.b? %d, %x;", &|x, _, _| !x);
        check(
            "mov.# %d, %x; setp.lt.# %p1, %x, %y; @%p1 mov.# %d, %y;",
            &|x, y, _| x.max(y),
        );
        check(
            "setp.hs.u? %p1, %x, %y; selp.b? %d, %x, %y, %p1;",
            &|x, y, _| (x as $u).max(y as $u) as $t,
        );
        // a shift by more than the width shifts everything out, or leaves the sign
        let by = ["u32", "u32", "u32", $ty];
        let shift = |body: &str, want: &dyn Fn($t, u32) -> $t| {
            let types = [$ty, "u32", by[2], by[3]];
            let body = body.replace("#", $ty).replace("?", $bits);
            $bench.check(types, &body, |x, y, _| want(x as $t, y as u32) as $u as u64);
        };
        shift("shl.b? %d, %x, %y;", &|x, by| {
            x.checked_shl(by).unwrap_or(0)
        });
        let sign = |x: $t| {
            (if x.checked_neg().is_some_and(|n| n > x) || x == $t::MIN && $t::MIN != 0 {
                !0
            } else {
                0
            }) as $t
        };
        shift("shr.# %d, %x, %y;", &|x, by| {
            x.checked_shr(by).unwrap_or_else(|| sign(x))
        });
    }};
}
macro_rules! signed {
    ($bench:ident, $t:ident, $u:ident, $ty:literal) => {{
        let check = |body: &str, want: &dyn Fn($t) -> $t| {
            let want = |x, _, _| want(x as $t) as $u as u64;
            $bench.check([$ty; 4], &body.replace("#", $ty), want);
        };
        check("neg.# %d, %x;", &|x| x.wrapping_neg());
        check("abs.# %d, %x;", &|x| x.wrapping_abs());
    }};
}
macro_rules! products {
    ($bench:ident, $t:ident, $wide:ident, $ty:literal, $wide_ty:literal) => {{
        let product = |x: u64, y: u64| (x as $t as $wide).wrapping_mul(y as $t as $wide);
        let body = format!("mul.wide.{} %d, %x, %y;", $ty);
        let mask = u64::MAX >> (64 - $wide::BITS);
        $bench.check([$ty, $ty, $ty, $wide_ty], &body, |x, y, _| {
            product(x, y) as u64 & mask
        });
    }};
}
macro_rules! high {
    ($bench:ident, $t:ident, $wide:ident, $u:ident, $ty:literal) => {{
        let body = format!("mul.hi.{} %d, %x, %y;", $ty);
        $bench.check([$ty; 4], &body, |x, y, _| {
            ((x as $t as $wide * y as $t as $wide) >> $t::BITS) as $u as u64
        });
    }};
}

#[test]
fn every_integer_instruction() {
    let bench = Bench::new(&INTEGERS);
    integers!(bench, u16, u16, "u16", "16");
    integers!(bench, i16, u16, "s16", "16");
    integers!(bench, u32, u32, "u32", "32");
    integers!(bench, i32, u32, "s32", "32");
    integers!(bench, u64, u64, "u64", "64");
    integers!(bench, i64, u64, "s64", "64");
    signed!(bench, i16, u16, "s16");
    signed!(bench, i32, u32, "s32");
    signed!(bench, i64, u64, "s64");
    products!(bench, u16, u32, "u16", "u32");
    products!(bench, i16, i32, "s16", "s32");
    products!(bench, u32, u64, "u32", "u64");
    products!(bench, i32, i64, "s32", "s64");
    high!(bench, u32, u64, u32, "u32");
    high!(bench, i32, i64, u32, "s32");
    high!(bench, u64, u128, u64, "u64");
    high!(bench, i64, i128, u64, "s64");
}

/// The low bits of `x` that a type has, extended by its sign.
fn extended(ty: &str, x: u64) -> i128 {
    match ty {
        "u8" => i128::from(x as u8),
        "s8" => i128::from(x as i8),
        "u16" => i128::from(x as u16),
        "s16" => i128::from(x as i16),
        "u32" => i128::from(x as u32),
        "s32" => i128::from(x as i32),
        "s64" => i128::from(x as i64),
        _ => i128::from(x),
    }
}

#[test]
fn integer_conversions_loads_and_special_registers() {
    let bench = Bench::new(&INTEGERS);
    let narrow = ["u8", "s8", "u16", "s16", "u32", "s32", "u64", "s64"];
    let bits = |ty: &str| ty[1..].parse::<u32>().unwrap();
    for from in narrow {
        for to in &narrow[2..] {
            // the source register has more bits than the type: they do not count
            let body = format!("cvt.{to}.{from} %d, %x;");
            bench.check(["b64", "b64", "b64", to], &body, |x, _, _| {
                extended(from, x) as u64 & (u64::MAX >> (64 - bits(to)))
            });
        }
        // an unsigned result fills a wider register with zeros
        let body = format!("cvt.u32.{from} %d, %x;");
        bench.check(["b64"; 4], &body, |x, _, _| {
            u64::from(extended(from, x) as u32)
        });
        if bits(from) >= 32 {
            let body = format!("cvt.rn.f64.{from} %d, %x;");
            bench.check(["b64", "b64", "b64", "f64"], &body, |x, _, _| {
                (extended(from, x) as f64).to_bits()
            });
            let body = format!("cvt.rn.f32.{from} %d, %x;");
            bench.check(["b64", "b64", "b64", "f32"], &body, |x, _, _| {
                u64::from((extended(from, x) as f32).to_bits())
            });
        }
        // a load extends to the register
        let body = format!("ld.global.{from} %d, [%a0];");
        bench.check(["b64", "b64", "b64", "b64"], &body, |x, _, _| {
            extended(from, x) as u64
        });
    }
    // the first register of the vector is the one that holds the address
    let vector =
        "mov.u64 %z, %a0; ld.global.v2.u32 {%z, %y}, [%z]; shl.b64 %z, %z, 32; or.b64 %d, %z, %y;";
    bench.check(["b64"; 4], vector, |x, _, _| x.rotate_left(32));
    // an address of 32 bits wraps: here it starts below 0
    let wrapped = ".shared .align 8 .b64 cells[48]; mov.u32 %r0, cells; mad.lo.u32 %r0, %r2, 8, %r0; sub.u32 %r0, %r0, 65536; \
                   st.shared.b64 [%r0+65536], %x; ld.shared.b64 %d, [%r0+65536];";
    bench.check(["b64"; 4], wrapped, |x, _, _| x);
    bench.check(
        ["b64"; 4],
        "st.global.u64 [%a0], 0; st.global.u16 [%a0+2], %y; ld.global.u64 %d, [%a0];",
        |_, y, _| u64::from(y as u16) << 16,
    );

    let index = Bench {
        cells: (0..100).map(|i| [i, 0, 0]).collect(),
        ..bench
    };
    let (block, blocks) = (u64::from(BLOCK), 100_u64.div_ceil(BLOCK.into()));
    let special = |register: &str, want: &dyn Fn(u64) -> u64| {
        let body = format!("mov.u32 %d, {register};");
        index.check(["u64", "u64", "u64", "u32"], &body, |i, _, _| want(i));
    };
    special("%tid.x", &|i| i % block);
    special("%laneid", &|i| i % block % 32);
    special("%ctaid.x", &|i| i / block);
    special("%ntid.x", &|_| block);
    special("%nctaid.x", &|_| blocks);
    special("%tid.y", &|_| 0);
    special("%nctaid.z", &|_| 1);
}

#[derive(Clone, Copy)]
#[repr(C)]
struct Singles {
    x: DevicePtr<f32>,
    y: DevicePtr<f32>,
    count: u32,
    padding: u32,
}
// SAFETY: repr(C), without padding; addresses of the device and numbers.
unsafe impl KernelArguments for Singles {}

#[test]
fn compiled_single_precision() {
    let mut x: Vec<f32> = (0..1000)
        .map(|i| (i * 7919 % 1000) as f32 / 100.0 - 2.0)
        .collect();
    x.extend(bits_f32().iter().map(|&bits| f32::from_bits(bits as u32)));
    let want = x.iter().map(|&x| {
        let r = x.mul_add(1.7, 0.3) / (x + 1.0).sqrt() - x.abs() * 0.125;
        // no two zeros meet here, so Rust's maximum is PTX's
        u64::from((r.max(-x) + (f64::from(x) * 1.1) as f32).to_bits())
    });
    let want: Vec<u64> = want.collect();
    for device in devices() {
        let kernel = device.load(include_str!("../ptx/f32.ptx"), "f32").unwrap();
        let (from, to) = (
            device.upload(&x).unwrap(),
            device.zeroed::<f32>(x.len()).unwrap(),
        );
        let arguments = Singles {
            x: from.pointer(),
            y: to.pointer(),
            count: x.len() as u32,
            padding: 0,
        };
        // SAFETY: a thread accesses what is its own of buffers that are long enough.
        unsafe { kernel.launch(9, 128, 0, &arguments).unwrap() };
        for ((x, got), want) in x.iter().zip(to.download().unwrap()).zip(&want) {
            assert!(agree("f32", got.to_bits().into(), *want), "{x}: {got}");
        }
    }
}

#[derive(Clone, Copy)]
#[repr(C)]
struct Doubles {
    from: DevicePtr<f64>,
    to: DevicePtr<f64>,
}
// SAFETY: repr(C), without padding; addresses of the device and numbers.
unsafe impl KernelArguments for Doubles {}

#[test]
fn barriers_within_blocks_that_run_in_any_order() {
    const BLOCKS: usize = 7;
    for device in devices() {
        // a block that is no multiple of a warp, one warp, several warps
        for threads in [8, 32, 128, 256] {
            let values: Vec<f64> = (0..BLOCKS * threads)
                .map(|i| 1.0 / (i + 1) as f64)
                .collect();
            let want: Vec<f64> = values
                .chunks(threads)
                .map(|block| {
                    let (mut partial, mut half) = (block.to_vec(), threads / 2);
                    while half > 0 {
                        (0..half).for_each(|t| partial[t] += partial[t + half]);
                        half /= 2;
                    }
                    partial[0]
                })
                .collect();
            let from = device.upload(&values).unwrap();
            let to = device.zeroed::<f64>(BLOCKS).unwrap();
            let arguments = Doubles {
                from: from.pointer(),
                to: to.pointer(),
            };
            let kernel = device
                .load(include_str!("../ptx/block_sum.ptx"), "block_sum")
                .unwrap();
            let (grid, block) = (BLOCKS as u32, threads as u32);
            // SAFETY: a thread reads its own value, and the first of a block writes its own total.
            unsafe { kernel.launch(grid, block, 8 * threads, &arguments).unwrap() };
            assert_eq!(to.download().unwrap(), want);
            if device.is_reference() {
                assert_eq!(device.last_profile().unwrap().blocks, BLOCKS as u64);
            }
        }

        let values: Vec<f64> = (0..BLOCKS * 64).map(|i| i as f64).collect();
        let from = device.upload(&values).unwrap();
        let to = device.zeroed::<f64>(values.len()).unwrap();
        let arguments = Doubles {
            from: from.pointer(),
            to: to.pointer(),
        };
        let kernel = device
            .load(include_str!("../ptx/reverse.ptx"), "reverse")
            .unwrap();
        // SAFETY: a thread accesses what is its own of buffers that are long enough.
        unsafe { kernel.launch(BLOCKS as u32, 64, 0, &arguments).unwrap() };
        let want = values
            .chunks(64)
            .flat_map(|block| block.iter().rev().copied());
        assert_eq!(to.download().unwrap(), want.collect::<Vec<_>>());
    }
}

#[derive(Clone, Copy)]
#[repr(C)]
struct Histogram {
    values: DevicePtr<u32>,
    counts: DevicePtr<u32>,
    threads: u32,
    values_per_thread: u32,
    cleared: u32,
    padding: u32,
}
// SAFETY: repr(C), without padding; addresses of the device and numbers.
unsafe impl KernelArguments for Histogram {}

#[test]
fn arrays_that_are_indexed_by_data() {
    const THREADS: usize = 100;
    // not a multiple of four: the loops are unrolled
    for per_thread in [1, 7, 50] {
        let values: Vec<u32> = (0..THREADS * per_thread)
            .map(|i| (i * i / 3 % 16) as u32)
            .collect();
        let mut want = vec![0_u32; 16 * THREADS];
        for (i, bin) in values.iter().enumerate() {
            want[*bin as usize * THREADS + i % THREADS] += 1;
        }
        for device in devices() {
            let from = device.upload(&values).unwrap();
            let to = device.zeroed::<u32>(16 * THREADS).unwrap();
            let arguments = Histogram {
                values: from.pointer(),
                counts: to.pointer(),
                threads: THREADS as u32,
                values_per_thread: per_thread as u32,
                cleared: 16,
                padding: 0,
            };
            let kernel = device
                .load(include_str!("../ptx/histogram.ptx"), "histogram")
                .unwrap();
            // SAFETY: a thread accesses what is its own of buffers that are long enough.
            unsafe { kernel.launch(3, 40, 0, &arguments).unwrap() };
            assert_eq!(to.download().unwrap(), want);
        }
    }
}

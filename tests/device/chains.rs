//! Random straight-line code, whose operations the reference device moves and fuses when it folds, gives the bits of
//! the same code executed as it stands: registers written again and again, selections, comparisons, stores between,
//! lanes that sit out.
#![cfg(feature = "reference")]

use bakelite::ptx::device::{GlobalMemory, Launch, MOST_INSTRUCTIONS, Module, run};
use std::fmt::Write;

/// Threads: a full warp and a part of one.
const THREADS: u32 = 45;
/// Registers that start as inputs and end as outputs, and predicates.
const REGISTERS: usize = 6;
const PREDICATES: usize = 3;

/// Numbers 0, 1, .. without any pattern (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// A few dozen operations of `ty` on the registers `%x`, some in a branch that not all lanes take.
fn code(numbers: &mut Numbers, ty: &str, bits: u32) -> String {
    let mut text = String::new();
    let constants = match bits {
        64 => [
            "0d3FE0000000000000",
            "0dC008000000000000",
            "0d0000000000000000",
            "0d7FF8000000000001",
        ],
        _ => ["0f3F000000", "0fC0400000", "0f00000000", "0f7FC00001"],
    };
    let branch = numbers.below(20);
    let behind = branch + 1 + numbers.below(20);
    for at in 0..40 {
        if at == branch {
            text += "@%p1 bra $behind;\n";
        }
        if at == behind {
            text += "$behind:\n";
        }
        let x = |numbers: &mut Numbers| format!("%x{}", numbers.below(REGISTERS));
        let p = |numbers: &mut Numbers| format!("%p{}", numbers.below(PREDICATES));
        let source = |numbers: &mut Numbers| match numbers.below(4) {
            0 => numbers.one_of(&constants).to_owned(),
            _ => x(numbers),
        };
        let guard = match numbers.below(12) {
            0 => format!("@{} ", p(numbers)),
            _ => String::new(),
        };
        let (d, a, b, c) = (
            x(numbers),
            source(numbers),
            source(numbers),
            source(numbers),
        );
        let line = match numbers.below(24) {
            0..=5 => format!("fma.rn.{ty} {d}, {a}, {b}, {c};"),
            n @ 6..=12 => {
                let two = [
                    "mul.rn", "add.rn", "sub.rn", "sub.rn", "div.rn", "max", "min",
                ][n - 6];
                format!("{two}.{ty} {d}, {a}, {b};")
            }
            n @ 13..=16 => {
                let one = ["neg", "abs", "sqrt.rn", "rcp.rn"][n - 13];
                format!("{one}.{ty} {d}, {a};")
            }
            17 => format!("selp.{ty} {d}, {a}, {b}, {};", p(numbers)),
            18 => format!("mov.{ty} {d}, {};", x(numbers)),
            19 => {
                let compare = numbers.one_of(&["eq", "lt", "le", "gt", "ge", "ne", "ltu"]);
                format!("setp.{compare}.{ty} {}, {a}, {b};", p(numbers))
            }
            20 => format!("st.global.{ty} [%at], {};", x(numbers)),
            21 => format!("ld.global.{ty} {d}, [%at];"),
            n => {
                let logic = numbers.one_of(&["and", "or", "xor"]);
                let shift = ["shl.b", "shr.u"][n - 22];
                let (from, mask, by) = (x(numbers), 0x3fff_ff0f_u32, numbers.below(70));
                format!(
                    "mov.b{bits} %q, {from}; {logic}.b{bits} %q, %q, {mask}; {shift}{bits} %q, %q, {by}; mov.b{bits} {d}, %q;"
                )
            }
        };
        let guard = if line.contains("%q") { "" } else { &guard };
        writeln!(text, "{guard}{line}").unwrap();
    }
    if behind >= 40 {
        text += "$behind:\n";
    }
    text
}

fn kernel(numbers: &mut Numbers, ty: &str, bits: u32) -> String {
    let code = code(numbers, ty, bits);
    let stride = bits / 8;
    let each = |op: &dyn Fn(usize, usize) -> String| -> String {
        (0..REGISTERS).map(|i| op(i, i * stride as usize)).collect()
    };
    let loads = each(&|i, at| format!("ld.global.{ty} %x{i}, [%at+{at}];\n"));
    let stores = each(&|i, at| format!("st.global.{ty} [%at+{at}], %x{i};\n"));
    format!(
        ".version 8.0
.target sm_80
.address_size 64
.visible .entry e(.param .u64 data) {{
.reg .{ty} %x<{REGISTERS}>; .reg .b{bits} %q; .reg .pred %p<{PREDICATES}>; .reg .b32 %t; .reg .b64 %at, %o;
ld.param.u64 %at, [data];
mov.u32 %t, %tid.x;
mul.wide.u32 %o, %t, {};
add.s64 %at, %at, %o;
{loads}setp.lt.{ty} %p0, %x0, %x1;
setp.lt.{ty} %p1, %x2, %x3;
setp.lt.{ty} %p2, %x4, %x5;
{code}{stores}ret; }}",
        stride * REGISTERS as u32
    )
}

/// Bytes of all registers of all threads: any bits, many of them ordinary numbers, zeros, infinities and NaNs.
fn inputs(numbers: &mut Numbers, bits: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..THREADS as usize * REGISTERS {
        let any = numbers.next();
        let small = (any % 17) as f64 / 4.0 - 2.0;
        let special = [
            0.0,
            -0.0,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            -f64::NAN,
            5e-324,
        ];
        let number = match numbers.below(8) {
            0 => any,
            1 => numbers.one_of(&special).to_bits(),
            _ => small.to_bits(),
        };
        match bits {
            64 => bytes.extend(number.to_le_bytes()),
            _ => bytes.extend((f64::from_bits(number) as f32).to_le_bytes()),
        }
    }
    bytes
}

fn output(ptx: &str, input: &[u8], fold: bool) -> Vec<u8> {
    let module = Module::parse(ptx, fold).unwrap_or_else(|e| panic!("{e}\n{ptx}"));
    let mut memory = GlobalMemory::new();
    let data = memory.allocate(input.len()).unwrap();
    assert!(memory.write(data, input));
    let launch = Launch {
        kernel: &module.kernels()[0],
        params: &data.to_le_bytes(),
        grid: 1.into(),
        block: THREADS.into(),
        shared_bytes: 0,
        memory: &memory,
        checks: true,
        readers: false,
        threads: 1,
        instructions: MOST_INSTRUCTIONS,
    };
    run(&launch).unwrap_or_else(|e| panic!("{e}\n{ptx}"));
    let mut bytes = vec![0; input.len()];
    assert!(memory.read(data, &mut bytes));
    bytes
}

#[test]
fn folding_changes_no_bit() {
    let mut numbers = Numbers(1);
    let mut distinct = std::collections::HashSet::new();
    for _ in 0..400 {
        for (ty, bits) in [("f64", 64), ("f32", 32)] {
            let ptx = kernel(&mut numbers, ty, bits);
            let input = inputs(&mut numbers, bits);
            let [folded, unfolded] = [true, false].map(|fold| output(&ptx, &input, fold));
            let differs = folded.iter().zip(&unfolded).position(|(x, y)| x != y);
            assert_eq!(differs, None, "byte of the output; the kernel:\n{ptx}");
            distinct.insert(folded);
        }
    }
    // the kernels do something, and not all the same
    assert!(distinct.len() > 790, "{}", distinct.len());
}

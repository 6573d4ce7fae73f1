//! Rows are packed, and operations compute all lanes and keep those that take part: in the others an operand is 64 bits
//! of whatever had the row before. Every instruction of 16 and 32 bits computes behind a branch that one lane takes,
//! after 64-bit values in all rows.
#![cfg(feature = "reference")]

use bakelite::ptx::device::{Dim3, GlobalMemory, Launch, MOST_INSTRUCTIONS, Module, run};

const LANES: usize = 64;
/// The lane that takes the branch.
const ALONE: u32 = 35;

/// Values that were in the rows: of all kinds, and those whose low halves are zero or the most negative number.
const STALE: [u64; 8] = [
    0x3ff0_0000_0000_0000,
    0x0000_0001_0000_0000,
    0xffff_ffff_8000_0000,
    0x8000_0000_0001_0000,
    0x7fff_8000_0000_0000,
    0xffff_ffff_ffff_ffff,
    0x0123_4567_0000_0000,
    0xdead_beef_0000_8000,
];

/// A kernel in which lane `ALONE` computes `code`, instructions over `%r1` to `%r9` (or `%h1`, 16 bits) that end in
/// `%r9`.
fn kernel(code: &str) -> String {
    let mut stale = String::new();
    for (i, value) in STALE.iter().enumerate() {
        // a value per lane, so that it is a row and no constant
        stale += &format!("add.s64 %l{}, %l1, {};\n", i + 10, *value as i64);
    }
    for i in 0..STALE.len() {
        stale += &format!("st.global.u64 [%l2+{}], %l{};\n", 8 * i, i + 10);
    }
    format!(
        ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry k(.param .u64 to) {{
        .reg .pred %p<4>; .reg .b16 %h<10>; .reg .b32 %r<20>; .reg .b64 %l<30>;
        ld.param.u64 %l0, [to];
        mov.u32 %r10, %tid.x;
        cvt.u64.u32 %l1, %r10;
        mul.wide.u32 %l2, %r10, 64;
        add.s64 %l2, %l2, %l0;
        {stale}
        setp.ne.u32 %p1, %r10, {ALONE};
        @%p1 bra DONE;
        add.s32 %r1, %r10, -40;
        mul.lo.s32 %r2, %r10, 77777777;
        add.s32 %r3, %r1, %r2;
        cvt.u16.u32 %h1, %r1;
        cvt.u16.u32 %h2, %r2;
        cvt.u16.u32 %h3, %r3;
        {code}
        st.global.u32 [%l2], %r9;
        DONE: ret;\n}}"
    )
}

/// Each instruction twice, so that its own results are operands too; what it gives goes to `%r9`.
fn programs() -> Vec<String> {
    let mut all = Vec::new();
    let mut word = |template: &str| {
        // `$` are registers: results in 4 and 5, operands 1 to 4
        let one = template.replace('D', "%r4").replace('A', "%r2");
        let one = one.replace('B', "%r1").replace('C', "%r3");
        let two = template.replace('D', "%r9").replace('A', "%r4");
        let two = two.replace('B', "%r3").replace('C', "%r4");
        all.push(one + "\n" + &two);
    };
    for ty in ["s32", "u32"] {
        for op in [
            "div", "rem", "mul.hi", "mul.lo", "add", "sub", "min", "max", "shr",
        ] {
            word(&format!("{op}.{ty} D, A, B;"));
        }
        word(&format!("mad.lo.{ty} D, A, B, C;"));
        word(&format!("bfind.{ty} D, A;"));
        word(&format!("bfind.shiftamt.{ty} D, A;"));
        word(&format!("bfe.{ty} D, A, B, C;"));
        for float in ["f32", "f64"] {
            let register = if float == "f32" { "%r" } else { "%l" };
            for (to, back) in [("rn", "rzi"), ("rz", "rmi"), ("rp", "rpi")] {
                word(&format!(
                    "cvt.{to}.{float}.{ty} {register}15, A; cvt.{back}.{ty}.{float} D, {register}15;"
                ));
            }
        }
        for compare in ["eq", "ne", "lt", "ge"] {
            word(&format!(
                "setp.{compare}.{ty} %p2, A, B; selp.b32 D, A, C, %p2;"
            ));
        }
    }
    for op in ["neg.s32", "abs.s32", "not.b32", "brev.b32"] {
        word(&format!("{op} D, A;"));
    }
    for op in ["clz", "popc"] {
        word(&format!("{op}.b32 D, A;"));
    }
    for op in ["and.b32", "or.b32", "xor.b32", "shl.b32"] {
        word(&format!("{op} D, A, B;"));
    }
    word("prmt.b32 D, A, B, C;");
    word("bfi.b32 D, A, B, C, 5;");
    for mode in ["l.wrap", "l.clamp", "r.wrap", "r.clamp"] {
        word(&format!("shf.{mode}.b32 D, A, B, C;"));
    }
    for op in [
        "add.rz.f32",
        "mul.rm.f32",
        "div.rp.f32",
        "div.rn.f32",
        "min.f32",
    ] {
        word(&format!("{op} D, A, B;"));
    }
    word("sqrt.rm.f32 D, A;");
    word("fma.rz.f32 D, A, B, C;");
    let mut half = |template: &str| {
        let one = template.replace('D', "%h4").replace('A', "%h2");
        let one = one.replace('B', "%h1");
        let two = template.replace('D', "%h9").replace('A', "%h4");
        let two = two.replace('B', "%h3");
        all.push(one + "\n" + &two + "\ncvt.u32.u16 %r9, %h9;");
    };
    for ty in ["s16", "u16"] {
        for op in ["div", "rem", "mul.lo", "add", "sub", "min", "max"] {
            half(&format!("{op}.{ty} D, A, B;"));
        }
        half(&format!("shr.{ty} D, A, 3;"));
        half(&format!("cvt.{ty}.s8 D, A;"));
    }
    half("neg.s16 D, A;");
    all
}

/// What the kernel stores.
fn results(text: &str, fold: bool) -> Vec<u64> {
    let module = Module::parse(text, fold).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let mut memory = GlobalMemory::new();
    let to = memory.allocate(64 * LANES).unwrap();
    let launch = Launch {
        kernel: &module.kernels()[0],
        params: &to.to_le_bytes(),
        grid: Dim3::from(1),
        block: Dim3::from(LANES as u32),
        shared_bytes: 0,
        memory: &memory,
        checks: true,
        readers: true,
        threads: 1,
        instructions: MOST_INSTRUCTIONS,
    };
    run(&launch).unwrap_or_else(|fault| panic!("{fault}\n{text}"));
    let mut bytes = vec![0; 64 * LANES];
    assert!(memory.read(to, &mut bytes));
    let words = bytes.chunks_exact(8);
    words
        .map(|word| u64::from_le_bytes(word.try_into().unwrap()))
        .collect()
}

#[test]
fn lanes_that_take_no_part_compute_with_anything() {
    let programs = programs();
    assert!(programs.len() > 80);
    for code in programs {
        let text = kernel(&code);
        assert_eq!(results(&text, true), results(&text, false), "{code}");
    }
}

/// As NVRTC emits it: a value of `f64`, and the quotients of the threads with odd numbers.
#[test]
fn a_kernel_of_nvrtc() {
    let text = include_str!("../ptx/stale_quotients.ptx");
    for fold in [true, false] {
        let module = Module::parse(text, fold).unwrap();
        let mut memory = GlobalMemory::new();
        let numbers: Vec<u8> = (0..64).flat_map(|i| f64::from(i).to_le_bytes()).collect();
        let weights = memory.allocate(8 * 64).unwrap();
        assert!(memory.write(weights, &numbers));
        let sums = memory.allocate(8 * 64).unwrap();
        let quotients = memory.allocate(4 * 64).unwrap();
        let kernel = &module.kernels()[0];
        let mut params = vec![0; kernel.param_bytes()];
        for (param, value) in kernel.params().iter().zip([weights, 1000, sums, quotients]) {
            let value = value.to_le_bytes();
            params[param.offset_bytes..][..param.bytes].copy_from_slice(&value[..param.bytes]);
        }
        let launch = Launch {
            kernel,
            params: &params,
            grid: Dim3::from(1),
            block: Dim3::from(64),
            shared_bytes: 0,
            memory: &memory,
            checks: true,
            readers: true,
            threads: 1,
            instructions: MOST_INSTRUCTIONS,
        };
        run(&launch).unwrap();
        let mut bytes = vec![0; 4 * 64];
        assert!(memory.read(quotients, &mut bytes));
        for (t, word) in bytes.chunks_exact(4).enumerate() {
            let t = t as i32;
            let expected = if t % 2 == 1 {
                1000 / (t + 1) + t / 999
            } else {
                0
            };
            assert_eq!(i32::from_le_bytes(word.try_into().unwrap()), expected);
        }
    }
}

//! What a GPU's driver or its assembler would refuse, the reference device refuses too, with line, number and remedy;
//! and what a GPU would show in a bad way, it shows in a good one: memory that nobody wrote, registers that nobody set,
//! loops that do not end.
#![cfg(feature = "reference")]

use bakelite::ptx::device::{
    DeviceFault, Dim3, FaultKind, GlobalMemory, Launch, MOST_INSTRUCTIONS, Module, run,
};
use std::time::Instant;

const HEAD: &str = ".version 8.0\n.target sm_80\n.address_size 64\n";
const REGISTERS: &str = ".reg .b16 %h<9>; .reg .b32 %r<9>; .reg .u32 %u<9>; .reg .b64 %l<9>; .reg .f32 %f<9>; .reg .f64 %d<9>; .reg .pred %p<9>;";

/// A text whose entry has `body`, on line 7.
fn entry(outside: &str, body: &str) -> String {
    format!(
        "{HEAD}{outside}\n.visible .entry e(.param .u64 to) {{\n{REGISTERS}\n{body}\nret;\n}}\n"
    )
}

/// Why a text is refused, folded and unfolded alike.
#[track_caller]
fn refused(text: &str) -> String {
    let [folded, unfolded] = [true, false].map(|fold| Module::parse(text, fold).map(|_| ()));
    assert_eq!(folded, unfolded);
    folded.expect_err(text).to_string()
}

#[track_caller]
fn accepted(text: &str) {
    for fold in [true, false] {
        Module::parse(text, fold).unwrap_or_else(|e| panic!("{e}\n{text}"));
    }
}

/// ptxas 12.0 says the same of each of these.
#[test]
fn operands_of_the_wrong_kind() {
    let cases = [
        (
            "add.u32 %r1, %r2, 0f3F800000;",
            "`0f3F800000` is a floating-point constant, and the operation is one of integers: write `0x3F800000`",
        ),
        (
            "mov.u64 %l1, 0d3FF0000000000000;",
            "write `0x3FF0000000000000`",
        ),
        (
            "setp.eq.u32 %p1, %r1, 0f3F800000;",
            "floating-point constant",
        ),
        (
            "selp.u32 %r1, %r2, 0f3F800000, %p1;",
            "floating-point constant",
        ),
        (
            "st.global.u32 [%l1], 0f3F800000;",
            "floating-point constant",
        ),
        ("shl.b32 %r1, %r2, 0f3F800000;", "floating-point constant"),
        (
            "add.u32 %f1, %f2, %f3;",
            "register `%f1` is a floating-point number (.f32), the operand is an integer (.u32 or .s32)",
        ),
        (
            "add.rn.f32 %u1, %f2, %f3;",
            "register `%u1` is an integer (.u32 or .s32), the operand is a floating-point number (.f32)",
        ),
        ("mov.u32 %r1, %f1;", "or move its bits with mov.b32"),
        ("ld.global.u32 %f1, [%l1];", "register `%f1`"),
        ("ld.global.f32 %d1, [%l1];", "only bits (.b64) may be wider"),
        ("ld.global.u32 %r1, [%d1];", "`%d1` is no address register"),
        ("ld.global.u32 %r1, [16];", "`[16]` is a constant address"),
        ("cvt.rn.f32.u32 %u1, %r2;", "register `%u1`"),
        ("popc.b32 %f1, %r1;", "register `%f1`"),
        ("mul.wide.u32 %d1, %r1, %r2;", "register `%d1`"),
        ("atom.global.add.u32 %f1, [%l1], %r2;", "register `%f1`"),
        ("cvta.to.global.u64 %l1, %d1;", "register `%d1`"),
    ];
    for (body, words) in cases {
        let error = refused(&entry("", body));
        assert!(
            error.starts_with("PTX line 7: ") && error.contains(words),
            "{error}"
        );
    }
    for body in [
        "mov.b32 %r1, 0f3F800000; and.b32 %r1, %r2, 0f3F800000; setp.eq.b32 %p1, %r1, 0f3F800000;",
        "and.b32 %f1, %f2, %f3; mov.b32 %r1, %f1; selp.b32 %f1, %u2, %f3, %p1; shl.b32 %f1, %r2, %u1;",
        "add.rn.f32 %r1, %r2, %r3; st.global.f32 [%l1], %r1; ld.global.f32 %l2, [%l1]; ld.global.b32 %d2, [%l1];",
        "shfl.sync.down.b32 %f1, %f2, 1, 31, -1; atom.global.exch.b32 %f1, [%l1], %f2; prmt.b32 %f1, %f2, %r1, %r2;",
        "popc.b32 %r1, %f1; brev.b32 %f1, %f2; mov.b64 %d1, {%f1, %r2}; shf.l.wrap.b32 %f1, %r1, %r2, %r3;",
        "{ .reg .f32 %r<4>; L: mov.f32 %r1, 0f00000000; } { L: bra M; } M: L: mov.u32 %r1, 1;",
    ] {
        accepted(&entry("", body));
    }
}

#[test]
fn names_that_stand_twice_or_are_out_of_reach() {
    let cases = [
        (
            ".reg .b32 %q<2>; .reg .b32 %q<2>;",
            "`%q<>` is declared twice",
        ),
        (".reg .b32 %q<5>; .reg .f32 %q3;", "`%q3` is declared twice"),
        (".reg .b32 %q3; .reg .b32 %q<5>;", "`%q3` is declared twice"),
        (".reg .b32 q, q;", "`q` is declared twice"),
        (
            ".reg .b32 to;",
            "`to` is declared twice: it is a parameter too",
        ),
        (".reg .b32 q; .shared .b32 q;", "`q` is declared twice"),
        ("L: .reg .b32 L;", "`L` is declared twice"),
        (
            "mov.u32 %r1, late; .shared .b32 late;",
            "`late` is neither a register",
        ),
        (
            "{ .shared .b32 inner; mov.u32 %r1, inner; } mov.u32 %r1, inner;",
            "`inner` is neither a register",
        ),
        ("L: mov.u32 %r1, 1; L:", "label `L` stands twice"),
        ("{ L: mov.u32 %r1, 1; } bra L;", "label `L` is not here"),
        (".reg .b32 _;", "`_` is not a name"),
        (".pragma nounroll;", "directive `.pragma` is not known"),
        ("mov.u32 %r1, 1;;", "a semicolon without a statement"),
    ];
    for (body, words) in cases {
        let error = refused(&entry("", body));
        assert!(
            error.starts_with("PTX line 7: ") && error.contains(words),
            "{error}"
        );
    }
    let cases = [
        (
            ".global .b32 g; .global .b32 g;",
            "variable `g` stands twice",
        ),
        (".global .b32 e;", "`e` is the name of another entry"),
        (".global .b32 g[0];", "`g` has no elements"),
        (".global .align 3 .b32 g;", "power of two"),
        (".global .f32 g = 1;", "written as bits"),
        (".global .u8 g[2] = {1, 2, 3};", "more values than elements"),
        (".global .u8 g[2] = {1, , 2};", "missing between two commas"),
        (".global .u8 g[2] = {1,};", "missing between two commas"),
        (".global .u8 g[2] = 1;", "its values stand in braces"),
        (".global .u8 g = {1};", "write it without braces"),
        (
            ".const .b8 c[65537];",
            "65537 bytes of constants, 65536 at most",
        ),
        (
            ".visible .entry e() { ret; }",
            "`e` is the name of another entry",
        ),
        (
            ".visible .entry f(.param .u64 a,) { ret; }",
            "a parameter starts with .param",
        ),
        (
            ".visible .entry f(.param .align 8 .b8 a[4353]) { ret; }",
            "4353 bytes of parameters, 4352 at most",
        ),
        (
            ".visible .entry f() .maxntid 32 .reqntid 32 { ret; }",
            "exclude each other",
        ),
    ];
    for (outside, words) in cases {
        let error = refused(&entry(outside, ""));
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn versions_and_targets() {
    let text = |head: &str| format!("{head}.visible .entry e() {{ ret; }}\n");
    let cases = [
        ("", 1, "begin with its version, as in `.version 8.0`"),
        (".target sm_80\n.version 8.0\n", 1, "begin with its version"),
        (".version 8\n.target sm_80\n", 1, "`8` is no version"),
        (
            ".version 99.9\n.target sm_80\n",
            1,
            "version 99.9 of PTX is not known",
        ),
        (
            ".version 7.9\n.target sm_80\n",
            1,
            "version 7.9 of PTX is not known",
        ),
        (
            ".version 8.0\n.address_size 64\n",
            1,
            "followed by the target, as in `.target sm_80`",
        ),
        (
            ".version 8.0\n.target bogus\n",
            2,
            "target `bogus` is not known: sm_80,",
        ),
        (
            ".version 8.0\n.target sm_999\n",
            2,
            "target `sm_999` is not known",
        ),
        (
            ".version 6.5\n.target sm_80\n",
            2,
            "target `sm_80` came with version 7.0",
        ),
        (
            ".version 8.7\n.target sm_100\n",
            2,
            "newer than this device, whose compute capability is 9.0",
        ),
        (
            ".version 8.0\n.target sm_80\n.address_size 32\n",
            3,
            "addresses have 64 bits",
        ),
        (
            ".version 8.0\n.target sm_80, debug\n",
            2,
            "`debug` is not known here",
        ),
        (
            ".version 8.0\n.target sm_80\n.version 8.0\n",
            3,
            "`.version` is not known here",
        ),
    ];
    for (head, line, words) in cases {
        let error = refused(&text(head));
        assert!(error.starts_with(&format!("PTX line {line}: ")), "{error}");
        assert!(error.contains(words), "{error}");
    }
    for head in [
        ".version 8.0\n.target sm_90a\n.address_size 64\n",
        ".version 7.0\n.target sm_80, texmode_independent\n",
        "// by hand\n.version 8.0 .target sm_80 .address_size 64\n",
        ".version 9.1\n.target sm_50\n",
    ] {
        accepted(&text(head));
    }
}

/// `f32 %f1, ..`: the operation was lost, and its type is first.
#[test]
fn a_lost_opcode() {
    for body in [
        "f32 %f1, %f2, %f3;",
        "u32 %r1, %r2;",
        "pred;",
        "b64 %l1;",
        "s16 x;",
        "@%p1 f32 %f1, %f2;",
        ".f32 %f1;",
        "f32",
        "add. %r1, %r2;",
        ".;",
    ] {
        let error = refused(&entry("", body));
        assert!(error.starts_with("PTX line 7: "), "{error}");
    }
}

fn launch<'a>(module: &'a Module, params: &'a [u8], memory: &'a GlobalMemory) -> Launch<'a> {
    Launch {
        kernel: &module.kernels()[0],
        params,
        grid: 1.into(),
        block: 32.into(),
        shared_bytes: 0,
        memory,
        checks: true,
        readers: false,
        threads: 1,
        instructions: MOST_INSTRUCTIONS,
    }
}

/// Runs a body, whose parameter is the address of 1,024 bytes of which the first 64 were written; gives what is there
/// then.
fn ran(body: &str, fold: bool, checks: bool) -> Result<Vec<u8>, Box<DeviceFault>> {
    let module = Module::parse(&entry("", body), fold).unwrap_or_else(|e| panic!("{e}"));
    let mut memory = GlobalMemory::new();
    let at = memory.allocate(1024).unwrap();
    assert!(memory.write(at, &[7; 64]));
    let params = at.to_le_bytes();
    run(&Launch {
        checks,
        ..launch(&module, &params, &memory)
    })?;
    let mut bytes = vec![0; 1024];
    assert!(memory.read(at, &mut bytes));
    Ok(bytes)
}

#[test]
fn memory_that_nobody_wrote() {
    const FROM: &str = "ld.param.u64 %l1, [to]; mov.u32 %r1, %tid.x; mul.wide.u32 %l2, %r1, 4; add.u64 %l2, %l1, %l2;";
    let faults = [
        // from thread 16 on
        ("ld.global.u32 %r2, [%l2];", 16, "global"),
        ("ld.u32 %r2, [%l2];", 16, "global"),
        ("ld.global.u32 %r2, [%l1+64];", 0, "global"),
        ("atom.global.add.u32 %r2, [%l1+64], 1;", 0, "global"),
        (
            "st.global.u8 [%l1+65], %r1; ld.global.u8 %r2, [%l1+64];",
            0,
            "global",
        ),
    ];
    for (body, thread, space) in faults {
        for fold in [true, false] {
            let fault = ran(&format!("{FROM}\n{body}"), fold, true).unwrap_err();
            assert_eq!(
                (&fault.kind, fault.thread, fault.line, fault.space),
                (&FaultKind::NeverWritten, thread, 8, space)
            );
            let text = fault.to_string();
            assert!(
                text.contains("was never written, neither by the host nor by a kernel"),
                "{text}"
            );
            assert!(ran(&format!("{FROM}\n{body}"), fold, false).is_ok());
        }
    }
    for body in [
        // written by the kernel first, whole or in part (padding is copied along), or not read
        "st.global.u32 [%l2], %r1; ld.global.u32 %r2, [%l2];",
        "st.global.u64 [%l1+512], %l1; ld.global.u8 %r2, [%l1+519];",
        "st.global.u32 [%l1+512], %r1; ld.global.u64 %l3, [%l1+512];",
        "setp.lt.u32 %p1, %r1, 16; @%p1 ld.global.u32 %r2, [%l2];",
        "st.global.u32 [%l1+512], 1; atom.global.add.u32 %r2, [%l1+512], 1;",
    ] {
        for fold in [true, false] {
            ran(&format!("{FROM}\n{body}"), fold, true).unwrap_or_else(|e| panic!("{e}"));
        }
    }
}

/// A register that nothing was written to is zero, and a predicate false, whatever folding makes of the rest.
#[test]
fn registers_that_nobody_set() {
    let to = "ld.param.u64 %l1, [to]; mov.u32 %r8, %tid.x; mul.wide.u32 %l2, %r8, 16; add.u64 %l2, %l1, %l2;";
    let bodies = [
        // taken for the constant that it becomes later
        "mov.u32 %r1, 0; L: add.u32 %r3, %r3, %r2; mov.u32 %r2, 5; add.u32 %r1, %r1, 1; setp.lt.u32 %p1, %r1, 3; @%p1 bra L; st.global.u32 [%l2], %r3;",
        // a predicate likewise
        "mov.u32 %r1, 0; L: @%p2 add.u32 %r3, %r3, 1; setp.eq.u32 %p2, 1, 1; add.u32 %r1, %r1, 1; setp.lt.u32 %p1, %r1, 3; @%p1 bra L; st.global.u32 [%l2], %r3;",
        // in a place that others had before
        "add.u32 %r1, %r8, 77; add.u32 %r2, %r8, 78; mul.lo.u32 %r1, %r1, %r2; st.global.u32 [%l2+4], %r1; add.u32 %r5, %r6, %r7; st.global.u32 [%l2], %r5;",
        // set in some lanes, or on one path
        "setp.lt.u32 %p1, %r8, 9; @%p1 mov.u32 %r1, 3; st.global.u32 [%l2], %r1;",
        "setp.lt.u32 %p1, %r8, 9; @%p1 bra L; mov.u32 %r1, 3; L: st.global.u32 [%l2], %r1;",
        "selp.u32 %r1, 4, 5, %p5; st.global.u32 [%l2], %r1; st.global.f64 [%l2+8], %d1;",
        "{ .reg .b32 %x<3>; mov.b32 %x1, 9; st.global.u32 [%l2], %x1; } { .reg .b32 %x<3>; st.global.u32 [%l2+4], %x1; }",
    ];
    let first = [10, 2, 0, 3, 0, 5, 9];
    for (body, first) in bodies.iter().zip(first) {
        let [folded, unfolded] =
            [true, false].map(|fold| ran(&format!("{to}\n{body}"), fold, true));
        let folded = folded.unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(folded[..4], u32::to_le_bytes(first), "{body}");
        assert_eq!(folded, unfolded.unwrap(), "{body}");
    }
}

#[test]
fn loops_that_do_not_end() {
    let cases = [
        ("L: bra L;", 7, 0),
        (
            "mov.u32 %r1, 0;\nL: add.u32 %r1, %r1, 1;\n setp.ne.u32 %p1, %r1, 0;\n@%p1 bra L;",
            10,
            0,
        ),
        // only some lanes; others have returned
        (
            "mov.u32 %r1, %tid.x; setp.lt.u32 %p1, %r1, 20; @%p1 bra M;\nL: bra.uni L;\nM: mov.u32 %r2, 1;",
            8,
            20,
        ),
        ("L: bar.sync 0;\nbra L;", 8, 0),
    ];
    for (body, line, thread) in cases {
        for fold in [true, false] {
            let module = Module::parse(&entry("", body), fold).unwrap();
            let memory = GlobalMemory::new();
            let params = [0; 8];
            for block in [32, 64] {
                let fault = run(&Launch {
                    block: block.into(),
                    instructions: 10_000,
                    ..launch(&module, &params, &memory)
                });
                let fault = fault.unwrap_err();
                assert_eq!((fault.line, fault.thread), (line, thread), "{fault}");
                assert_eq!(
                    fault.kind,
                    FaultKind::Endless {
                        instructions: 10_000
                    }
                );
                let text = fault.to_string();
                assert!(
                    text.contains("more than 10000 instructions")
                        && text.contains("raise `instructions`"),
                    "{text}"
                );
            }
        }
    }
    // one that ends may take as many as it needs
    let counted = "mov.u32 %r1, 0; L: add.u32 %r1, %r1, 1; setp.lt.u32 %p1, %r1, 1000; @%p1 bra L;";
    let module = Module::parse(&entry("", counted), false).unwrap();
    let (memory, params) = (GlobalMemory::new(), [0; 8]);
    let within = |instructions| {
        run(&Launch {
            instructions,
            ..launch(&module, &params, &memory)
        })
        .map_err(Box::new)
    };
    assert!(within(4_100).is_ok() && within(2_000).is_err());
}

#[test]
fn more_memory_than_there_is() {
    let shared = |n: u32| {
        entry(
            &format!(".shared .align 4 .b8 s[{n}];"),
            "mov.u32 %r1, s; st.shared.u32 [%r1], 1;",
        )
    };
    accepted(&shared(49152));
    let error = refused(&shared(49153));
    assert!(
        error.contains("49153 bytes of static shared memory, 49152 at most"),
        "{error}"
    );
    assert!(error.contains("extern __shared__"), "{error}");
    // declared for another entry
    accepted(&entry(".shared .align 4 .b8 s[100000];", ""));
    let error = refused(&entry("", ".shared .b8 s[49153];"));
    assert!(error.contains("49153 bytes"), "{error}");

    let local = |n: u64| {
        entry(
            "",
            &format!(".local .align 8 .b8 d[{n}]; mov.u64 %l1, d; st.local.u32 [%l1], 1;"),
        )
    };
    let error = refused(&local(524_296));
    assert!(
        error.contains("524296 bytes of local memory, 524288 at most per thread"),
        "{error}"
    );
    for n in [1u64 << 30, 1 << 40, u64::MAX] {
        refused(&local(n));
    }

    let module = Module::parse(&local(524_288), true).unwrap();
    let (memory, params) = (GlobalMemory::new(), [0; 8]);
    let with = |block: Dim3, shared_bytes, threads| {
        run(&Launch {
            block,
            shared_bytes,
            threads,
            ..launch(&module, &params, &memory)
        })
        .map_err(Box::new)
    };
    assert!(with(64.into(), 0, 1000).is_ok());
    for bytes in [227 * 1024 + 1, u32::MAX] {
        let fault = with(32.into(), bytes, 1).unwrap_err();
        let text = fault.to_string();
        assert_eq!(fault.kind, FaultKind::BadLaunch);
        assert!(
            text.contains("at most 232448 bytes of shared memory")
                && text.contains(&bytes.to_string()),
            "{text}"
        );
    }
    // a million registers of 1,024 threads: 8 GiB of the host
    let many = entry("", ".reg .b32 %q<1048000>; mov.u32 %q1047999, 1;");
    let module = Module::parse(&many, false).unwrap();
    let fault = run(&Launch {
        block: 1024.into(),
        ..launch(&module, &params, &memory)
    });
    let text = fault.unwrap_err().to_string();
    assert!(
        text.contains("bytes of the host for its registers"),
        "{text}"
    );
}

/// Bodies of `n` steps each.
fn long_bodies(n: usize) -> [String; 5] {
    let lines = |line: &dyn Fn(usize) -> String| (0..n).map(line).collect::<String>();
    let registers = format!(".reg .b32 %q<{}>;", n + 1);
    let copies = lines(&|i| format!("mov.u32 %q{}, %q{i};\n", i + 1));
    let of_one = lines(&|i| format!("mov.u32 %q{}, %q0;\n", i + 1));
    let ranges = lines(&|i| format!(".reg .b32 %q{i}_<2>; mov.u32 %q{i}_1, %q{i}_0;\n"));
    let blocks = lines(&|i| {
        format!(
            "add.u32 %q{i}, %r1, {i}; setp.eq.u32 %p1, %q{i}, 7; @%p1 bra L{i}; add.u32 %r1, %r1, 1;\nL{i}:\n"
        )
    });
    let back = lines(&|i| format!("L{}: add.u32 %r1, %r1, {i}; bra L{i};\n", i + 1));
    [
        format!("{registers} {copies}"),
        format!("{registers} {of_one}"),
        ranges,
        format!("{registers} {blocks}"),
        format!("bra L{n};\nL0: ret;\n{back}"),
    ]
}

#[test]
fn long_texts_load() {
    long_bodies(12_000).iter().for_each(|body| {
        accepted(&entry("", body));
    });
}

/// Each of these took a time that grew with the square of its length: 16 times as long for four times the text.
#[test]
#[ignore = "measures time: cargo test --release --all-features --test device refused -- --ignored, on a quiet machine"]
fn loading_is_linear() {
    let seconds = |body: &str| {
        let text = entry("", body);
        let once = || {
            let start = Instant::now();
            accepted(&text);
            start.elapsed().as_secs_f64()
        };
        (0..3).map(|_| once()).fold(f64::INFINITY, f64::min)
    };
    for (short, long) in long_bodies(25_000).iter().zip(&long_bodies(100_000)) {
        let (short, long) = (seconds(short), seconds(long));
        assert!(long < 8.0 * short, "{short} s and {long} s");
    }
}

#[test]
fn depths_are_bounded() {
    let calls = |n: usize| {
        let functions =
            (0..n).map(|i| format!(".func f{}() {{ call.uni f{i}, (); ret; }}\n", i + 1));
        entry(
            &format!(".func f0() {{ ret; }}\n{}", functions.collect::<String>()),
            &format!("call.uni f{n}, ();"),
        )
    };
    accepted(&calls(100));
    for text in [
        calls(5000),
        entry("", &("{".repeat(100_000) + &"}".repeat(100_000))),
    ] {
        let error = refused(&text);
        assert!(
            error.contains("more than 256 scopes within each other"),
            "{error}"
        );
    }
}

//! The reference device beside an independent model of the PTX ISA in exact integers and fractions:
//! `tests/data/ptx_semantics.py`, whose output is committed. A longer one is read with `BAKELITE_VECTORS=FILE`.
#![cfg(feature = "reference")]

use bakelite::ptx::device::{GlobalMemory, Launch, MOST_INSTRUCTIONS, Module, ParseOptions, run};
use std::collections::BTreeMap;

/// Three cells of 8 bytes in, one out, at the address of the parameter, per thread.
fn program(types: [&str; 4], body: &str) -> String {
    let [x, y, z, d] = types;
    let load = |at: usize, name: &str, ty: &str| format!("ld.global.{ty} %{name}, [%a1+{at}];\n");
    format!(
        ".version 8.6\n.target sm_90\n.address_size 64\n.visible .entry lanes(.param .u64 at)\n{{\n\
         .reg .pred %p<4>;\n.reg .b32 %r<4>;\n.reg .b64 %a<4>;\n.reg .{x} %x;\n.reg .{y} %y;\n.reg .{z} %z;\n.reg .{d} %d;\n\
         mov.u32 %r1, %tid.x;\nld.param.u64 %a1, [at];\nmul.wide.u32 %a2, %r1, 32;\nadd.s64 %a1, %a1, %a2;\n{}{}{}\
         {body}\nst.global.{d} [%a1+24], %d;\nret;\n}}\n",
        load(0, "x", x),
        load(8, "y", y),
        load(16, "z", z),
    )
}

/// Runs one launch of a thread per cell.
fn results(module: &Module, cells: &[[u64; 4]]) -> Vec<u64> {
    let mut memory = GlobalMemory::new();
    let words = cells.iter().flat_map(|c| [c[0], c[1], c[2], 0]);
    let mut bytes: Vec<u8> = words.flat_map(u64::to_le_bytes).collect();
    let at = memory.allocate(bytes.len()).unwrap();
    assert!(memory.write(at, &bytes));
    run(&Launch {
        kernel: &module.kernels()[0],
        params: &at.to_le_bytes(),
        grid: 1.into(),
        block: (cells.len() as u32).into(),
        shared_bytes: 0,
        memory: &memory,
        checks: true,
        readers: false,
        threads: 1,
        instructions: MOST_INSTRUCTIONS,
    })
    .unwrap();
    assert!(memory.read(at, &mut bytes));
    let cell = |c: &[u8]| u64::from_le_bytes(c[24..].try_into().unwrap());
    bytes.chunks(32).map(cell).collect()
}

/// Whether it is computed by an approximation, which may miss the last bit.
fn is_nearly_rounded(body: &str) -> bool {
    let functions = ["ex2.", "lg2.", "sin.", "cos.", "tanh.", "rsqrt."];
    functions.iter().any(|f| body.starts_with(f))
}

fn vectors() -> String {
    match std::env::var("BAKELITE_VECTORS") {
        Ok(file) => std::fs::read_to_string(file).unwrap(),
        Err(_) => include_str!("../data/ptx_semantics.tsv").to_string(),
    }
}

#[test]
fn instructions_give_what_the_model_gives() {
    let text = vectors();
    let mut cases: BTreeMap<(&str, [&str; 4]), Vec<[u64; 4]>> = BTreeMap::new();
    for line in text.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let types = [1, 2, 3, 4].map(|i| columns[i]);
        let cell = [5, 6, 7, 8].map(|i| u64::from_str_radix(columns[i], 16).unwrap());
        cases.entry((columns[0], types)).or_default().push(cell);
    }
    let (mut near, mut all) = (0, 0);
    let mut wrong = Vec::new();
    for ((body, types), cells) in &cases {
        for fold in [true, false] {
            let options = ParseOptions {
                fold,
                approximate: true,
            };
            let ptx = program(*types, body);
            let module = match Module::parse_with(&ptx, options) {
                Ok(module) => module,
                Err(error) => {
                    wrong.push(format!("{error}"));
                    break;
                }
            };
            for cells in cells.chunks(1000) {
                for (cell, got) in cells.iter().zip(results(&module, cells)) {
                    let [x, y, z, want] = *cell;
                    all += 1;
                    // PTX does not say which NaN
                    let nan = |bits: u64| match types[3] {
                        "f32" => f32::from_bits(bits as u32).is_nan(),
                        "f64" => f64::from_bits(bits).is_nan(),
                        _ => false,
                    };
                    if nan(got) && nan(want) {
                        continue;
                    }
                    let off = is_nearly_rounded(body) && got.abs_diff(want) == 1;
                    near += usize::from(off);
                    if got != want && !off {
                        wrong.push(format!(
                            "`{body}` of {x:#x}, {y:#x}, {z:#x}: {got:#x}, expected {want:#x}"
                        ));
                    }
                }
            }
        }
    }
    wrong.dedup_by_key(|w| w.split(" of ").next().unwrap_or("").to_string());
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    // correctly rounded but for one of a thousand
    assert!(near * 1000 <= all, "{near} of {all} are one off");
    assert!(cases.len() > 500, "{}", cases.len());
}

/// What is 8 bits wide is refused where PTX has no such instruction, and approximations without the option, with the
/// remedy.
#[test]
fn what_is_refused_says_what_helps() {
    let remedy = "ReferenceOptions { approximate: true, .. }";
    let cases = [
        (
            "ex2.approx.f32 %d, %x;",
            "`ex2.approx.f32` is an approximation",
            remedy,
        ),
        (
            "rcp.approx.ftz.f64 %d, %x;",
            "`rcp.approx.ftz.f64` is an approximation",
            remedy,
        ),
        (
            "tanh.approx.f16 %d, %x;",
            "`tanh.approx.f16` is an approximation",
            remedy,
        ),
        ("add.f32 %d, %x, %y;", "compile with --fmad=false", remedy),
        (
            "mul.ftz.f32 %d, %x, %y;",
            "compile with --fmad=false",
            remedy,
        ),
        ("sub.f16 %d, %x, %y;", "compile with --fmad=false", remedy),
        ("cvt.sat.u32.u8 %d, %x;", "has nothing to saturate", ""),
        (
            "add.rn.ftz.f64 %d, %x, %y;",
            "is not known to the reference device",
            "",
        ),
        (
            "add.rn.sat.f64 %d, %x, %y;",
            "is not known to the reference device",
            "",
        ),
        (
            "fma.rn.sat.bf16 %d, %x, %y, %z;",
            "is not known to the reference device",
            "",
        ),
        (
            "lop3.b32 %d, %x, %y, %z, 256;",
            "the table of lop3 has 8 bits",
            "",
        ),
    ];
    for (body, words, more) in cases {
        let ty = match body {
            _ if body.contains("f16") => "b16",
            _ if body.contains("f64") => "f64",
            _ => "b32",
        };
        let error = Module::parse(&program([ty; 4], body), true).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(words) && text.contains(more), "{text}");
        assert_eq!(
            error.text,
            body.split_once(';').unwrap().0.to_string() + ";"
        );
    }
}

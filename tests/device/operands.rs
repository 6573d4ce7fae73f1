//! Which registers halves, approximations and rare instructions take. ptxas 12.0 says the same of each line, as it does
//! of all pairs of the registers here.
#![cfg(feature = "reference")]

use bakelite::ptx::device::{Module, ParseOptions};

const TAKEN: &str = "
    add.rn.f16 %h, %b16, %h
    fma.rn.f16x2 %b32, %x2, %x2, %b32
    fma.rn.bf16 %b16, %b16, %b16, %b16
    setp.lt.f16 %p, %h, %b16
    set.lt.u16.f16 %u16, %h, %h
    set.lt.u32.f16 %u32, %h, %h
    set.lt.bf16.bf16 %u16, %b16, %b16
    set.lt.bf16x2.bf16x2 %u32, %b32, %b32
    set.lt.bf16x2.bf16x2 %f, %b32, %b32
    set.lt.f16.f16 %b16, %h, %h
    set.lt.f32.f32 %f, %f, %b32
    set.eq.u32.b32 %u32, %f, %f
    cvt.rn.f16.f32 %b32, %b64
    cvt.rni.f16.f16 %b32, %h
    cvt.rn.f16x2.f32 %b64, %f, %f
    slct.b32.s32 %u32, %f, %f, %s32
    lop3.b32 %f, %f, %b32, %u32, 3
    prmt.b32.f4e %f, %b32, %b32, %b32
    fns.b32 %b32, %b32, %f, 1
    bmsk.clamp.b32 %u32, %u32, %b32
    redux.sync.and.b32 %u32, %b32, -1
    match.any.sync.b32 %u32, %f, -1
    match.all.sync.b64 %u32, %d, -1
    mov.b32 %f, %clock
    mov.b64 %d, %clock64
    add.sat.s32 %x2, %x2, %x2
    tanh.approx.f32 %f, %b32
";

const REFUSED: &str = "
    add.rn.f16 %u16, %h, %h
    add.rn.f16 %h, %h, %u16
    fma.rn.f16x2 %f, %x2, %x2, %x2
    fma.rn.f16x2 %u32, %x2, %x2, %x2
    fma.rn.bf16 %h, %b16, %b16, %b16
    fma.rn.bf16x2 %x2, %b32, %b32, %b32
    fma.rn.f16 %h, %h, %h, 0x3c00
    setp.lt.f16 %p, %u16, %u16
    set.lt.u16.f16 %h, %h, %h
    set.lt.f16.f16 %u16, %h, %h
    set.lt.bf16.bf16 %h, %b16, %b16
    set.lt.f32.f32 %u32, %f, %f
    cvt.rn.bf16.f32 %b32, %f
    cvt.rn.bf16.f32 %b16, %b64
    cvt.f32.bf16 %b64, %b16
    cvt.f32.f16 %u32, %h
    slct.u32.s32 %f, %u32, %u32, %s32
    slct.u32.f32 %u32, %u32, %u32, %s32
    bmsk.clamp.b32 %f, %b32, %b32
    redux.sync.and.b32 %b32, %f, -1
    match.any.sync.b32 %f, %b32, -1
    mov.u32 %f, %clock
    mov.u64 %d, %clock64
    nanosleep.u32 %f
    bar.sync %f
    sin.approx.f32 %u32, %f
";

fn parse(line: &str) -> Result<(), String> {
    let text = format!(
        ".version 8.0\n.target sm_90\n.address_size 64\n.visible .entry e() {{\n\
         .reg .b16 %b16; .reg .u16 %u16; .reg .f16 %h; .reg .b32 %b32; .reg .u32 %u32; .reg .s32 %s32; .reg .f32 %f;\n\
         .reg .f16x2 %x2; .reg .b64 %b64; .reg .f64 %d; .reg .pred %p;\n{line};\nret;\n}}\n"
    );
    let options = ParseOptions {
        approximate: true,
        ..ParseOptions::default()
    };
    let parsed = Module::parse_with(&text, options);
    parsed.map(|_| ()).map_err(|e| e.reason)
}

#[test]
fn registers_that_instructions_take() {
    let lines = |text: &'static str| text.lines().map(str::trim).filter(|l| !l.is_empty());
    for line in lines(TAKEN) {
        assert_eq!(parse(line), Ok(()), "{line}");
    }
    for line in lines(REFUSED) {
        let reason = parse(line).expect_err(line);
        let named = reason.contains("register `%") || reason.contains("`0x3c00`");
        assert!(named, "{line}: {reason}");
    }
}

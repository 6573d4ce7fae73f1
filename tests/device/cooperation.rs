//! The reference device on what threads do together beyond `shfl` and barrier 0: reductions and matches of a warp,
//! numbered barriers, clocks, and text.
#![cfg(feature = "reference")]

use bakelite::ptx::device::{
    DeviceFault, Dim3, FaultKind, GlobalMemory, Launch, MOST_INSTRUCTIONS, Module, Printed, run,
};

/// A kernel with the parameter `out`, whose address for the thread is `%out` (4 bytes each); `%t` is the thread.
fn kernel(shared_bytes: u32, body: &str) -> String {
    format!(
        ".version 8.0\n.target sm_80\n.address_size 64\n\
         .extern .func (.param .b32 r) vprintf (.param .b64 f, .param .b64 a);\n\
         .global .align 1 .b8 text[8] = {{37, 100, 32, 37, 115, 10, 0, 0}};\n\
         .global .align 1 .b8 word[4] = {{104, 105, 0, 0}};\n\
         .visible .entry k(.param .u64 out) {{\n\
         .shared .align 4 .b8 s[{shared_bytes}];\n.local .align 8 .b8 depot[16];\n\
         .reg .pred %p<8>; .reg .b32 %r<32>; .reg .b32 %t; .reg .b64 %a<16>; .reg .b64 %out;\n\
         mov.u32 %t, %tid.x;\nld.param.u64 %out, [out];\nmul.wide.u32 %a1, %t, 4;\nadd.s64 %out, %out, %a1;\n\
         {body}\nret;\n}}\n"
    )
}

struct Ran {
    words: Vec<u32>,
    printed: Vec<Printed>,
    result: Result<(), DeviceFault>,
}

fn ran(ptx: &str, grid: u32, block: u32, threads: usize, fold: bool) -> Ran {
    let module = Module::parse(ptx, fold).unwrap_or_else(|e| panic!("{e}\n{ptx}"));
    let mut memory = GlobalMemory::new();
    let mut bytes = vec![0; 4 * block as usize];
    let at = memory.allocate(bytes.len()).unwrap();
    let result = run(&Launch {
        kernel: &module.kernels()[0],
        params: &at.to_le_bytes(),
        grid: grid.into(),
        block: Dim3::from(block),
        shared_bytes: 0,
        memory: &memory,
        checks: true,
        readers: true,
        threads,
        instructions: MOST_INSTRUCTIONS,
    });
    assert!(memory.read(at, &mut bytes));
    let word = |c: &[u8]| u32::from_le_bytes(c.try_into().unwrap());
    Ran {
        words: bytes.chunks(4).map(word).collect(),
        printed: memory.take_printed(),
        result: result.map(|_| ()),
    }
}

/// What a body writes, folded and not.
fn words(shared_bytes: u32, block: u32, body: &str) -> Vec<u32> {
    let [folded, plain] = [true, false].map(|fold| {
        let ran = ran(&kernel(shared_bytes, body), 1, block, 1, fold);
        ran.result.unwrap_or_else(|fault| panic!("{fault}"));
        ran.words
    });
    assert_eq!(folded, plain);
    folded
}

fn fault(shared_bytes: u32, block: u32, body: &str) -> DeviceFault {
    let ran = ran(&kernel(shared_bytes, body), 1, block, 1, true);
    ran.result.expect_err("a fault")
}

/// Some value per thread, in PTX (in `%r1`) and here.
const VALUE: &str = "mul.lo.u32 %r1, %t, 0x9e3779b1; shr.s32 %r1, %r1, 27;";
fn value(t: u32) -> u32 {
    (t.wrapping_mul(0x9e37_79b1) as i32 >> 27) as u32
}

#[test]
fn warps_reduce_and_match() {
    // all lanes; halves of the warp by masks of their own; the last warp has 16 lanes
    for (mask, company) in [
        ("mov.u32 %r2, -1;", (|_| u32::MAX) as fn(u32) -> u32),
        (
            "and.b32 %r2, %t, 1; setp.eq.u32 %p1, %r2, 1; selp.b32 %r2, 0xaaaaaaaa, 0x55555555, %p1;",
            |lane| {
                if lane & 1 == 1 {
                    0xaaaa_aaaa
                } else {
                    0x5555_5555
                }
            },
        ),
    ] {
        let block = 80;
        let others = |t: u32| {
            let first = t / 32 * 32;
            let mask = company(t % 32);
            (0..32)
                .filter(move |l| mask >> l & 1 == 1 && first + l < block)
                .map(move |l| first + l)
        };
        type Reduced = (&'static str, fn(u32, u32) -> u32);
        let cases: [Reduced; 8] = [
            ("add.s32", u32::wrapping_add),
            ("add.u32", u32::wrapping_add),
            ("min.s32", |a, b| (a as i32).min(b as i32) as u32),
            ("max.s32", |a, b| (a as i32).max(b as i32) as u32),
            ("min.u32", u32::min),
            ("max.u32", u32::max),
            ("and.b32", |a, b| a & b),
            ("xor.b32", |a, b| a ^ b),
        ];
        for (operation, f) in cases {
            let body = format!(
                "{VALUE} {mask} redux.sync.{operation} %r3, %r1, %r2; st.global.u32 [%out], %r3;"
            );
            let got = words(4, block, &body);
            for t in 0..block {
                let want = others(t).map(value).reduce(f).unwrap();
                assert_eq!(got[t as usize], want, "{operation} of thread {t}");
            }
        }
        let same = |t: u32, of: &dyn Fn(u32) -> u64| {
            let same = others(t).filter(|o| of(*o) == of(t));
            same.fold(0u32, |set, o| set | 1 << (o % 32))
        };
        let any = format!(
            "{VALUE} {mask} and.b32 %r1, %r1, 3; match.any.sync.b32 %r3, %r1, %r2; st.global.u32 [%out], %r3;"
        );
        let wide = format!(
            "{VALUE} {mask} and.b32 %r1, %r1, 1; mov.b64 %a2, {{%t, %r1}}; shr.u64 %a2, %a2, 31; match.any.sync.b64 %r3, %a2, %r2; st.global.u32 [%out], %r3;"
        );
        let (any, wide) = (words(4, block, &any), words(4, block, &wide));
        let wide_value = |o: u32| (u64::from(value(o) & 1) << 32 | u64::from(o)) >> 31;
        for t in 0..block {
            assert_eq!(any[t as usize], same(t, &|o| u64::from(value(o) & 3)));
            assert_eq!(wide[t as usize], same(t, &wide_value));
        }
        // the second warp has one value, others have several
        let all = format!(
            "{mask} shr.u32 %r4, %t, 5; setp.eq.u32 %p2, %r4, 1; selp.u32 %r1, 7, %t, %p2; \
             match.all.sync.b32 %r3|%p3, %r1, %r2; selp.b32 %r5, 1, 0, %p3; shl.b32 %r3, %r3, 1; or.b32 %r3, %r3, %r5; st.global.u32 [%out], %r3;"
        );
        let got = words(4, block, &all);
        for t in 0..block {
            let set = others(t).fold(0u32, |set, o| set | 1 << (o % 32));
            let want = if t / 32 == 1 { set << 1 | 1 } else { 0 };
            assert_eq!(got[t as usize], want, "thread {t}");
        }
    }
    let text = fault(4, 32, "redux.sync.add.u32 %r3, %t, 1;").to_string();
    assert!(
        text.contains("does not name the thread's own lane"),
        "{text}"
    );
}

/// Each half of the block has a barrier of its own, and nobody waits for the other half.
const HALVES: &str = "
    setp.lt.u32 %p1, %t, 64; selp.b32 %r1, 1, 2, %p1;
    mov.u32 %r2, s; mad.lo.u32 %r3, %t, 4, %r2; st.shared.u32 [%r3], %t;
    bar.sync %r1, 64;
    xor.b32 %r4, %t, 63; mad.lo.u32 %r4, %r4, 4, %r2; ld.shared.u32 %r5, [%r4];
    st.global.u32 [%out], %r5;";

/// The first warp stores, and goes on; the second one waits for it; and the other way round, by another barrier.
const PRODUCER: &str = "
    mov.u32 %r2, s; and.b32 %r6, %t, 31; mad.lo.u32 %r3, %r6, 4, %r2;
    setp.lt.u32 %p1, %t, 32; @!%p1 bra $consumer;
    mov.u32 %r8, 0;
$produce:
    add.u32 %r7, %t, %r8; st.shared.u32 [%r3], %r7;
    bar.arrive 1, 64;
    bar.sync 2, 64;
    add.u32 %r8, %r8, 100; setp.lt.u32 %p2, %r8, 300; @%p2 bra $produce;
    bra $end;
$consumer:
    mov.u32 %r9, 0; mov.u32 %r8, 0;
$consume:
    bar.sync 1, 64;
    ld.shared.u32 %r7, [%r3]; add.u32 %r9, %r9, %r7;
    bar.arrive 2, 64;
    add.u32 %r8, %r8, 1; setp.lt.u32 %p2, %r8, 3; @%p2 bra $consume;
    st.global.u32 [%out], %r9;
$end:";

#[test]
fn numbered_barriers_wait_for_those_they_are_told() {
    let halves = words(512, 128, HALVES);
    assert!((0..128).all(|t| halves[t as usize] == t ^ 63));
    let consumed = words(128, 64, PRODUCER);
    assert!((32..64u32).all(|t| consumed[t as usize] == 3 * (t - 32) + 300));
    // reductions of some warps, and of all with another number
    let reduced = words(
        4,
        96,
        "setp.lt.u32 %p1, %t, 64; @!%p1 bra $rest; and.b32 %r2, %t, 3; setp.eq.u32 %p2, %r2, 0;
         barrier.cta.red.popc.aligned.u32 %r1, 3, 64, %p2; bra $all;
         $rest: mov.u32 %r1, 7;
         $all: setp.lt.u32 %p3, %t, 95; bar.red.and.pred %p4, 5, %p3; bar.red.or.pred %p5, 5, !%p3;
         selp.u32 %r3, 100, 0, %p4; selp.u32 %r4, 1000, 0, %p5; add.u32 %r1, %r1, %r3; add.u32 %r1, %r1, %r4; st.global.u32 [%out], %r1;",
    );
    assert!((0..96).all(|t| reduced[t] == if t < 64 { 1016 } else { 1007 }));
    // a warp that has returned is not waited for, nor lanes that have
    let left = words(
        4,
        96,
        "setp.lt.u32 %p1, %t, 10; @%p1 bra $end; setp.gt.u32 %p1, %t, 70; @%p1 bra $end; barrier.sync 4; st.global.u32 [%out], %t; $end:",
    );
    assert_eq!(left.iter().filter(|w| **w != 0).count(), 61);
}

#[test]
fn faults_of_numbered_barriers() {
    // the second warp does not come
    let missing = "setp.lt.u32 %p1, %t, 32; @!%p1 bra $end; bar.sync 1, 64; $end:";
    let found = fault(4, 64, missing);
    assert_eq!(
        found.kind,
        FaultKind::NamedBarrier {
            barrier: 1,
            arrived: 32,
            wanted: 64
        }
    );
    assert!(found.text.contains("bar.sync 1, 64"), "{found}");
    assert!(
        found
            .to_string()
            .contains("waits for 64 threads, 32 have come"),
        "{found}"
    );
    let kind = |body: &str| fault(128, 64, body).kind;
    let threads = Some(48);
    assert_eq!(
        kind("bar.sync 1, 48;"),
        FaultKind::BarrierOperand {
            barrier: 1,
            threads
        }
    );
    assert_eq!(
        kind("bar.sync 16;"),
        FaultKind::BarrierOperand {
            barrier: 16,
            threads: None
        }
    );
    assert_eq!(
        kind("bar.arrive 1, 96; bar.arrive 1, 96;"),
        FaultKind::ArrivedAgain { barrier: 1 }
    );
    let part =
        "and.b32 %r1, %t, 1; setp.eq.u32 %p1, %r1, 0; @%p1 bra $end; bar.sync 1; $end: bar.sync 2;";
    assert_eq!(kind(part), FaultKind::Diverged { barrier: 1 });
    // the data of the other half, which was not there
    let other = "mov.u32 %r2, s; mad.lo.u32 %r3, %t, 4, %r2; st.shared.u32 [%r3], %t; setp.ge.u32 %p1, %t, 64; @%p1 bra $end;
        bar.sync 1, 64; xor.b32 %r4, %t, 127; mad.lo.u32 %r4, %r4, 4, %r2; ld.shared.u32 %r5, [%r4]; $end:";
    let racy = fault(512, 128, other);
    assert!(
        matches!(racy.kind, FaultKind::OtherThread { writer: 127 }),
        "{racy}"
    );
    // without the producer's arrival nothing is known of its stores
    let early = PRODUCER
        .replace("bar.sync 1, 64;", "")
        .replace("bar.arrive 1, 64;", "");
    let found = fault(128, 64, &early);
    assert!(
        matches!(found.kind, FaultKind::OtherThread { .. }),
        "{found}"
    );
}

#[test]
fn clocks_count_and_places_are_known() {
    let got = words(
        64,
        64,
        "mov.u64 %a2, %clock64; mov.u32 %r1, %clock; nanosleep.u32 20; mov.u64 %a3, %clock64; mov.u32 %r7, %clock_hi;
         setp.gt.u64 %p1, %a3, %a2; selp.u32 %r2, 1, 0, %p1; cvt.u32.u64 %r3, %a2; setp.gt.u32 %p2, %r1, %r3; selp.u32 %r4, 10, 0, %p2;
         add.u32 %r2, %r2, %r4; mov.u32 %r5, %nsmid; mov.u32 %r6, %smid; mad.lo.u32 %r2, %r5, 100, %r2; add.u32 %r2, %r2, %r6;
         mov.u32 %r5, %total_smem_size; mad.lo.u32 %r2, %r5, 1000, %r2; add.u32 %r2, %r2, %r7; st.global.u32 [%out], %r2;",
    );
    assert_eq!(got, [64_111; 64]);
}

#[test]
fn indexed_branches_go_where_the_list_says() {
    let got = words(
        4,
        64,
        "and.b32 %r1, %t, 3; mov.u32 %r2, 5; $list: .branchtargets $a, $b, $c, $a;
         brx.idx %r1, $list;
         $b: add.u32 %r2, %r2, 10;
         $c: add.u32 %r2, %r2, 100;
         $a: st.global.u32 [%out], %r2;",
    );
    assert!((0..64).all(|t| got[t] == [5, 115, 105, 5][t & 3]));
    let beyond = fault(
        4,
        64,
        "$list: .branchtargets $a; brx.idx %t, $list; $a: ret;",
    );
    assert_eq!((beyond.kind, beyond.thread), (FaultKind::Trap, 1));
}

const PRINT: &str = "
    mov.u64 %a2, depot; add.u32 %r1, %t, 40; st.local.u32 [%a2], %r1;
    mov.u64 %a3, word; cvta.global.u64 %a3, %a3; st.local.u64 [%a2+8], %a3;
    cvta.local.u64 %a2, %a2; mov.u64 %a4, text; cvta.global.u64 %a4, %a4;
    setp.eq.u32 %p1, %t, 1; @%p1 bra $skip;
    { .param .b64 f; st.param.b64 [f], %a4; .param .b64 a; st.param.b64 [a], %a2; .param .b32 r;
      call.uni (r), vprintf, (f, a); ld.param.b32 %r2, [r]; }
    st.global.u32 [%out], %r2;
$skip:";

#[test]
fn printed_text_is_collected_block_by_block() {
    let printed = |threads, fold| {
        let ran = ran(&kernel(4, PRINT), 5, 3, threads, fold);
        ran.result.unwrap();
        assert_eq!(ran.words, [2, 0, 2]);
        ran.printed
    };
    let one = printed(1, true);
    let texts: Vec<_> = one
        .iter()
        .map(|p| (p.block, p.thread, p.text.as_str()))
        .collect();
    let want: Vec<_> = (0..5)
        .flat_map(|b| [(b, 0, "40 hi\n"), (b, 2, "42 hi\n")])
        .collect();
    assert_eq!(texts, want);
    assert!(one.iter().all(|p| p.kernel == "k"));
    assert!(
        [printed(3, true), printed(1, false)]
            .iter()
            .all(|p| *p == one)
    );
    // what was printed before a fault is there, and nothing of blocks behind it
    let faulty = PRINT.replace(
        "$skip:",
        "$skip: mov.u32 %r5, %ctaid.x; setp.eq.u32 %p2, %r5, 2; @%p2 trap;",
    );
    let ran = ran(&kernel(4, &faulty), 5, 3, 2, true);
    assert_eq!(ran.result.unwrap_err().kind, FaultKind::Trap);
    assert_eq!(ran.printed, one[..6]);
    // a format that lies nowhere
    let nowhere = PRINT.replace("mov.u64 %a4, text;", "mov.u64 %a4, 64;");
    assert_eq!(fault(4, 3, &nowhere).kind, FaultKind::NotAllocated);
}

/// Endless printing keeps the first MiB, the same on any number of host threads.
#[test]
fn printed_text_has_a_limit() {
    let looped = PRINT
        .replace(
            "setp.eq.u32 %p1, %t, 1; @%p1 bra $skip;",
            "mov.u32 %r9, 0; $again:",
        )
        .replace(
            "$skip:",
            "add.u32 %r9, %r9, 1; setp.lt.u32 %p1, %r9, 350; @%p1 bra $again;",
        );
    let kept = |threads| {
        let ran = ran(&kernel(4, &looped), 16, 32, threads, true);
        ran.result.unwrap();
        ran.printed
    };
    let one = kept(1);
    let bytes: usize = one.iter().map(|p| p.text.len()).sum();
    assert!(bytes <= 1 << 20 && bytes > (1 << 20) - 16, "{bytes}");
    assert!(kept(3) == one);
}

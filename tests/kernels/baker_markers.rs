//! Markers beside their fragments, and symbols beside comments, strings and the plan: what does not suit is an error by
//! name and line.
#![cfg(feature = "reference")]

use bakelite::consts::*;
use bakelite::prelude::*;
use bakelite::ptx::device::{GlobalMemory, Launch, MOST_INSTRUCTIONS, Module, run};
use bakelite::ptx::{Baker, Constant, Fragment, TraceWorkspace, Traced, trace};

registry! { struct Pair in pair { x: [f64; U3] in Shared; spare: [f64; U2] in Local; } }
plan! { struct Plan for Pair = on(Sm80).block(32).sequential(); }

fn value(name: &str) -> Traced<f64> {
    Traced::operand(name)
}

/// Exchanges `x` and `y`, and gives their sum away.
fn exchange() -> Fragment {
    trace(|| {
        let (x, y) = (value("x"), value("y"));
        y.output("x");
        x.output("y");
        (x + y).output("z");
    })
}

const KERNEL: &str = ".version 8.0
.target sm_80
.address_size 64
.visible .entry k(.param .u64 p)
{
.reg .f64 %fd<8>; .reg .b64 %a<3>; .reg .pred q;
ld.param.u64 %a1, [p];
ld.global.f64 %fd1, [%a1];
ld.global.f64 %fd2, [%a1+8];
MARKER
st.global.f64 [%a1], %fd1;
st.global.f64 [%a1+8], %fd2;
st.global.f64 [%a1+16], %fd3;
ret;
}
";

fn baked(marker: &str) -> Result<String, String> {
    let text = KERNEL.replace("MARKER", marker);
    let baker = Baker::new(&text).fragment("s", exchange());
    baker.bake().map_err(|error| error.to_string())
}

/// What is stored, of 3 and 5.
fn stored(marker: &str) -> [f64; 3] {
    let module = Module::parse(&baked(marker).unwrap(), true).unwrap();
    let mut memory = GlobalMemory::new();
    let at = memory.allocate(24).unwrap();
    let bytes = |values: [f64; 3]| values.map(f64::to_le_bytes).concat();
    assert!(memory.write(at, &bytes([3.0, 5.0, -1.0])));
    let launch = Launch {
        kernel: &module.kernels()[0],
        params: &at.to_le_bytes(),
        grid: 1.into(),
        block: 1.into(),
        shared_bytes: 0,
        memory: &memory,
        checks: true,
        readers: false,
        threads: 1,
        instructions: MOST_INSTRUCTIONS,
    };
    run(&launch).unwrap();
    let mut out = [0; 24];
    assert!(memory.read(at, &mut out));
    [0, 1, 2].map(|i| f64::from_le_bytes(out[8 * i..][..8].try_into().unwrap()))
}

#[test]
fn a_marker_has_what_its_fragment_reads_and_writes() {
    for marker in [
        "@s x:%fd1, y:%fd2, z:%fd3;",
        "\t@s x : %fd1,y:%fd2 ,z:%fd3 ;  // x:%fd7",
        "@s /* x:%fd7, */ x:%fd1, y:%fd2, z:%fd3;",
        // an operand that the fragment does not know is no fault: markers are for many fragments
        "@s x:%fd1, y:%fd2, z:%fd3, w:%fd4;",
    ] {
        assert_eq!(stored(marker), [5.0, 3.0, 8.0], "{marker}");
    }
    let writes = "which its fragment writes\n  help: name a register for it, or leave it out of the fragment";
    let shape = "of marker `@s` is not `name:register`";
    let refused = [
        ("@s x:%fd1, y:%fd2;", format!("marker `@s` has no operand `z`, {writes}")),
        ("@s y:%fd1, z:%fd3, q:%fd3;", "marker `@s` has no operand `x`, which its fragment reads before it writes".into()),
        ("@s;", format!("marker `@s` has no operand `z`, {writes}")),
        ("@s ;", format!("marker `@s` has no operand `z`, {writes}")),
        (
            "@s x:%fd1, y:%fd1, z:%fd3;",
            "marker `@s` has `x` and `y`, which its fragment writes both, in one register, `%fd1`\n  help: give each its own".into(),
        ),
        (
            "@s x:%fd1, y:%fd2, z:%fd1;",
            "marker `@s` has `x` and `z`, which its fragment writes both, in one register, `%fd1`\n  help: give each its own".into(),
        ),
        (
            "@s x:%fd1, x:%fd2, y:%fd2, z:%fd3;",
            "marker `@s` has operand `x` twice, in `%fd1` and in `%fd2`\n  help: name it once".into(),
        ),
        (
            "@s x:%fd1, y:%fd2, z:%fd3, x:%fd1;",
            "marker `@s` has operand `x` twice, in `%fd1` and in `%fd1`\n  help: name it once".into(),
        ),
        ("@s x:%fd1 y:%fd2, z:%fd3;", format!("operand `x:%fd1 y:%fd2` {shape}")),
        ("@s x:, y:%fd2, z:%fd3;", format!("operand `x:` {shape}")),
        ("@s :%fd1, y:%fd2, z:%fd3;", format!("operand `:%fd1` {shape}")),
        (
            "@s x:%fd1, y:%fd2, z:%fd3; ret;",
            "`ret` stands behind marker `@s`\n  help: leave the marker a line of its own".into(),
        ),
        (
            "@s x:%fd1, y:%fd2,\n z:%fd3;",
            "marker `@s` has no `;` on its line\n  help: write a marker and all its operands on one line".into(),
        ),
        (
            "@s",
            "marker `@s` has no `;` on its line\n  help: write a marker and all its operands on one line".into(),
        ),
        (
            "@t x:%fd1;",
            "marker `@t` has no fragment\n  help: give it with `fragment(\"t\", ..)`".into(),
        ),
    ];
    for (marker, text) in refused {
        assert_eq!(
            baked(marker).unwrap_err(),
            format!("PTX line 10: {text}"),
            "{marker}"
        );
    }
    // a guard by a predicate of such a name is none
    let guarded = "setp.eq.u32 q, 1, 1;\n@q bra L;\nL:\n@s x:%fd1, y:%fd2, z:%fd3;";
    assert_eq!(stored(guarded), [5.0, 3.0, 8.0]);
    // a marker in a comment is none either
    let text = baked("/* @s x:%fd1;\n@s */ // @s y;").unwrap_err();
    assert_eq!(text, "`@s` was given, but the PTX does not contain it");
}

/// Two fragments share a value: in one place.
#[test]
fn what_crosses_has_one_place() {
    let give = || trace(|| (value("x") + value("x")).output("sum"));
    let take = || trace(|| value("sum").output("z"));
    let bake = |markers: &str| {
        let text = KERNEL.replace("MARKER", markers);
        let baker = Baker::new(&text)
            .fragment("give", give())
            .fragment("take", take());
        baker.bake().map_err(|error| error.to_string())
    };
    assert!(
        bake("@give x:%fd1;\n@take z:%fd3;")
            .unwrap()
            .contains("%bkcd0")
    );
    assert!(bake("@give x:%fd1, sum:%fd4;\n@take z:%fd3, sum:%fd4;").is_ok());
    // one of two that write it is enough: a loop may have been unrolled
    assert!(bake("@give x:%fd1, sum:%fd4;\n@give x:%fd1;\n@take z:%fd3;").is_ok());
    assert_eq!(
        bake("@give x:%fd1, sum:%fd4;\n@take z:%fd3;").unwrap_err(),
        "PTX line 11: marker `@take` has no operand `sum`, which its fragment reads before it writes\n  help: the markers that write it name a register; name it here too"
    );
}

/// Elements of buffers are no results: a marker need not know them.
#[test]
fn elements_of_buffers_may_stay_unread() {
    let spare = 1;
    let store = trace(|| {
        let mut workspace = TraceWorkspace::<f64>::new(&Plan::VIEW);
        bakelite::ode::Workspace::store(&mut workspace, spare, 0, value("x"));
        workspace.finish();
    });
    let text = KERNEL.replace("MARKER", "@s x:%fd1;");
    Baker::new(&text).fragment("s", store).bake().unwrap();
    let twice = trace(|| {
        value("x").output("y");
        value("z").output("y");
    });
    let error = Baker::new(&text).fragment("s", twice).bake().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`y` is written twice\n  help: give each result a name of its own"
    );
}

fn symbols(text: &str) -> Result<String, String> {
    let baker = Baker::new(text).constant("a", 1_u32);
    baker.bake().map_err(|error| error.to_string())
}

#[test]
fn comments_and_strings_have_no_symbols() {
    let kept = "// bk_a is here, and bk_b\nmov.u32 %r1, 1; // bk_c\n/* bk_d\n bk_a \" */\n.file 1 \"bk_a.cu\"\nmov.u32 %r2, /*bk_b*/ 1;\n";
    let text = kept
        .replace("%r1, 1", "%r1, bk_a")
        .replace("*/ 1;", "*/ bk_a;");
    assert_eq!(symbols(&text).as_deref(), Ok(kept));
    // what is given must be in the code
    for text in ["// bk_a\n", "/*\nbk_a\n*/\n", ".file 1 \"bk_a\"\n"] {
        assert_eq!(
            symbols(text).unwrap_err(),
            "`bk_a` was given, but the PTX does not contain it"
        );
    }
    // an entry in a comment has no body
    let text = "/* .entry x() { */ .visible .entry /* { */ k()\n// {\n{ mov.u32 %r1, bk_a; }\n";
    let text = symbols(text).unwrap();
    assert!(text.contains("\n{\n mov.u32 %r1, 1; }\n"), "{text}");
    // `$` goes on with a name
    assert_eq!(
        symbols("mov.u32 %r1, bk_a;\nmov.u32 %r2, bk_a$1;\n").unwrap_err(),
        "PTX line 2: symbol `bk_a$1` has no value\n  help: give it with `constant(\"a$1\", ..)`"
    );
}

#[test]
fn names_that_cannot_be_given() {
    let text = "mov.u32 %r1, bk_x_offset;\n";
    let error = |baker: Baker| baker.bake().unwrap_err().to_string();
    let hidden = "`bk_x_offset` is given as a constant, and the plan gives it too\n  help: give the constant another name";
    let constant = |baker: Baker<'static>| baker.constant("x_offset", 77_u32);
    assert_eq!(error(constant(Baker::new(text).plan(&Plan::VIEW))), hidden);
    assert_eq!(error(constant(Baker::new(text)).plan(&Plan::VIEW)), hidden);
    for name in ["", "a b", "a;\nret", "é", "a$1"] {
        let baker = Baker::new(text).constant(name, Constant::U32(1));
        assert_eq!(
            error(baker),
            format!("`bk_{name}` is no symbol\n  help: name it by letters, digits and `_`")
        );
    }
    for name in ["", "Step", "step2", "a b", "params"] {
        let baker = Baker::new(text).fragment(name, exchange());
        assert!(
            error(baker).starts_with(&format!("`@{name}` cannot be the marker of a fragment\n"))
        );
    }
    let twice = Baker::new(text)
        .parameters(&Plan::VIEW, 0)
        .parameters(&Plan::VIEW, 0);
    assert_eq!(
        error(twice),
        "`@params` is given twice\n  help: give each symbol and marker once"
    );
}

/// The text with `bk_a` replaced, by one automaton over its characters; `None`: another symbol is in it.
fn replaced(text: &str) -> Option<String> {
    #[derive(Clone, Copy, PartialEq)]
    enum In {
        Code,
        Line,
        Block,
        Text,
    }
    let chars: Vec<char> = text.chars().collect();
    let (mut state, mut code, mut i) = (In::Code, vec![false; chars.len()], 0);
    while i < chars.len() {
        let two = (chars[i], chars.get(i + 1).copied().unwrap_or(' '));
        let (next, width) = match (state, two) {
            (In::Code, ('/', '/')) => (In::Line, 2),
            (In::Code, ('/', '*')) => (In::Block, 2),
            (In::Code, ('"', _)) => (In::Text, 1),
            (In::Line | In::Text, ('\n', _)) => (In::Code, 1),
            (In::Block, ('*', '/')) => (In::Code, 2),
            (In::Text, ('\\', after)) if after != '\n' => (In::Text, 2),
            (In::Text, ('"', _)) => (In::Code, 1),
            (same, _) => (same, 1),
        };
        code[i] = state == In::Code && next == In::Code;
        (state, i) = (next, i + width);
    }
    let word = |at: usize| {
        let here = (code[at] && (chars[at].is_ascii_alphanumeric() || "_$".contains(chars[at])))
            .then_some(chars[at]);
        here.is_some()
    };
    let (mut out, mut i) = (String::new(), 0);
    while i < chars.len() {
        let start = i;
        while i < chars.len() && word(i) {
            i += 1;
        }
        let all: String = chars[start..i].iter().collect();
        let glued = start > 0 && code[start - 1] && "%.".contains(chars[start - 1]);
        match all.as_str() {
            "" => {
                out.push(chars[i]);
                i += 1;
            }
            "bk_a" if !glued => out.push('1'),
            other if other.starts_with("bk_") && !glued => return None,
            other => out.push_str(other),
        }
    }
    Some(out)
}

#[test]
fn random_texts_beside_an_automaton() {
    const PIECES: [&str; 20] = [
        "bk_a", "bk_a", "bk_a", "bk_b", "//", "/*", "*/", "\"", "\\", "\n", "\n", " ", ";", "é",
        "x", "$", "%", ".", "/", "*",
    ];
    let mut seed = 7_u64;
    let mut random = |below: usize| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    let (mut baked, mut refused) = (0, 0);
    for _ in 0..30_000 {
        let pieces: Vec<&str> = (0..random(14))
            .map(|_| PIECES[random(PIECES.len())])
            .collect();
        // one that is there in any case
        let text = format!("bk_a\n{}\n", pieces.concat());
        let found = symbols(&text);
        match replaced(&text) {
            Some(want) => {
                assert_eq!(found.as_deref(), Ok(want.as_str()), "{text}");
                baked += 1;
            }
            None => {
                assert!(found.unwrap_err().contains("has no value"), "{text}");
                refused += 1;
            }
        }
    }
    assert!(baked > 10_000 && refused > 3_000, "{baked} {refused}");
}

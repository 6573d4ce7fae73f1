//! An offset is one immediate in the machine code, however deep and generic the code that asks for it.
use std::path::Path;
use std::process::Command;

#[test]
fn an_offset_is_one_immediate() {
    if !cfg!(all(target_arch = "x86_64", not(target_env = "msvc"))) {
        println!("skipped: the expected text is that of x86_64 in AT&T syntax");
        return;
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let user = Path::new(env!("CARGO_TARGET_TMPDIR")).join("asm_user");
    std::fs::create_dir_all(user.join("src")).unwrap();
    std::fs::copy(here.join("tests/asm/offset.rs"), user.join("src/lib.rs")).unwrap();
    let manifest = format!(
        "[package]\nname = \"asm_user\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n[profile.release]\npanic = \"abort\"\n\
         [dependencies]\nbakelite = {{ path = {here:?}, default-features = false }}\n"
    );
    std::fs::write(user.join("Cargo.toml"), manifest).unwrap();
    // the same versions as this build: nothing to download
    let _ = std::fs::copy(here.join("Cargo.lock"), user.join("Cargo.lock"));
    let out = user.join("out.s");
    let done = Command::new(env!("CARGO"))
        .args(["rustc", "--release", "--quiet", "--offline", "--target-dir"])
        .arg(user.join("target"))
        .args(["--", "-Cdebuginfo=0", "-Ccodegen-units=1"])
        .arg(format!("--emit=asm={}", out.display()))
        .current_dir(&user)
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let asm = std::fs::read_to_string(&out).unwrap();
    // one of the two may be an alias of the other: both bodies are the same
    assert!(asm.contains("typed_offset") && asm.contains("named_offset"));
    let body = |name: &str| -> Option<Vec<String>> {
        let lines = asm.lines().skip_while(|l| *l != format!("{name}:")).skip(1);
        let code = lines
            .map(str::trim)
            .filter(|l| !l.starts_with('.'))
            .take(2)
            .map(|l| l.replace('\t', " "));
        let code: Vec<String> = code.collect();
        (!code.is_empty()).then_some(code)
    };
    let bodies: Vec<_> = ["typed_offset", "named_offset"]
        .iter()
        .filter_map(|n| body(n))
        .collect();
    assert!(!bodies.is_empty(), "{asm}");
    for b in bodies {
        assert_eq!(b, ["movl $84, %eax", "retq"]);
    }
}

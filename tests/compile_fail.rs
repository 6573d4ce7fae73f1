//! Every mistake a user can make in a declaration or a plan, with the exact words of the compiler.
//!
//! After a change of words: `TRYBUILD=overwrite cargo test --test compile_fail`, then read the difference.

// the words list every registry in scope, so they are those of the crate with its integrator
#[cfg(feature = "std")]
#[test]
fn errors_are_the_product() {
    let t = trybuild::TestCases::new();
    // a passing case makes trybuild run `cargo build` for all: some errors appear only there
    t.pass("compile_fail/pass_*.rs");
    t.compile_fail("compile_fail/[!p]*.rs");
}

#[test]
fn every_expectation_has_its_program() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("compile_fail");
    let mut expectations = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let program = path.with_extension("rs");
        assert!(program.exists(), "{} has no program", path.display());
        expectations += usize::from(path.extension().is_some_and(|e| e == "stderr"));
    }
    assert!(expectations >= 20, "{expectations}");
}

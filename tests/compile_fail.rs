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

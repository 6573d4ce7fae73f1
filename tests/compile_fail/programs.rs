//! The programs, each compiled and compared.

use crate::files;
use crate::rustc::{ROOT, Said, Solver, compile, version};
use crate::words::{difference, kept};
use std::path::{Path, PathBuf};

/// The file that names the version of rustc whose words are kept.
const RUSTC: &str = "compile_fail/RUSTC";

fn paths(passing: bool) -> Vec<PathBuf> {
    let all = ["compile_fail", "compile_fail/defects"]
        .into_iter()
        .flat_map(files);
    let is_program = |path: &PathBuf| {
        let passes = path
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("pass_");
        path.extension().is_some_and(|e| e == "rs") && passes == passing
    };
    let mut paths: Vec<_> = all
        .filter(is_program)
        .map(|path| path.strip_prefix(ROOT).unwrap().to_owned())
        .collect();
    paths.sort();
    paths
}

#[test]
fn errors_are_the_product() {
    let said = compile(&paths(false), Solver::Today, false);
    if std::env::var_os("BLESS").is_some() {
        for said in &said {
            assert!(!said.good, "{} compiles", said.program.display());
            std::fs::write(expectation(&said.program), kept(said)).unwrap();
        }
        std::fs::write(Path::new(ROOT).join(RUSTC), version() + "\n").unwrap();
        return;
    }
    let blessed = is_blessed();
    compare(&said, blessed);
    if blessed {
        // what other versions are asked for holds here, too
        compare(&said, false);
    }
}

#[test]
fn the_same_errors_under_the_next_solver() {
    if Solver::Next.exists() {
        compare(&compile(&paths(false), Solver::Next, false), false);
    }
}

#[test]
fn what_is_right_compiles_and_runs() {
    good(&compile(&paths(true), Solver::Today, true));
}

#[test]
fn what_is_right_compiles_under_the_next_solver() {
    if Solver::Next.exists() {
        good(&compile(&paths(true), Solver::Next, false));
    }
}

/// Whether this is the rustc whose words are kept.
fn is_blessed() -> bool {
    let kept = std::fs::read_to_string(Path::new(ROOT).join(RUSTC)).unwrap();
    version() == kept.trim()
}

fn expectation(program: &Path) -> PathBuf {
    Path::new(ROOT).join(program.with_extension("stderr"))
}

fn compare(said: &[Said], exact: bool) {
    assert!(said.len() > 80, "{} programs", said.len());
    let differences = said.iter().filter_map(|said| {
        let path = said.program.display();
        if said.good {
            return Some(format!("{path} compiles"));
        }
        let expected = std::fs::read_to_string(expectation(&said.program));
        let expected = expected.unwrap_or_else(|e| panic!("{path}: no `.stderr`: {e}"));
        difference(&expected, &kept(said), exact, !is_blessed()).map(|d| format!("{path}: {d}"))
    });
    assert_none(differences.collect());
}

fn good(said: &[Said]) {
    assert!(said.len() > 15, "{} programs", said.len());
    let bad = said.iter().filter(|said| !said.good);
    assert_none(
        bad.map(|said| format!("{}: {}", said.program.display(), kept(said)))
            .collect(),
    );
}

fn assert_none(differences: Vec<String>) {
    let count = differences.len();
    assert!(
        count == 0,
        "{count} programs differ; `BLESS=1` keeps what rustc says\n\n{}",
        differences.join("\n\n")
    );
}

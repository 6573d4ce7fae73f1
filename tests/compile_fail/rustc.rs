//! How a program is compiled: by rustc itself, against the library that cargo has built for this test.

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The folder of the package; paths of programs are below it.
pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The solver that rustc proves trait bounds with.
#[derive(Clone, Copy, PartialEq)]
pub enum Solver {
    /// The one that this rustc has by default.
    Today,
    /// `-Znext-solver=globally`, which a stable rustc takes where `RUSTC_BOOTSTRAP=1` is set.
    Next,
}

impl Solver {
    fn arguments(self, rustc: &mut Command) {
        if self == Solver::Next {
            rustc.env("RUSTC_BOOTSTRAP", "1");
            rustc.arg("-Znext-solver=globally");
        }
    }

    /// Whether this rustc knows it.
    pub fn exists(self) -> bool {
        let mut rustc = rustc();
        self.arguments(&mut rustc);
        rustc.args([
            "--crate-name=empty",
            "--crate-type=lib",
            "--emit=metadata",
            "-o",
        ]);
        rustc.arg(folder().join("empty.rmeta")).arg("-");
        let status = rustc.stdin(Stdio::null()).stderr(Stdio::null()).status();
        status.unwrap().success()
    }
}

/// What rustc said of a program.
pub struct Said {
    /// Its path below [`ROOT`].
    pub program: PathBuf,
    /// Whether it compiled, and where it was to be run, ran.
    pub good: bool,
    /// The diagnostics in order, as rustc prints them.
    pub diagnostics: Vec<String>,
}

/// The version of rustc, as it gives it.
pub fn version() -> String {
    let output = rustc().arg("--version").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Compiles all programs, several at a time, and runs those that compile if `run`.
pub fn compile(programs: &[PathBuf], solver: Solver, run: bool) -> Vec<Said> {
    let library = library();
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    let mut all: Vec<(usize, Said)> = std::thread::scope(|scope| {
        let worker = || {
            let mut said = Vec::new();
            while let i = next.fetch_add(1, Ordering::Relaxed)
                && let Some(program) = programs.get(i)
            {
                said.push((i, compile_one(library, program, solver, run)));
            }
            said
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        workers
            .into_iter()
            .flat_map(|w| w.join().unwrap())
            .collect()
    });
    all.sort_by_key(|(i, _)| *i);
    all.into_iter().map(|(_, said)| said).collect()
}

/// To the object file, and not only checked: some errors are those of constants that only a function that is compiled
/// evaluates.
fn compile_one(library: &[String], program: &Path, solver: Solver, run: bool) -> Said {
    let name = program.file_stem().unwrap().to_str().unwrap();
    let mut rustc = rustc();
    solver.arguments(&mut rustc);
    rustc.args([
        "--edition=2024",
        "--crate-type=bin",
        "--error-format=json",
        "--diagnostic-width=140",
        "--verbose",
        "-Adead_code",
    ]);
    rustc.arg(format!("--crate-name={name}"));
    let executable = folder().join(format!("{name}{}", solver as u8));
    rustc.arg(if run { "--emit=link" } else { "--emit=obj" });
    rustc.arg("-o").arg(&executable).args(library).arg(program);
    let output = rustc.output().unwrap();
    let diagnostics = String::from_utf8(output.stderr).unwrap();
    let diagnostics = diagnostics.lines().map(|line| {
        let said: Value =
            serde_json::from_str(line).unwrap_or_else(|e| panic!("{name}: {e}: {line}"));
        said["rendered"].as_str().unwrap_or_default().to_owned()
    });
    let diagnostics = diagnostics.filter(|text| !is_summary(text)).collect();
    let mut good = output.status.success();
    if good && run {
        good = Command::new(&executable).output().unwrap().status.success();
    }
    Said {
        program: program.to_owned(),
        good,
        diagnostics,
    }
}

/// Whether it only counts what was said, or says where to read on.
fn is_summary(text: &str) -> bool {
    let starts = [
        "error: aborting due to ",
        "For more information about ",
        "Some errors have detailed ",
    ];
    starts.iter().any(|start| text.starts_with(start))
        || (text.starts_with("warning: ") && text.contains(" emitted"))
}

fn rustc() -> Command {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.current_dir(ROOT).env_remove("RUSTC_BOOTSTRAP");
    rustc
}

/// Where what is compiled goes.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile_fail");
        std::fs::create_dir_all(&folder).unwrap();
        folder
    })
}

/// The arguments by which rustc finds the library and all that it depends on. Cargo is asked for what it has just
/// built: this test with these features.
fn library() -> &'static [String] {
    static ARGUMENTS: OnceLock<Vec<String>> = OnceLock::new();
    ARGUMENTS.get_or_init(|| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(ROOT);
        cargo.args([
            "test",
            "--no-run",
            "--quiet",
            "--test",
            "compile_fail",
            "--message-format=json",
        ]);
        cargo.args(["--no-default-features", "--features", &features().join(",")]);
        if !cfg!(debug_assertions) {
            cargo.arg("--release");
        }
        let output = cargo.stderr(Stdio::inherit()).output().unwrap();
        assert!(output.status.success(), "the library does not compile");
        let messages = String::from_utf8(output.stdout).unwrap();
        let mut folders = BTreeSet::new();
        let mut arguments = Vec::new();
        for message in messages.lines() {
            let message: Value = serde_json::from_str(message).unwrap();
            for path in strings(&message["linked_paths"]) {
                arguments.push(format!("-L{path}"));
            }
            let files = strings(&message["filenames"]);
            let is_ours =
                message["target"]["name"] == "bakelite" && message["profile"]["test"] == false;
            for file in files {
                folders.insert(Path::new(file).parent().unwrap().to_owned());
                // the metadata beside the library: newer versions of cargo leave it out there
                if is_ours {
                    arguments.push(format!("--extern=bakelite={file}"));
                }
            }
        }
        let folders = folders
            .iter()
            .map(|f| format!("-Ldependency={}", f.display()));
        arguments.extend(folders);
        arguments
    })
}

fn strings(array: &Value) -> impl Iterator<Item = &str> {
    array
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

/// Those that this test was compiled with.
fn features() -> Vec<&'static str> {
    let all = [
        ("default", cfg!(feature = "default")),
        ("alloc", cfg!(feature = "alloc")),
        ("json", cfg!(feature = "json")),
        ("std", cfg!(feature = "std")),
        ("cuda", cfg!(feature = "cuda")),
    ];
    all.iter()
        .filter(|(_, on)| *on)
        .map(|(name, _)| *name)
        .collect()
}

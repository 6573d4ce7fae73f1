//! What other programs say: the crate's tests and examples, diffrax, compute-sanitizer.

use crate::report::Verdict;
use crate::{Arguments, Section};
use bakelite::cuda::Device;
use std::path::PathBuf;
use std::process::Command;

fn skipped(reason: impl Into<String>) -> Section {
    Ok((Verdict::Skipped(reason.into()), String::new()))
}

fn block(text: &[u8]) -> String {
    format!("```text\n{}\n```\n", String::from_utf8_lossy(text).trim())
}

/// Runs the programs in `tests` and `examples` of the folder.
pub fn tests(device: &Device, arguments: &Arguments) -> Section {
    let mut programs: Vec<PathBuf> = Vec::new();
    for folder in ["tests", "examples"] {
        if let Ok(entries) = std::fs::read_dir(arguments.folder.join(folder)) {
            programs.extend(entries.filter_map(|entry| Some(entry.ok()?.path())));
        }
    }
    if programs.is_empty() {
        return skipped("none in the folder: `benches/gpu pack` puts them there");
    }
    programs.sort();
    let (mut text, mut failed) = (String::new(), Vec::new());
    for program in &programs {
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        let path = std::path::absolute(program).map_err(|error| error.to_string())?;
        let which = if device.is_reference() {
            "reference"
        } else {
            "gpu"
        };
        let done = Command::new(path)
            .env("BAKELITE_TEST_DEVICE", which)
            .current_dir(&arguments.folder)
            .output()
            .map_err(|error| format!("{name}: {error}"))?;
        text += &format!("`{name}`: {}\n\n", done.status);
        text += &block(&done.stdout);
        if !done.status.success() {
            failed.push(name.into_owned());
            text += &block(&done.stderr);
        }
    }
    let verdict = match failed.len() {
        0 => Verdict::Ok(format!("{} programs", programs.len())),
        _ => Verdict::Failed(failed.join(", ")),
    };
    Ok((verdict, text))
}

/// Status of `diffrax_peer.py` where it cannot import its modules.
const NO_MODULE: i32 = 3;

pub fn diffrax(device: &Device, arguments: &Arguments) -> Section {
    let script = arguments.folder.join("diffrax_peer.py");
    if !script.is_file() {
        return skipped("no diffrax_peer.py in the folder: `benches/gpu pack` puts it there");
    }
    let reference = device.is_reference();
    let runs = arguments.runs(device) * if reference { 1 } else { 16 };
    let python = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    let done = Command::new(&python)
        .arg(script)
        .args(["--runs", &runs.to_string()])
        .output();
    let Ok(done) = done else {
        return skipped(format!("{} cannot be started", python.display()));
    };
    let log = String::from_utf8_lossy(&done.stderr);
    let last = log.lines().last().unwrap_or("no message").to_owned();
    match done.status.code() {
        Some(0) => Ok((
            Verdict::Ok(format!("{runs} runs, the ensembles above")),
            String::from_utf8_lossy(&done.stdout).into_owned(),
        )),
        Some(NO_MODULE) => skipped(last),
        _ => Ok((Verdict::Failed(last), block(&done.stderr))),
    }
}

/// Each tool over a small comparison of bits, in a process of its own.
pub fn sanitizer(device: &Device, arguments: &Arguments) -> Section {
    let present = Command::new("compute-sanitizer").arg("--version").output();
    if present.is_err() {
        return skipped("compute-sanitizer is not present on PATH");
    }
    if device.is_reference() {
        return skipped("compute-sanitizer looks at GPUs, and this is the reference device");
    }
    let which = match arguments.device {
        bakelite::cuda::Choice::Gpu(number) => number.to_string(),
        _ => "0".to_owned(),
    };
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let (mut text, mut failed) = (String::new(), Vec::new());
    for tool in ["memcheck", "racecheck", "initcheck", "synccheck"] {
        let done = Command::new("compute-sanitizer")
            .args(["--tool", tool, "--error-exitcode", "9"])
            .arg(&own)
            .args(["--bits-only", "--few", "--runs", "64", "--device", &which])
            .output()
            .map_err(|error| error.to_string())?;
        let log = String::from_utf8_lossy(&done.stdout);
        let lines: Vec<&str> = log.lines().filter(|l| l.starts_with("=====")).collect();
        let ok = done.status.success();
        let shown = if ok { lines.len().saturating_sub(2) } else { 0 };
        text += &format!("{tool}: {}\n\n", done.status);
        text += &block(lines[shown..].join("\n").as_bytes());
        if !ok {
            failed.push(tool);
        }
    }
    let verdict = match failed.len() {
        0 => Verdict::Ok("memcheck, racecheck, initcheck, synccheck".to_owned()),
        _ => Verdict::Failed(failed.join(", ")),
    };
    Ok((verdict, text))
}

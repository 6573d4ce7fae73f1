//! The report: printed as it grows, and kept.

use crate::{Arguments, Section};
use bakelite::cuda::Device;
use std::time::Instant;

/// How a section ended.
pub enum Verdict {
    Ok(String),
    Failed(String),
    Skipped(String),
}

pub struct Report {
    text: String,
    verdicts: Vec<(String, Verdict)>,
    started: Instant,
}

fn command(program: &str, arguments: &[&str]) -> Option<String> {
    let done = std::process::Command::new(program).args(arguments).output();
    let done = done.ok().filter(|done| done.status.success())?;
    Some(String::from_utf8_lossy(&done.stdout).trim().to_owned())
}

fn first_line(path: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    text.lines().next().map(|line| line.trim().to_owned())
}

impl Report {
    pub fn new(device: &Device, arguments: &Arguments) -> Report {
        let mut text = "# The GPU report\n\n".to_owned();
        if device.is_reference() {
            text += "**From the reference device, an interpreter on the host: bits mean what they say; no time here says anything about a GPU.**\n\n";
        }
        let (major, minor) = device.compute_capability();
        let driver = first_line("/proc/driver/nvidia/version");
        let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let cpu = cpu.lines().find_map(|l| l.strip_prefix("model name\t: "));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let unknown = || "unknown".to_owned();
        let rows = [
            ("device", device.name().to_owned()),
            ("compute capability", format!("{major}.{minor}")),
            ("driver", driver.unwrap_or_else(|| "none".to_owned())),
            (
                "host",
                format!("{}, {cores} cores", cpu.unwrap_or("unknown CPU")),
            ),
            (
                "date",
                command("date", &["-u", "+%F %T UTC"]).unwrap_or_else(unknown),
            ),
            (
                "commit",
                first_line(&arguments.folder.join("COMMIT").to_string_lossy())
                    .or_else(|| command("git", &["rev-parse", "HEAD"]))
                    .unwrap_or_else(unknown),
            ),
            (
                "asked for",
                std::env::args().skip(1).collect::<Vec<_>>().join(" "),
            ),
        ];
        text += "| | |\n|---|---|\n";
        for (name, value) in rows {
            text += &format!("| {name} | {value} |\n");
        }
        print!("{text}");
        Report {
            text,
            verdicts: Vec::new(),
            started: Instant::now(),
        }
    }

    /// Runs a section. An error is a failure with its reason.
    pub fn section(&mut self, title: &str, run: impl FnOnce() -> Section) {
        let (verdict, body) = run().unwrap_or_else(|error| (Verdict::Failed(error), String::new()));
        let line = verdict.line();
        self.put(&format!("\n## {title}\n{line}.\n"));
        if !body.is_empty() {
            self.put(&format!("\n{}\n", body.trim_end()));
        }
        self.verdicts.push((title.to_owned(), verdict));
    }

    fn put(&mut self, text: &str) {
        print!("{text}");
        self.text += text;
    }

    pub fn failed(&self) -> bool {
        let failed = |(_, verdict): &(String, Verdict)| matches!(verdict, Verdict::Failed(_));
        self.verdicts.iter().any(failed)
    }

    /// The whole text, with a summary at its end.
    pub fn finish(&mut self) -> String {
        let mut text = format!(
            "\n## Summary\n{} s.\n\n| section | |\n|---|---|\n",
            self.started.elapsed().as_secs()
        );
        for (title, verdict) in &self.verdicts {
            let line = verdict.line().replace('|', "\\|").replace('\n', "; ");
            text += &format!("| {title} | {line} |\n");
        }
        self.put(&text);
        self.text.clone()
    }
}

impl Verdict {
    fn line(&self) -> String {
        match self {
            Verdict::Ok(text) => format!("ok: {text}"),
            Verdict::Failed(text) => format!("FAILED: {text}"),
            Verdict::Skipped(text) => format!("skipped: {text}"),
        }
    }
}

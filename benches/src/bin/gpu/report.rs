//! The report: written anew whenever something is known, so that a machine that is taken away leaves what was done.

use crate::Arguments;
use crate::say::Said;
use bakelite::cuda::Device;
use std::fmt::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How often the file is written at most.
const PAUSE: Duration = Duration::from_millis(500);

enum Line {
    Text(String),
    Row(String, String),
}

/// What a section said so far.
#[derive(Default)]
pub struct Section {
    title: String,
    lines: Vec<Line>,
    pub cases: Option<usize>,
    pub begun: usize,
    pub done: usize,
    /// The case that was begun last.
    pub last: String,
    bits: [usize; 2],
    differs: Vec<String>,
    failed: Vec<String>,
    skipped: Option<String>,
    summary: Option<String>,
    /// Why it has not all cases.
    pub stopped: Option<String>,
    /// How often it was started again: rows of another start have other keys.
    pub starts: usize,
    seconds: Option<f64>,
}

impl Section {
    pub fn hear(&mut self, said: Said) {
        match said {
            Said::Cases(count) => self.cases = Some(count),
            Said::Begin(name) => {
                self.begun += 1;
                self.last = name;
            }
            Said::End => self.done += 1,
            Said::Text(text) => self.lines.push(Line::Text(text)),
            Said::Row(key, text) => {
                let key = format!("{}\t{key}", self.starts);
                let same = self.lines.iter_mut().find_map(|line| match line {
                    Line::Row(own, text) if *own == key => Some(text),
                    _ => None,
                });
                match same {
                    Some(old) => *old = text,
                    None => {
                        let table = key.split('/').next().unwrap_or_default();
                        let of_table = |line: &Line| matches!(line, Line::Row(own, _) if own.split('/').next() == Some(table));
                        let at = self.lines.iter().rposition(of_table);
                        let at = at.map_or(self.lines.len(), |last| last + 1);
                        self.lines.insert(at, Line::Row(key, text));
                    }
                }
            }
            Said::Bits(same, of) => {
                self.bits[0] += same;
                self.bits[1] += of;
            }
            Said::Differs(text) => self.differs.push(text),
            Said::Failed(text) => self.failed.push(text),
            Said::Skipped(text) => self.skipped = Some(text),
            Said::Summary(text) => self.summary = Some(text),
        }
    }

    fn is_failed(&self) -> bool {
        !self.failed.is_empty() || !self.differs.is_empty()
    }

    /// In a line.
    fn verdict(&self) -> String {
        let mut parts = Vec::new();
        if let Some(first) = self.differs.first() {
            let count = self.differs.len();
            parts.push(format!("BITS DIFFER in {count} launches, first: {first}"));
        }
        if let Some(first) = self.failed.first() {
            let more = match self.failed.len() - 1 {
                0 => String::new(),
                more => format!(" (and {more} more)"),
            };
            parts.push(format!("FAILED: {first}{more}"));
        }
        if let Some(reason) = &self.skipped {
            parts.push(format!("skipped: {reason}"));
        }
        if let Some(why) = &self.stopped {
            parts.push(why.clone());
        }
        if parts.is_empty() {
            parts.push(
                if self.seconds.is_some() {
                    "ok"
                } else {
                    "running"
                }
                .to_owned(),
            );
        }
        if self.bits[1] > 0 {
            parts.push(format!(
                "{} of {} launches have the host's bits",
                self.bits[0], self.bits[1]
            ));
        }
        parts.extend(self.summary.clone());
        if let Some(seconds) = self.seconds {
            parts.push(format!("{seconds:.1} s"));
        }
        parts.join("; ").replace('|', "\\|")
    }

    fn text(&self) -> String {
        let mut text = format!("\n## {}\n{}.\n\n", self.title, self.verdict());
        for line in &self.lines {
            let (Line::Text(line) | Line::Row(_, line)) = line;
            text += line;
            text.push('\n');
        }
        for (what, list) in [("DIFFERS", &self.differs), ("FAILED", &self.failed)] {
            for line in list {
                _ = writeln!(text, "\n- {what}: {line}");
            }
        }
        text
    }
}

pub struct Report {
    path: PathBuf,
    head: String,
    sections: Vec<Section>,
    started: Instant,
    written: Option<Instant>,
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

/// The arguments, but for the folder, which says nothing elsewhere.
fn asked_for() -> String {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    if let Some(at) = words.iter().position(|word| word == "--folder") {
        words.drain(at..words.len().min(at + 2));
    }
    words.join(" ")
}

impl Report {
    pub fn new(device: &Device, arguments: &Arguments, path: PathBuf) -> Report {
        let mut head = String::new();
        if device.is_reference() {
            head += "\n**From the reference device, an interpreter on the host: bits mean what they say; no time here says anything about a GPU.**\n";
        }
        let (major, minor) = device.compute_capability();
        let driver = first_line("/proc/driver/nvidia/version");
        let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let cpu = cpu.lines().find_map(|l| l.strip_prefix("model name\t: "));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let unknown = || "unknown".to_owned();
        let commit = arguments.folder.join("COMMIT");
        let rows = [
            (
                "device",
                match device.fallback_reason() {
                    Some(reason) => format!("{}; {reason}", device.name()),
                    None => device.name().to_owned(),
                },
            ),
            (
                "compute capability, SMs",
                format!("{major}.{minor}, {}", device.multiprocessors()),
            ),
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
                first_line(&commit.to_string_lossy())
                    .or_else(|| command("git", &["rev-parse", "HEAD"]))
                    .unwrap_or_else(unknown),
            ),
            ("asked for", asked_for()),
        ];
        head += "\n| | |\n|---|---|\n";
        for (name, value) in rows {
            head += &format!("| {name} | {value} |\n");
        }
        Report {
            path,
            head,
            sections: Vec::new(),
            started: Instant::now(),
            written: None,
        }
    }

    /// A section begins.
    pub fn begin(&mut self, title: &str) {
        self.sections.push(Section {
            title: title.to_owned(),
            ..Section::default()
        });
    }

    /// The section that was begun last.
    pub fn section(&mut self) -> Option<&mut Section> {
        self.sections.last_mut()
    }

    /// It ends, and is printed.
    pub fn end(&mut self, took: Duration) {
        if let Some(section) = self.sections.last_mut() {
            section.seconds = Some(took.as_secs_f64());
            println!("{}", section.text().trim_end());
        }
    }

    pub fn failed(&self) -> bool {
        self.sections.iter().any(Section::is_failed)
    }

    /// The summary, then every section.
    pub fn text(&self) -> String {
        let mut text = "# The GPU report\n".to_owned();
        text += &self.head;
        text += &self.summary();
        for section in &self.sections {
            text += &section.text();
        }
        text
    }

    pub fn summary(&self) -> String {
        let sum = |of: usize| -> usize { self.sections.iter().map(|s| s.bits[of]).sum() };
        let mut text = format!(
            "\n## Summary\n**Bits: {} same of {} launches.** {} s.\n",
            sum(0),
            sum(1),
            self.started.elapsed().as_secs()
        );
        if let Some(first) = self.sections.iter().find_map(|s| s.differs.first()) {
            _ = writeln!(text, "\nFirst difference: {first}");
        }
        text += "\n| section | |\n|---|---|\n";
        for section in &self.sections {
            _ = writeln!(text, "| {} | {} |", section.title, section.verdict());
        }
        text
    }

    /// Writes the file, if that was not done just now. A reader finds the old or the new one, and never half of it.
    ///
    /// # Errors
    /// Of the file, by its name.
    pub fn write(&mut self, now: bool) -> Result<(), String> {
        if !now
            && self
                .written
                .is_some_and(|written| written.elapsed() < PAUSE)
        {
            return Ok(());
        }
        self.written = Some(Instant::now());
        let part = self.path.with_extension("md.part");
        std::fs::write(&part, self.text())
            .and_then(|()| std::fs::rename(&part, &self.path))
            .map_err(|error| format!("{}: {error}", self.path.display()))
    }
}

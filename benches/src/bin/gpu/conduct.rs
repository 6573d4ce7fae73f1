//! Runs each section in a process of its own: one that hangs, or loses the GPU, ends alone and in its time.

use crate::clock::{grace, share};
use crate::report::Report;
use crate::say::Said;
use crate::{Arguments, SECTIONS, SectionOf};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Starts of a section whose cases are skipped one by one when its process dies.
const STARTS: usize = 6;
/// Lines of standard error that the report keeps.
const LAST_LINES: usize = 12;
/// How long a process may take to die.
const DYING: Duration = Duration::from_secs(5);

/// How a process of a section ended.
enum Ended {
    Itself(ExitStatus),
    /// Killed: its time was over.
    Time,
    /// Killed: one case took too long.
    Case(Duration),
}

/// All sections that were asked for, in their order. Whether all is well.
///
/// # Errors
/// Of the report's file, or if no process can be started.
pub fn all(report: &mut Report, arguments: &Arguments) -> Result<(), String> {
    let whole = Duration::try_from_secs_f64(arguments.minutes * 60.0)
        .map_err(|error| format!("--minutes {}: {error}", arguments.minutes))?;
    let started = Instant::now();
    let chosen: Vec<&SectionOf> = SECTIONS
        .iter()
        .filter(|section| match &arguments.sections[..] {
            [] => section.weight_of_default > 0,
            named => named.iter().any(|name| name == section.name),
        })
        .collect();
    let weights: Vec<u32> = chosen.iter().map(|s| s.weight_of_default.max(10)).collect();
    for (at, section) in chosen.iter().enumerate() {
        let limit = share(whole.saturating_sub(started.elapsed()), &weights[at..]);
        let begun = Instant::now();
        report.begin(section.title);
        report.write(true)?;
        one(report, arguments, section, limit)?;
        report.end(begun.elapsed());
        report.write(true)?;
    }
    Ok(())
}

fn one(
    report: &mut Report,
    arguments: &Arguments,
    section: &SectionOf,
    limit: Duration,
) -> Result<(), String> {
    let begun = Instant::now();
    // of a case, where the section can go on behind it
    let patience = (limit / 4).clamp(Duration::from_secs(2), Duration::from_secs(40));
    let mut skip = 0;
    loop {
        let left = limit.saturating_sub(begun.elapsed());
        let ended = process(
            report,
            arguments,
            section,
            left,
            section.goes_on.then_some(patience),
            skip,
        )?;
        let (ended, errors) = ended;
        let Some(heard) = report.section() else {
            return Ok(());
        };
        let (cases, done) = (heard.cases, heard.done);
        let of = cases.map_or_else(|| "all".to_owned(), |cases| cases.to_string());
        let seconds = begun.elapsed().as_secs_f64();
        let stopped = format!("stopped after {seconds:.0} s: {done} of {of} cases");
        let all = cases.is_none_or(|cases| done >= cases);
        let reason = match ended {
            Ended::Itself(status) if status.success() => {
                if !all {
                    heard.stopped = Some(stopped);
                }
                return Ok(());
            }
            // a case that is under way when the time is over is not its fault
            Ended::Time => {
                heard.stopped = Some(format!("{stopped}, killed in «{}»", heard.last));
                return Ok(());
            }
            Ended::Itself(status) => format!("{status} in «{}»: {errors}", heard.last),
            Ended::Case(time) => {
                format!(
                    "no answer for {:.0} s in «{}»",
                    time.as_secs_f64(),
                    heard.last
                )
            }
        };
        heard.hear(Said::Failed(reason));
        heard.starts += 1;
        skip = heard.begun;
        if !section.goes_on
            || heard.starts >= STARTS
            || skip == 0
            || cases.is_none_or(|c| skip >= c)
        {
            heard.stopped = Some(stopped);
            return Ok(());
        }
    }
}

fn process(
    report: &mut Report,
    arguments: &Arguments,
    section: &SectionOf,
    limit: Duration,
    patience: Option<Duration>,
    skip: usize,
) -> Result<(Ended, String), String> {
    let own = std::env::current_exe().map_err(|error| format!("this program: {error}"))?;
    let soft = limit.saturating_sub(grace(limit));
    let mut command = Command::new(own);
    command
        .args(arguments.again())
        .args(["--section", section.name])
        .args(["--seconds", &format!("{:.3}", soft.as_secs_f64())])
        .args(["--skip", &skip.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let begun = Instant::now();
    let mut child = command
        .spawn()
        .map_err(|error| format!("the process of section {}: {error}", section.name))?;
    let said = listen(&mut child);
    let errors = keep_last(&mut child);
    let mut heard = Instant::now();
    let ended = loop {
        match said.recv_timeout(Duration::from_millis(50)) {
            Ok(said) => {
                heard = Instant::now();
                if let Some(section) = report.section() {
                    section.hear(said);
                }
            }
            // standard output is closed: it ended, or is about to
            Err(RecvTimeoutError::Disconnected) => match wait(&mut child, DYING) {
                Some(status) => break Ended::Itself(status),
                None => {
                    kill(&mut child);
                    break Ended::Time;
                }
            },
            Err(RecvTimeoutError::Timeout) => {}
        }
        if begun.elapsed() > limit {
            kill(&mut child);
            break Ended::Time;
        }
        if let Some(patience) = patience
            && heard.elapsed() > patience
        {
            kill(&mut child);
            break Ended::Case(patience);
        }
        report.write(false)?;
    };
    // what was said before it was killed
    while let Ok(said) = said.try_recv() {
        if let Some(section) = report.section() {
            section.hear(said);
        }
    }
    let errors = errors.recv_timeout(Duration::from_secs(1));
    Ok((ended, errors.unwrap_or_default()))
}

fn listen(child: &mut Child) -> Receiver<Said> {
    let (sender, receiver) = channel();
    if let Some(out) = child.stdout.take() {
        std::thread::spawn(move || {
            let lines = BufReader::new(out).split(b'\n').map_while(Result::ok);
            for line in lines {
                let said = Said::parse(&String::from_utf8_lossy(&line));
                if said.is_some_and(|said| sender.send(said).is_err()) {
                    break;
                }
            }
        });
    }
    receiver
}

fn keep_last(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = channel();
    if let Some(mut errors) = child.stderr.take() {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            _ = errors.read_to_end(&mut bytes);
            let text = String::from_utf8_lossy(&bytes);
            let lines: Vec<&str> = text.lines().collect();
            let last = &lines[lines.len().saturating_sub(LAST_LINES)..];
            _ = sender.send(last.join("; "));
        });
    }
    receiver
}

/// The process and all that it started.
pub fn kill(child: &mut Child) {
    let group = format!("kill -9 -{}", child.id());
    _ = Command::new("sh")
        .args(["-c", &group])
        .stderr(Stdio::null())
        .status();
    _ = child.kill();
    // a process that waits for a driver may not die at once, and is left then
    _ = wait(child, DYING);
}

pub fn wait(child: &mut Child, most: Duration) -> Option<ExitStatus> {
    let begun = Instant::now();
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        if begun.elapsed() > most {
            return None;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

//! What other programs say: the crate's examples, diffrax, compute-sanitizer, profilers.

use crate::Arguments;
use crate::clock::Clock;
use crate::conduct::{kill, wait};
use crate::say::{self, Said};
use bakelite::cuda::{Choice, Device};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// How a program ended, and what it printed.
struct Done {
    /// `None`: it was killed when its time was over.
    status: Option<ExitStatus>,
    out: String,
    errors: String,
}

fn text_of(pipe: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Runs a program to its end, or to that of its time. `None`: it cannot be started.
fn run(command: &mut Command, time: Duration) -> Option<Done> {
    let mut child: Child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .ok()?;
    let (out, errors) = (text_of(child.stdout.take()), text_of(child.stderr.take()));
    let status = wait(&mut child, time);
    if status.is_none() {
        kill(&mut child);
    }
    Some(Done {
        status,
        out: out.join().unwrap_or_default(),
        errors: errors.join().unwrap_or_default(),
    })
}

impl Done {
    fn is_ok(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    fn ended(&self) -> String {
        self.status.map_or_else(
            || "killed: its time was over".to_owned(),
            |status| status.to_string(),
        )
    }
}

/// Lines that a block has at most.
const LINES: usize = 500;

fn block(text: &str) {
    let lines: Vec<&str> = text.trim().lines().collect();
    let shown = lines.len().min(LINES);
    let more = match lines.len() - shown {
        0 => String::new(),
        more => format!("\n({more} more lines)"),
    };
    say::text(format!("```text\n{}{more}\n```", lines[..shown].join("\n")));
}

/// Runs the programs in `examples` of the folder.
pub fn examples(device: &Device, arguments: &Arguments, clock: Clock) -> Result<(), String> {
    let entries = std::fs::read_dir(arguments.folder.join("examples"));
    let entries = entries.into_iter().flatten();
    let mut programs: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    programs.sort();
    if programs.is_empty() {
        say::skipped("none in the folder: `benches/gpu pack` puts them there");
        return Ok(());
    }
    Said::Cases(programs.len()).say();
    for program in &programs {
        if clock.is_over() {
            break;
        }
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        Said::Begin(name.to_string()).say();
        let path = std::path::absolute(program).map_err(|error| error.to_string())?;
        let mut command = Command::new(path);
        command.current_dir(&arguments.folder);
        if device.is_reference() {
            // they take a GPU where there is one
            command.env("CUDA_VISIBLE_DEVICES", "");
        }
        let Some(done) = run(&mut command, clock.left()) else {
            say::failed(format!("{name} cannot be started"));
            continue;
        };
        say::text(format!("\n`{name}`: {}\n", done.ended()));
        block(&done.out);
        if !done.is_ok() {
            say::failed(format!("{name}: {}", done.ended()));
            block(&done.errors);
        }
        Said::End.say();
    }
    Ok(())
}

/// Status of `diffrax_peer.py` where it cannot import its modules.
const NO_MODULE: i32 = 3;

pub fn diffrax(device: &Device, arguments: &Arguments, clock: Clock) -> Result<(), String> {
    let script = arguments.folder.join("diffrax_peer.py");
    if !script.is_file() {
        say::skipped("no diffrax_peer.py in the folder: `benches/gpu pack` puts it there");
        return Ok(());
    }
    let runs = arguments.runs(device) * if device.is_reference() { 1 } else { 16 };
    let python = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    let done = run(
        Command::new(&python)
            .arg(script)
            .args(["--runs", &runs.to_string()])
            // what was printed before its time was over, and no other process' memory
            .env("PYTHONUNBUFFERED", "1")
            .env("XLA_PYTHON_CLIENT_PREALLOCATE", "false"),
        clock.left(),
    );
    let Some(done) = done else {
        say::skipped(format!("{} cannot be started", python.display()));
        return Ok(());
    };
    let last = done
        .errors
        .lines()
        .last()
        .unwrap_or("no message")
        .to_owned();
    if done.status.and_then(|status| status.code()) == Some(NO_MODULE) {
        say::skipped(last);
        return Ok(());
    }
    say::text(&done.out);
    if done.is_ok() {
        say::summary(format!("{runs} runs, the ensembles by hand above"));
    } else if done.status.is_none() {
        say::summary(done.ended());
    } else {
        say::failed(last);
        block(&done.errors);
    }
    Ok(())
}

/// This program's comparison of bits, for a tool that watches it.
fn watched(device: &Device, arguments: &Arguments, time: Duration) -> Result<Vec<String>, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let which = match arguments.device {
        Choice::Gpu(number) => number.to_string(),
        Choice::Reference => "reference".to_owned(),
        Choice::Auto => if device.is_reference() {
            "reference"
        } else {
            "auto"
        }
        .to_owned(),
    };
    let words = [
        own.to_string_lossy().into_owned(),
        "--device".to_owned(),
        which,
        "--section".to_owned(),
        "bits".to_owned(),
        "--runs".to_owned(),
        "64".to_owned(),
        "--seconds".to_owned(),
        format!("{:.1}", time.as_secs_f64()),
    ];
    Ok(words.to_vec())
}

fn is_present(tool: &str) -> bool {
    Command::new(tool)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok()
}

/// Each tool over a sampled comparison of bits, in a process of its own, as many launches as there is time for.
pub fn sanitizer(device: &Device, arguments: &Arguments, clock: Clock) -> Result<(), String> {
    const TOOLS: [&str; 4] = ["memcheck", "racecheck", "initcheck", "synccheck"];
    if !is_present("compute-sanitizer") {
        say::skipped("compute-sanitizer is not present on PATH");
        return Ok(());
    }
    if device.is_reference() && !arguments.rehearse {
        say::skipped("compute-sanitizer looks at GPUs, and this is the reference device");
        return Ok(());
    }
    Said::Cases(TOOLS.len()).say();
    say::text("Over the comparison of bits above, 64 runs a launch.");
    say::table(
        "tools",
        &[
            "tool",
            "it ended",
            "launches",
            "with the host's bits",
            "its last line",
        ],
    );
    for (at, tool) in TOOLS.into_iter().enumerate() {
        if clock.is_over() {
            break;
        }
        Said::Begin(tool.to_owned()).say();
        // the tool's own start and end take seconds
        let time = clock.left() / (TOOLS.len() - at) as u32;
        let done = run(
            Command::new("compute-sanitizer")
                .args(["--tool", tool, "--error-exitcode", "9"])
                .args(watched(device, arguments, time.mul_f64(0.6))?),
            time,
        );
        let Some(done) = done else {
            say::failed(format!("{tool} cannot be started"));
            continue;
        };
        let (mut same, mut launches, mut last) = (0, 0, "");
        for line in done.out.lines() {
            match Said::parse(line) {
                Some(Said::Bits(equal, of)) => (same, launches) = (same + equal, launches + of),
                _ if line.starts_with("=====") => last = line.trim_matches(['=', ' ']),
                _ => {}
            }
        }
        let cells = [
            tool,
            &done.ended(),
            &launches.to_string(),
            &same.to_string(),
            last,
        ];
        say::row("tools", tool, &cells.map(str::to_owned));
        if !done.is_ok() && done.status.is_some() {
            say::failed(format!("{tool}: {}", done.ended()));
            let lines: Vec<&str> = done
                .out
                .lines()
                .filter(|l| l.starts_with("====="))
                .collect();
            block(&lines.join("\n"));
        }
        Said::End.say();
    }
    Ok(())
}

/// What Nsight Compute is asked for: time, occupancy, instructions, bank conflicts, traffic to local and to global
/// memory.
const METRICS: &str = "gpu__time_duration.sum,launch__registers_per_thread,launch__occupancy_limit_registers,launch__occupancy_limit_shared_mem,\
sm__warps_active.avg.pct_of_peak_sustained_active,sm__throughput.avg.pct_of_peak_sustained_elapsed,smsp__inst_executed.sum,\
smsp__thread_inst_executed_per_inst_executed.ratio,smsp__issue_active.avg.pct_of_peak_sustained_active,\
l1tex__data_bank_conflicts_pipe_lsu_mem_shared.sum,smsp__inst_executed_op_shared.sum,smsp__inst_executed_op_local.sum,dram__bytes.sum";

/// Nsight Compute and Nsight Systems, over launches of the kernels by `timed`.
pub fn profiler(device: &Device, arguments: &Arguments, clock: Clock) -> Result<(), String> {
    let tools: Vec<&str> = ["ncu", "nsys"]
        .into_iter()
        .filter(|tool| is_present(tool))
        .collect();
    if tools.is_empty() {
        say::skipped("neither ncu nor nsys is present on PATH");
        return Ok(());
    }
    if device.is_reference() && !arguments.rehearse {
        say::skipped("profilers look at GPUs, and this is the reference device");
        return Ok(());
    }
    Said::Cases(tools.len()).say();
    for (at, tool) in tools.iter().enumerate() {
        if clock.is_over() {
            break;
        }
        Said::Begin((*tool).to_owned()).say();
        let time = clock.left() / (tools.len() - at) as u32;
        let mut own = watched(device, arguments, time.mul_f64(0.5))?;
        if let Some(section) = own.iter_mut().find(|word| *word == "bits") {
            *section = "kernels".to_owned();
        }
        // as many as fill a GPU
        if !device.is_reference()
            && let Some(runs) = own.iter_mut().find(|word| *word == "64")
        {
            *runs = "65536".to_owned();
        }
        own.push("--once".to_owned());
        let mut command = Command::new(tool);
        let report = std::env::temp_dir().join(format!("bakelite-{}", std::process::id()));
        match *tool {
            // of unlike kernels, each launched once
            "ncu" => command
                .args(["--clock-control", "none", "--launch-count", "40"])
                .args(["--metrics", METRICS]),
            _ => command
                .args(["profile", "--stats=true", "--trace=cuda", "--output"])
                .arg(&report),
        };
        command.args(own).current_dir(std::env::temp_dir());
        let done = run(&mut command, time);
        for ending in ["nsys-rep", "sqlite", "qdstrm"] {
            _ = std::fs::remove_file(report.with_extension(ending));
        }
        let Some(done) = done else {
            say::failed(format!("{tool} cannot be started"));
            continue;
        };
        // the order of the kernels, which have one name, between what the tool says of each launch
        let lines: Vec<String> = done
            .out
            .lines()
            .filter_map(|line| match Said::parse(line) {
                Some(Said::Begin(kernel)) => Some(format!("-- {kernel}")),
                Some(_) => None,
                None => Some(line.to_owned()),
            })
            .collect();
        say::text(format!("\n`{tool}`: {}\n", done.ended()));
        block(&lines.join("\n"));
        if !done.is_ok() {
            // a profiler that the machine does not let read its counters is no fault of a kernel
            say::summary(format!("{tool}: {}", done.ended()));
            block(&done.errors);
        }
        Said::End.say();
    }
    Ok(())
}

//! Real PTX with small mistakes, on the reference device: each text is refused with its line or runs to an end, and
//! nothing panics or hangs. Beside ptxas, where it is at hand, the same texts are accepted and refused.
//!
//! - CI: 3,000 edits of the short texts.
//! - All: `BAKELITE_EDITS=100000 cargo test --release --test device edits` edits all PTX of the repository, long
//!   kernels too.
//! - Beside the assembler: `BAKELITE_PTXAS=path/to/ptxas cargo test --release --test device
//!   edits -- --ignored --nocapture`, with `BAKELITE_EDITS` for another number than 1,000; ptxas 12.0 (PTX 8.0) comes
//!   with `pip download nvidia-cuda-nvcc-cu12==12.0.140`.
#![cfg(feature = "reference")]

use bakelite::ptx::device::{FaultKind, GlobalMemory, Launch, Module, run};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::common::edits::{edited, texts};
use crate::common::random::Random;

const FOLDERS: [&str; 3] = ["tests/ptx", "examples", "kernels/ptx"];
/// Longest text that is edited in CI, in bytes.
const SHORT: usize = 12_000;
const BYTES: usize = 4096;
/// Instructions that a warp may execute: enough for all kernels at hand to end by themselves.
const INSTRUCTIONS: u64 = 20_000;

fn wanted(default: usize) -> usize {
    let given = std::env::var("BAKELITE_EDITS").ok();
    given.map_or(default, |n| {
        n.parse().expect("BAKELITE_EDITS is a number of edits")
    })
}

/// The texts of the repository that load as they are; the others are the baker's, with marks that it replaces.
fn loadable(most_bytes: usize) -> Vec<(String, String)> {
    let mut texts = texts(&FOLDERS, most_bytes);
    texts.retain(|(_, text)| Module::parse(text, true).is_ok());
    texts
}

/// How an edited text ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum End {
    Refused,
    Ran,
    Fault,
    Endless,
}

/// Loads a text and launches its entries, folded or not, with parameters that are addresses and small numbers.
fn end(text: &str, numbers: &mut Random) -> End {
    let module = match Module::parse(text, numbers.below(4) > 0) {
        Ok(module) => module,
        Err(error) => {
            let lines = text.lines().count() as u32;
            assert!((1..=lines.max(1)).contains(&error.line), "{error}");
            return End::Refused;
        }
    };
    let mut end = End::Ran;
    for kernel in module.kernels() {
        let mut memory = GlobalMemory::new();
        let buffer = memory.allocate(BYTES).unwrap();
        assert!(memory.write(buffer, &[0x3f; BYTES / 2]));
        let mut params = vec![0; kernel.param_bytes()];
        for word in params.chunks_mut(8) {
            let value = if numbers.below(3) == 0 { 7 } else { buffer };
            word.copy_from_slice(&value.to_le_bytes()[..word.len()]);
        }
        let launch = Launch {
            kernel,
            params: &params,
            grid: (1 + numbers.below(2) as u32).into(),
            block: [1, 32, 40, 64][numbers.below(4)].into(),
            shared_bytes: [0, 1024, 40_000][numbers.below(3)],
            memory: &memory,
            checks: numbers.below(4) > 0,
            readers: numbers.below(2) > 0,
            threads: 1,
            instructions: INSTRUCTIONS,
        };
        end = end.max(match run(&launch) {
            Ok(_) => End::Ran,
            Err(fault) if matches!(fault.kind, FaultKind::Endless { .. }) => {
                assert!(fault.line > 0, "{fault}");
                End::Endless
            }
            Err(fault) => {
                assert!(
                    fault.line > 0 || fault.kind == FaultKind::BadLaunch,
                    "{fault}"
                );
                End::Fault
            }
        });
    }
    end
}

#[test]
fn edits_of_real_ptx_neither_panic_nor_hang() {
    let all = std::env::var_os("BAKELITE_EDITS").is_some();
    let texts = loadable(if all { usize::MAX } else { SHORT });
    assert!(texts.len() >= 10, "{}", texts.len());
    let mut ends: BTreeMap<End, usize> = BTreeMap::new();
    let mut slowest = (Duration::ZERO, 0);
    for seed in 0..wanted(3000) as u64 {
        let mut numbers = Random::new(0x6564_6974, seed);
        let (name, text) = &texts[numbers.below(texts.len())];
        let mut text = text.clone();
        // one mistake, and now and then several
        for _ in 0..=numbers.below(8).saturating_sub(4) {
            text = edited(&text, &mut numbers).1;
        }
        let start = Instant::now();
        let end = catch_unwind(AssertUnwindSafe(|| end(&text, &mut numbers)));
        slowest = slowest.max((start.elapsed(), seed));
        let end = end.unwrap_or_else(|_| panic!("edit {seed}, of {name}:\n{text}"));
        *ends.entry(end).or_default() += 1;
    }
    println!("{ends:?}, slowest {slowest:?}");
    assert!(slowest.0 < Duration::from_secs(20), "{slowest:?}");
    for end in [End::Refused, End::Ran, End::Fault] {
        assert!(ends.contains_key(&end), "{end:?} never came: {ends:?}");
    }
}

/// A message without what differs from text to text.
fn kind(message: &str) -> String {
    let mut kind = String::new();
    for (i, part) in message.split(['`', '\'']).enumerate() {
        let digits = |c: char| if c.is_ascii_digit() { '#' } else { c };
        kind += &if i % 2 == 1 {
            "*".to_string()
        } else {
            part.chars().map(digits).collect()
        };
    }
    while kind.contains("##") {
        kind = kind.replace("##", "#");
    }
    kind
}

/// What ptxas says of a text, if it refuses it.
fn assembled(ptxas: &str, text: &str) -> Option<String> {
    let path = std::env::temp_dir().join(format!("bakelite_edit_{}.ptx", std::process::id()));
    std::fs::write(&path, text).unwrap();
    let output = path.with_extension("cubin");
    let done = Command::new(ptxas)
        .args(["-arch=sm_90", "-O0"])
        .args([path.as_os_str(), "-o".as_ref(), output.as_os_str()])
        .output()
        .expect("BAKELITE_PTXAS is the path of ptxas");
    if done.status.success() {
        return None;
    }
    let log = String::from_utf8_lossy(&done.stderr) + String::from_utf8_lossy(&done.stdout);
    let line = log
        .lines()
        .find(|l| l.contains("error") || l.contains("fatal"));
    let line = line.unwrap_or("no words").to_string();
    Some(
        line.split_once("; ")
            .map_or(line.clone(), |(_, text)| text.into()),
    )
}

#[test]
#[ignore = "needs ptxas: BAKELITE_PTXAS"]
fn acceptance_beside_ptxas() {
    let ptxas = std::env::var("BAKELITE_PTXAS").expect("BAKELITE_PTXAS is the path of ptxas");
    let texts = loadable(SHORT);
    let mut table = [[0usize; 2]; 2];
    let mut kinds: BTreeMap<(bool, String), Vec<String>> = BTreeMap::new();
    for seed in 0..wanted(1000) as u64 {
        let mut numbers = Random::new(0x6564_6974, seed);
        let (name, text) = &texts[numbers.below(texts.len())];
        let (edit, text) = edited(text, &mut numbers);
        let ours = Module::parse(&text, true).err();
        let theirs = assembled(&ptxas, &text);
        table[usize::from(ours.is_some())][usize::from(theirs.is_some())] += 1;
        let example = |words: &str| format!("{seed} {name} {edit}: {words}");
        match (&ours, &theirs) {
            (None, Some(words)) => {
                let all = kinds.entry((true, kind(words))).or_default();
                all.push(example(words));
            }
            (Some(error), None) => {
                let all = kinds.entry((false, kind(&error.reason))).or_default();
                all.push(example(&error.to_string()));
            }
            _ => {}
        }
    }
    println!(
        "| | ptxas accepts | ptxas refuses |\n|---|---|---|\n| the device accepts | {} | {} |\n| the device refuses | {} | {} |",
        table[0][0], table[0][1], table[1][0], table[1][1]
    );
    for ((only_we_accept, kind), examples) in kinds {
        let who = if only_we_accept {
            "only we accept"
        } else {
            "only we refuse"
        };
        println!("{who}, {} times: {kind}", examples.len());
        examples.iter().take(3).for_each(|e| println!("    {e}"));
    }
}

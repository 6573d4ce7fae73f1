//! The kernels of `tests/ptx/planted.cu`, as NVRTC compiles them: what is wrong with each is found, with its kind and
//! thread, what is legal runs and gives the right numbers, and what is neither is a note. Folded and unfolded alike.
#![cfg(feature = "reference")]

use bakelite::ptx::device::{
    DeviceFault, Dim3, FaultKind, GlobalMemory, Launch, Module, NoteKind, run,
};
use std::collections::HashSet;

const PTX: &str = include_str!("../ptx/planted.ptx");

/// Numbers that all kernels but a few work on.
const NUMBERS: usize = 64;
/// Instructions of a warp at most: far more than any of them needs that ends.
const MOST_PLANTED: u64 = 100_000;

struct Outcome {
    numbers: Vec<i32>,
    notes: Vec<NoteKind>,
}

struct Planted {
    folded: Module,
    unfolded: Module,
    seen: HashSet<String>,
}

impl Planted {
    fn run(&mut self, entry: &str, grid: u32, threads: u32) -> Result<Outcome, Box<DeviceFault>> {
        assert!(self.seen.insert(entry.to_string()), "{entry}");
        let [folded, unfolded] = [&self.folded, &self.unfolded].map(|module| {
            let kernel = module.kernel(entry).unwrap_or_else(|| panic!("no {entry}"));
            let mut memory = GlobalMemory::new();
            let at = memory.allocate(4 * NUMBERS).unwrap();
            assert!(memory.write(at, &[0; 4 * NUMBERS]));
            let mut params = at.to_le_bytes().to_vec();
            params.extend((NUMBERS as i32).to_le_bytes());
            let shared_bytes = match entry {
                "dynamic_too_small" => 252,
                "dynamic_unset" => 16,
                _ => 0,
            };
            let launch = Launch {
                kernel,
                params: &params,
                grid: Dim3::from(grid),
                block: Dim3::from(threads),
                shared_bytes,
                memory: &memory,
                checks: true,
                readers: true,
                threads: 1,
                instructions: MOST_PLANTED,
            };
            let profile = run(&launch).map_err(|mut fault| {
                // addresses of global memory are the host's
                let start = if fault.space == "global" { at } else { 0 };
                fault.address = fault.address.wrapping_sub(start);
                Box::new(fault)
            })?;
            let mut bytes = [0; 4 * NUMBERS];
            assert!(memory.read(at, &mut bytes));
            let words = bytes.chunks_exact(4);
            let notes = profile.notes().iter().map(|note| note.kind);
            Ok(Outcome {
                numbers: words
                    .map(|word| i32::from_le_bytes(word.try_into().unwrap()))
                    .collect(),
                notes: notes.collect(),
            })
        });
        match (&folded, &unfolded) {
            (Ok(a), Ok(b)) => assert_eq!((&a.numbers, &a.notes), (&b.numbers, &b.notes)),
            (Err(a), Err(b)) => assert_eq!(a, b, "folding changes the fault"),
            _ => panic!("folding makes or hides a fault of {entry}"),
        }
        folded
    }

    /// It is found, in this thread.
    #[track_caller]
    fn fails(&mut self, entry: &str, kind: FaultKind, thread: u32) {
        let threads = if entry.ends_with("same_warp") { 32 } else { 64 };
        self.fails_with(threads, entry, kind, thread);
    }

    #[track_caller]
    fn fails_with(&mut self, threads: u32, entry: &str, kind: FaultKind, thread: u32) {
        match self.run(entry, 1, threads) {
            Ok(_) => panic!("{entry} runs"),
            Err(fault) => assert_eq!(
                (&fault.kind, fault.thread),
                (&kind, thread),
                "{entry}: {fault}"
            ),
        }
    }

    /// It is no fault; gives the numbers, and what there is to note.
    #[track_caller]
    fn runs(&mut self, entry: &str) -> Outcome {
        let grid = if entry.ends_with("of_blocks") { 4 } else { 1 };
        let threads = if entry == "syncwarp_of_some" { 32 } else { 64 };
        self.run(entry, grid, threads)
            .unwrap_or_else(|fault| panic!("{entry}: {fault}"))
    }
}

fn numbers(of: impl Fn(i32) -> i32) -> Vec<i32> {
    (0..NUMBERS as i32).map(of).collect()
}

#[test]
fn each_is_found_or_runs() {
    let parse = |fold| Module::parse(PTX, fold).unwrap();
    let mut planted = Planted {
        folded: parse(true),
        unfolded: parse(false),
        seen: HashSet::new(),
    };
    let other = |writer| FaultKind::OtherThread { writer };
    let read_by = |reader| FaultKind::ReadBy { reader };

    // races on shared memory
    planted.fails("raw_other_warp", FaultKind::NeverWritten, 0);
    planted.fails("raw_same_warp", other(31), 0);
    planted.fails("war_other_warp", other(31), 32);
    planted.fails("war_same_warp", read_by(31), 0);
    planted.fails("waw", other(0), 1);
    // all 32 lanes have added when the first reads
    planted.fails("atomic_beside_plain", other(31), 0);
    planted.fails("tree_without_barrier", other(16), 0);
    planted.fails("byte_race", read_by(1), 0);
    planted.fails("legacy_reduction", other(16), 0);
    planted.fails("syncwarp_of_two_warps", FaultKind::NeverWritten, 0);
    planted.fails_with(32, "syncwarp_of_half", other(31), 0);
    let same = planted.runs("waw_same_value");
    assert_eq!(same.notes, [NoteKind::SameValue { other: 0 }]);
    assert_eq!(same.numbers, numbers(|_| 1));

    // bytes and shorts beside each other
    for (entry, value) in [
        ("bytes_of_neighbours", (|t| 63 - t) as fn(i32) -> i32),
        ("shorts_of_neighbours", |t| 3 * (63 - t)),
        ("byte_of_its_own", |t| t),
        ("byte_tile", |t| 3 * (63 - t)),
        ("flags_and_counts", |t| {
            i32::from(t % 3 == 1) * 1000 + t - 32
        }),
        ("syncwarp_is_enough", |t| t ^ 1),
    ] {
        let outcome = planted.runs(entry);
        assert_eq!(outcome.numbers, numbers(value), "{entry}");
        assert_eq!(outcome.notes.is_empty(), entry != "flags_and_counts");
    }

    // what lies outside, was never written, or is not aligned
    planted.fails("global_read_behind", FaultKind::NotAllocated, 63);
    planted.fails("global_write_behind", FaultKind::NotAllocated, 63);
    planted.fails("global_read_before", FaultKind::NotAllocated, 0);
    planted.fails("global_far_behind", FaultKind::NotAllocated, 0);
    planted.fails("shared_behind", FaultKind::OutOfBounds, 63);
    planted.fails("local_behind", FaultKind::OutOfBounds, 0);
    planted.fails("dynamic_too_small", FaultKind::OutOfBounds, 63);
    planted.fails("atomic_behind_syncwarp", FaultKind::OutOfBounds, 32);
    planted.fails("shared_unset", FaultKind::NeverWritten, 63);
    planted.fails("local_unset", FaultKind::NeverWritten, 4);
    planted.fails("dynamic_unset", FaultKind::NeverWritten, 0);
    planted.fails("misaligned_int", FaultKind::Misaligned, 0);
    planted.fails("misaligned_int4", FaultKind::Misaligned, 0);
    // NVRTC makes a trap of it
    planted.fails("write_constant", FaultKind::Trap, 0);

    // threads that do not meet
    let barrier = |waiting, other, other_line| FaultKind::Barrier {
        waiting,
        other,
        other_line,
    };
    planted.fails("barrier_within_warp", barrier(32, 0, None), 1);
    let line = match planted
        .run("barriers_in_branches", 1, 64)
        .err()
        .map(|f| f.kind)
    {
        Some(FaultKind::Barrier {
            waiting: 32,
            other: 32,
            other_line: Some(line),
        }) => line,
        kind => panic!("{kind:?}"),
    };
    assert!(
        PTX.lines()
            .nth(line as usize - 1)
            .unwrap()
            .contains("bar.sync")
    );
    planted.fails("shuffle_absent", FaultKind::Absent { other: 20 }, 0);
    let mask = 0xffff;
    planted.fails("shuffle_not_in_mask", FaultKind::NotInMask { mask }, 16);
    for (entry, waiting, other) in [
        ("barrier_of_half", 32, 32),
        ("barrier_after_return", 50, 50),
    ] {
        let outcome = planted.runs(entry);
        assert_eq!(outcome.notes, [NoteKind::Returned { waiting, other }]);
    }

    // what no check sees, or what is no fault on a GPU either
    for entry in [
        "shared_next_array",
        "global_unset", // the host wrote it here
        "syncwarp_of_some",
        "global_race_of_blocks",
        "global_race_in_block",
        "divided_by_zero",
        "shift_too_far",
        "null_pointer", // NVRTC leaves the store out
        "escaped_stack",
    ] {
        planted.runs(entry);
    }
    // It waits for another warp for ever.
    let instructions = MOST_PLANTED;
    planted.fails("spin", FaultKind::Endless { instructions }, 0);

    let all = planted.folded.kernels().iter();
    let missing: Vec<_> = all.filter(|k| !planted.seen.contains(k.name())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

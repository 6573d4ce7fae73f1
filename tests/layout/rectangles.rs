//! Packing of raw problems: sound, never below the bound, the least where it says so; and the tool that reads CSV.
#![cfg(feature = "std")]
#[allow(dead_code)]
#[path = "../../examples/pack_csv/main.rs"]
mod pack_csv;

use bakelite::layout::Code;
use bakelite::layout::rectangles::{Packing, Problem, Rectangle, Search};
use clap::Parser;
use proptest::prelude::*;
use std::path::{Path, PathBuf};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/minimalloc")
        .join(name)
}

/// Runs the tool: exit code, standard output, standard error.
fn tool(arguments: &[&str]) -> (u8, String, String) {
    let arguments = ["pack_csv"].iter().chain(arguments);
    let arguments = pack_csv::Arguments::try_parse_from(arguments).unwrap();
    let (mut out, mut errors) = (Vec::new(), Vec::new());
    let code = pack_csv::run(&arguments, &mut out, &mut errors);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (code, text(out), text(errors))
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn steps(problem: &Problem, seed: u64, steps: u64) -> Packing {
    let search = Search {
        seed,
        ..Search::default()
    };
    problem.pack(search, |p| p.steps < steps).unwrap()
}

/// Random problems: few moments and sizes, so that much meets; pins that are wrong make no problem.
fn problems(most: usize) -> impl Strategy<Value = Problem> {
    let rectangle = (0..12u64, 1..8u64, 0..20u64, 0..5u32, 0..40u64, 0..6u8);
    let all = proptest::collection::vec(rectangle, 1..=most);
    all.prop_map(|all| {
        let mut sound = Vec::new();
        for (i, (lower, life, size, align, pin, pinned)) in all.into_iter().enumerate() {
            let r = Rectangle::new(format!("r{i}"), lower, lower + life, size);
            let r = r.align(1 << align.saturating_sub(2));
            sound.push(if pinned == 0 {
                r.clone().pin(pin)
            } else {
                r.clone()
            });
            if Problem::new(sound.clone()).is_err() {
                sound.pop();
                sound.push(r);
            }
        }
        Problem::new(sound).unwrap()
    })
}

/// The rules once more, byte by byte.
fn sound(problem: &Problem, packing: &Packing) -> Result<(), TestCaseError> {
    let mut owners = std::collections::HashMap::new();
    let mut peak = 0;
    for (i, (r, &at)) in problem
        .rectangles()
        .iter()
        .zip(&packing.offsets)
        .enumerate()
    {
        prop_assert!(at % r.alignment == 0 && r.offset.is_none_or(|pin| pin == at));
        peak = peak.max(at + r.size);
        for moment in r.lower..r.upper {
            for byte in at..at + r.size {
                prop_assert_eq!(owners.insert((moment, byte), i), None);
            }
        }
    }
    prop_assert_eq!(peak, packing.peak);
    prop_assert!(packing.lower_bound <= peak);
    prop_assert_eq!(packing.lower_bound, problem.lower_bound());
    Ok(())
}

/// The lowest peak of all packings: in some order each lies at the lowest offset where it fits.
fn brute_force(all: &[Rectangle], at: &mut Vec<Option<u64>>, best: &mut u64) {
    let fits = |at: &[Option<u64>], x: usize, low: u64| {
        all.iter().zip(at).enumerate().all(|(y, (s, other))| {
            let apart = |other: u64| low >= other + s.size || other >= low + all[x].size;
            let meet = s.lower < all[x].upper && all[x].lower < s.upper;
            y == x || !meet || s.size == 0 || all[x].size == 0 || other.is_none_or(apart)
        })
    };
    let waiting: Vec<usize> = (0..all.len()).filter(|&x| at[x].is_none()).collect();
    if waiting.is_empty() {
        let ends = all.iter().zip(&*at).map(|(r, at)| at.unwrap() + r.size);
        *best = ends.max().unwrap_or(0).min(*best);
    }
    for x in waiting {
        let multiples = (0..).map(|k| k * all[x].alignment);
        at[x] = multiples.into_iter().find(|&low| fits(at, x, low));
        brute_force(all, at, best);
        at[x] = None;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn sound_and_the_same_for_a_seed(problem in problems(90), seed: u64) {
        let packing = steps(&problem, seed, 60);
        sound(&problem, &packing)?;
        prop_assert_eq!(&steps(&problem, seed, 60), &packing);
        let capacity = packing.peak + 3;
        let search = Search { seed, capacity: Some(capacity) };
        let enough = problem.pack(search, |p| p.steps < 60).unwrap();
        sound(&problem, &enough)?;
        prop_assert_eq!((enough.fits(capacity), enough.steps <= packing.steps), (Some(true), true));
        let search = Search { seed, capacity: problem.lower_bound().checked_sub(1) };
        if let Some(none) = search.capacity {
            prop_assert_eq!(problem.pack(search, |_| true).unwrap().fits(none), Some(false));
        }
    }

    #[test]
    fn what_is_proved_is_the_least(problem in problems(6)) {
        let packing = problem.pack(Search::default(), |_| true).unwrap();
        sound(&problem, &packing)?;
        prop_assert!(packing.proved);
        let all = problem.rectangles();
        let mut best = u64::MAX;
        brute_force(all, &mut all.iter().map(|r| r.offset).collect(), &mut best);
        prop_assert_eq!(packing.peak, best);
    }

    #[test]
    fn the_exact_search_and_the_local_one_agree(problem in problems(14), seed: u64) {
        let exact = steps(&problem, seed, 300);
        // a meeting of 65 that never meets the rest takes the exact search away
        let far = |i: u64| Rectangle::new(format!("far {i}"), 100 + i, 101 + i, 1);
        let more = problem.rectangles().iter().cloned().chain((0..65).map(far));
        let local = steps(&Problem::new(more.collect()).unwrap(), seed, 300);
        prop_assert!(!exact.proved || exact.peak <= local.peak);
        prop_assert!(!local.proved || local.peak <= exact.peak.max(1));
    }
}

#[test]
fn small_instances_are_proved() {
    for name in ["a.6", "b.6", "c.8", "d.9", "e.12", "f.14", "g.7"] {
        let optimum = name.split('.').nth(1).unwrap();
        let file = data(&format!("{name}.csv"));
        let (code, out, errors) = tool(&[file.to_str().unwrap(), "--seconds", "60"]);
        assert_eq!((code, errors.as_str()), (0, ""), "{name}");
        let says = format!("\"peak\":{optimum},\"lower_bound\":{optimum},\"proved\":true,");
        assert!(out.contains(&says), "{out}");
    }
}

/// Not optimised, so by steps and not by time; benches/README.md has the peaks after 10 s.
#[test]
fn large_instances_within_a_quarter_of_the_capacity_after_few_steps() {
    for name in ["A", "B", "D"] {
        let text = std::fs::read_to_string(data(&format!("{name}.1048576.csv"))).unwrap();
        let table = pack_csv::table::Table::parse(&text).unwrap();
        let problem = Problem::new(table.rectangles).unwrap();
        let packing = steps(&problem, 1, 2000);
        assert!(packing.peak <= 1_310_720, "{name}: {}", packing.peak);
        assert!(packing.peak >= problem.lower_bound());
    }
}

#[test]
fn mistakes_are_named() {
    let r = Rectangle::new;
    let wrong = |all: Vec<Rectangle>| {
        let e = Problem::new(all).unwrap_err();
        (e.code, e.rectangle, e.field, e.to_string())
    };
    for (all, code, i, field, text) in [
        (
            vec![r("", 0, 1, 1)],
            Code::EmptyName,
            0,
            "id",
            "number 0 has no name",
        ),
        (
            vec![r("a", 4, 4, 1)],
            Code::EmptyLife,
            0,
            "upper",
            "raise it above 4",
        ),
        (
            vec![r("a", 0, 1, 1).align(12)],
            Code::BadAlignment,
            0,
            "alignment",
            "alignment 12 is no power of two",
        ),
        (
            vec![r("a", 0, 1, 1).align(0)],
            Code::BadAlignment,
            0,
            "alignment",
            "alignment 0",
        ),
        (
            vec![r("a", 0, 1, 1).align(8).pin(20)],
            Code::Misaligned,
            0,
            "offset",
            "pin it at 16",
        ),
        (
            vec![r("a", 0, 1, u64::MAX - 1), r("b", 0, 1, 1)],
            Code::TotalOverflow,
            1,
            "size",
            "size 1 takes the sum",
        ),
        (
            vec![r("a", 0, 1, 2).pin(u64::MAX - 1)],
            Code::TotalOverflow,
            0,
            "size",
            "smaller sizes",
        ),
        (
            vec![r("a", 0, 1, 1), r("b", 0, 1, 1), r("a", 5, 6, 1)],
            Code::DuplicateName,
            2,
            "id",
            "rename number 2",
        ),
        (
            vec![r("a", 0, 3, 8).pin(8), r("b", 2, 4, 8).pin(4)],
            Code::Overlap,
            0,
            "offset",
            "bytes 4 to 12 of `b`",
        ),
    ] {
        let have = wrong(all);
        assert_eq!((have.0, have.1, have.2), (code, i, field), "{}", have.3);
        assert!(have.3.contains(text), "{}", have.3);
    }
    let problem = Problem::new(vec![r("a", 0, 2, 8).align(4), r("b", 1, 3, 4).pin(8)]).unwrap();
    for (offsets, code) in [
        (&[0][..], Code::WrongCount),
        (&[2, 8], Code::Misaligned),
        (&[0, 12], Code::Unpinned),
        (&[4, 8], Code::Overlap),
        (&[u64::MAX - 3, 8], Code::LengthOverflow),
    ] {
        assert_eq!(problem.verify(offsets).unwrap_err().code, code);
    }
    assert_eq!(problem.verify(&[0, 8]), Ok(12));
}

#[test]
fn bad_files_are_named_and_the_others_are_packed() {
    let folder = folder("pack_csv_bad");
    for (name, text, says) in [
        ("empty", "", "1: the file is empty; start it with"),
        (
            "header",
            "id,lower,upper,size,gaps\n",
            "1: column 5 `gaps`: not known; use",
        ),
        (
            "twice",
            "id,lower,upper,size,end\n",
            "1: column 5 `end`: column 3 `upper` says the same; leave out",
        ),
        ("missing", "id,lower,upper\n", "1: no column `size`; add it"),
        (
            "cells",
            "id,lower,upper,size\n\na,0,1\n",
            "3: 3 cells for 4 columns; give",
        ),
        (
            "number",
            "size,id,lower,upper\n7,a,0,1\n-7,b,0,1\n",
            "3: column 1 `size`: `-7` is no whole number",
        ),
        (
            "end",
            "id,lower,end,size\na,0,18446744073709551615,1\n",
            "2: column 3 `end`: `18446744073709551615` is too large",
        ),
        (
            "life",
            "id,size,begin,upper\na,1,5,4\n",
            "2: column 4 `upper`: rectangle `a`: its life starts at 5",
        ),
        (
            "end_life",
            "id,size,begin,end\na,1,5,4\n",
            "2: column 4 `end`: rectangle `a`: its life starts at 5",
        ),
        (
            "align",
            "id,lower,upper,size,alignment\na,0,1,1,3\n",
            "2: column 5 `alignment`: rectangle `a`: alignment 3",
        ),
        (
            "same",
            "id,lower,upper,size\na,0,1,1\n\na,0,1,1\n",
            "4: column 1 `id`: rectangle `a`: number 0 has this name",
        ),
    ] {
        let file = folder.join(name);
        std::fs::write(&file, text).unwrap();
        let file = file.to_str().unwrap();
        let good = data("a.6.csv");
        let (code, out, errors) = tool(&[file, good.to_str().unwrap()]);
        assert!(errors.starts_with(&format!("{file}:{says}")), "{errors}");
        assert_eq!(
            (code, out.lines().count(), errors.lines().count()),
            (2, 1, 1)
        );
    }
    let (code, out, errors) = tool(&["no such file"]);
    assert!(
        errors.starts_with("no such file: cannot be read as text:"),
        "{errors}"
    );
    assert_eq!((code, out.as_str()), (2, ""));
}

#[test]
fn columns_in_any_order_and_offsets_written() {
    let folder = folder("pack_csv_good");
    let file = folder.join("in \"quotes\".csv");
    let text = "\u{feff}size,end,id,start,hint,offset,alignment\r\n4,2,a,0,,4,\r\n3,1,b,1,9,,8\r\n2,5,c,3,,,\r\n";
    std::fs::write(&file, text).unwrap();
    let (name, packed) = (file.to_str().unwrap(), folder.join("packed"));
    let packed = packed.to_str().unwrap();
    let (code, out, errors) = tool(&[
        name,
        "--capacity",
        "11",
        "--threads",
        "2",
        "--output",
        packed,
    ]);
    assert_eq!((code, errors.as_str()), (0, ""));
    let says = "in \\\"quotes\\\".csv\",\"buffers\":3,\"peak\":8,\"lower_bound\":8,\"proved\":true,\"seconds\":0.0";
    assert!(
        out.contains(says) && out.ends_with(",\"fits\":true}\n"),
        "{out}"
    );
    let written = std::fs::read_to_string(folder.join("packed/in \"quotes\".csv")).unwrap();
    let want = "size,end,id,start,hint,offset,alignment\n4,2,a,0,,4,\n3,1,b,1,9,0,8\n2,5,c,3,,0,\n";
    assert_eq!(written, want);

    let (code, out, _) = tool(&[name, "--capacity", "7"]);
    assert!(code == 0 && out.ends_with(",\"fits\":false}\n"), "{out}");
    let a = data("A.1048576.csv");
    let (_, out, _) = tool(&[
        a.to_str().unwrap(),
        "--capacity",
        "1048576",
        "--seconds",
        "0",
    ]);
    assert!(out.ends_with(",\"fits\":null}\n"), "{out}");
    let (code, out, errors) = tool(&[name, "--output", folder.to_str().unwrap()]);
    assert!(
        errors.contains("would replace this file") && out.is_empty() && code == 2,
        "{errors}"
    );
    let (code, out, errors) = tool(&[name, name, "--output", packed]);
    assert!(
        errors.contains("rename one") && out.lines().count() == 1 && code == 2,
        "{errors}"
    );
}

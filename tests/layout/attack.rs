//! Layouts of random registries, checked by rules that share no code with the library; and what is proved, beside every
//! placement there is.
//!
//! A small share runs with all tests. In full, with an optimised library (benches/README.md has the figures):
//! ```text
//! cargo test --no-default-features --features alloc --config profile.test.package.bakelite.opt-level=3 \
//!     --test layout attack -- --ignored --nocapture
//! ```
#![cfg(feature = "alloc")]

use crate::common::every_offset::least;
use crate::common::random::Random;
use crate::common::random_registries::*;
use crate::common::word_checker::{Buffer, buffers, check, check_offsets, overlays_are_allowed};
use bakelite::{
    layout::{Code, Geometry, On, RuntimePlan, RuntimeRegistry, Space},
    prelude::*,
};
use std::collections::BTreeMap;
use std::sync::Mutex;

const SHARE: u64 = 0x5eed_0001;
const FULL: u64 = 0x5eed_0002;

/// What was counted, by words.
#[derive(Default)]
struct Counts(Mutex<BTreeMap<&'static str, u64>>);

impl Counts {
    fn add(&self, what: &'static str) {
        *self.0.lock().unwrap().entry(what).or_default() += 1;
    }

    fn of(&self, what: &str) -> u64 {
        self.0.lock().unwrap().get(what).copied().unwrap_or(0)
    }
}

/// The numbers from 0 on, dealt to as many threads as there are processors.
fn on_all_processors(numbers: u64, work: impl Fn(u64) + Sync) {
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let work = &work;
            scope.spawn(move || (thread..numbers).step_by(threads as usize).for_each(work));
        }
    });
}

fn target(geometry: Geometry, block: usize) -> On<'static> {
    let on = on(Arch::custom(90, 1 << 30)).block(block);
    match geometry {
        Geometry::Contiguous => on.contiguous(),
        _ => on,
    }
}

fn attack(seed: u64, number: u64, counts: &Counts) {
    let mut random = Random::new(seed, number);
    let knobs = Knobs {
        depth: random.pick(&[1, 2, 2, 3]),
        parts: random.pick(&[3, 5, 9, 9, 20]),
        most_elements: random.pick(&[3, 8, 20]),
        phases: random.pick(&[1, 3, 4, 7]),
        elements: random.pick(&[F32, F64, BOTH, MANY, MANY]),
        spaces: random.pick(&[SHARED, PER_BLOCK, LOCAL, ALL, ALL, WITH_AUTO]),
        over: random.pick(&[0, 20, 50]),
        keep: random.pick(&[0, 10]),
        off: random.pick(&[0, 10]),
        children: random.pick(&[0, 15, 40]),
        barriers: random.pick(&[0, 30, 60]),
        first_barrier: false,
    };
    let component = knobs.component(&mut random);
    let all = buffers(&component);
    let registry = registry("R", &component);
    let geometry = random.pick(&[Geometry::Interleaved, Geometry::Contiguous]);
    // with fewer lanes, buffers that lie askew may miss the other lanes by chance
    let on = target(geometry, 3 + random.below(3));
    let name = format!("seed {seed:#x}, number {number}, {geometry:?}");
    let sound = |what: &str, plan: &RuntimePlan| {
        counts.add("plans");
        if let Err(wrong) = check(&all, plan.view()) {
            panic!("{name}, {what}: {wrong}\n{component:#?}\n{plan:?}");
        }
    };
    counts.add("registries");
    let auto = all.iter().any(|b| b.auto);
    let allowed = overlays_are_allowed(&all, geometry);
    let (packed, sequential) = match (registry.plan(on.packed()), registry.plan(on.sequential())) {
        (Ok(packed), Ok(sequential)) => (packed, sequential),
        (Err(fault), Err(_)) => {
            counts.add("refused");
            // the life of a buffer per block is an interval, which may be more than its stretches
            let wrap = fault.text().contains("barrier");
            assert_eq!(fault.code, Code::Overlay, "{name}: {fault}");
            assert!(!allowed || wrap || auto, "{name}: {fault}\n{component:#?}");
            return;
        }
        (a, b) => panic!("{name}: {a:?}, but {b:?}"),
    };
    assert!(
        allowed || auto,
        "{name}: an overlay that cannot be\n{component:#?}"
    );
    sound("packed", &packed);
    sound("sequential", &sequential);
    if auto {
        return;
    }
    for space in Space::ALL {
        let (p, s) = (packed.total(space), sequential.total(space));
        assert!(p.bytes <= s.bytes, "{name}: worse than in sequence");
        assert_eq!(p.lower_bound_bytes, s.lower_bound_bytes, "{name}");
        assert!(
            !s.proved || p.bytes == s.bytes,
            "{name}: in sequence is not the least"
        );
    }
    // none of these is lower than what is proved
    let not_lower = |what: &str, plan: &RuntimePlan| {
        sound(what, plan);
        for space in Space::ALL {
            let (p, other) = (packed.total(space), plan.total(space));
            assert!(
                other.bytes >= p.lower_bound_bytes && !(p.proved && other.bytes < p.bytes),
                "{name}, {what}: {other:?} beats {p:?}\n{component:#?}"
            );
        }
    };
    let offsets = packed.view().offsets_bytes();
    let given = registry.plan(on.offsets(&offsets)).unwrap();
    not_lower("its own offsets", &given);
    assert_eq!(given.view().offsets_bytes(), offsets, "{name}");
    if number.is_multiple_of(4) {
        not_lower("improved", &registry.improve(on, 30).unwrap());
    }
    let live: Vec<usize> = (0..all.len()).filter(|&i| all[i].bytes() > 0).collect();
    if live.is_empty() {
        return;
    }
    let mut changed = offsets.clone();
    for _ in 0..1 + random.below(2) {
        let i = random.pick(&live);
        changed[i] = match random.below(3) {
            0 => 4 * random.below(40),
            1 => changed[i].saturating_sub(all[i].element.align),
            _ => changed[random.pick(&live)],
        };
    }
    give(&all, &registry, on, &changed, counts, &not_lower);
    let root = live.iter().filter(|&&i| all[i].over.is_none());
    let root: Vec<usize> = root.copied().collect();
    let pins: Vec<(&str, usize)> = (0..1 + random.below(2))
        .map(|_| {
            let b = &all[random.pick(&root)];
            (&*b.path, b.element.align * random.below(12))
        })
        .collect();
    for spec in [on.pinned(&pins).packed(), on.pinned(&pins).sequential()] {
        match registry.plan(spec) {
            Ok(plan) => {
                sound("pinned", &plan);
                for (path, offset) in &pins {
                    assert_eq!(plan.get(path).unwrap().offset_bytes, *offset, "{name}");
                }
            }
            Err(fault) => {
                counts.add("pins refused");
                assert!(
                    [Code::Pinned, Code::Overlap].contains(&fault.code),
                    "{name}: {fault}"
                );
            }
        }
    }
}

/// Offsets that may be wrong are refused, or right.
fn give(
    all: &[Buffer],
    registry: &RuntimeRegistry,
    on: On<'_>,
    offsets: &[usize],
    counts: &Counts,
    right: &impl Fn(&str, &RuntimePlan),
) {
    match registry.plan(on.offsets(offsets)) {
        Ok(plan) => right("changed offsets", &plan),
        Err(fault) => {
            counts.add("changed offsets refused");
            let mut plan = registry.plan(on.sequential()).unwrap();
            for (slot, offset) in plan.slots_mut().iter_mut().zip(offsets) {
                slot.offset_bytes = *offset;
            }
            // the life of a buffer per block is an interval, which may be more than its stretches
            let wrap = fault.text().contains("barrier");
            let wrong = check_offsets(all, plan.view()).is_err();
            assert!(wrong || wrap, "{fault}\n{plan:?}");
        }
    }
}

/// Small problems with overlays, in one space.
fn brute_force(seed: u64, number: u64, counts: &Counts) {
    let mut random = Random::new(seed, number);
    let spaces = random.pick(&[SHARED, SHARED, LOCAL, PER_BLOCK]);
    let knobs = Knobs {
        depth: random.pick(&[1, 1, 2]),
        parts: random.pick(&[4, 6, 8]),
        most_elements: random.pick(&[3, 4, 6]),
        phases: random.pick(&[3, 4, 6]),
        elements: random.pick(&[F32, F32, F64, BOTH, MANY]),
        spaces,
        over: 60,
        keep: random.pick(&[0, 10]),
        off: random.pick(&[0, 15]),
        children: random.pick(&[0, 25]),
        barriers: 70,
        first_barrier: true,
    };
    let component = knobs.component(&mut random);
    let all = buffers(&component);
    if all.iter().all(|b| b.over.is_none()) || all.iter().filter(|b| b.over.is_none()).count() > 7 {
        return;
    }
    let geometry = random.pick(&[Geometry::Interleaved, Geometry::Contiguous]);
    let Ok(plan) = registry("R", &component).plan(target(geometry, 2).packed()) else {
        return;
    };
    let space = spaces[0].0;
    let total = plan.total(space);
    let Some(least) = least(&all, space, geometry, total.bytes, 300_000) else {
        counts.add("left out: too many placements");
        return;
    };
    counts.add("problems with overlays");
    if total.proved {
        counts.add("proved");
    }
    if least == total.bytes {
        counts.add("the least");
    }
    assert!(
        total.lower_bound_bytes <= least && (!total.proved || total.bytes == least),
        "seed {seed:#x}, number {number}, {geometry:?}: {least} bytes do, but {total:?}\n{component:#?}"
    );
}

/// As many problems with overlays as asked for.
fn brute_forced(seed: u64, problems: u64) -> Counts {
    let counts = Counts::default();
    let mut done = 0;
    while counts.of("problems with overlays") < problems {
        on_all_processors(problems / 2, |number| {
            brute_force(seed, done + number, &counts)
        });
        done += problems / 2;
    }
    counts
}

fn attacked(seed: u64, registries: u64) -> Counts {
    let counts = Counts::default();
    on_all_processors(registries, |number| attack(seed, number, &counts));
    counts
}

#[test]
fn no_plan_of_random_registries_is_unsound() {
    let counts = attacked(SHARE, 4000);
    assert!(counts.of("plans") > 4000 && counts.of("refused") > 100);
}

#[test]
fn nothing_beats_what_is_proved_with_overlays() {
    let counts = brute_forced(SHARE, 600);
    assert!(counts.of("proved") * 10 > counts.of("problems with overlays") * 9);
}

#[test]
#[ignore = "minutes: 1e6 registries, 1e5 problems"]
fn in_full() {
    for counts in [attacked(FULL, 1_000_000), brute_forced(FULL, 100_000)] {
        println!("{:?}", counts.0.lock().unwrap());
    }
}

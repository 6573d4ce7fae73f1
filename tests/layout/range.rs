//! Sizes up to the top of `usize`: exact, or a fault that names the thing, the number and the remedy. CI runs these
//! tests a second time with arithmetic that wraps, as in a user's release build: there a sum that was not foreseen
//! would be a wrong number, here it is a panic.
#![cfg(feature = "alloc")]

use crate::common::random::Random;
use bakelite::layout::rectangles::{Problem, Rectangle, Search};
use bakelite::{
    layout::{
        Code, ElementKind, Fault, Geometry, Occupied, RuntimePlan, RuntimeRegistry, Space,
        largest_length, verify,
    },
    prelude::*,
};

/// More bytes than this is no plan.
const MOST: usize = usize::MAX >> 4;

/// Mostly small, else near the limit, its halves and quarters, or the top.
fn length(random: &mut Random, width: usize) -> usize {
    let near = random.below(5);
    let top = match random.below(10) {
        0..=4 => return 1 + random.below(9),
        5 => usize::MAX,
        6 => MOST,
        7 => MOST / 2,
        8 => MOST / 4,
        _ => usize::MAX >> random.below(60),
    };
    (top / width).saturating_sub(near).max(1)
}

const ELEMENTS: [ElementKind; 4] = [
    ElementKind::F32,
    ElementKind::F64,
    ElementKind {
        name: "f32x3",
        bytes: 12,
        align: 4,
    },
    ElementKind {
        name: "float4",
        bytes: 16,
        align: 16,
    },
];

struct Made {
    registry: RuntimeRegistry,
    /// Their bytes, in numbers that cannot overflow.
    bytes: Vec<u128>,
}

fn made(random: &mut Random) -> Made {
    let mut made = Made {
        registry: RuntimeRegistry::new("Far").phases(&["x", "y", "z"]),
        bytes: Vec::new(),
    };
    for i in 0..1 + random.below(6) {
        let element = random.pick(&ELEMENTS);
        let len = length(random, element.bytes);
        let space = random.pick(&Space::ALL);
        let name = format!("b{i}");
        let part = made.registry.register(&name, element, len, space).unwrap();
        let from = random.below(3);
        part.live(from..=from + random.below(3 - from));
        if random.percent(15) {
            part.keep();
        }
        if random.percent(10) {
            part.auto();
        }
        if i > 0 && random.percent(20) {
            part.over(&format!("b{}", random.below(i)));
        }
        made.bytes.push(len as u128 * element.bytes as u128);
    }
    made
}

/// What a fault about size must say.
fn named(fault: &Fault, bytes: &[u128]) {
    let text = fault.text();
    assert!(text.contains("\n  help: "), "{text}");
    let sized = [
        Code::LengthOverflow,
        Code::TotalOverflow,
        Code::SharedOverflow,
    ];
    if sized.contains(&fault.code) {
        assert!(text.contains("Far"), "{text}");
        assert!(text.chars().any(|c| c.is_ascii_digit()), "{text}");
        let all: u128 = bytes.iter().sum();
        let huge = bytes.iter().any(|b| *b > usize::MAX as u128);
        assert_eq!(fault.code == Code::LengthOverflow, huge, "{text}");
        // no more is refused than has to be: a block of 1,024 runs, or a start far out, may
        let refused = fault.code == Code::TotalOverflow
            && !text.contains("per run x")
            && !text.contains("to start at");
        assert!(!refused || all > MOST as u128, "{text}");
    } else {
        assert!(
            [Code::Overlay, Code::Pinned, Code::Overlap, Code::Misaligned].contains(&fault.code),
            "{text}"
        );
    }
}

/// Every offset and total again, in numbers that cannot overflow.
fn exact(plan: &RuntimePlan, bytes: &[u128], what: &str) {
    let view = plan.view();
    assert_eq!(
        verify(view).map_err(|f| f.text().to_string()),
        Ok(()),
        "{what}"
    );
    for space in Space::ALL {
        let own = || {
            view.slots
                .iter()
                .zip(bytes)
                .filter(|(s, _)| s.space == space)
        };
        let end = own()
            .map(|(s, bytes)| s.offset_bytes as u128 + bytes)
            .max()
            .unwrap_or(0);
        let largest = own().map(|(_, bytes)| *bytes).max().unwrap_or(0);
        let t = view.total(space);
        assert_eq!(t.bytes as u128, end, "{what}\n{view}");
        let bound = t.lower_bound_bytes as u128;
        assert!((largest..=end).contains(&bound), "{what}: {t:?}\n{view}");
    }
    let l = view.launch;
    let need = l.run_stride_bytes as u128 * l.block as u128;
    let base = l.per_block_base_bytes as u128;
    assert!(
        base == need || (base == need.next_multiple_of(16) && l.per_block_bytes > 0),
        "{what}: {l:?}"
    );
    assert_eq!(
        l.dynamic_shared_bytes as u128,
        base + l.per_block_bytes as u128,
        "{what}"
    );
    for s in view.slots {
        let (at, offset) = (l.addressing(s), s.offset_bytes as u128);
        let base = match (s.space, l.geometry) {
            (Space::Shared, Geometry::Interleaved) => offset * l.block as u128,
            (Space::SharedPerBlock, _) => l.per_block_base_bytes as u128 + offset,
            _ => offset,
        };
        assert_eq!(at.base_bytes as u128, base, "{what}");
    }
    // whatever they say, they say it
    let _ = (
        view.to_string(),
        view.svg(),
        view.registers(),
        view.launch.occupancy(64),
    );
    let _ = view.cuda_header("FAR");
    let asked = view.require(Occupied::WarpsPerSm(usize::MAX), 255);
    assert_eq!(asked.unwrap_err().code, Code::Occupancy);
    let at = l.addressing(&view.slots[0]);
    let _ = (
        at.row_access(view.slots[0].element),
        at.column_access(view.slots[0].element),
    );
}

#[test]
fn sizes_near_the_top_are_exact_or_named() {
    let (mut plans, mut faults) = (0, 0);
    for number in 0..2_000 {
        let mut random = Random::new(0x70b, number);
        let made = made(&mut random);
        let (registry, bytes) = (&made.registry, &made.bytes);
        let block = random.pick(&[1, 2, 9, 1024]);
        let on = on(Arch::custom(90, usize::MAX)).block(block);
        let on = if random.percent(50) {
            on.contiguous()
        } else {
            on
        };
        let far = length(&mut random, 1).saturating_mul(random.pick(&[1, 4, 16]));
        let pins = [("b0", random.pick(&[far, far / 16 * 16, 0]))];
        let offsets: Vec<usize> = bytes
            .iter()
            .map(|_| length(&mut random, 1) / 16 * 16)
            .collect();
        let specs = [
            on.sequential(),
            on.packed(),
            on.pinned(&pins).sequential(),
            on.pinned(&pins).packed(),
            on.offsets(&offsets),
        ];
        for (k, spec) in specs.into_iter().enumerate() {
            match registry.plan(spec) {
                Ok(plan) => {
                    plans += 1;
                    exact(&plan, bytes, &format!("number {number}, spec {k}"));
                }
                Err(fault) => {
                    faults += 1;
                    named(&fault, bytes);
                }
            }
        }
        if let Ok(plan) = registry.improve(on, 20) {
            exact(&plan, bytes, &format!("number {number}, improved"));
        }
    }
    assert!(
        plans > 1_000 && faults > 1_000,
        "{plans} plans, {faults} faults"
    );
}

/// Packing knows no unit: sizes a million million times as large give offsets as many times as far.
#[test]
fn rectangles_near_the_top_are_packed_as_small_ones() {
    let (mut packed, mut refused) = (0, 0);
    for number in 0..2000 {
        let mut random = Random::new(0x70c, number);
        let rows: Vec<[u64; 4]> = (0..1 + random.below(9))
            .map(|_| {
                let from = random.below(6);
                let to = from + 1 + random.below(6);
                [from, to, random.below(20), random.below(60)].map(|n| n as u64)
            })
            .collect();
        let pinned = random.percent(30);
        let problem = |unit: u64| {
            let rectangle = |(i, row): (usize, &[u64; 4])| {
                let r = Rectangle::new(format!("{i}"), row[0], row[1], row[2].saturating_mul(unit));
                if pinned && i == 0 {
                    r.pin(row[3].saturating_mul(unit))
                } else {
                    r
                }
            };
            Problem::new(rows.iter().enumerate().map(rectangle).collect())
        };
        let pack = |problem: &Problem| problem.pack(Search::default(), |p| p.steps < 200).unwrap();
        let small = pack(&problem(1).unwrap());
        let sum: u64 =
            rows.iter().map(|row| row[2]).sum::<u64>() + if pinned { rows[0][3] } else { 0 };
        let Some(unit) = (u64::MAX - 1).checked_div(sum) else {
            continue;
        };
        let large = pack(&problem(unit).unwrap());
        assert_eq!(large.peak, small.peak * unit);
        assert_eq!(large.lower_bound, small.lower_bound * unit);
        assert_eq!(
            large.offsets,
            small.offsets.iter().map(|at| at * unit).collect::<Vec<_>>()
        );
        // a single one that is too large does not get that far
        if rows
            .iter()
            .all(|row| row[2].max(row[3]).checked_mul(unit + 1).is_some())
        {
            let beyond = problem(unit + 1);
            assert_eq!(beyond.map(|_| ()).unwrap_err().code, Code::TotalOverflow);
            refused += 1;
        }
        packed += 1;
    }
    assert!(packed > 1900 && refused > 1000, "{packed}, {refused}");
}

#[test]
fn the_largest_length_of_the_whole_range() {
    let mut asked = Vec::new();
    let plan = |n: usize| {
        asked.push(n);
        let mut registry = RuntimeRegistry::new("Far");
        registry.register("x", ElementKind::F32, n, Space::Local)?;
        registry.plan(on(Arch::Sm90).sequential())
    };
    let (most, _) = largest_length(0..=usize::MAX, plan).unwrap();
    assert_eq!(most, MOST / 4);
    assert!(asked.len() < 70);
    assert_eq!(
        largest_length(3..=usize::MAX, Ok).unwrap(),
        (usize::MAX, usize::MAX)
    );
}

#[test]
fn the_fault_names_buffer_number_and_remedy() {
    let mut registry = RuntimeRegistry::new("Far");
    let quarter = ElementKind {
        name: "float4",
        bytes: 16,
        align: 16,
    };
    registry
        .register("a", ElementKind::F32, usize::MAX / 8, Space::Local)
        .unwrap();
    registry.register("b", quarter, 7, Space::Local).unwrap();
    registry
        .register("c", ElementKind::F64, usize::MAX / 16 - 15, Space::Local)
        .unwrap();
    let fault = registry.plan(on(Arch::Sm90).block(1).packed()).unwrap_err();
    assert_eq!(fault.code, Code::TotalOverflow);
    assert_eq!(
        fault.text(),
        "total overflow: with `a` (9223372036854775804 bytes), the buffers of `Far` have more than 1152921504606846975 bytes, the most of a plan\n  \
         help: check its length, and the width arguments of `Far`"
    );
    let mut registry = RuntimeRegistry::new("Far");
    registry
        .register("a", ElementKind::F32, 1 << 55, Space::Shared)
        .unwrap();
    let fault = registry
        .plan(on(Arch::Sm90).block(1024).packed())
        .unwrap_err();
    assert_eq!(
        fault.text(),
        "total overflow: a block of `Far` has more bytes than usize can count (144115188075855872 per run x 1024 runs)\n  \
         help: check the width arguments of `Far`"
    );
    let fault = registry.plan(on(Arch::Sm90).pinned(&[("a", usize::MAX - 3)]).packed());
    assert_eq!(
        fault.unwrap_err().text(),
        "total overflow: `a` (144115188075855872 bytes) of `Far` is to start at byte 18446744073709551612 of the shared memory, and a plan has at most 1152921504606846975\n  \
         help: give it a lower byte"
    );
}

//! Bank conflicts against a count of every word that every lane touches.
use bakelite::{
    layout::{Addressing, BankAccess, ElementKind, LaunchPlan, On, RuntimeRegistry, Space},
    prelude::*,
};
use proptest::prelude::*;
use std::collections::HashSet;

/// Passes for one access of `width` bytes at each lane's address: whole, half or quarter warps, one word of a bank at a
/// time.
fn passes(addresses: &[usize], width: usize) -> usize {
    addresses
        .chunks(32 * 4 / width)
        .map(|part| {
            let words: HashSet<usize> = part
                .iter()
                .flat_map(|a| (0..width / 4).map(move |w| a / 4 + w))
                .collect();
            let in_bank = |bank| words.iter().filter(|w| *w % 32 == bank).count();
            (0..32).map(in_bank).max().unwrap()
        })
        .sum()
}

/// The same for an element, moved piece by piece.
fn by_count(first: usize, stride: usize, element: ElementKind) -> usize {
    let width = element.align.max(4);
    (0..element.bytes / width)
        .map(|piece| {
            let addresses: Vec<usize> = (0..32)
                .map(|lane| first + lane * stride + piece * width)
                .collect();
            passes(&addresses, width)
        })
        .sum()
}

const fn kind(bytes: usize, align: usize) -> ElementKind {
    ElementKind {
        name: "element",
        bytes,
        align,
    }
}

const KINDS: [ElementKind; 8] = [
    ElementKind::F32,
    ElementKind::F64,
    kind(8, 4),
    kind(12, 4),
    kind(16, 16),
    kind(16, 8),
    kind(24, 8),
    kind(48, 16),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn any_address(kind in prop::sample::select(&KINDS[..]), base in 0usize..100, rows in 0usize..300, lanes in 0usize..300) {
        let unit = kind.align.max(4);
        let a = Addressing {
            base_bytes: base * unit,
            element_stride_bytes: rows * unit,
            lane_stride_bytes: lanes * unit,
        };
        for element in 0..3 {
            let first = a.base_bytes + element * a.element_stride_bytes;
            prop_assert_eq!(a.row_access(kind).transactions, by_count(first, a.lane_stride_bytes, kind));
        }
        for lane in 0..3 {
            let first = a.base_bytes + lane * a.lane_stride_bytes;
            prop_assert_eq!(a.column_access(kind).transactions, by_count(first, a.element_stride_bytes, kind));
        }
        prop_assert_eq!(a.row_access(kind).least, by_count(0, unit, kind));
    }
}

#[test]
fn known_strides() {
    let ways = |element: ElementKind, stride: usize| {
        let a = Addressing {
            base_bytes: 0,
            element_stride_bytes: stride,
            lane_stride_bytes: element.bytes,
        };
        (
            a.row_access(element).ways(),
            a.column_access(element).ways(),
        )
    };
    // the guide's figure: one word apart, two, three; and the tile of 32 x 32 with and without a column of padding
    assert_eq!(
        [4, 8, 12, 128, 132].map(|s| ways(ElementKind::F32, s).1),
        [1, 2, 1, 32, 1]
    );
    assert_eq!(
        [8, 16, 24, 256, 264].map(|s| ways(ElementKind::F64, s).1),
        [1, 2, 1, 16, 1]
    );
    // interleaved by lane, rows never conflict
    assert_eq!(ways(ElementKind::F32, 0), (1, 1));
    assert_eq!(ways(ElementKind::F64, 0), (1, 1));
}

#[cfg(feature = "alloc")]
fn row(element: ElementKind, len: usize, on: On<'_>) -> (BankAccess, LaunchPlan) {
    let mut r = RuntimeRegistry::new("r");
    r.register("x", element, len, Space::Shared).unwrap();
    let plan = r.plan(on.sequential()).unwrap();
    let addressing = plan.launch().addressing(plan.get("x").unwrap());
    (addressing.row_access(element), plan.launch())
}

#[cfg(feature = "alloc")]
#[test]
fn interleaved_rows_are_free_of_conflicts() {
    for element in [ElementKind::F32, ElementKind::F64] {
        for block in [1, 31, 32, 33, 64, 100, 128] {
            let (access, _) = row(element, 3, on(Arch::Sm90).block(block));
            assert_eq!((access.ways(), access.transactions), (1, element.bytes / 4));
        }
    }
}

#[cfg(feature = "alloc")]
#[test]
fn the_skew_of_contiguous_runs_frees_their_rows_of_conflicts() {
    for element in [ElementKind::F32, ElementKind::F64] {
        for len in 1..40 {
            let (access, launch) = row(element, len, on(Arch::Sm90).block(32).contiguous());
            assert_eq!(access.ways(), 1, "{len} x {}", element.name);
            let skewed = len + 1 - len % 2;
            assert_eq!(launch.run_stride_bytes, skewed * element.bytes);
        }
    }
}

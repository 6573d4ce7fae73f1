//! Packing by lifetimes: sound for every lane, never worse than in sequence, and the least there is where it says so.
#![cfg(feature = "alloc")]

use crate::common::trees::{conflict, registry, trees};
use bakelite::{
    consts::*,
    layout::{
        Code, ElementKind, Kind, LaunchPlan, Node, On, Part, Plan, PlanView, RuntimeRegistry, Slot,
        Space, Switch, Total, buffer, verify,
    },
    prelude::*,
};
use proptest::prelude::*;

const BLOCK: usize = 4;

fn spec() -> On<'static> {
    on(Arch::custom(0, usize::MAX)).block(BLOCK)
}

/// Every address of a buffer in the memory of a block, with the lane that it belongs to.
fn addresses(launch: LaunchPlan, slot: &Slot) -> impl Iterator<Item = (usize, usize)> {
    let at = launch.addressing(slot);
    let (len, bytes) = (slot.len_elements, slot.element.bytes);
    (0..BLOCK).flat_map(move |lane| {
        (0..len).flat_map(move |i| {
            let first = at.base_bytes + i * at.element_stride_bytes + lane * at.lane_stride_bytes;
            (first..first + bytes).map(move |byte| (byte, lane))
        })
    })
}

/// Whether, in the component that holds both, all lanes meet in a barrier each time after the last use of `a` and
/// before the first of `b`: phase by phase, and from the last phase on to the first.
fn ordered(root: &Node<'_>, a: &Slot, b: &Slot) -> bool {
    let depth = a
        .steps()
        .iter()
        .zip(b.steps())
        .take_while(|(x, y)| x.part == y.part);
    let depth = depth.count();
    let mut node = root;
    for step in &a.steps()[..depth] {
        let Kind::Child(child) = node.parts[usize::from(step.part)].kind else {
            unreachable!("a buffer has no parts")
        };
        node = child;
    }
    let phases = node.phases.len();
    let part = |s: &Slot| &node.parts[usize::from(s.steps()[depth].part)];
    let end = (phases - 1).min(part(a).to.into());
    let start = usize::from(part(b).from);
    let mut phase = end;
    loop {
        phase = (phase + 1) % phases;
        if node.barriers.contains(&phase) {
            return true;
        }
        if phase == start {
            return false;
        }
    }
}

/// Runs of a block are in any phases: whatever lane is where, two buffers on one byte are of one lane and never live
/// together.
fn sound(view: PlanView<'_>) -> Result<(), TestCaseError> {
    let slots: Vec<&Slot> = view.slots.iter().filter(|s| s.bytes() > 0).collect();
    for (k, a) in slots.iter().enumerate() {
        prop_assert!(a.offset_bytes.is_multiple_of(a.element.align));
        prop_assert!(a.offset_bytes + a.bytes() <= view.total(a.space).bytes);
        for b in &slots[..k] {
            let near = a.offset_bytes < b.offset_bytes + b.bytes()
                && b.offset_bytes < a.offset_bytes + a.bytes();
            if a.space != b.space || !near {
                continue;
            }
            prop_assert!(!conflict(view.launch, a, b));
            if a.space == Space::SharedPerBlock {
                prop_assert!(ordered(view.root, a, b) && ordered(view.root, b, a));
            }
            if a.space == Space::Shared {
                let theirs: std::collections::HashMap<usize, usize> =
                    addresses(view.launch, b).collect();
                let one_lane = addresses(view.launch, a)
                    .all(|(byte, lane)| theirs.get(&byte).is_none_or(|l| *l == lane));
                prop_assert!(one_lane);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100_000))]

    #[test]
    fn sound_and_never_worse_than_in_sequence(tree in trees(), contiguous: bool) {
        let registry = registry(&tree, "root");
        let on = if contiguous { spec().contiguous() } else { spec() };
        let (packed, sequential) = (registry.plan(on.packed()).unwrap(), registry.plan(on.sequential()).unwrap());
        prop_assert!(verify(packed.view()).is_ok());
        sound(packed.view())?;
        for space in Space::ALL {
            let (p, s) = (packed.total(space), sequential.total(space));
            prop_assert!(p.lower_bound_bytes <= p.bytes && p.bytes <= s.bytes);
            prop_assert_eq!((p.elements, p.lower_bound_bytes), (s.elements, s.lower_bound_bytes));
            prop_assert!(p.proved || p.bytes > p.lower_bound_bytes);
        }
        prop_assert_eq!(registry.plan(on.packed()).unwrap(), packed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn overlays_are_sound_or_refused(tree in trees(), x in 0usize..5, y in 0usize..5) {
        let mut registry = registry(&tree, "root");
        let (upper, lower) = (format!("b{x}"), format!("b{y}"));
        let Ok(part) = registry.part_mut(&upper) else { return Err(TestCaseError::reject("no such buffer")) };
        part.over(&lower);
        match registry.plan(spec().packed()) {
            Err(fault) => prop_assert_eq!(fault.code, Code::Overlay),
            Ok(plan) => {
                prop_assert!(verify(plan.view()).is_ok());
                sound(plan.view())?;
                let slots = plan.view().slots;
                let at = |name: &str| slots.iter().position(|s| plan.view().path_of(s).as_str() == name);
                let (upper, lower) = (&slots[at(&upper).unwrap()], &slots[at(&lower).unwrap()]);
                prop_assume!(upper.bytes() > 0);
                prop_assert_eq!(upper.offset_bytes, lower.offset_bytes);
                prop_assert!(registry.plan(spec().sequential()).unwrap().total(upper.space).bytes >= plan.total(upper.space).bytes);
            }
        }
    }
}

mod over {
    use super::*;

    registry! {
        pub struct Small in small, phases [p0, p1, p2] {
            a: [f32; U3] in Shared, during p2;
            b: [f32; U6] in Shared, during p1;
            c: [f32; U3] in Shared, during p2, over b;
        }
    }
    registry! {
        pub struct Off<D: Switch> in off, phases [p0, p1, p2] {
            a: [f32; U2] in Shared, during p1;
            b: [f32; U2] in Shared, during p2;
            on_a: [f32; U2] in Shared, during p0, over a;
            on_b: [f32; U2] in Shared, during p0..=p1, if D, over b;
        }
    }
    plan! { pub struct Packed for Small = on(Sm90).block(32).packed(); }
    plan! { pub struct WithoutIt for Off<B0> = on(Sm90).block(32).packed(); }
    plan! { pub struct WithIt for Off<B1> = on(Sm90).block(32).packed(); }
}

#[test]
fn an_overlay_takes_the_bytes_that_it_has_and_none_where_it_is_off() {
    let of = |t: Total| (t.bytes, t.lower_bound_bytes, t.proved);
    assert_eq!(of(over::Packed::PLAN.shared), (24, 24, true));
    assert_eq!(
        [
            offset!(over::Packed, "a"),
            offset!(over::Packed, "b"),
            offset!(over::Packed, "c")
        ],
        [12, 0, 0]
    );
    assert_eq!(of(over::WithoutIt::PLAN.shared), (8, 8, true));
    assert_eq!(of(over::WithIt::PLAN.shared), (16, 16, true));
    // beyond what one problem holds, component by component
    let mut registry = RuntimeRegistry::new("many").phases(&["p0", "p1", "p2"]);
    for i in 0..200 {
        let names = [0, 1].map(|k| format!("{}{i}", ["low", "small"][k]));
        let low = registry.register(&names[0], ElementKind::F32, 6, Space::Shared);
        low.unwrap().live(1..=1);
        let small = registry.register(&names[1], ElementKind::F32, 3, Space::Shared);
        small.unwrap().live(2..=2).over(&names[0]);
        let beside = registry.register(&format!("beside{i}"), ElementKind::F32, 3, Space::Shared);
        beside.unwrap().live(2..=2);
    }
    assert_eq!(
        of(registry.plan(spec().packed()).unwrap().total(Space::Shared)),
        (4800, 4800, true)
    );
    let improved = registry.improve(spec(), 10).unwrap();
    assert_eq!(of(improved.total(Space::Shared)), (4800, 4800, true));
}

/// The lowest end of all placements: some order of first fits finds it.
fn brute_force(launch: LaunchPlan, slots: &[&Slot]) -> usize {
    fn place(launch: LaunchPlan, slots: &[&Slot], at: &mut Vec<Option<usize>>, best: &mut usize) {
        let end = |at: &[Option<usize>]| {
            let ends = at
                .iter()
                .zip(slots)
                .filter_map(|(at, s)| at.map(|at| at + s.bytes()));
            ends.max().unwrap_or(0)
        };
        if end(at) >= *best && *best > 0 && at.contains(&None) {
            return;
        }
        let Some(_) = at.iter().position(Option::is_none) else {
            *best = end(at).min(*best);
            return;
        };
        for x in (0..slots.len())
            .filter(|&x| at[x].is_none())
            .collect::<Vec<_>>()
        {
            let mut low = 0;
            loop {
                let hit = (0..slots.len()).find_map(|y| {
                    let from = at[y]?;
                    let clash = conflict(launch, slots[x], slots[y])
                        && from < low + slots[x].bytes()
                        && low < from + slots[y].bytes();
                    clash
                        .then(|| (from + slots[y].bytes()).next_multiple_of(slots[x].element.align))
                });
                match hit {
                    Some(above) => low = above,
                    None => break,
                }
            }
            at[x] = Some(low);
            place(launch, slots, at, best);
            at[x] = None;
        }
    }
    let mut best = usize::MAX;
    place(launch, slots, &mut vec![None; slots.len()], &mut best);
    best
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, max_global_rejects: 60_000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_proved_is_the_least(tree in trees(), contiguous: bool) {
        let on = if contiguous { spec().contiguous() } else { spec() };
        let plan = registry(&tree, "root").plan(on.packed()).unwrap();
        let view = plan.view();
        for space in [Space::Shared, Space::Local, Space::SharedPerBlock] {
            let slots: Vec<&Slot> = view.slots.iter().filter(|s| s.space == space && s.bytes() > 0).collect();
            prop_assume!(slots.len() <= 7);
            let total = view.total(space);
            if total.proved && !slots.is_empty() {
                prop_assert_eq!(total.bytes, brute_force(view.launch, &slots));
            }
        }
    }
}

/// Small instances of MiniMalloc (Apache-2.0; copied from omnimalloc's tests): the optimum is the number in the name,
/// and no greedy order finds it. Solved by the compiler.
macro_rules! instances {
    ($($name:ident $optimum:literal $phases:literal: $(($from:literal, $to:literal, $size:ident))*;)*) => {
        $(
            const $name: Plan<{ 0 $(+ { _ = $from; 1 })* }> = {
                const PARTS: &[Part<'static>] = &{
                    let names = ["a", "b", "c", "d", "e", "f"];
                    let mut i = 0;
                    let mut parts = [$({ _ = $to; buffer::<f32, $size, Shared>("x") }),*];
                    let lives = [$(($from, $to - 1)),*];
                    while i < parts.len() {
                        parts[i].name = names[i];
                        parts[i] = parts[i].live(lives[i].0..=lives[i].1);
                        i += 1;
                    }
                    parts
                };
                bakelite::layout::plan(on(Arch::Sm90).block(32).packed(), &Node::group(stringify!($name), &["phase"; $phases], PARTS))
            };
        )*
        #[test]
        fn the_compiler_finds_the_optimum_of_small_instances() {
            for (total, optimum) in [$(($name.shared, $optimum)),*] {
                assert_eq!((total.bytes / 4, total.lower_bound_bytes / 4, total.proved), (optimum, optimum, true));
            }
        }
    };
}
instances! {
    A 6 5: (0, 3, U2) (2, 5, U2) (0, 2, U3) (3, 5, U3) (1, 4, U1);
    B 6 6: (0, 4, U2) (2, 6, U2) (0, 2, U3) (4, 6, U3) (1, 5, U1);
    C 8 8: (0, 5, U3) (3, 8, U3) (0, 3, U4) (5, 8, U4) (2, 6, U1);
    D 9 8: (0, 5, U3) (3, 8, U3) (0, 3, U4) (5, 8, U4) (2, 6, U1) (1, 7, U1);
    E 12 12: (10, 11, U5) (3, 5, U4) (7, 12, U4) (5, 11, U3) (1, 8, U4);
    F 14 8: (0, 5, U4) (0, 6, U3) (1, 6, U2) (5, 8, U5) (2, 8, U4) (1, 2, U5);
    G 7 12: (10, 11, U3) (1, 6, U2) (1, 3, U5) (5, 12, U2) (10, 12, U1) (7, 9, U5);
}

/// More phases than the bound looks at together.
#[test]
fn two_hundred_phases() {
    let mut registry = RuntimeRegistry::new("long").phases(&["p"; 200]);
    for i in 0..200 {
        let part = registry.register(&format!("b{i}"), ElementKind::F32, i % 7 + 1, Space::Shared);
        part.unwrap().live(i..=(i + 3).min(199));
    }
    let total = registry.plan(spec().packed()).unwrap().total(Space::Shared);
    // four in a row of 1 to 7 words
    assert_eq!(total.lower_bound_bytes, 4 * (4 + 5 + 6 + 7));
    assert!(total.bytes < 2 * total.lower_bound_bytes, "{total:?}");
}

/// Up to 32 buffers of one width, with many lives: the hard kind.
fn crowded() -> impl Strategy<Value = RuntimeRegistry> {
    let buffer = (1usize..64, 0usize..12, 0usize..12);
    prop::collection::vec(buffer, 8..=32).prop_map(|buffers| {
        let phases = ["p"; 12];
        let mut registry = RuntimeRegistry::new("crowded").phases(&phases);
        for (i, (len, x, y)) in buffers.into_iter().enumerate() {
            let part = registry.register(&format!("b{i}"), ElementKind::F32, len, Space::Shared);
            part.unwrap().live(x.min(y)..=x.max(y));
        }
        registry
    })
}

#[test]
fn a_thousand_crowded_registries() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut nodes, mut most_nodes, mut by_default) = (0, 0, 0);
    for _ in 0..1000 {
        let registry = crowded().new_tree(&mut runner).unwrap().current();
        let plan = registry.plan(spec().packed_within(2000)).unwrap();
        verify(plan.view()).unwrap();
        let total = plan.total(Space::Shared);
        assert!(total.proved, "{total:?}");
        nodes += total.search_nodes;
        most_nodes = most_nodes.max(total.search_nodes);
        let packed = registry.plan(spec().packed()).unwrap();
        by_default += u32::from(packed.total(Space::Shared).proved);
    }
    println!("all proved with {nodes} nodes, at most {most_nodes}; {by_default} by `packed()`");
    assert!(by_default >= 990, "{by_default}");
}

//! Offsets that are given: pins that the others are placed around, whole lists that the compiler checks, and the search that finds such lists.
#![cfg(feature = "alloc")]
#![allow(missing_docs)]
#[path = "common/trees.rs"]
mod trees;

use bakelite::{consts::*, *};
use proptest::prelude::*;
use trees::{conflict, registry, trees};

fn target() -> On<'static> {
    on(Arch::custom(0, usize::MAX)).block(4)
}

/// No two that conflict on one byte, all aligned and inside, by no code of the library.
fn sound(view: PlanView<'_>) -> bool {
    let slots: Vec<&Slot> = view.slots.iter().filter(|s| s.bytes() > 0).collect();
    slots.iter().enumerate().all(|(k, a)| {
        let end = a.offset_bytes + a.bytes();
        let inside =
            end <= view.total(a.space).bytes && a.offset_bytes.is_multiple_of(a.element.align);
        inside
            && slots[..k].iter().all(|b| {
                let near = a.offset_bytes < b.offset_bytes + b.bytes() && b.offset_bytes < end;
                let rows =
                    a.space == Space::Shared && view.launch.geometry == Geometry::Interleaved;
                let askew = rows
                    && !a
                        .offset_bytes
                        .abs_diff(b.offset_bytes)
                        .is_multiple_of(a.element.bytes);
                a.space != b.space || !near || !(askew || conflict(view.launch, a, b))
            })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    /// Some buffers pinned anywhere: a sound plan with those offsets, or a fault that says why there is none.
    #[test]
    fn pins_are_kept_or_refused(
        tree in trees(), contiguous: bool, packed: bool,
        picks in prop::collection::vec((any::<prop::sample::Index>(), 0usize..24), 1..4),
    ) {
        let registry = registry(&tree, "root");
        let free = registry.plan(target().sequential()).unwrap();
        let paths: Vec<String> = free.view().slots.iter().map(|s| free.view().path_of(s).as_str().to_owned()).collect();
        prop_assume!(!paths.is_empty());
        let pins: Vec<(&str, usize)> = picks.iter().map(|(pick, at)| (&*paths[pick.index(paths.len())], at * 4)).collect();
        let on = target().pinned(&pins);
        let on = if contiguous { on.contiguous() } else { on };
        let planned = |packed: bool| registry.plan(if packed { on.packed() } else { on.sequential() });
        match planned(packed) {
            Ok(plan) => {
                for (name, at) in &pins {
                    let slot = plan.get(name).unwrap();
                    prop_assert!(slot.bytes() == 0 || slot.offset_bytes == *at);
                }
                prop_assert!(sound(plan.view()), "{}", plan.view());
                for space in Space::ALL {
                    let (p, s) = (plan.total(space), planned(false).unwrap().total(space));
                    prop_assert!(p.lower_bound_bytes <= p.bytes && p.bytes <= s.bytes);
                    prop_assert!(!p.proved || p.bytes == p.lower_bound_bytes || p.search_nodes > 0);
                }
            }
            Err(fault) => match fault.code {
                Code::Disabled => prop_assert!(pins.iter().any(|(name, _)| free.get(name).is_err())),
                Code::Pinned => prop_assert!(pins.iter().enumerate().any(|(k, (name, _))| pins[..k].iter().any(|(other, _)| other == name))),
                Code::Misaligned => prop_assert!(pins.iter().any(|(name, at)| at % free.get(name).unwrap().element.align != 0)),
                Code::Overlap => prop_assert!(pins.len() > 1),
                _ => prop_assert!(false, "{fault}"),
            },
        }
    }

    /// A list of offsets is accepted exactly if it is sound.
    #[test]
    fn a_list_of_offsets_is_checked(tree in trees(), contiguous: bool, pick in any::<prop::sample::Index>(), by in 0usize..16) {
        let registry = registry(&tree, "root");
        let on = if contiguous { target().contiguous() } else { target() };
        let mut plan = registry.plan(on.packed()).unwrap();
        let mut offsets = plan.view().offsets_bytes();
        let same = registry.plan(on.offsets(&offsets)).unwrap();
        for space in Space::ALL {
            prop_assert_eq!(same.total(space).bytes, plan.total(space).bytes);
        }
        let with_bytes: Vec<usize> = (0..offsets.len()).filter(|&i| plan.view().slots[i].bytes() > 0).collect();
        prop_assume!(!with_bytes.is_empty());
        let i = with_bytes[pick.index(with_bytes.len())];
        offsets[i] += by;
        plan.slots_mut()[i].offset_bytes += by;
        match registry.plan(on.offsets(&offsets)) {
            Ok(moved) => prop_assert!(sound(moved.view())),
            Err(fault) => {
                prop_assert!(matches!(fault.code, Code::Misaligned | Code::Overlap), "{}", fault);
                // a plan made larger by the move is no fault, so only alignment and neighbours are asked for
                let view = plan.view();
                let end = view.slots.iter().map(|s| s.offset_bytes + s.bytes()).max().unwrap();
                let view_of = |total: usize| { let mut wide = view; for t in &mut wide.totals { t.bytes = t.bytes.max(total) } wide };
                prop_assert!(!sound(view_of(end)));
            }
        }
    }
}

/// More buffers than the exact search takes, in many lives: the greedy orders leave room.
fn large(seed: usize) -> RuntimeRegistry {
    let mut registry = RuntimeRegistry::new("large").phases(&["p"; 16]);
    for i in 0..60 {
        let x = i * 7919 + seed * 104_729;
        let (len, from, life) = (x % 61 + 3, x / 61 % 16, x / 977 % 7);
        let part = registry.register(&format!("b{i}"), ElementKind::F64, len, Space::Shared);
        part.unwrap().live(from..=(from + life).min(15));
    }
    registry
}

#[test]
fn improving_lowers_what_the_compiler_finds() {
    let (mut before, mut after, mut bound) = (0, 0, 0);
    for seed in 0..20 {
        let registry = large(seed);
        let packed = registry.plan(target().packed()).unwrap();
        let improved = registry.improve(target(), 3000).unwrap();
        let [p, i] = [&packed, &improved].map(|plan| plan.total(Space::Shared));
        assert!(sound(improved.view()));
        assert!(i.lower_bound_bytes <= i.bytes && i.bytes <= p.bytes);
        assert_eq!(registry.improve(target(), 3000).unwrap(), improved);
        before += p.bytes;
        after += i.bytes;
        bound += p.lower_bound_bytes;
    }
    println!("packed {before}, improved {after}, at least {bound}");
    assert!(
        before > bound && (after - bound) * 2 <= before - bound,
        "{before} {after} {bound}"
    );
}

registry! {
    struct Step in step, phases [first, second] {
        a: [f32; U4] in Shared, during first;
        b: [f32; U3] in Shared, during second;
        c: [f32; U2] in Shared;
        off: [f32; U9] in Shared, if B0;
    }
}
plan! { struct Pinned for Step = on(Sm90).block(32).pinned(&[("b", 0)]).packed(); }
plan! { struct Ordered for Step = on(Sm90).block(32).pinned(&[("b", 20)]).sequential(); }
plan! { struct Given for Step = on(Sm90).block(32).offsets(&[8, 12, 0, 77]); }

#[test]
fn pins_and_lists_in_constants() {
    let at = |view: PlanView<'_>| view.offsets_bytes();
    assert_eq!(at(Pinned::VIEW), [0, 0, 16, 0]);
    assert_eq!(Pinned::PLAN.shared.bytes, 24);
    assert_eq!(at(Ordered::VIEW), [0, 20, 32, 0]);
    assert_eq!(at(Given::VIEW), [8, 12, 0, 0]);
    assert_eq!(
        (Given::PLAN.shared.bytes, Given::PLAN.shared.proved),
        (24, true)
    );
}

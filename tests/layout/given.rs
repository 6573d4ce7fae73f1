//! Offsets that are given: pins that the others are placed around, whole lists that the compiler checks, and the search
//! that finds such lists.
#![cfg(feature = "alloc")]

use crate::common::trees::{conflict, registry, trees};
use bakelite::{
    consts::*,
    layout::{Code, ElementKind, Geometry, On, PlanView, RuntimeRegistry, Slot, Space},
    prelude::*,
};
use proptest::prelude::*;

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

/// `Shared` buffers of `len` floats, all live together, with a life each.
fn buffers(phases: usize, parts: &[(&str, usize, usize, usize)]) -> RuntimeRegistry {
    let mut registry = RuntimeRegistry::new("r").phases(&vec!["p"; phases]);
    for (name, len, from, to) in parts {
        let part = registry.register(name, ElementKind::F32, *len, Space::Shared);
        part.unwrap().live(*from..=*to);
    }
    registry
}

#[test]
fn improving_keeps_pins() {
    for seed in 0..5 {
        let registry = large(seed);
        let on = target().pinned(&[("b3", 64), ("b40", 8000)]);
        let packed = registry.plan(on.packed()).unwrap().total(Space::Shared);
        let plan = registry.improve(on, 500).unwrap();
        assert!(sound(plan.view()));
        assert_eq!(plan.get("b3").unwrap().offset_bytes, 64);
        assert_eq!(plan.get("b40").unwrap().offset_bytes, 8000);
        assert!(plan.total(Space::Shared).bytes <= packed.bytes);
        assert_eq!(
            plan.total(Space::Shared).lower_bound_bytes,
            packed.lower_bound_bytes
        );
    }
    let registry = buffers(1, &[("x", 1, 0, 0), ("y", 1, 0, 0)]);
    let pinned = target().pinned(&[("x", 4)]);
    assert!(registry.plan(pinned.offsets(&[4, 0])).is_ok());
    let fault = registry.plan(pinned.offsets(&[0, 4])).unwrap_err();
    assert_eq!(
        fault.text(),
        "`x` is given byte 0, but is at byte 4, where it is pinned\n  help: give it that offset"
    );
}

/// Five buffers in a ring of conflicts, one of them an overlay: 12 bytes are the least, and the bound is 8.
#[test]
fn improving_loses_no_proof() {
    let mut ring = buffers(
        5,
        &[
            ("t", 1, 0, 0),
            ("b", 1, 0, 1),
            ("c", 1, 1, 2),
            ("d", 1, 2, 3),
            ("e", 1, 3, 4),
            ("s", 1, 4, 4),
        ],
    );
    ring.part_mut("s").unwrap().over("t");
    let packed = ring.plan(target().packed()).unwrap();
    assert!(packed.total(Space::Shared).proved && packed.total(Space::Shared).bytes == 12);
    assert_eq!(ring.improve(target(), 100).unwrap(), packed);
}

#[test]
fn an_overlay_is_where_its_target_is() {
    let mut registry = buffers(2, &[("t", 2, 0, 0), ("s", 1, 1, 1)]);
    registry.part_mut("s").unwrap().over("t");
    assert!(registry.plan(target().offsets(&[4, 4])).is_ok());
    let fault = registry.plan(target().offsets(&[4, 999])).unwrap_err();
    assert_eq!(
        fault.text(),
        "`s` is given byte 999, but is at byte 4, with the buffer that it lies over\n  help: give it that offset"
    );
}

#[test]
fn sums_that_overflow_are_faults() {
    let code = |registry: &RuntimeRegistry, spec| registry.plan(spec).map(|_| ()).unwrap_err().code;
    let mut huge = RuntimeRegistry::new("huge");
    for name in ["a", "b", "c", "d", "e"] {
        let part = huge.register(name, ElementKind::F32, (1 << 62) - 1, Space::Local);
        part.unwrap();
    }
    assert_eq!(code(&huge, target().offsets(&[0; 5])), Code::TotalOverflow);
    let mut kept = RuntimeRegistry::new("kept");
    for name in ["a", "b", "c"] {
        let part = kept.register(name, ElementKind::F64, (1 << 61) - 1, Space::Shared);
        part.unwrap().keep();
    }
    let pins = [("a", 0), ("b", 0), ("c", 0)];
    assert_eq!(
        code(&kept, target().pinned(&pins).sequential()),
        Code::TotalOverflow
    );
    assert_eq!(
        code(&kept, target().pinned(&[("a", usize::MAX - 7)]).packed()),
        Code::TotalOverflow
    );
    let unit = 1 << 58;
    let mut far = RuntimeRegistry::new("far").phases(&["x", "y"]);
    for (name, len) in [
        ("a", 3 * unit),
        ("b", 3 * unit),
        ("c", 5 * unit),
        ("d", 4 * unit),
    ] {
        far.register(name, ElementKind::F32, len, Space::Local)
            .unwrap();
    }
    far.register("pin", ElementKind::F32, 1, Space::Local)
        .unwrap();
    assert_eq!(
        code(&far, target().pinned(&[("pin", 24 * unit)]).packed()),
        Code::TotalOverflow
    );
}

/// The words name the buffer, its byte and its own location.
#[test]
fn a_pin_that_overflows_is_named() {
    let far = usize::MAX - 7;
    for space in Space::ALL {
        let mut r = RuntimeRegistry::new("r");
        r.register("a", ElementKind::F32, 3, Space::Shared).unwrap();
        r.register("low", ElementKind::F32, 4, space).unwrap();
        r.register("high", ElementKind::F64, 5, space).unwrap();
        let pins = [("low", 0), ("high", far)];
        let by_list = [0, 0, far];
        for spec in [
            target().pinned(&pins).packed(),
            target().pinned(&pins).sequential(),
            target().offsets(&by_list),
        ] {
            let fault = r.plan(spec).unwrap_err();
            assert_eq!(fault.code, Code::TotalOverflow);
            let said = format!(
                "total overflow: `high` (40 bytes) of `r` is to start at byte {far} of the {} memory",
                space.name()
            );
            assert!(fault.text().starts_with(&said), "{fault}");
            assert!(fault.text().ends_with("\n  help: give it a lower byte"));
        }
    }
    // a buffer that is too large by itself, where something is pinned
    let mut r = RuntimeRegistry::new("r");
    r.register("pin", ElementKind::F32, 1, Space::Shared)
        .unwrap();
    r.register("large", ElementKind::F32, (1 << 61) - 1, Space::Local)
        .unwrap();
    let fault = r.plan(target().pinned(&[("pin", 0)]).packed()).unwrap_err();
    assert!(
        fault.text().starts_with(
            "total overflow: with `large` (9223372036854775804 bytes), the buffers of `r`"
        ),
        "{fault}"
    );
}

#[test]
fn persistent_buffers_are_placed_without_padding() {
    let mut registry = RuntimeRegistry::new("r");
    for (name, element) in [
        ("a", ElementKind::F32),
        ("b", ElementKind::F64),
        ("c", ElementKind::F32),
    ] {
        registry
            .register(name, element, 1, Space::LocalPersistent)
            .unwrap();
    }
    let bytes = |spec| {
        registry
            .plan(spec)
            .unwrap()
            .total(Space::LocalPersistent)
            .bytes
    };
    assert_eq!(
        (bytes(target().sequential()), bytes(target().packed())),
        (20, 16)
    );
}

#[test]
fn phases_that_cannot_be_counted_are_refused() {
    let registry = RuntimeRegistry::new("long")
        .phases(&["p"; 65_535])
        .barriers(&[0]);
    let fault = registry.plan(target().packed()).unwrap_err();
    assert_eq!(
        fault.text(),
        "`long` has 65535 phases\n  help: a component has at most 65534"
    );
}

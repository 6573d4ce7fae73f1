//! Laws of every layout, on random trees through the run-time twin.
#![cfg(feature = "alloc")]

use crate::common::trees::{conflict, registry, trees};
use bakelite::{
    layout::{RuntimeRegistry, Slot, Space, Spec, verify},
    prelude::*,
};
use proptest::prelude::*;

fn spec() -> Spec<'static> {
    on(Arch::custom(0, usize::MAX)).block(1).sequential()
}

proptest! {
    #[test]
    fn sound_ordered_and_bounded(tree in trees()) {
        let plan = registry(&tree, "root").plan(spec()).unwrap();
        let view = plan.view();
        prop_assert!(verify(view).is_ok());
        for space in Space::ALL {
            let t = view.total(space);
            let own: Vec<&Slot> = view.slots.iter().filter(|s| s.space == space && s.bytes() > 0).collect();
            prop_assert!(own.windows(2).all(|w| w[0].offset_bytes + w[0].bytes() <= w[1].offset_bytes));
            prop_assert_eq!(t.elements, own.iter().map(|s| s.len_elements).sum::<usize>());
            prop_assert_eq!(t.bytes, own.last().map_or(0, |s| s.offset_bytes + s.bytes()));
            prop_assert!(t.lower_bound_bytes <= own.iter().map(|s| s.bytes()).sum::<usize>());
            prop_assert!(t.lower_bound_bytes >= own.iter().map(|s| s.bytes()).max().unwrap_or(0));
            prop_assert_eq!(t.proved, t.lower_bound_bytes == t.bytes);
        }
        prop_assert!(view.slots.iter().all(|s| s.enabled || (s.bytes(), s.offset_bytes) == (0, 0)));
        prop_assert!(view.slots.iter().all(|s| s.keep || s.space != Space::LocalPersistent));
    }

    #[test]
    fn a_layout_can_be_made_again(tree in trees()) {
        let r = registry(&tree, "root");
        prop_assert_eq!(r.plan(spec()).unwrap(), r.plan(spec()).unwrap());
        // and the twin of the twin is the same
        let plan = r.plan(spec()).unwrap();
        prop_assert_eq!(RuntimeRegistry::from_node(plan.view().root).plan(spec()).unwrap(), plan);
    }

    #[test]
    fn names_do_not_depend_on_the_order_of_merging(a in trees(), b in trees(), c in trees()) {
        let names = |r: RuntimeRegistry| {
            let p = r.plan(spec()).unwrap();
            p.view().slots.iter().map(|s| p.view().path_of(s).as_str().to_string()).collect::<Vec<_>>()
        };
        // c into b, then b into a; against one prefix given at once
        let mut inner = registry(&b, "b");
        inner.merge("inner", registry(&c, "c")).unwrap();
        let mut left = registry(&a, "a");
        left.merge("outer", inner).unwrap();
        let mut right = registry(&a, "a");
        right.merge("outer", registry(&b, "b")).unwrap();
        right.merge("outer.inner", registry(&c, "c")).unwrap();
        prop_assert_eq!(names(left), names(right));
    }

    #[test]
    fn every_wrong_offset_is_found(tree in trees(), pick in any::<prop::sample::Index>(), by in 1usize..16) {
        let mut plan = registry(&tree, "root").plan(spec()).unwrap();
        let live: Vec<usize> = (0..plan.view().slots.len()).filter(|&i| plan.view().slots[i].bytes() > 0).collect();
        prop_assume!(!live.is_empty());
        let i = live[pick.index(live.len())];
        let space = plan.view().slots[i].space;
        plan.slots_mut()[i].offset_bytes += by;
        // the same question asked byte by byte
        let view = plan.view();
        let s = view.slots[i];
        let bytes = |t: &Slot| t.offset_bytes..t.offset_bytes + t.bytes();
        let lanes = |t: &Slot| space != Space::Shared || s.offset_bytes.abs_diff(t.offset_bytes).is_multiple_of(s.element.bytes);
        let bad = |t: &Slot| conflict(view.launch, &s, t) || !lanes(t);
        let taken = |b| view.slots.iter().enumerate().any(|(j, t)| j != i && t.space == space && bytes(t).contains(&b) && bad(t));
        let broken = !s.offset_bytes.is_multiple_of(s.element.align)
            || s.offset_bytes + s.bytes() > view.total(space).bytes
            || bytes(&s).any(taken);
        prop_assert_eq!(verify(view).is_err(), broken);
    }
}

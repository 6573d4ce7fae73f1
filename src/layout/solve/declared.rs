//! Checks of a component alone, before there is a plan.

use crate::layout::solve::{flatten, overlay};
use crate::layout::{Fault, Geometry, Kind, Node, Planned, Registry, Slot, Space};

/// Checks a `registry!` without generics. It has one tree, so a mistake in it is an error of its declaration. With
/// generics each use makes a tree of its own, and a mistake is an error of the plan.
#[track_caller]
pub const fn declared(node: &Node<'_>) {
    if let Some(f) = check(node, 0) {
        f.panic()
    }
}

/// Reports the fault of a plan, unless it is already an error of the declaration.
#[track_caller]
pub const fn report<P: Planned>(fault: &Option<Fault>) {
    if let Some(f) = fault
        && !(<P::Root as Registry>::CHECKED && check(<P::Root as Registry>::NODE, 0).is_some())
    {
        f.panic()
    }
}

/// Checks the component and all below it.
const fn check(node: &Node<'_>, depth: usize) -> Option<Fault> {
    if let Some(f) = flatten::check_depth(node, depth) {
        return Some(f);
    }
    if let Some(f) = flatten::check_phases(node) {
        return Some(f);
    }
    let mut i = 0;
    while i < node.parts.len() {
        if let Some(f) = flatten::check_part(node, i) {
            return Some(f);
        }
        let below = match &node.parts[i].kind {
            Kind::Child(c) => check(c, depth + 1),
            Kind::Buffer { .. } => check_overlay(node, i),
        };
        if let Some(f) = below {
            return Some(f);
        }
        i += 1;
    }
    None
}

/// Reports an overlay that no target can allow. Contiguous geometry allows the most overlays, so it is assumed.
const fn check_overlay(node: &Node<'_>, index: usize) -> Option<Fault> {
    if node.parts[index].over.is_empty() {
        return None;
    }
    let target = match overlay::target(node, index) {
        Ok(target) => target,
        Err(f) => return Some(f),
    };
    let (s, t) = (slot(node, index), slot(node, target));
    // the location, and a target that is an overlay itself, are checked with the plan
    if s.auto || t.auto || s.len_elements == 0 || !node.parts[target].over.is_empty() {
        return None;
    }
    match overlay::misfit(&s, &t, Geometry::Contiguous) {
        Some(why) => Some(overlay::fault(node, &s, &t, why)),
        None => None,
    }
}

/// The slot of a buffer in a plan of this component alone.
const fn slot(node: &Node<'_>, part: usize) -> Slot {
    let mut slot = flatten::slot_of(node, part);
    slot.steps[0] = flatten::step(node, part, slot.space.is(Space::SharedPerBlock));
    slot.depth = 1;
    slot
}

//! A plan for other programs and for the eye: JSON, a C++ header, a map.

mod bar;
mod chart;
mod flow;
mod header;
mod identifier;
#[cfg(feature = "json")]
mod json;
mod map;
mod style;
mod svg;
mod timeline;

#[cfg(feature = "std")]
use alloc::string::String;
use alloc::vec::Vec;

use crate::layout::plan::slot::node_at;
use crate::layout::{Node, PlanView, Slot};

/// The names of the parts that lead to a slot, outermost first. Not cut, as a [`Text`](super::Text) would be.
fn names<'a>(view: &PlanView<'a>, slot: &Slot) -> Vec<&'a str> {
    let part = |(node, part, ..): (&'a Node<'a>, u16, usize, usize)| node.parts[part as usize].name;
    lives(view, slot).map(part).collect()
}

/// The full dotted name of a slot, of any length.
#[cfg(feature = "std")]
pub(crate) fn full_path(view: &PlanView<'_>, slot: &Slot) -> String {
    names(view, slot).join(".")
}

/// Component, part, first and last phase of each level of a slot's address; "to the end" is resolved.
fn lives<'a, 's>(
    view: &PlanView<'a>,
    slot: &'s Slot,
) -> impl Iterator<Item = (&'a Node<'a>, u16, usize, usize)> + 's
where
    'a: 's,
{
    let root = view.root;
    slot.steps().iter().enumerate().map(move |(depth, step)| {
        let node = node_at(root, slot, depth);
        let last = phases(node) - 1;
        (node, step.part, step.from.into(), last.min(step.to.into()))
    })
}

/// A component that names no phases has one.
fn phases(node: &Node<'_>) -> usize {
    node.phases.len().max(1)
}

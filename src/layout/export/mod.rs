//! Plans for other programs and for people: JSON, a C++ header, a picture.

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

/// The names of the parts that lead to a slot, outermost first. They are not cut, as a [`Text`](super::Text) would be.
fn names<'a>(view: &PlanView<'a>, slot: &Slot) -> Vec<&'a str> {
    let part = |(node, part, ..): (&'a Node<'a>, u16, usize, usize)| node.parts[part as usize].name;
    lives(view, slot).map(part).collect()
}

/// The full dotted name of a slot, of any length.
#[cfg(feature = "std")]
pub(crate) fn full_path(view: &PlanView<'_>, slot: &Slot) -> String {
    names(view, slot).join(".")
}

/// For each level of a slot's address: the component, the part, and the first and the last phase. "To the end" is
/// replaced by the last phase.
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

/// The number of phases. A component that names no phases has one.
fn phases(node: &Node<'_>) -> usize {
    node.phases.len().max(1)
}

//! The phases of all components as one sequence of rows. A phase in which a child lives is divided into the phases of
//! the child.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::phases;
use crate::layout::solve::live;
use crate::layout::{Kind, MAX_DEPTH, Node, Part};
use crate::layout::{PlanView, Slot, Space};

/// The most rows that are drawn. If there are more, the deepest components are not divided.
const MOST_ROWS: usize = 96;

/// One level of a row: the phase, and the child that divides this phase.
#[derive(Clone, Copy, PartialEq)]
struct Level {
    phase: usize,
    child: Option<usize>,
}

/// One row: one moment of the sequence.
#[derive(Clone)]
pub(super) struct Row(Vec<Level>);

/// Whether a buffer is live in a row.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Life {
    Dead,
    /// The row belongs to another child of a component above. So it is not known which of the buffer's own phases the
    /// row meets.
    Unordered,
    Live,
}

pub(super) struct Timeline<'a> {
    root: &'a Node<'a>,
    pub(super) rows: Vec<Row>,
    /// Whether some components were not divided.
    pub(super) cut: bool,
}

impl<'a> Timeline<'a> {
    pub(super) fn new(view: &PlanView<'a>, space: Space) -> Self {
        let (root, deepest) = (view.root, MAX_DEPTH);
        let fits = |depth: &usize| count(root, space, *depth) <= MOST_ROWS;
        let depth = (0..=deepest).rev().find(fits).unwrap_or(0);
        Timeline {
            root,
            rows: rows(root, space, depth),
            cut: count(root, space, depth) < count(root, space, deepest),
        }
    }

    pub(super) fn life(&self, slot: &Slot, view: &PlanView<'a>, row: &Row) -> Life {
        if slot.keep {
            return Life::Live;
        }
        let mut lives = super::lives(view, slot);
        for level in &row.0 {
            let Some((node, part, from, to)) = lives.next() else {
                return Life::Live;
            };
            if !(from..=to).contains(&level.phase) {
                return Life::Dead;
            }
            let Some(child) = level.child else {
                return Life::Live;
            };
            if child != part as usize {
                let part = &node.parts[part as usize];
                let divided = matches!(part.kind, Kind::Child(_));
                let mut whole = true;
                for (node, _, from, to) in lives {
                    whole &= from == 0 && to == phases(node) - 1;
                }
                return if divided && !whole {
                    Life::Unordered
                } else {
                    Life::Live
                };
            }
        }
        Life::Live
    }

    /// The names of a row's phases, outermost first. Each comes with the number of levels down to its phase.
    pub(super) fn labels(&self, row: &Row) -> Vec<(usize, String)> {
        let (mut node, mut prefix, mut out) = (self.root, String::new(), Vec::new());
        for (depth, level) in row.0.iter().enumerate() {
            if let Some(name) = node.phases.get(level.phase) {
                prefix.push_str(name);
                out.push((depth + 1, core::mem::take(&mut prefix)));
            }
            if let Some(part) = level.child.map(|child| &node.parts[child]) {
                prefix.push_str(part.name);
                prefix.push('.');
                if let Kind::Child(child) = part.kind {
                    node = child;
                }
            }
        }
        if out.is_empty() {
            out.push((row.0.len(), "always".into()));
        }
        out
    }

    /// Whether two rows lie in the same phase, from the top down to this level.
    pub(super) fn same(&self, a: &Row, b: &Row, levels: usize) -> bool {
        let upper = levels - 1;
        a.0.len() > upper
            && b.0.len() > upper
            && a.0[..upper] == b.0[..upper]
            && a.0[upper].phase == b.0[upper].phase
    }
}

fn covers(node: &Node<'_>, part: &Part<'_>, space: Space, phase: usize) -> bool {
    let (from, to) = match space {
        Space::SharedPerBlock => live::between_barriers(node, part.from, part.to),
        _ => (part.from, part.to),
    };
    (from.into()..=to.into()).contains(&phase)
}

/// Whether the part contains a buffer whose life depends on phases.
fn alive(part: &Part<'_>, space: Space) -> bool {
    part.on
        && !part.keep
        && match &part.kind {
            Kind::Buffer {
                len,
                space: at,
                auto,
                ..
            } => {
                let there = *at == space || (*auto && space == Space::Shared);
                *len > 0 && there && space != Space::LocalPersistent
            }
            Kind::Child(child) => child.parts.iter().any(|part| alive(part, space)),
        }
}

/// The children that divide phases: index, part, component, and the number of its rows.
fn dividing<'a>(
    node: &'a Node<'a>,
    space: Space,
    depth: usize,
) -> Vec<(usize, &'a Part<'a>, &'a Node<'a>, usize)> {
    let mut out = Vec::new();
    for (index, part) in node.parts.iter().enumerate() {
        if let Kind::Child(child) = part.kind
            && depth > 0
            && alive(part, space)
        {
            let rows = count(child, space, depth - 1);
            if rows > 1 {
                out.push((index, part, child, rows));
            }
        }
    }
    out
}

/// The number of rows. It is computed without making the rows, because there can be exponentially many.
fn count(node: &Node<'_>, space: Space, depth: usize) -> usize {
    let children = dividing(node, space, depth);
    let mut total = 0usize;
    for phase in 0..phases(node) {
        let mut own = 0usize;
        for (_, part, _, rows) in &children {
            if covers(node, part, space, phase) {
                own = own.saturating_add(*rows);
            }
        }
        total = total.saturating_add(own.max(1));
    }
    total
}

fn rows(node: &Node<'_>, space: Space, depth: usize) -> Vec<Row> {
    let children = dividing(node, space, depth);
    let mut out = Vec::new();
    for phase in 0..phases(node) {
        let before = out.len();
        for (index, part, child, _) in &children {
            if !covers(node, part, space, phase) {
                continue;
            }
            for below in rows(child, space, depth - 1) {
                let child = Some(*index);
                let mut row = vec![Level { phase, child }];
                row.extend(below.0);
                out.push(Row(row));
            }
        }
        if out.len() == before {
            out.push(Row(vec![Level { phase, child: None }]));
        }
    }
    out
}

//! Plans as JSON.

use alloc::format;
use alloc::vec::Vec;
use serde_json::{Map, Value, json};

use crate::layout::Kind;
use crate::layout::{Node, PlanView, Slot, Space};

impl PlanView<'_> {
    /// The whole plan as JSON. `registry` is the tree as declared. `slots`, `totals` and `launch` are those of the
    /// plan. `auto` has the numbers that the rule of [`Auto`](crate::layout::Auto) used (`null` if it places no
    /// buffer). Sizes and offsets are those of one run, but in `shared_per_block` those of the block. `addressing` is
    /// for a block, as in [`cuda_header`](PlanView::cuda_header). Phases are given by number and by name (`null` if the
    /// component names none).
    ///
    /// ```
    /// use bakelite::{consts::*, prelude::*};
    /// registry! { pub struct Pair in pair { a: [f32; U3] in Shared; b: [f64; U1] in Shared; } }
    /// plan! { struct P for Pair = on(Sm90).block(32).sequential(); }
    /// let json = P::VIEW.json();
    /// assert_eq!(json["slots"][1]["offset_bytes"], 16);
    /// assert_eq!(json["totals"]["shared"]["bytes"], 24);
    /// println!("{json:#}");
    /// ```
    pub fn json(&self) -> Value {
        let launch = self.launch;
        let total = |space: Space| {
            let t = self.total(space);
            let value = json!({
                "bytes": t.bytes, "elements": t.elements, "lower_bound_bytes": t.lower_bound_bytes, "proved": t.proved, "search_nodes": t.search_nodes,
            });
            (space.name().into(), value)
        };
        let slots: Vec<Value> = self.slots.iter().map(|slot| self.slot_json(slot)).collect();
        json!({
            "schema_version": 1,
            "registry": node_json(self.root),
            "slots": slots,
            "totals": Space::ALL.into_iter().map(total).collect::<Map<_, _>>(),
            "launch": {
                "sm": launch.arch.sm(),
                "shared_limit_bytes": launch.arch.shared_bytes(),
                "block_runs": launch.block,
                "dynamic_shared_bytes": launch.dynamic_shared_bytes,
                "run_stride_bytes": launch.run_stride_bytes,
                "geometry": launch.geometry.name(),
                "per_block_base_bytes": launch.per_block_base_bytes,
                "per_block_bytes": launch.per_block_bytes,
            },
            "auto": self.auto().map(|seen| json!({
                "registers_needed": seen.registers.needed,
                "registers_limit": seen.registers.limit,
                "shared_budget_bytes_per_run": seen.shared_budget_bytes_per_run,
                "warps_kept_per_sm": seen.warps_kept_per_sm,
                "moved": seen.moved,
            })),
        })
    }

    fn slot_json(&self, slot: &Slot) -> Value {
        let at = self.launch.addressing(slot);
        let live: Vec<Value> = super::lives(self, slot)
            .map(|(node, _, from, to)| live_json(node, from, to))
            .collect();
        json!({
            "path": super::names(self, slot).join("."),
            "space": slot.space.name(),
            "auto": slot.auto,
            "element": slot.element.name,
            "element_bytes": slot.element.bytes,
            "element_align_bytes": slot.element.align,
            "enabled": slot.enabled,
            "keep": slot.keep,
            "length_elements": slot.len_elements,
            "offset_bytes": slot.offset_bytes,
            "bytes": slot.bytes(),
            "live": live,
            "addressing": {
                "base_bytes": at.base_bytes,
                "element_stride_bytes": at.element_stride_bytes,
                "lane_stride_bytes": at.lane_stride_bytes,
            },
        })
    }
}

/// An interval of a component's phases.
fn live_json(node: &Node<'_>, from: usize, to: usize) -> Value {
    json!({
        "component": node.name,
        "from": from,
        "to": to,
        "from_phase": node.phases.get(from),
        "to_phase": node.phases.get(to),
    })
}

fn node_json(node: &Node<'_>) -> Value {
    let last = super::phases(node) - 1;
    let parts = node.parts.iter().map(|part| {
        let mut value = json!({
            "name": part.name,
            "enabled": part.on,
            "keep": part.keep,
            "live": live_json(node, part.from.into(), last.min(part.to.into())),
        });
        match &part.kind {
            Kind::Buffer {
                element,
                len,
                space,
                auto,
            } => {
                value["kind"] = "buffer".into();
                value["element"] = element.name.into();
                value["length_elements"] = (*len).into();
                value["space"] = if *auto { "auto" } else { space.name() }.into();
                value["over"] = (!part.over.is_empty()).then_some(part.over).into();
            }
            Kind::Child(child) => {
                value["kind"] = "child".into();
                value["registry"] = node_json(child);
            }
        }
        value
    });
    json!({
        "name": node.name,
        "phases": node.phases,
        "barriers": node.barriers,
        "since": (node.since_sm > 0).then(|| format!("sm_{}", node.since_sm)),
        "parts": parts.collect::<Vec<_>>(),
    })
}

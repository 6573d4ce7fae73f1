//! The tracer's workspace: a slot is registers, or shared memory.

use super::graph::{self, Address};
use super::scalar::{Traced, TracedMask};
use crate::ode::{Real, Scalar, Workspace};
use crate::{ElementKind, PlanView, Space};
use std::collections::HashMap;

struct Home {
    /// The path of the buffer, which names its register operands `path.element`.
    path: String,
    element: ElementKind,
    len: usize,
    /// Bytes of element 0 behind the lane's base, and from one element to the next, where the slot is in shared memory.
    shared: Option<(u64, u64)>,
    per_block: bool,
}

/// A [`Workspace`] in which `Shared` slots become shared-memory accesses at the plan's addresses and all others become
/// registers: operands `path.element` of the marker where a value crosses from one marker to the next.
///
/// Slots that are accessed must have elements of `T`: the addresses of others have other strides, for elements and for lanes.
/// Such an access, or one to an element that the slot does not have, becomes the [fault](super::Fragment::fault) of the fragment.
///
/// ```
/// use bakelite::{Workspace, consts::*, on, plan, ptx::{TraceWorkspace, trace}, Arch, registry, Extent, Planned, Shared};
/// registry! { pub struct Pair<N: Extent> in pair { a: [f64; N] in Shared; } }
/// plan! { struct PairPlan for Pair<U2> = on(Sm80).block(32).sequential(); }
/// let fragment = trace(|| {
///     let mut workspace = TraceWorkspace::<f64>::new(&PairPlan::VIEW);
///     let value = workspace.load(0, 1);
///     workspace.store(0, 0, value);
/// });
/// let text = fragment.emit(&|name| (name == "lane").then_some("%r1")).unwrap();
/// assert!(text.contains("ld.shared.f64") && text.contains("//@a.1"));
/// ```
pub struct TraceWorkspace<T> {
    homes: Vec<Home>,
    values: HashMap<(usize, usize), Traced<T>>,
}

impl<T: Real> TraceWorkspace<T> {
    /// An empty workspace laid out by `plan`.
    #[must_use]
    pub fn new(plan: &PlanView<'_>) -> Self {
        let homes = plan
            .slots
            .iter()
            .map(|slot| {
                let addressing = plan.launch.addressing(slot);
                Home {
                    path: plan.path_of(slot).to_string(),
                    element: slot.element,
                    len: slot.len_elements,
                    shared: (slot.space == Space::Shared).then_some((
                        addressing.base_bytes as u64,
                        addressing.element_stride_bytes as u64,
                    )),
                    per_block: slot.space == Space::SharedPerBlock,
                }
            })
            .collect();
        TraceWorkspace {
            homes,
            values: HashMap::new(),
        }
    }

    /// Whether the slot has such an element, and of `T`. If not, the trace has a fault.
    fn valid(&self, slot: usize, element: usize) -> bool {
        let Some(home) = self.homes.get(slot) else {
            graph::fault(|| {
                let slots = self.homes.len();
                format!(
                    "the traced code accesses slot {slot}, the plan has {slots}\n  help: plan the registry that the code is written for"
                )
            });
            return false;
        };
        let Home { path, len, .. } = home;
        let (own, traced) = (home.element.name, T::KIND.name);
        if home.element != T::KIND {
            graph::fault(|| {
                format!(
                    "buffer `{path}` has elements {own}, and the code that accesses it is traced with {traced}\n  help: declare the buffer as `[{traced}; ..]`, or access it in the kernel by its `bk_` symbols"
                )
            });
        } else if home.per_block {
            graph::fault(|| {
                format!(
                    "buffer `{path}` is one for the whole block, and the traced code is that of one run\n  help: declare it `in Shared`, or access it in the kernel by its `bk_` symbols"
                )
            });
        } else if element >= *len {
            graph::fault(|| {
                format!(
                    "the traced code accesses element {element} of buffer `{path}`, which has {len}\n  help: make the buffer longer, or the loop shorter"
                )
            });
        } else {
            return true;
        }
        false
    }

    fn address(&self, slot: usize, element: usize) -> Option<Address> {
        let home = &self.homes[slot];
        let (base, stride) = home.shared?;
        Some(Address {
            bytes: base + stride * element as u64,
            name: format!("{}.{element}", home.path),
        })
    }

    /// Writes every register element that was stored to its operand, where the marker has one.
    pub fn finish(self) {
        let mut stored: Vec<_> = self.values.iter().collect();
        stored.sort_by_key(|(key, _)| **key);
        for ((slot, element), value) in stored {
            value.output(&format!("{}.{element}", self.homes[*slot].path));
        }
    }
}

impl<T: Real> Workspace<Traced<T>> for TraceWorkspace<T> {
    fn load(&mut self, slot: usize, element: usize) -> Traced<T> {
        if !self.valid(slot, element) {
            return Traced::lit(0.0);
        }
        if let Some(address) = self.address(slot, element) {
            return Traced::new(graph::load(address, Traced::<T>::kind()));
        }
        match self.values.get(&(slot, element)) {
            Some(value) => *value,
            None => Traced::operand(&format!("{}.{element}", self.homes[slot].path)),
        }
    }

    fn store_where(&mut self, mask: TracedMask, slot: usize, element: usize, value: Traced<T>) {
        if !self.valid(slot, element) {
            return;
        }
        if let Some(address) = self.address(slot, element) {
            graph::store(mask.id(), address, value.id());
            return;
        }
        let always = graph::truth(mask.id()) == Some(true);
        let value = if always {
            value
        } else {
            let old = self.load(slot, element);
            Traced::select(mask, value, old)
        };
        self.values.insert((slot, element), value);
    }
}

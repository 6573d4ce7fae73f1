//! The tracer's workspace: a slot is registers, or shared memory; in looped kernels, shared or local memory.

use super::bodies;
use super::graph::{self, Address, Base, Stride};
use super::lowered::{Buffer, Form, Lowered, Place, Span, Word};
use super::scalar::{Traced, TracedMask};
use crate::layout::PlanView;
use crate::ode::{Mask, Real, Repeat, Scalar, Sweep, Workspace};
use std::collections::HashMap;
use std::sync::Arc;

pub(super) const DIFFERS: &str = "the body of a sweep does not do the same for each index\n  help: access elements at a constant distance from the index, and load what is the same for all before the sweep";

/// A loop whose body is being recorded.
pub(crate) struct Repeating<T> {
    pub(super) of: usize,
    /// The body's mask, that of the first turn: a thread that makes another turn was running then, too.
    pub(super) mask: TracedMask,
    /// What was in registers before the loop.
    pub(super) before: HashMap<(usize, usize), Traced<T>>,
}

/// A [`Workspace`] in which `Shared` slots become shared-memory accesses at the plan's addresses and all others become
/// registers: operands `path.element` of the marker where a value crosses from one marker to the next.
///
/// Slots that are accessed must have elements of `T`: the addresses of others have other strides, for elements and for
/// lanes. Such an access, or one to an element that the slot does not have, becomes the [fault](super::Fragment::fault)
/// of the fragment.
///
/// ```
/// use bakelite::{consts::*, ode::Workspace, prelude::*, ptx::{TraceWorkspace, trace}};
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
    lowered: Arc<Lowered>,
    pub(crate) values: HashMap<(usize, usize), Traced<T>>,
    /// The open sweep: how many elements, and the index that its body is recorded for.
    sweep: Option<(usize, usize)>,
    /// Slot and element of all that may be in registers.
    pub(crate) registers: Vec<(usize, usize)>,
    /// The data-dependent loops whose body is being recorded.
    pub(crate) repeats: Vec<Repeating<T>>,
}

impl<T: Real> TraceWorkspace<T> {
    /// An empty workspace laid out by `plan`.
    #[must_use]
    pub fn new(plan: &PlanView<'_>) -> Self {
        Self::of(&Arc::new(Lowered::baked(plan, Form::Unrolled)))
    }

    /// The same for a kernel of any form.
    pub(crate) fn of(lowered: &Arc<Lowered>) -> Self {
        let mut registers = Vec::new();
        for (slot, buffer) in lowered.buffers.iter().enumerate() {
            if buffer.place == Place::Registers && buffer.element == T::KIND {
                registers.extend((0..buffer.len).map(|element| (slot, element)));
            }
        }
        TraceWorkspace {
            lowered: Arc::clone(lowered),
            values: HashMap::new(),
            sweep: None,
            registers,
            repeats: Vec::new(),
        }
    }

    /// Whether sweeps are recorded as loops.
    fn is_looped(&self) -> bool {
        self.lowered.form == Form::Looped
    }

    /// An element of a table in global memory at operand `name`, whose elements are as far apart as operand `stride`
    /// says.
    fn global(&self, name: &str, stride: &str, index: usize) -> Option<Address> {
        let stride = match self.sweep {
            Some((_, now)) if now == index => Some(Stride::Operand(stride.to_owned())),
            None if index == 0 => None,
            _ => {
                graph::fault(|| format!("element {index} of `{name}` is not that of the sweep"));
                return None;
            }
        };
        Some(Address {
            base: Base::Global(name.to_owned()),
            distance: 0,
            stride,
            name: String::new(),
        })
    }

    /// Element `index` of the table at operand `name`, in a sweep.
    pub(crate) fn read(&self, name: &str, stride: &str, index: usize) -> Traced<T> {
        match self.global(name, stride, index) {
            Some(address) => Traced::new(graph::load(address, Traced::<T>::kind())),
            None => Traced::lit(0.0),
        }
    }

    /// Writes element `index` of the table at operand `name`, in a sweep.
    pub(crate) fn write(&self, name: &str, stride: &str, index: usize, value: Traced<T>) {
        if let Some(address) = self.global(name, stride, index) {
            let always = TracedMask::splat(true);
            graph::store(always.id(), address, value.id());
        }
    }

    /// Whether the slot has such an element, of type `T`. If not, the trace gets a fault.
    fn valid(&self, slot: usize, element: usize) -> bool {
        let Some(buffer) = self.lowered.buffers.get(slot) else {
            graph::fault(|| {
                let slots = self.lowered.buffers.len();
                format!(
                    "the traced code accesses slot {slot}, the plan has {slots}\n  help: plan the registry that the code is written for"
                )
            });
            return false;
        };
        let Buffer { path, len, .. } = buffer;
        let (own, traced) = (buffer.element.name, T::KIND.name);
        if buffer.element != T::KIND {
            graph::fault(|| {
                format!(
                    "buffer `{path}` has elements {own}, and the code that accesses it is traced with {traced}\n  help: declare the buffer as `[{traced}; ..]`, or access it in the kernel by its `bk_` symbols"
                )
            });
        } else if matches!(buffer.place, Place::Block(_)) {
            graph::fault(|| {
                format!(
                    "buffer `{path}` is one for the whole block, and the traced code is that of one run\n  help: declare it `in Shared`, or access it in the kernel by its `bk_` symbols"
                )
            });
        } else if self.sweep.is_some_and(|(_, now)| element < now) {
            graph::fault(|| DIFFERS.to_owned());
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
        let buffer = &self.lowered.buffers[slot];
        let beyond = element - self.sweep.map_or(0, |(_, now)| now);
        let baked = |base: Base, span: Span| {
            let stride = Stride::Bytes(span.stride as u64);
            (base, span.of(beyond) as u64, stride)
        };
        let (base, distance, stride) = match buffer.place {
            Place::Registers | Place::Block(_) => return None,
            Place::Shared(span) => baked(Base::Shared, span),
            Place::Local(span) => baked(Base::Local, span),
            Place::Launched(Word::Elements(word)) => {
                (Base::Launched(word + element), 0, Stride::Launched)
            }
            Place::Launched(Word::Buffer(word)) => {
                (Base::Launched(word), beyond as u64, Stride::Launched)
            }
        };
        // the device compares names, and an access in a sweep is not to one element only
        let name = if self.is_looped() {
            buffer.path.clone()
        } else {
            format!("{}.{element}", buffer.path)
        };
        Some(Address {
            base,
            distance,
            stride: self.sweep.map(|_| stride),
            name,
        })
    }

    pub(crate) fn in_register(&self, at @ (slot, element): (usize, usize)) -> Traced<T> {
        match self.values.get(&at) {
            Some(value) => *value,
            None => Traced::operand(&format!("{}.{element}", self.lowered.buffers[slot].path)),
        }
    }

    /// Writes every register element that was stored to its operand, if the marker names one.
    pub fn finish(self) {
        let mut stored: Vec<_> = self.values.iter().collect();
        stored.sort_by_key(|(key, _)| **key);
        for ((slot, element), value) in stored {
            let name = format!("{}.{element}", self.lowered.buffers[*slot].path);
            value.pass_on(&name);
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
        self.in_register((slot, element))
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

    fn next<const K: usize>(
        &mut self,
        sweep: &mut Sweep,
        carried: &mut [Traced<T>; K],
    ) -> Option<usize> {
        // one element is no loop
        if !self.is_looped() || sweep.count < 2 {
            let index = sweep.index;
            sweep.index += 1;
            return (index < sweep.count).then_some(index);
        }
        let ids = carried.map(Traced::id);
        let index = sweep.index;
        let now = match index {
            0 => bodies::open(sweep.count, &ids),
            _ if !bodies::in_sweep() => ids.to_vec(),
            _ if index < sweep.count => bodies::turn(&ids),
            _ => {
                let (results, same) = bodies::close(&ids);
                if !same {
                    graph::fault(|| DIFFERS.to_owned());
                }
                results
            }
        };
        for (value, id) in carried.iter_mut().zip(now) {
            *value = Traced::new(id);
        }
        sweep.index += 1;
        self.sweep = (index < sweep.count).then_some((sweep.count, index));
        (index < sweep.count).then_some(index)
    }

    fn again<const K: usize>(
        &mut self,
        repeat: &mut Repeat,
        running: TracedMask,
        carried: &mut [Traced<T>; K],
    ) -> Option<TracedMask> {
        self.turn(repeat, running, carried)
    }

    fn common(&mut self, values: &[Traced<T>], index: usize) -> Traced<T> {
        let value = values[index];
        let Some((table, number)) = graph::table_of(value.id()).filter(|_| self.is_looped()) else {
            return value;
        };
        let first = self.sweep.map_or(0, |(_, now)| now);
        let bytes = size_of::<T>() as u64;
        let address = Address {
            base: Base::Global(table),
            distance: (number.wrapping_sub(first) as u64).wrapping_mul(bytes),
            stride: self.sweep.map(|_| Stride::Bytes(bytes)),
            name: String::new(),
        };
        Traced::new(graph::load(address, Traced::<T>::kind()))
    }

    fn in_place(&self) -> bool {
        true
    }
}

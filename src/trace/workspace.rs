//! The tracer's workspace: a slot is registers, or shared memory; in looped kernels, shared or local memory.

use super::bodies;
use super::graph::{self, Address, Base, Stride};
use super::scalar::{Traced, TracedMask};
use super::words::{Place, Words};
use crate::layout::full_path;
use crate::ode::{Mask, Real, Repeat, Scalar, Sweep, Workspace};
use crate::{ElementKind, PlanView, Space};
use std::collections::HashMap;

const DIFFERS: &str = "the body of a sweep does not do the same for each index\n  help: access elements at a constant distance from the index, and load what is the same for all before the sweep";

struct Home {
    /// The path of the buffer, which names its register operands `path.element`.
    path: String,
    element: ElementKind,
    len: usize,
    memory: Option<Memory>,
    per_block: bool,
}

/// Where a slot is in memory.
#[derive(Clone)]
enum Memory {
    /// Bytes of element 0 behind the base, and from one element to the next.
    Baked(Base, u64, u64),
    Launched(Place),
}

/// A loop whose body is being recorded.
pub(crate) struct Repeating<T> {
    pub(super) of: usize,
    /// The body's mask: a thread that makes another turn was running, and so it was at first.
    pub(super) mask: TracedMask,
    /// What stood in registers before the loop.
    pub(super) before: HashMap<(usize, usize), Traced<T>>,
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
    pub(crate) values: HashMap<(usize, usize), Traced<T>>,
    /// Whether sweeps are recorded as loops.
    looped: bool,
    /// The open sweep: how many elements, and the index that its body is recorded for.
    sweep: Option<(usize, usize)>,
    /// Slot and element of all that may be in registers.
    pub(crate) registers: Vec<(usize, usize)>,
    /// The loops that data ends and whose body is being recorded.
    pub(crate) repeats: Vec<Repeating<T>>,
}

impl<T: Real> TraceWorkspace<T> {
    /// An empty workspace laid out by `plan`.
    #[must_use]
    pub fn new(plan: &PlanView<'_>) -> Self {
        Self::with(plan, false, None)
    }

    /// The same for a looped kernel: slots that are not `Shared` lie in its array in local memory, and a sweep is a loop. With `words` for
    /// one that is told at launch where `Shared` slots lie.
    pub(crate) fn with(plan: &PlanView<'_>, looped: bool, words: Option<&Words>) -> Self {
        let persistent = local_bytes(plan, Space::Local);
        let homes: Vec<Home> = plan
            .slots
            .iter()
            .enumerate()
            .map(|(number, slot)| {
                let at = plan.launch.addressing(slot);
                let (first, stride) = (at.base_bytes as u64, at.element_stride_bytes as u64);
                let launched = words.and_then(|words| words.of(number));
                let memory = match (slot.space, launched) {
                    (_, Some(place)) => Some(Memory::Launched(place)),
                    (Space::Shared, None) => Some(Memory::Baked(Base::Shared, first, stride)),
                    (Space::Local, _) if looped => Some(Memory::Baked(Base::Local, first, stride)),
                    (Space::LocalPersistent, _) if looped => Some(Memory::Baked(
                        Base::Local,
                        first + persistent as u64,
                        stride,
                    )),
                    _ => None,
                };
                Home {
                    path: full_path(plan, slot),
                    element: slot.element,
                    len: slot.len_elements,
                    memory,
                    per_block: slot.space == Space::SharedPerBlock,
                }
            })
            .collect();
        let mut registers = Vec::new();
        for (slot, home) in homes.iter().enumerate() {
            if home.memory.is_none() && home.element == T::KIND && !home.per_block {
                registers.extend((0..home.len).map(|element| (slot, element)));
            }
        }
        TraceWorkspace {
            homes,
            values: HashMap::new(),
            looped,
            sweep: None,
            registers,
            repeats: Vec::new(),
        }
    }

    /// An element of a table in global memory at operand `name`, whose elements are as far apart as operand `stride` says.
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
        let home = &self.homes[slot];
        let memory = home.memory.clone()?;
        // the device compares names, and an access in a sweep is to no one element
        let name = if self.looped {
            home.path.clone()
        } else {
            format!("{}.{element}", home.path)
        };
        let beyond = element - self.sweep.map_or(0, |(_, now)| now);
        let (base, distance, stride) = match memory {
            Memory::Baked(base, first, stride) => {
                let distance = first + stride * beyond as u64;
                (base, distance, Stride::Bytes(stride))
            }
            Memory::Launched(Place::Elements(word)) => {
                (Base::Launched(word + element), 0, Stride::Launched)
            }
            Memory::Launched(Place::Buffer(word)) => {
                (Base::Launched(word), beyond as u64, Stride::Launched)
            }
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
            None => Traced::operand(&format!("{}.{element}", self.homes[slot].path)),
        }
    }

    /// Writes every register element that was stored to its operand, where the marker has one.
    pub fn finish(self) {
        let mut stored: Vec<_> = self.values.iter().collect();
        stored.sort_by_key(|(key, _)| **key);
        for ((slot, element), value) in stored {
            let name = format!("{}.{element}", self.homes[*slot].path);
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
        if !self.looped || sweep.count < 2 {
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
        let Some((table, number)) = graph::table_of(value.id()).filter(|_| self.looped) else {
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

/// Where persistent slots begin in a looped kernel's array (`Local`), or how large it is (`LocalPersistent`).
pub(crate) fn local_bytes(plan: &PlanView<'_>, before: Space) -> usize {
    let local = plan.total(Space::Local).bytes.next_multiple_of(16);
    match before {
        Space::Local => local,
        _ => local + plan.total(Space::LocalPersistent).bytes,
    }
}

#[cfg(all(test, feature = "reference"))]
mod tests {
    use super::*;
    use crate::ptx::device::{GlobalMemory, Launch, MOST_INSTRUCTIONS, Module, run};
    use crate::ptx::{Baker, Fragment, trace};
    use crate::{Arch, RuntimePlan, RuntimeRegistry, on};

    const COUNT: usize = 5;
    const TEMPLATE: &str = "
.version 8.0
.target sm_80
.address_size 64
.visible .entry sweep(.param .u64 table) {
	.reg .b64 %rd<3>;
	.reg .f64 %fd<3>;
	ld.param.u64 %rd1, [table];
	mov.u64 %rd2, 8;
	@body table:%rd1, stride:%rd2, a:%fd1, b:%fd2;
	st.global.f64 [%rd1+40], %fd1;
	st.global.f64 [%rd1+48], %fd2;
	ret;
}
";

    fn plan() -> RuntimePlan {
        let mut registry = RuntimeRegistry::new("r");
        for name in ["x", "y"] {
            let part = registry.register(name, ElementKind::F64, COUNT + 1, Space::Local);
            part.unwrap();
        }
        registry.plan(on(Arch::Sm80).sequential()).unwrap()
    }

    fn recorded(program: impl FnOnce(&mut TraceWorkspace<f64>)) -> Fragment {
        trace(|| program(&mut TraceWorkspace::with(&plan().view(), true, None)))
    }

    /// Runs the fragment; the table holds 1, 2, 3, ... before, and `a` and `b` behind its elements after.
    fn table(fragment: Fragment) -> Vec<f64> {
        let baker = Baker::new(TEMPLATE).local(local_bytes(&plan().view(), Space::LocalPersistent));
        let ptx = baker.fragment("body", fragment).bake().unwrap();
        let module = Module::parse(&ptx, true).unwrap();
        let mut memory = GlobalMemory::new();
        let at = memory.allocate(8 * (COUNT + 2)).unwrap();
        let start: Vec<u8> = (1..=COUNT + 2)
            .flat_map(|i| (i as f64).to_le_bytes())
            .collect();
        assert!(memory.write(at, &start));
        run(&Launch {
            kernel: module.kernel("sweep").unwrap(),
            params: &at.to_le_bytes(),
            grid: 1.into(),
            block: 1.into(),
            shared_bytes: 0,
            memory: &memory,
            checks: true,
            threads: 1,
            instructions: MOST_INSTRUCTIONS,
            readers: true,
        })
        .unwrap();
        let mut bytes = vec![0; 8 * (COUNT + 2)];
        assert!(memory.read(at, &mut bytes));
        let number = |chunk: &[u8]| f64::from_le_bytes(chunk.try_into().unwrap());
        bytes.chunks_exact(8).map(number).collect()
    }

    fn lit(value: f64) -> Traced<f64> {
        Traced::lit(value)
    }

    #[test]
    fn carried_values_go_from_index_to_index() {
        let fragment = recorded(|w| {
            // before a sweep, a load that a store of the sweep outdates
            w.store(0, 0, lit(7.0));
            let before = w.load(0, 0);
            let mut sweep = Sweep::over(COUNT);
            while let Some(i) = w.next(&mut sweep, &mut []) {
                let value = w.read("table", "stride", i);
                w.store(0, i, value * lit(10.0));
                w.store(1, i + 1, value);
            }
            // a swap, a sum, and one that does not change
            let mut carried = [lit(0.0), lit(1.0), before];
            let mut sweep = Sweep::over(COUNT);
            while let Some(i) = w.next(&mut sweep, &mut carried) {
                let [a, b, c] = carried;
                let sum = a + w.load(0, i);
                carried = [b, sum, c];
                let neighbour = w.load(1, i + 1);
                w.write("table", "stride", i, sum + neighbour);
            }
            carried[0].output("a");
            (carried[1] + carried[2] + w.load(0, 0)).output("b");
        });
        let (mut a, mut b, mut expected) = (0.0, 1.0, Vec::new());
        for i in 1..=COUNT {
            let sum = a + 10.0 * i as f64;
            expected.push(sum + i as f64);
            (a, b) = (b, sum);
        }
        expected.extend([a, b + 7.0 + 10.0]);
        assert_eq!(table(fragment), expected);
    }

    #[test]
    fn bodies_that_differ_are_faults() {
        let fault = |program: &dyn Fn(&mut TraceWorkspace<f64>, usize)| {
            let fragment = recorded(|w| {
                let mut sweep = Sweep::over(COUNT);
                while let Some(i) = w.next(&mut sweep, &mut []) {
                    program(w, i);
                }
            });
            fragment.fault().map(str::to_owned)
        };
        assert_eq!(fault(&|w, i| w.store(0, i, lit(1.0))), None);
        let differs = "the body of a sweep does not do the same for each index";
        let constant = fault(&|w, i| w.store(0, i, lit(i as f64))).unwrap();
        let twice = fault(&|w, i| w.store(0, i + i / 3, lit(0.0))).unwrap();
        let some = fault(&|w, i| {
            if i == 0 {
                w.store(0, i, lit(0.0));
            }
        });
        for text in [constant, twice, some.unwrap()] {
            assert!(text.starts_with(differs), "{text}");
        }
        let absolute = fault(&|w, _| w.store(0, 0, lit(0.0))).unwrap();
        assert!(absolute.starts_with(differs), "{absolute}");
        let beyond = fault(&|w, i| w.store(0, i + 2, lit(0.0))).unwrap();
        assert!(beyond.contains("of buffer `x`, which has 6"), "{beyond}");
    }

    /// What goes wrong with a loop over values that is not a sweep's.
    #[test]
    fn sweeps_that_are_not_loops_are_faults() {
        let fault = |program: &dyn Fn(&mut TraceWorkspace<f64>)| {
            let fault = recorded(program).fault().map(str::to_owned);
            fault.expect("a fault").lines().next().unwrap().to_owned()
        };
        let differs = DIFFERS.lines().next().unwrap();
        let used = "a value of a sweep's body is used behind it, or at another index";
        let ring = fault(&|w| {
            let mut sweep = Sweep::over(COUNT);
            while let Some(i) = w.next(&mut sweep, &mut []) {
                let value = w.load(0, (i + 1) % COUNT);
                w.store(1, i, value);
            }
        });
        assert_eq!(ring, differs);
        let but_last = fault(&|w| {
            let mut sum = [lit(0.0)];
            let mut sweep = Sweep::over(COUNT);
            while let Some(i) = w.next(&mut sweep, &mut sum) {
                if i + 1 < COUNT {
                    sum[0] = sum[0] + w.load(0, i);
                }
            }
            sum[0].output("a");
        });
        assert_eq!(but_last, differs);
        let first = fault(&|w| {
            let mut first = None;
            let mut sweep = Sweep::over(COUNT);
            while let Some(i) = w.next(&mut sweep, &mut []) {
                let value = w.load(0, i);
                let start = *first.get_or_insert(value);
                w.store(1, i, value - start);
            }
        });
        assert_eq!(first, used);
        let behind = fault(&|w| {
            let mut last = lit(0.0);
            let mut sweep = Sweep::over(COUNT);
            while let Some(i) = w.next(&mut sweep, &mut []) {
                last = w.load(0, i);
            }
            last.output("a");
        });
        assert_eq!(behind, used);
        let left = fault(&|w| {
            let mut sweep = Sweep::over(COUNT);
            while let Some(i) = w.next(&mut sweep, &mut []) {
                w.store(0, i, lit(1.0));
                if i == 1 {
                    break;
                }
            }
        });
        assert_eq!(left, "a sweep was left before its end");
        let nested = fault(&|w| {
            let (mut outer, mut inner) = (Sweep::over(2), Sweep::over(2));
            while w.next(&mut outer, &mut []).is_some() {
                while let Some(i) = w.next(&mut inner, &mut []) {
                    w.store(0, i, lit(1.0));
                }
            }
        });
        assert_eq!(
            nested,
            "a sweep begins in the body of another, or one was left before its end"
        );
    }

    /// A part of a table is that part, and its end is the end.
    #[test]
    fn tables_are_read_where_they_are() {
        let fragment = recorded(|w| {
            let values: Vec<_> = (0..COUNT)
                .map(|i| Traced::operand(&format!("table.{i}")))
                .collect();
            let mut sums = [lit(0.0), lit(0.0)];
            let mut sweep = Sweep::over(COUNT - 2);
            while let Some(i) = w.next(&mut sweep, &mut sums) {
                sums[0] = sums[0] + w.common(&values[2..], i);
                sums[1] = sums[1] + w.common(&values, i + 1);
            }
            sums[0].output("a");
            sums[1].output("b");
        });
        assert_eq!(table(fragment)[COUNT..], [3.0 + 4.0 + 5.0, 2.0 + 3.0 + 4.0]);
    }
}

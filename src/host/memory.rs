//! The arenas that a plan lays out, as the workspace of one pack of runs.

use crate::layout::{PlanView, Planned, Space};
use crate::ode::{HostScalar, Workspace};
use core::marker::PhantomData;

/// A workspace on the host: arenas, and where each slot lies in them.
pub(crate) trait Memory<R: HostScalar>: Workspace<R> {
    /// From what an empty memory is made, once per thread.
    type Plan<'p>: Copy + Sync;
    fn new(plan: Self::Plan<'_>) -> Self;
    fn copy(&self) -> Self;
}

/// The arenas of a plan that is a type. They are on the stack, at constant offsets.
pub(crate) struct TypedMemory<P: Planned, R: Copy> {
    shared: P::SharedArena<R>,
    local: P::LocalArena<R>,
    persistent: P::PersistentArena<R>,
}

impl<P: Planned, R: HostScalar> Memory<R> for TypedMemory<P, R> {
    type Plan<'p> = PhantomData<fn() -> P>;
    #[inline(always)]
    fn new(_: PhantomData<fn() -> P>) -> Self {
        let zero = R::lit(0.0);
        TypedMemory {
            shared: P::shared_arena(zero),
            local: P::local_arena(zero),
            persistent: P::persistent_arena(zero),
        }
    }
    #[inline(always)]
    fn copy(&self) -> Self {
        let mut copy = Self::new(PhantomData);
        copy.shared.as_mut().copy_from_slice(self.shared.as_ref());
        copy.local.as_mut().copy_from_slice(self.local.as_ref());
        let persistent = self.persistent.as_ref();
        copy.persistent.as_mut().copy_from_slice(persistent);
        copy
    }
}

impl<P: Planned, R: HostScalar> TypedMemory<P, R> {
    #[inline(always)]
    fn at(&mut self, slot: usize, element: usize) -> &mut R {
        let slot = &P::SLOTS[slot];
        debug_assert!(element < slot.len_elements);
        // every element of an integrator's registry is one `R::Lane`, so a unit of the arena is one `R`
        let index = slot.offset_bytes / size_of::<R::Lane>() + element;
        match slot.space {
            // because of `RunLocation`, no plan of an integrator has a buffer per block
            Space::Shared | Space::SharedPerBlock => &mut self.shared.as_mut()[index],
            Space::Local => &mut self.local.as_mut()[index],
            Space::LocalPersistent => &mut self.persistent.as_mut()[index],
        }
    }
}

/// The arenas of a plan made at run time.
#[derive(Clone)]
pub(crate) struct RuntimeMemory<R> {
    arenas: [Vec<R>; Space::ALL.len()],
    /// For each slot: its arena and its first element.
    homes: Vec<(Space, usize)>,
}

impl<R: HostScalar> Memory<R> for RuntimeMemory<R> {
    type Plan<'p> = PlanView<'p>;
    fn new(plan: PlanView<'_>) -> Self {
        let unit = size_of::<R::Lane>();
        let arena = |space: Space| vec![R::lit(0.0); plan.total(space).bytes / unit];
        RuntimeMemory {
            arenas: Space::ALL.map(arena),
            homes: plan
                .slots
                .iter()
                .map(|slot| (slot.space, slot.offset_bytes / unit))
                .collect(),
        }
    }
    fn copy(&self) -> Self {
        self.clone()
    }
}

impl<R: HostScalar> RuntimeMemory<R> {
    #[inline(always)]
    fn at(&mut self, slot: usize, element: usize) -> &mut R {
        let (space, first) = self.homes[slot];
        &mut self.arenas[space as usize][first + element]
    }
}

macro_rules! workspace {
    () => {
        #[inline(always)]
        fn load(&mut self, slot: usize, element: usize) -> R {
            *self.at(slot, element)
        }
        #[inline(always)]
        fn store_where(&mut self, mask: R::Mask, slot: usize, element: usize, value: R) {
            let place = self.at(slot, element);
            *place = R::select(mask, value, *place);
        }
        #[inline(always)]
        fn store(&mut self, slot: usize, element: usize, value: R) {
            *self.at(slot, element) = value;
        }
    };
}
impl<P: Planned, R: HostScalar> Workspace<R> for TypedMemory<P, R> {
    workspace!();
}
impl<R: HostScalar> Workspace<R> for RuntimeMemory<R> {
    workspace!();
}

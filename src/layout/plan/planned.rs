//! The traits through which generic code uses a plan that is a type.

use core::marker::PhantomData;

use crate::layout::solve::lookup;
use crate::layout::{LaunchPlan, Node, Path, PlanView, Registry, Site, Slot, Total};

/// The type of a plan that [`plan!`](crate::plan!) makes, with all that generic code can use.
///
/// The arenas are arrays on the stack that have exactly the size of the plan, also in generic code:
/// `[T; bytes / UNIT_BYTES]`.
///
/// ```
/// use bakelite::{consts::*, prelude::*};
/// registry! { pub struct Pair in pair { a: [f32; U3] in Shared; b: [f64; U1] in Shared; } }
/// plan! { struct P for Pair = on(Sm90).block(32).sequential(); }
/// fn run<P: Planned>() -> usize {
///     let mut arena = P::shared_arena(0.0f32);
///     arena.as_mut()[0] = 1.0;
///     size_of_val(&arena)
/// }
/// assert_eq!(run::<P>(), 24);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a plan",
    label = "expected a type made by `plan!`",
    note = "make one: `plan! {{ struct MyPlan for MyRegistry = on(Sm90).block(128).sequential(); }}`"
)]
pub trait Planned {
    /// The registry at the top of the tree.
    type Root: Registry;
    /// Its buffers in flattened order: depth first, in declaration order.
    const SLOTS: &'static [Slot];
    /// Shared memory of one run.
    const SHARED: Total;
    /// Local memory of one run.
    const LOCAL: Total;
    /// Persistent local memory of one run.
    const PERSISTENT: Total;
    /// Shared memory that the block has once.
    const SHARED_PER_BLOCK: Total;
    /// What a launch needs to know.
    const LAUNCH: LaunchPlan;
    /// The plan as a view. All kinds of plan have such a view.
    const VIEW: PlanView<'static>;
    /// The bytes of the plan that one `T` of an arena stands for: the largest number that divides every size and
    /// alignment of the plan. With the ordinary elements this is the size of the smallest one.
    const UNIT_BYTES: usize;
    /// An array for the shared memory of one run.
    type SharedArena<T: Copy>: AsRef<[T]> + AsMut<[T]>;
    /// An array for the local memory of one run.
    type LocalArena<T: Copy>: AsRef<[T]> + AsMut<[T]>;
    /// An array for the persistent local memory of one run.
    type PersistentArena<T: Copy>: AsRef<[T]> + AsMut<[T]>;
    /// An arena for shared memory, filled with one value.
    fn shared_arena<T: Copy>(fill: T) -> Self::SharedArena<T>;
    /// An arena for local memory, filled with one value.
    fn local_arena<T: Copy>(fill: T) -> Self::LocalArena<T>;
    /// An arena for persistent local memory, filled with one value.
    fn persistent_arena<T: Copy>(fill: T) -> Self::PersistentArena<T>;
}

/// The place that a plan gives to buffer `K` at path `A`, as constants.
///
/// Code that is generic over a switch must use [`IF_ON`](Placed::IF_ON). For a disabled buffer the other constants are
/// a compile error, even in a branch that is never taken. `cargo build` reports this error; `cargo check` does not
/// evaluate these constants.
///
/// ```
/// use bakelite::{consts::*, layout::{Placed, Root, Switch}, prelude::*};
/// registry! { pub struct Pair<D: Switch> in pair { a: [f32; U3] in Shared; b: [f64; U1] in Shared, if D; } }
/// plan! { struct P for Pair<B1> = on(Sm90).block(32).sequential(); }
/// plan! { struct Q for Pair<B0> = on(Sm90).block(32).sequential(); }
/// type At<D> = Root<Pair<D>>;
/// assert_eq!(<P as Placed<At<B1>, pair::b>>::OFFSET_BYTES, 16);
/// assert_eq!(<P as Placed<At<B1>, pair::b>>::OFFSET_ELEMENTS, 2);
/// assert_eq!(<Q as Placed<At<B0>, pair::b>>::IF_ON, None);
/// ```
#[diagnostic::on_unimplemented(
    message = "the plan `{Self}` has no buffer `{K}` at `{A}`",
    label = "this path does not lead to such a buffer of the planned registry"
)]
pub trait Placed<A, K>: Planned {
    /// Its slot in the plan.
    const SLOT: &'static Slot;
    /// The offset of its first byte.
    const OFFSET_BYTES: usize;
    /// The same offset, counted in elements of its own type.
    const OFFSET_ELEMENTS: usize;
    /// `OFFSET_ELEMENTS`, or `None` if the buffer is disabled.
    const IF_ON: Option<usize>;
}

impl<P, A, K> Placed<A, K> for P
where
    P: Planned,
    A: Path<Root = P::Root> + Site<K>,
{
    const SLOT: &'static Slot = {
        let slot = &P::SLOTS[A::INDEX];
        if !slot.enabled {
            lookup::disabled(P::VIEW.root, slot).panic()
        }
        slot
    };
    const OFFSET_BYTES: usize = <P as Placed<A, K>>::SLOT.offset_bytes;
    const OFFSET_ELEMENTS: usize = whole(<P as Placed<A, K>>::SLOT);
    const IF_ON: Option<usize> = {
        let slot = &P::SLOTS[A::INDEX];
        if slot.enabled {
            Some(whole(slot))
        } else {
            None
        }
    };
}

const fn whole(slot: &Slot) -> usize {
    assert!(
        slot.offset_bytes.is_multiple_of(slot.element.bytes),
        "the offset is no whole number of elements: use `OFFSET_BYTES`, or pin the buffer elsewhere"
    );
    slot.offset_elements()
}

/// See [`Planned::UNIT_BYTES`].
pub const fn unit_bytes(slots: &[Slot]) -> usize {
    const fn gcd(a: usize, b: usize) -> usize {
        if b == 0 { a } else { gcd(b, a % b) }
    }
    let mut unit = 0;
    let mut i = 0;
    while i < slots.len() {
        if slots[i].len_elements > 0 {
            unit = gcd(gcd(slots[i].element.bytes, slots[i].element.align), unit);
        }
        i += 1;
    }
    if unit == 0 { 4 } else { unit }
}

/// What `slot!` and `offset!` expand to.
#[track_caller]
pub const fn slot<P: Planned>(name: &str) -> &'static Slot {
    match P::VIEW.get(name) {
        Ok(slot) => slot,
        Err(f) => f.panic(),
    }
}

/// The tree of a plan. It is read through the plan, not through the registry. So a type that is not a registry is
/// reported once, where `Planned::Root` is given.
pub const fn root<P: Planned>() -> &'static Node<'static> {
    P::Root::NODE
}

/// The lengths of the arrays that a plan is made of, by its registry `R`; [`NoLengths`] where that is none. A length
/// that cannot be computed is an error wherever the array is named, by the next trait solver, beside the one where
/// `Planned::Root` is given.
pub struct Lengths<P, R>(PhantomData<fn() -> (P, R)>);

impl<P: Planned, R: Registry> Lengths<P, R> {
    /// The number of buffers.
    pub const SLOTS: usize = R::NODE.count();
    /// Units of the arena for shared memory.
    pub const SHARED: usize = P::SHARED.bytes / P::UNIT_BYTES;
    /// Units of the one for local memory.
    pub const LOCAL: usize = P::LOCAL.bytes / P::UNIT_BYTES;
    /// Units of the one for persistent local memory.
    pub const PERSISTENT: usize = P::PERSISTENT.bytes / P::UNIT_BYTES;
}

/// What [`Lengths`] are where its own constants, which go before these, do not apply: more than anybody indexes, since
/// beyond the end is an error, too.
#[allow(missing_docs)]
pub trait NoLengths {
    const SLOTS: usize = 1 << 16;
    const SHARED: usize = 1 << 16;
    const LOCAL: usize = 1 << 16;
    const PERSISTENT: usize = 1 << 16;
}

impl<P, R> NoLengths for Lengths<P, R> {}

/// An array whose length follows from where it is used. If the length were written a second time, it would be a second
/// error wherever it cannot be computed.
pub const fn filled<T: Copy, const N: usize>(value: T) -> [T; N] {
    [value; N]
}

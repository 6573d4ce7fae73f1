//! From a tree to a plan: all steps in their order.

use crate::layout::registry::space::SPACES;
use crate::layout::solve::item::Item;
use crate::layout::solve::names::check_names;
use crate::layout::solve::pack::pack;
use crate::layout::solve::sums;
use crate::layout::solve::verify::verify_sorted;
use crate::layout::solve::{auto, fit, flatten, overlay, pins, place};
use crate::layout::{Fault, LaunchPlan, Node, PlanView, Registry, Slot, Total};
use crate::layout::{Policy, Spec};

/// The number of buffers of a registry, children included.
///
/// ```
/// use bakelite::{consts::*, layout::buffers, prelude::*};
/// registry! { pub struct Pair in pair { a: [f32; U3] in Shared; b: [f64; U1] in Shared; } }
/// assert_eq!(buffers::<Pair>(), 2);
/// ```
pub const fn buffers<R: Registry>() -> usize {
    R::NODE.count()
}

/// A finished layout: one slot for each buffer of the tree, and a total for each space.
///
/// ```
/// use bakelite::{consts::*, layout::{Fault, Plan, buffers, plan}, prelude::*};
/// registry! { pub struct Pair<N: Extent> in pair { a: [f32; N] in Shared; b: [f64; N] in Shared; } }
/// const PLAN: Plan<{ buffers::<Pair<U3>>() }> = plan(on(Arch::Sm90).block(64).sequential(), <Pair<U3>>::NODE);
/// assert_eq!((PLAN.view().get("b")?.offset_bytes, PLAN.shared.bytes, PLAN.shared.elements), (16, 40, 6));
/// # Ok::<(), Fault>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Plan<const N: usize> {
    /// The tree.
    pub root: &'static Node<'static>,
    /// Its buffers in flattened order.
    pub slots: [Slot; N],
    /// Shared memory of one run.
    pub shared: Total,
    /// Local memory of one run.
    pub local: Total,
    /// Persistent local memory of one run.
    pub persistent: Total,
    /// Shared memory that a block has once.
    pub shared_per_block: Total,
    /// What a launch needs to know.
    pub launch: LaunchPlan,
}

impl<const N: usize> Plan<N> {
    /// Makes the plan.
    ///
    /// ```
    /// use bakelite::{consts::*, layout::{Code, Plan}, prelude::*};
    /// registry! { pub struct Pair<N: Extent> in pair { a: [f32; N] in Shared; b: [f64; N] in Shared; } }
    /// let f = Plan::<2>::try_new(on(Arch::Sm90).block(0).sequential(), <Pair<U3>>::NODE).unwrap_err();
    /// assert_eq!(f.code, Code::ZeroBlock);
    /// ```
    ///
    /// # Errors
    /// Any [`Fault`] of the registry or of the plan: a wrong name, life, overlay, length or pin, an architecture that
    /// is too old, too many runs in a block, more shared memory than the device has, or an `N` that is not the number
    /// of buffers. The text names the buffer, the number and the remedy.
    pub const fn try_new(spec: Spec<'_>, root: &'static Node<'static>) -> Result<Self, Fault> {
        match make(spec, root) {
            (p, None) => Ok(p),
            (_, Some(f)) => Err(f),
        }
    }

    /// The plan as a view. All kinds of plan have such a view. Its `Display` writes a table, and its
    /// [`get`](PlanView::get) finds a buffer by name. In constants, [`offset!`](crate::offset) and
    /// [`slot!`](crate::slot) find a buffer.
    pub const fn view(&self) -> PlanView<'_> {
        PlanView {
            root: self.root,
            slots: &self.slots,
            totals: [
                self.shared,
                self.local,
                self.persistent,
                self.shared_per_block,
            ],
            launch: self.launch,
        }
    }
}

/// Makes a plan in a constant. A fault is a compile error at this call. See [`Plan`].
#[track_caller]
pub const fn plan<const N: usize>(spec: Spec<'_>, root: &'static Node<'static>) -> Plan<N> {
    match make(spec, root) {
        (p, None) => p,
        (_, Some(f)) => f.panic(),
    }
}

/// As [`plan()`], but it never panics: a failed plan is returned with its fault, so that `plan!` can report it once, at
/// the user's own text.
pub const fn make<const N: usize>(
    spec: Spec<'_>,
    root: &'static Node<'static>,
) -> (Plan<N>, Option<Fault>) {
    let launch = LaunchPlan::empty(&spec);
    let zero = Total::ZERO;
    let mut p = Plan {
        root,
        slots: [Slot::EMPTY; N],
        shared: zero,
        local: zero,
        persistent: zero,
        shared_per_block: zero,
        launch,
    };
    match solve(root, &mut p.slots, &mut [Item::EMPTY; N], &spec) {
        Ok(([shared, local, persistent, shared_per_block], launch)) => {
            p.shared = shared;
            p.local = local;
            p.persistent = persistent;
            p.shared_per_block = shared_per_block;
            p.launch = launch;
            (p, None)
        }
        Err(f) => (p, Some(f)),
    }
}

/// The whole pipeline, for constants and for run time. `items` must have one item per slot.
pub(in crate::layout) const fn solve(
    root: &Node<'_>,
    slots: &mut [Slot],
    items: &mut [Item],
    spec: &Spec<'_>,
) -> Result<([Total; SPACES], LaunchPlan), Fault> {
    // the rule counts by lives; then all bytes, if packing does not reach that number; with pinned buffers even those
    // may not fit
    let counts = [auto::Count::Lives, auto::Count::Bytes];
    let mut k = 0;
    while k < counts.len() {
        let made = attempt(root, slots, items, spec, counts[k]);
        let done = match &made {
            Ok((_, launch)) => !auto::exceeds(slots, launch),
            Err(_) => false,
        };
        if done || !auto::any(slots) {
            return made;
        }
        k += 1;
    }
    attempt(root, slots, items, spec, auto::Count::Nothing)
}

const fn attempt(
    root: &Node<'_>,
    slots: &mut [Slot],
    items: &mut [Item],
    spec: &Spec<'_>,
    count: auto::Count,
) -> Result<([Total; SPACES], LaunchPlan), Fault> {
    let totals = match place_all(root, slots, items, spec, count) {
        Ok(placed) => placed,
        Err(f) => return Err(f),
    };
    let launch = match fit::check_fit(root, slots, spec, &totals) {
        Ok(launch) => launch,
        Err(f) => return Err(f),
    };
    let given = !spec.pins.is_empty() || matches!(spec.policy, Policy::Offsets(_));
    let view = PlanView {
        root,
        slots,
        totals,
        launch,
    };
    if given && let Err(f) = verify_sorted(view, items) {
        return Err(f);
    }
    Ok((totals, launch))
}

/// Places all buffers. Returns the totals.
const fn place_all(
    root: &Node<'_>,
    slots: &mut [Slot],
    items: &mut [Item],
    spec: &Spec<'_>,
    count: auto::Count,
) -> Result<[Total; SPACES], Fault> {
    if let Err(f) = fit::check_arch(root, spec) {
        return Err(f);
    }
    if let Err(f) = fit::check_block(root, spec) {
        return Err(f);
    }
    if let Err(f) = flatten::flatten(root, slots) {
        return Err(f);
    }
    if let Err(f) = check_names(root, slots) {
        return Err(f);
    }
    if let Err(f) = sums::check_sum(root, slots) {
        return Err(f);
    }
    auto::choose(root, slots, spec, count);
    if let Err(f) = overlay::check(root, slots, spec.geometry) {
        return Err(f);
    }
    let pinned = match pins::pin(root, slots, spec.pins) {
        Ok(ends) => ends,
        Err(f) => return Err(f),
    };
    if let Policy::Offsets(offsets) = spec.policy
        && let Err(f) = pins::give(root, slots, offsets)
    {
        return Err(f);
    }
    if let Err(f) = pins::check_starts(root, slots) {
        return Err(f);
    }
    let mut totals = place::sequential(root, slots, spec.geometry);
    pins::raise(&pinned, &mut totals);
    if let Policy::Packed { max_nodes } = spec.policy {
        pack(root, slots, items, spec.geometry, max_nodes, &mut totals);
    }
    Ok(totals)
}

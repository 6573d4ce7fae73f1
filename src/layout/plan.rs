use super::names::check_names;
use super::pack::{Item, pack};
use super::space::SPACES;
use super::verify::verify_sorted;
use super::{
    Arch, Fault, Geometry, LaunchPlan, Node, PlanView, Registry, Slot, Total, auto, fit, flatten,
    overlay, pins, place,
};

/// How buffers get their offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Policy<'p> {
    /// In declaration order, each at the next aligned byte; no two share bytes.
    Sequential,
    /// By lifetimes: buffers that are never live together share bytes. Never more than `Sequential`, for
    /// the same locations.
    Packed {
        /// The nodes that the search for an optimum may visit, for each element width, where 32 buffers or fewer share; and as many again
        /// if they are not enough and buffers lie over others.
        max_nodes: u32,
    },
    /// As given, one offset in bytes for each buffer in flattened order, and checked: aligned, and no two that conflict on one byte.
    Offsets(&'p [usize]),
}

/// Nodes of the search that [`On::packed`] allows: below a quarter of a second of constant evaluation.
const DEFAULT_NODES: u32 = 400;

/// What a plan is made for; written as a chain from [`on`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec<'p> {
    /// The target.
    pub arch: Arch,
    /// Runs per block.
    pub block: usize,
    /// How the runs of a block divide its shared memory.
    pub geometry: Geometry,
    /// Full names of buffers with the byte at which each must start.
    pub pins: &'p [(&'p str, usize)],
    /// The placement.
    pub policy: Policy<'p>,
}

/// A chain that becomes a [`Spec`]; see [`on`].
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct On<'p> {
    arch: Arch,
    block: usize,
    geometry: Geometry,
    pins: &'p [(&'p str, usize)],
}

/// Starts a [`Spec`]: a target, then the block (default: 32 runs), then the policy.
///
/// ```
/// use bakelite::{Arch, on};
/// assert_eq!(on(Arch::Sm90).block(128).sequential().block, 128);
/// ```
pub const fn on(arch: Arch) -> On<'static> {
    On {
        arch,
        block: 32,
        geometry: Geometry::Interleaved,
        pins: &[],
    }
}

impl<'p> On<'p> {
    /// Runs per thread block.
    pub const fn block(mut self, runs: usize) -> Self {
        self.block = runs;
        self
    }

    /// The shared memory of a run in one piece, instead of interleaved with that of the others; see [`Geometry`].
    pub const fn contiguous(mut self) -> Self {
        self.geometry = Geometry::Contiguous;
        self
    }

    /// Buffers, by full name, that must start at this byte of their space: where other code expects them. The others are placed
    /// around them, in either policy. In shared memory it is a byte of one run; see [`Geometry`] for where that is in the block.
    ///
    /// ```
    /// use bakelite::{consts::*, *};
    /// registry! { struct Step in step { a: [f32; U4] in Shared; b: [f32; U3] in Shared; c: [f32; U2] in Shared; } }
    /// plan! { struct P for Step = on(Sm90).block(32).pinned(&[("b", 0)]).packed(); }
    /// assert_eq!((offset!(P, "b"), offset!(P, "a"), P::PLAN.shared.bytes), (0, 12, 36));
    /// ```
    pub const fn pinned<'q>(self, pins: &'q [(&'q str, usize)]) -> On<'q> {
        On {
            arch: self.arch,
            block: self.block,
            geometry: self.geometry,
            pins,
        }
    }

    /// Buffers in declaration order.
    pub const fn sequential(self) -> Spec<'p> {
        self.with(Policy::Sequential)
    }

    /// Buffers that are never live together share bytes.
    ///
    /// ```
    /// use bakelite::{consts::*, *};
    /// registry! {
    ///     struct Step in step, phases [first, second] {
    ///         a: [f32; U4] in Shared, during first;
    ///         b: [f32; U3] in Shared, during second;
    ///         c: [f32; U2] in Shared;
    ///     }
    /// }
    /// plan! { struct P for Step = on(Sm90).block(32).packed(); }
    /// assert_eq!((P::PLAN.shared.bytes, P::PLAN.shared.proved), (24, true));
    /// assert_eq!(offset!(P, "a"), offset!(P, "b"));
    /// ```
    pub const fn packed(self) -> Spec<'p> {
        self.packed_within(DEFAULT_NODES)
    }

    /// The same with a limit for the search of each element width, in nodes: more time, and perhaps a lower total.
    pub const fn packed_within(self, max_nodes: u32) -> Spec<'p> {
        self.with(Policy::Packed { max_nodes })
    }

    /// Buffers at these bytes of their spaces, one for each buffer in flattened order: found elsewhere, by
    /// [`RuntimeRegistry::improve`](super::RuntimeRegistry::improve) or any other means, and checked here. A file of them can be had with `include!`.
    ///
    /// ```
    /// use bakelite::{consts::*, *};
    /// registry! {
    ///     struct Step in step, phases [first, second] {
    ///         a: [f32; U4] in Shared, during first;
    ///         b: [f32; U3] in Shared, during second;
    ///         c: [f32; U2] in Shared;
    ///     }
    /// }
    /// plan! { struct P for Step = on(Sm90).block(32).offsets(&[8, 12, 0]); }
    /// assert_eq!((P::PLAN.shared.bytes, P::PLAN.shared.lower_bound_bytes), (24, 24));
    /// ```
    pub const fn offsets<'q>(self, offsets_bytes: &'q [usize]) -> Spec<'q>
    where
        'p: 'q,
    {
        self.with(Policy::Offsets(offsets_bytes))
    }

    const fn with<'q>(self, policy: Policy<'q>) -> Spec<'q>
    where
        'p: 'q,
    {
        Spec {
            arch: self.arch,
            block: self.block,
            geometry: self.geometry,
            pins: self.pins,
            policy,
        }
    }
}

/// The number of buffers of a registry, children included.
///
/// ```
/// use bakelite::{consts::*, *};
/// registry! { pub struct Pair in pair { a: [f32; U3] in Shared; b: [f64; U1] in Shared; } }
/// assert_eq!(buffers::<Pair>(), 2);
/// ```
pub const fn buffers<R: Registry>() -> usize {
    R::NODE.count()
}

/// A finished layout: one slot per buffer of the tree, totals per location.
///
/// ```
/// use bakelite::{consts::*, *};
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
    /// The launch.
    pub launch: LaunchPlan,
}

impl<const N: usize> Plan<N> {
    /// The plan, or what is wrong.
    ///
    /// ```
    /// use bakelite::{consts::*, *};
    /// registry! { pub struct Pair<N: Extent> in pair { a: [f32; N] in Shared; b: [f64; N] in Shared; } }
    /// let f = Plan::<2>::try_new(on(Arch::Sm90).block(0).sequential(), <Pair<U3>>::NODE).unwrap_err();
    /// assert_eq!(f.code, Code::ZeroBlock);
    /// ```
    pub const fn try_new(spec: Spec<'_>, root: &'static Node<'static>) -> Result<Self, Fault> {
        match make(spec, root) {
            (p, None) => Ok(p),
            (_, Some(f)) => Err(f),
        }
    }

    /// The plan as every kind of plan can be seen; its `Display` is a table, and its [`get`](PlanView::get) finds a buffer by name. In
    /// constants [`offset!`](crate::offset) and [`slot!`](crate::slot) do.
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

/// Makes a plan in a constant; a fault is a compile error at this call. See [`Plan`].
#[track_caller]
pub const fn plan<const N: usize>(spec: Spec<'_>, root: &'static Node<'static>) -> Plan<N> {
    match make(spec, root) {
        (p, None) => p,
        (_, Some(f)) => f.panic(),
    }
}

/// Never panics: a failed plan carries its fault, so that `plan!` can report it once, at the user's tokens.
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

/// The whole pipeline; the compile-time face and the run-time twin both end here. `items` is room for one per slot.
pub(super) const fn solve(
    root: &Node<'_>,
    slots: &mut [Slot],
    items: &mut [Item],
    spec: &Spec<'_>,
) -> Result<([Total; SPACES], LaunchPlan), Fault> {
    // the rule counts by lives, then all bytes where the packer does not come so low; around pins even those may be too few
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

/// The totals.
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
    if let Err(f) = place::check_sum(root, slots) {
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

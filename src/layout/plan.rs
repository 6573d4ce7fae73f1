use super::names::check_names;
use super::pack::{Item, pack};
use super::{
    Arch, Fault, LaunchPlan, Node, PlanView, Registry, Slot, Total, fit, flatten, lookup, overlay,
    place,
};

/// How buffers get their offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Policy {
    /// In declaration order, each at the next aligned byte; no two share bytes.
    Sequential,
    /// By lifetimes: buffers that are never live together share bytes. Never more than `Sequential`.
    Packed {
        /// The nodes that the search for an optimum may visit, for each element width, where 32 buffers or fewer share.
        max_nodes: u32,
    },
}

/// Nodes of the search that [`On::packed`] allows: below a quarter of a second of constant evaluation.
const DEFAULT_NODES: u32 = 400;

/// What a plan is made for; written as a chain from [`on`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The target.
    pub arch: Arch,
    /// Runs per block.
    pub block: usize,
    /// The placement.
    pub policy: Policy,
}

/// A chain that becomes a [`Spec`]; see [`on`].
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct On {
    arch: Arch,
    block: usize,
}

/// Starts a [`Spec`]: a target, then the block (default: 32 runs), then the policy.
///
/// ```
/// use bakelite::{Arch, on};
/// assert_eq!(on(Arch::Sm90).block(128).sequential().block, 128);
/// ```
pub const fn on(arch: Arch) -> On {
    On { arch, block: 32 }
}

impl On {
    /// Runs per thread block.
    pub const fn block(mut self, runs: usize) -> On {
        self.block = runs;
        self
    }

    /// Buffers in declaration order.
    pub const fn sequential(self) -> Spec {
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
    /// assert_eq!(P::PLAN.offset_bytes("a"), P::PLAN.offset_bytes("b"));
    /// ```
    pub const fn packed(self) -> Spec {
        self.packed_within(DEFAULT_NODES)
    }

    /// The same with a limit for the search of each element width, in nodes: more time, and perhaps a lower total.
    pub const fn packed_within(self, max_nodes: u32) -> Spec {
        self.with(Policy::Packed { max_nodes })
    }

    const fn with(self, policy: Policy) -> Spec {
        Spec {
            arch: self.arch,
            block: self.block,
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
/// assert_eq!((PLAN.offset_bytes("b"), PLAN.shared.bytes, PLAN.shared.elements), (16, 40, 6));
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
    pub const fn try_new(spec: Spec, root: &'static Node<'static>) -> Result<Self, Fault> {
        match make(spec, root) {
            (p, None) => Ok(p),
            (_, Some(f)) => Err(f),
        }
    }

    /// The first byte of the buffer with this full name; an unknown or disabled name is a compile error in a constant.
    #[track_caller]
    pub const fn offset_bytes(&self, name: &str) -> usize {
        self.slot(name).offset_bytes
    }

    /// The buffer with this full name; an unknown or disabled name is a compile error in a constant.
    #[track_caller]
    pub const fn slot(&self, name: &str) -> &Slot {
        match lookup::find(self.root, &self.slots, name) {
            Ok(i) => &self.slots[i],
            Err(f) => f.panic(),
        }
    }

    /// The plan as every kind of plan can be seen; its `Display` is a table.
    pub const fn view(&self) -> PlanView<'_> {
        PlanView {
            root: self.root,
            slots: &self.slots,
            totals: [self.shared, self.local, self.persistent],
            launch: self.launch,
        }
    }
}

/// Makes a plan in a constant; a fault is a compile error at this call. See [`Plan`].
#[track_caller]
pub const fn plan<const N: usize>(spec: Spec, root: &'static Node<'static>) -> Plan<N> {
    match make(spec, root) {
        (p, None) => p,
        (_, Some(f)) => f.panic(),
    }
}

/// Never panics: a failed plan carries its fault, so that `plan!` can report it once, at the user's tokens.
pub const fn make<const N: usize>(
    spec: Spec,
    root: &'static Node<'static>,
) -> (Plan<N>, Option<Fault>) {
    let launch = LaunchPlan {
        block: spec.block,
        dynamic_shared_bytes: 0,
        run_stride_bytes: 0,
        arch: spec.arch,
    };
    let zero = Total::ZERO;
    let mut p = Plan {
        root,
        slots: [Slot::EMPTY; N],
        shared: zero,
        local: zero,
        persistent: zero,
        launch,
    };
    match solve(root, &mut p.slots, &mut [Item::EMPTY; N], &spec) {
        Ok(([shared, local, persistent], launch)) => {
            p.shared = shared;
            p.local = local;
            p.persistent = persistent;
            p.launch = launch;
            (p, None)
        }
        Err(f) => (p, Some(f)),
    }
}

/// The second half of `plan!`.
#[track_caller]
pub const fn report(fault: &Option<Fault>) {
    if let Some(f) = fault {
        f.panic()
    }
}

/// The whole pipeline; the compile-time face and the run-time twin both end here. `items` is room for one per slot.
pub(super) const fn solve(
    root: &Node<'_>,
    slots: &mut [Slot],
    items: &mut [Item],
    spec: &Spec,
) -> Result<([Total; 3], LaunchPlan), Fault> {
    if let Err(f) = fit::check_block(root, spec) {
        return Err(f);
    }
    if let Err(f) = flatten::flatten(root, slots) {
        return Err(f);
    }
    if let Err(f) = check_names(root, slots) {
        return Err(f);
    }
    if let Err(f) = overlay::check(root, slots) {
        return Err(f);
    }
    let mut totals = match place::sequential(root, slots) {
        Ok(t) => t,
        Err(f) => return Err(f),
    };
    if let Policy::Packed { max_nodes } = spec.policy {
        pack(root, slots, items, max_nodes, &mut totals);
    }
    match fit::check_fit(root, slots, spec, totals[0].bytes) {
        Ok(launch) => Ok((totals, launch)),
        Err(f) => Err(f),
    }
}

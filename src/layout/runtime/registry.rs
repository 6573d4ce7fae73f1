//! Registries that are built at run time.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use crate::layout::Registry;
use crate::layout::runtime::part::RuntimeKind;
use crate::layout::runtime::tree::{Builder, Tree};
use crate::layout::solve::item::Item;
use crate::layout::solve::{flatten, lookup, names, plan};
use crate::layout::text::HASH_SEED;
use crate::layout::{
    Arch, Code, ElementKind, Fault, Kind, Length, Node, Part, RuntimePart, RuntimePlan, Slot,
    Space, Spec,
};

/// A registry whose names and sizes are known at run time. The same functions as for typed registries make its layout,
/// and faults have the same texts.
///
/// ```
/// use bakelite::layout::{Arch, ElementKind, RuntimeRegistry, Space, on};
/// let mut newton = RuntimeRegistry::new("Newton").phases(&["residual", "solve"]);
/// newton.register("delta", ElementKind::F32, 3, Space::Shared)?.live(1..=1);
/// let mut step = RuntimeRegistry::new("Step");
/// let n = 3;
/// step.register("state", ElementKind::F64, move || n, Space::Shared)?.keep();
/// step.merge("newton", newton)?;
///
/// let plan = step.plan(on(Arch::Sm90).block(64).sequential())?;
/// assert_eq!(plan.get("newton.delta")?.offset_bytes, 24);
/// assert!(step.register("state", ElementKind::F32, 1, Space::Local).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RuntimeRegistry {
    name: String,
    phases: Vec<String>,
    barriers: Vec<usize>,
    since_sm: usize,
    pub(in crate::layout) parts: Vec<RuntimePart>,
    names: Names,
}

/// How much of a registry the tree contains.
#[derive(Clone, Copy, PartialEq)]
enum Detail {
    All,
    /// All but lengths, lives and elements: a late length need not be known before the layout is made.
    Names,
}

/// Hashes of the full names of all buffers of a registry. With them a new name need not be compared with every other
/// one. Only a registry to which parts are added needs them.
#[derive(Default)]
struct Names(BTreeSet<u64>);

impl Names {
    fn of(parts: &[RuntimePart]) -> Self {
        let mut hashes = Vec::new();
        parts
            .iter()
            .for_each(|p| p.put_hashes(HASH_SEED, &mut hashes));
        Names(hashes.into_iter().collect())
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} names", self.0.len())
    }
}

impl RuntimeRegistry {
    /// An empty registry.
    pub fn new(name: &str) -> Self {
        RuntimeRegistry {
            name: name.to_string(),
            phases: Vec::new(),
            barriers: Vec::new(),
            since_sm: 0,
            parts: Vec::new(),
            names: Names::default(),
        }
    }

    /// The run-time registry with the same buffers in the same order as a typed registry. It can be changed.
    ///
    /// ```
    /// use bakelite::{consts::*, layout::{Fault, RuntimeRegistry, Space}, prelude::*};
    /// registry! { pub struct Pair in pair { a: [f32; U3] in Shared; b: [f64; U1] in Shared; } }
    /// let mut twin = RuntimeRegistry::from_node(Pair::NODE);
    /// twin.set_space("a", Space::Local)?;
    /// assert_eq!(twin.plan(on(Arch::Sm90).block(32).sequential())?.get("b")?.offset_bytes, 0);
    /// # Ok::<(), Box<Fault>>(())
    /// ```
    pub fn from_node(node: &Node<'_>) -> Self {
        let mut twin = Self::copied(node);
        twin.names = Names::of(&twin.parts);
        twin
    }

    fn copied(node: &Node<'_>) -> Self {
        let part = |p: &Part<'_>| RuntimePart {
            name: p.name.to_string(),
            from: p.from,
            to: p.to,
            on: p.on,
            keep: p.keep,
            over: p.over.to_string(),
            kind: match &p.kind {
                Kind::Buffer {
                    element,
                    len,
                    space,
                    auto,
                } => RuntimeKind::Buffer {
                    element: *element,
                    len: Length::Fixed(*len),
                    space: *space,
                    auto: *auto,
                },
                Kind::Child(c) => RuntimeKind::Child(Self::copied(c)),
            },
        };
        RuntimeRegistry {
            name: node.name.to_string(),
            phases: node.phases.iter().map(|p| p.to_string()).collect(),
            barriers: node.barriers.to_vec(),
            since_sm: node.since_sm,
            parts: node.parts.iter().map(part).collect(),
            names: Names::default(),
        }
    }

    /// Names the phases, in order.
    pub fn phases(mut self, phases: &[&str]) -> Self {
        self.phases = phases.iter().map(|p| p.to_string()).collect();
        self
    }

    /// Sets which phases, by number, begin with a barrier of the block's runs; see
    /// [`PerBlock`](crate::layout::PerBlock).
    pub fn barriers(mut self, phases: &[usize]) -> Self {
        self.barriers = phases.to_vec();
        self
    }

    /// Sets the oldest architecture that the component's code runs on. A plan for an older one is a fault.
    ///
    /// ```
    /// use bakelite::layout::{Arch, Code, RuntimeRegistry, on};
    /// let kernel = RuntimeRegistry::new("kernel").since(Arch::Sm80);
    /// assert_eq!(kernel.plan(on(Arch::Sm75).sequential()).unwrap_err().code, Code::TooOld);
    /// ```
    pub fn since(mut self, arch: Arch) -> Self {
        self.since_sm = arch.sm();
        self
    }

    /// Adds a buffer. Its name is checked at once; all else is checked when the layout is made.
    ///
    /// # Errors
    /// [`Code::EmptyName`] if the name is empty, [`Code::DuplicateName`] if a buffer has this name already. The
    /// registry is then as it was before.
    pub fn register(
        &mut self,
        name: &str,
        element: ElementKind,
        len: impl Into<Length>,
        space: Space,
    ) -> Result<&mut RuntimePart, Box<Fault>> {
        self.push(RuntimePart::new(
            name,
            RuntimeKind::Buffer {
                element,
                len: len.into(),
                space,
                auto: false,
            },
        ))
    }

    /// Adds a child registry under a prefix. Its names are checked at once; all else is checked when the layout is
    /// made.
    ///
    /// # Errors
    /// [`Code::EmptyName`] if the prefix is empty. [`Code::DuplicateName`] if a buffer has the same full name as one of
    /// the child, [`Code::ChildTwice`] if another child with the same prefix has it. The registry is then as it was
    /// before.
    pub fn merge(
        &mut self,
        prefix: &str,
        mut child: RuntimeRegistry,
    ) -> Result<&mut RuntimePart, Box<Fault>> {
        // nothing is added to a child any more, so it needs no names
        child.names = Names::default();
        self.push(RuntimePart::new(prefix, RuntimeKind::Child(child)))
    }

    fn push(&mut self, part: RuntimePart) -> Result<&mut RuntimePart, Box<Fault>> {
        let index = self.parts.len();
        if part.name.is_empty() {
            return Err(Box::new(flatten::empty_name(&self.name, index)));
        }
        let mut hashes = Vec::new();
        part.put_hashes(HASH_SEED, &mut hashes);
        let known = self.names.0.len();
        self.names.0.extend(&hashes);
        let taken = self.names.0.len() < known + hashes.len();
        self.parts.push(part);
        if taken && let Some(f) = self.duplicate() {
            self.parts.pop();
            self.names = Names::of(&self.parts);
            return Err(Box::new(f));
        }
        Ok(&mut self.parts[index])
    }

    /// The fault for two buffers with the same name. Two different names with the same hash are no fault. Lives and
    /// overlays need not be right yet.
    fn duplicate(&self) -> Option<Fault> {
        let tree = self.tree(Detail::Names);
        let mut slots = vec![Slot::EMPTY; tree.root().count()];
        flatten::flatten(tree.root(), &mut slots).ok()?;
        names::check_names(tree.root(), &mut slots).err()?;
        // once more with the lengths, which the message contains
        let tree = self.tree(Detail::All);
        slots.iter_mut().for_each(Slot::forget_names);
        names::check_names(tree.root(), &mut slots).err()
    }

    fn slots(&self) -> Result<(Tree, Vec<Slot>), Box<Fault>> {
        let tree = self.tree(Detail::All);
        let mut slots = vec![Slot::EMPTY; tree.root().count()];
        flatten::flatten(tree.root(), &mut slots)?;
        names::check_names(tree.root(), &mut slots)?;
        Ok((tree, slots))
    }

    fn tree(&self, detail: Detail) -> Tree {
        let mut b = Builder::new();
        let root = self.node(&mut b, detail);
        b.finish(root)
    }

    fn node(&self, b: &mut Builder, detail: Detail) -> &'static Node<'static> {
        let phases = self.phases.iter().map(|p| b.name(p)).collect();
        let all = detail == Detail::All;
        let mut parts = Vec::with_capacity(self.parts.len());
        for p in &self.parts {
            let kind = match &p.kind {
                RuntimeKind::Child(c) => Kind::Child(c.node(b, detail)),
                RuntimeKind::Buffer {
                    element,
                    len,
                    space,
                    auto,
                } => Kind::Buffer {
                    element: if all { *element } else { ElementKind::F32 },
                    len: if all { len.get() } else { 0 },
                    space: if all { *space } else { Space::Local },
                    auto: *auto,
                },
            };
            let (from, to) = if all { (p.from, p.to) } else { (0, u16::MAX) };
            parts.push(Part {
                name: b.name(&p.name),
                from,
                to,
                on: p.on,
                keep: p.keep,
                over: if all { b.name(&p.over) } else { "" },
                kind,
            });
        }
        b.node(&self.name, phases, &self.barriers, self.since_sm, parts)
    }

    /// The enabled buffer with this full name, not placed yet.
    ///
    /// # Errors
    /// [`Code::UnknownName`] if no buffer has this name; the text gives the nearest names. [`Code::Disabled`] if the
    /// buffer is switched off. Also any fault of the tree, for example a life over phases that do not exist.
    pub fn get(&self, name: &str) -> Result<Slot, Box<Fault>> {
        let (tree, slots) = self.slots()?;
        Ok(slots[lookup::find(tree.root(), &slots, name)?])
    }

    /// The part with this full name: a buffer or a child, disabled or not.
    ///
    /// # Errors
    /// [`Code::UnknownName`] if no part has this name; the text gives the nearest names. If the tree itself has a
    /// fault, that fault is returned instead.
    pub fn part_mut(&mut self, path: &str) -> Result<&mut RuntimePart, Box<Fault>> {
        // the fault first, because a part that is found stays borrowed
        if self.locate(path).is_none() {
            let (tree, slots) = self.slots()?;
            return Err(Box::new(lookup::unknown(tree.root(), &slots, path)));
        }
        match self.locate(path) {
            Some(p) => Ok(p),
            None => Err(Box::new(Fault::new(Code::UnknownName))),
        }
    }

    fn locate(&mut self, path: &str) -> Option<&mut RuntimePart> {
        for p in &mut self.parts {
            if p.name == path {
                return Some(p);
            }
            let below = path
                .strip_prefix(p.name.as_str())
                .and_then(|r| r.strip_prefix('.'));
            if let (RuntimeKind::Child(c), Some(rest)) = (&mut p.kind, below)
                && let Some(found) = c.locate(rest)
            {
                return Some(found);
            }
        }
        None
    }

    /// Moves a buffer to another location. A child has no location.
    ///
    /// # Errors
    /// [`Code::UnknownName`] if the path is that of a child; else as [`part_mut`](RuntimeRegistry::part_mut).
    pub fn set_space(&mut self, path: &str, space: Space) -> Result<(), Box<Fault>> {
        let part = self.part_mut(path)?;
        if let RuntimeKind::Child(child) = &part.kind {
            return Err(Box::new(lookup::of_child(path, &child.name)));
        }
        part.space(space);
        Ok(())
    }

    /// Makes the layout. Calls do not depend on each other: the same registry gives the same plan each time.
    ///
    /// # Errors
    /// Any [`Fault`] of the registry or of the plan: a wrong name, life, overlay, length or pin, an architecture that
    /// is too old, too many runs in a block, or more shared memory than the device has. The text names the buffer, the
    /// number and the remedy.
    pub fn plan(&self, spec: Spec<'_>) -> Result<RuntimePlan, Box<Fault>> {
        let tree = self.tree(Detail::All);
        let mut slots = vec![Slot::EMPTY; tree.root().count()];
        let mut items = vec![Item::EMPTY; slots.len()];
        let (totals, launch) = plan::solve(tree.root(), &mut slots, &mut items, &spec)?;
        Ok(RuntimePlan::new(tree, slots, totals, launch))
    }
}

/// The plan of a typed registry as a value, for unit tests that expect a fault.
///
/// ```
/// use bakelite::{consts::*, layout::{Code, try_plan}, prelude::*};
/// registry! { pub struct Big in big { a: [f64; U1000] in Shared; } }
/// assert_eq!(try_plan::<Big>(on(Arch::Sm86).block(128).sequential()).unwrap_err().code, Code::SharedOverflow);
/// ```
///
/// # Errors
/// As [`RuntimeRegistry::plan`].
pub fn try_plan<R: Registry>(spec: Spec<'_>) -> Result<RuntimePlan, Box<Fault>> {
    RuntimeRegistry::from_node(R::NODE).plan(spec)
}

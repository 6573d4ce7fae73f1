//! The program that a trace records: values, the order of its memory accesses, and loops over elements.

use std::cell::RefCell;
use std::collections::HashMap;

/// The number of a value in its graph.
pub(crate) type Id = u32;

/// The type of a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Kind {
    F32,
    F64,
    Predicate,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Unary {
    Neg,
    Abs,
    Sqrt,
    Exponent,
    Mantissa,
    Exp2i,
    /// Rounds to, or widens from, the other float.
    Convert,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Min,
    Max,
    /// The first with the sign bit of the second.
    CopySign,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Compare {
    Lt,
    Le,
    Eq,
}

/// A value. Equal nodes are one value, so what is written twice is computed once.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Node {
    /// A register operand of the marker, by name.
    Operand(String),
    /// The bits of a float.
    Literal(u64),
    Unary(Unary, Id),
    Binary(Binary, Id, Id),
    Fma(Id, Id, Id),
    Select(Id, Id, Id),
    /// The `version` rises with each store to the address, so that no load is shared across one.
    Load {
        address: Address,
        version: u64,
    },
    /// A carried value in the body of a sweep, and behind it.
    Inside {
        sweep: usize,
        value: usize,
    },
    Carried {
        sweep: usize,
        value: usize,
    },
    Compare(Compare, Id, Id),
    /// Whether the bit of this number is set in a float.
    Bit(u32, Id),
    True(bool),
    And(Id, Id),
    Or(Id, Id),
    Not(Id),
}

/// What the bytes of an address are added to.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Base {
    /// The lane's part of shared memory: operand `lane`.
    Shared,
    /// The same, behind the byte that this word of a launched kernel's block gives.
    Launched(usize),
    /// The kernel's array in local memory.
    Local,
    /// Global memory, at the 64-bit operand of this name.
    Global(String),
}

/// How far the elements of a sweep are apart.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Stride {
    Bytes(u64),
    /// The 64-bit operand of this name.
    Operand(String),
    /// What a launched kernel's block gives.
    Launched,
}

/// An element in memory, and its name for the reference device. With a stride it moves with the index of the sweep.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Address {
    pub base: Base,
    /// Behind the base; for a launched one the number of elements.
    pub distance: u64,
    pub stride: Option<Stride>,
    pub name: String,
}

impl Address {
    /// Whether it is one element of shared memory, not one for each index of a sweep.
    pub(super) fn is_one(&self) -> bool {
        matches!(self.base, Base::Shared | Base::Launched(_)) && self.stride.is_none()
    }
}

/// What the program does, in order.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    Define(Id),
    Store {
        mask: Id,
        address: Address,
        value: Id,
    },
    /// Reads a value that is known already, so that the reference device sees whether it is still there. Nobody else does.
    Check(Address, Kind),
    /// The body of a sweep begins, and ends.
    Open(usize),
    Close(usize),
}

/// A value that goes from one index of a sweep to the next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Carry {
    pub start: Id,
    pub inside: Id,
    pub next: Id,
}

/// A loop over elements, recorded once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sweep {
    pub count: usize,
    pub carries: Vec<Carry>,
}

/// The sweep whose body is being recorded, once for each index.
#[derive(Clone, Debug)]
pub(super) struct Open {
    sweep: usize,
    /// Nodes and actions at the start of the first recording, and at its end.
    start: (usize, usize),
    end: Option<(usize, usize)>,
    /// Nodes at the start of this recording.
    now: usize,
    /// What has become known since the sweep was opened.
    known: Vec<(Node, Kind)>,
    /// Whether all recordings so far are the first.
    same: bool,
}

/// A finished trace.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    pub nodes: Vec<(Node, Kind)>,
    pub actions: Vec<Action>,
    /// Register operands that the program writes at its end.
    pub outputs: Vec<(String, Id)>,
    /// The first thing that cannot be PTX; the recording goes on.
    pub fault: Option<String>,
    pub sweeps: Vec<Sweep>,
    pub(super) seen: HashMap<(Node, Kind), Id>,
    versions: HashMap<Key, u64>,
    /// What an address holds, and how many nodes there were when it was stored.
    pub(super) stored: HashMap<Key, (Id, usize)>,
    /// Stores to addresses that are told at launch.
    pub(super) launched_stores: u64,
    /// The version of an address when it was last loaded, or, where it is told at launch, how many stores to such there had been.
    pub(super) loaded: HashMap<Address, u64>,
    /// Rises at each end of a body: its stores may be to what was loaded before under another address.
    epoch: u64,
    pub(super) open: Option<Open>,
    /// By node: whether it is of the body of a sweep that is over, or of another index.
    hidden: Vec<bool>,
}

thread_local! {
    static CURRENT: RefCell<Graph> = RefCell::default();
}

fn with<T>(action: impl FnOnce(&mut Graph) -> T) -> T {
    CURRENT.with(|graph| action(&mut graph.borrow_mut()))
}

/// Takes the graph that has been recorded on this thread, leaving an empty one.
pub(crate) fn take() -> Graph {
    if with(|graph| graph.open.is_some()) {
        fault(|| {
            "a sweep was left before its end\n  help: run its loop to the end, without `break`"
                .to_owned()
        });
    }
    with(std::mem::take)
}

/// A value may be used while its body is recorded, and no longer.
fn check(id: Id) {
    if with(|graph| graph.hidden.get(id as usize).copied() == Some(true)) {
        fault(|| {
            "a value of a sweep's body is used behind it, or at another index\n  help: carry it"
                .to_owned()
        });
    }
}

/// The value of `node`, recorded if it is new.
pub(crate) fn value(node: Node, kind: Kind) -> Id {
    node.arguments().into_iter().for_each(check);
    with(|graph| {
        if let Some(&id) = graph.seen.get(&(node.clone(), kind)) {
            return id;
        }
        let id = graph.nodes.len() as Id;
        graph.nodes.push((node.clone(), kind));
        graph.actions.push(Action::Define(id));
        if let Some(open) = &mut graph.open {
            open.known.push((node.clone(), kind));
        }
        graph.seen.insert((node, kind), id);
        id
    })
}

pub(crate) fn literal_bits(id: Id) -> Option<u64> {
    with(|graph| match graph.nodes.get(id as usize)?.0 {
        Node::Literal(bits) => Some(bits),
        _ => None,
    })
}

pub(crate) fn truth(id: Id) -> Option<bool> {
    with(|graph| match graph.nodes.get(id as usize)?.0 {
        Node::True(value) => Some(value),
        _ => None,
    })
}

pub(crate) fn load(address: Address, kind: Kind) -> Id {
    let version = with(|graph| {
        let stores = graph.versions.get(&key(&address)).copied().unwrap_or(0);
        (graph.epoch << 32) + stores
    });
    if let Some(known) = with(|graph| graph.known(&address, version, kind)) {
        return known;
    }
    value(Node::Load { address, version }, kind)
}

/// An address without its name.
pub(super) type Key = (Base, u64, Option<Stride>);

pub(super) fn key(address: &Address) -> Key {
    (
        address.base.clone(),
        address.distance,
        address.stride.clone(),
    )
}

pub(crate) fn store(mask: Id, address: Address, value: Id) {
    check(mask);
    check(value);
    with(|graph| {
        *graph.versions.entry(key(&address)).or_default() += 1;
        if matches!(address.base, Base::Launched(_)) {
            graph.launched_stores += 1;
        }
        graph.keep(mask, &address, value);
        graph.actions.push(Action::Store {
            mask,
            address,
            value,
        });
    });
}

pub(crate) fn output(name: String, value: Id) {
    check(value);
    with(|graph| graph.outputs.push((name, value)));
}

/// Records why the program cannot be PTX: the baker's error.
pub(crate) fn fault(text: impl FnOnce() -> String) {
    with(|graph| {
        graph.fault.get_or_insert_with(text);
    });
}

/// The carried values in a recording of the body.
fn insides(sweep: usize) -> Vec<Id> {
    let kinds: Vec<Kind> = with(|graph| graph.carried_kinds(sweep));
    let inside = |(value, kind)| self::value(Node::Inside { sweep, value }, kind);
    kinds.into_iter().enumerate().map(inside).collect()
}

/// Begins the body of a sweep, for the first index; the carried values in it.
pub(crate) fn open(count: usize, starts: &[Id]) -> Vec<Id> {
    if with(|graph| graph.open.is_some()) {
        fault(|| {
            "a sweep begins in the body of another, or one was left before its end\n  help: run each to its end before the next".to_owned()
        });
    }
    starts.iter().copied().for_each(check);
    let sweep = with(|graph| {
        let sweep = graph.sweeps.len();
        let carry = |&start: &Id| Carry {
            start,
            inside: start,
            next: start,
        };
        let carries = starts.iter().map(carry).collect();
        graph.sweeps.push(Sweep { count, carries });
        graph.actions.push(Action::Open(sweep));
        graph.epoch += 1;
        graph.stored.clear();
        graph.open = Some(Open {
            sweep,
            start: (graph.nodes.len(), graph.actions.len()),
            end: None,
            now: graph.nodes.len(),
            known: Vec::new(),
            same: true,
        });
        sweep
    });
    let insides = insides(sweep);
    with(|graph| {
        for (carry, inside) in graph.sweeps[sweep].carries.iter_mut().zip(&insides) {
            carry.inside = *inside;
        }
    });
    insides
}

/// Ends the body as recorded for one index, and begins it for the next. The carried values in it.
pub(crate) fn turn(nexts: &[Id]) -> Vec<Id> {
    match with(|graph| graph.settle(nexts)) {
        Some(sweep) => insides(sweep),
        None => nexts.to_vec(),
    }
}

/// Ends a sweep. The carried values behind it, and whether the body was the same for all indices.
pub(crate) fn close(nexts: &[Id]) -> (Vec<Id>, bool) {
    let Some(sweep) = with(|graph| graph.settle(nexts)) else {
        return (nexts.to_vec(), false);
    };
    let (kinds, same) = with(|graph| {
        graph.actions.push(Action::Close(sweep));
        graph.epoch += 1;
        graph.stored.clear();
        let open = graph.open.take();
        if let Some(open) = &open {
            graph.hide(open.start.0);
        }
        let same = open.is_some_and(|open| open.same);
        (graph.carried_kinds(sweep), same)
    });
    let result = |(value, kind)| self::value(Node::Carried { sweep, value }, kind);
    (kinds.into_iter().enumerate().map(result).collect(), same)
}

impl Graph {
    /// Without the values of dropped recordings.
    pub(super) fn compact(mut self) -> Graph {
        if self.sweeps.is_empty() {
            return self;
        }
        let mut number = vec![Id::MAX; self.nodes.len()];
        let mut kept: Vec<Id> = Vec::new();
        for action in &self.actions {
            if let Action::Define(id) = action {
                number[*id as usize] = kept.len() as Id;
                kept.push(*id);
            }
        }
        // a faulty program may use a value that is gone
        let new = |id: Id| number[id as usize].min(kept.len() as Id - 1);
        let node = |id: &Id| {
            let (node, kind) = &self.nodes[*id as usize];
            (node.map(&new), *kind)
        };
        self.nodes = kept.iter().map(node).collect();
        for action in &mut self.actions {
            match action {
                Action::Define(id) => *id = new(*id),
                Action::Store { mask, value, .. } => (*mask, *value) = (new(*mask), new(*value)),
                Action::Check(..) | Action::Open(_) | Action::Close(_) => {}
            }
        }
        for (_, id) in &mut self.outputs {
            *id = new(*id);
        }
        for carry in self.sweeps.iter_mut().flat_map(|sweep| &mut sweep.carries) {
            for id in [&mut carry.start, &mut carry.inside, &mut carry.next] {
                *id = new(*id);
            }
        }
        self
    }

    fn carried_kinds(&self, sweep: usize) -> Vec<Kind> {
        let carries = self.sweeps[sweep].carries.iter();
        carries
            .map(|carry| self.nodes[carry.start as usize].1)
            .collect()
    }

    fn hide(&mut self, from: usize) {
        self.hidden.resize(self.nodes.len(), false);
        self.hidden[from..].fill(true);
    }

    /// Ends one recording: the first is kept, every other compared with it and dropped. The sweep that is open.
    fn settle(&mut self, nexts: &[Id]) -> Option<usize> {
        let mut open = self.open.take()?;
        let sweep = open.sweep;
        match open.end {
            None => {
                open.end = Some((self.nodes.len(), self.actions.len()));
                for (carry, next) in self.sweeps[sweep].carries.iter_mut().zip(nexts) {
                    carry.next = *next;
                }
            }
            Some(end) => {
                open.same &= self.repeats(&open, end, nexts);
                self.actions.truncate(end.1);
            }
        }
        self.hide(open.now);
        for known in open.known.drain(..) {
            self.seen.remove(&known);
        }
        self.versions.clear();
        self.stored.clear();
        open.now = self.nodes.len();
        self.open = Some(open);
        Some(sweep)
    }

    /// Whether the last recording of a body is the first, value by value.
    fn repeats(&self, open: &Open, end: (usize, usize), nexts: &[Id]) -> bool {
        let shift = (open.now - open.start.0) as Id;
        let back = |id: Id| match id as usize {
            own if own >= open.now => id - shift,
            // of another index: equal to nothing
            other if other >= open.start.0 => Id::MAX,
            _ => id,
        };
        let (first, last) = (&self.nodes[open.start.0..end.0], &self.nodes[open.now..]);
        let same_nodes = first.len() == last.len()
            && first
                .iter()
                .zip(last)
                .all(|(a, b)| a.1 == b.1 && a.0 == b.0.map(&back));
        let (first, last) = (&self.actions[open.start.1..end.1], &self.actions[end.1..]);
        let same_action = |(a, b): (&Action, &Action)| match (a, b) {
            (Action::Define(a), Action::Define(b)) => *a == back(*b),
            (
                Action::Store {
                    mask,
                    address,
                    value,
                },
                Action::Store {
                    mask: m,
                    address: to,
                    value: v,
                },
            ) => (*mask, address, *value) == (back(*m), to, back(*v)),
            _ => false,
        };
        let mut carries = self.sweeps[open.sweep].carries.iter().zip(nexts);
        same_nodes
            && first.len() == last.len()
            && first.iter().zip(last).all(same_action)
            && carries.all(|(carry, next)| carry.next == back(*next))
    }
}

impl Node {
    /// The values that it is computed from.
    pub(super) fn arguments(&self) -> Vec<Id> {
        match *self {
            Node::Unary(_, a) | Node::Bit(_, a) | Node::Not(a) => vec![a],
            Node::Binary(_, a, b) | Node::Compare(_, a, b) | Node::And(a, b) | Node::Or(a, b) => {
                vec![a, b]
            }
            Node::Fma(a, b, c) | Node::Select(a, b, c) => vec![a, b, c],
            Node::Operand(_)
            | Node::Literal(_)
            | Node::Load { .. }
            | Node::True(_)
            | Node::Inside { .. }
            | Node::Carried { .. } => vec![],
        }
    }

    /// The same node over other values.
    fn map(&self, f: &impl Fn(Id) -> Id) -> Node {
        match self.clone() {
            Node::Unary(op, a) => Node::Unary(op, f(a)),
            Node::Binary(op, a, b) => Node::Binary(op, f(a), f(b)),
            Node::Fma(a, b, c) => Node::Fma(f(a), f(b), f(c)),
            Node::Select(a, b, c) => Node::Select(f(a), f(b), f(c)),
            Node::Compare(op, a, b) => Node::Compare(op, f(a), f(b)),
            Node::Bit(index, a) => Node::Bit(index, f(a)),
            Node::And(a, b) => Node::And(f(a), f(b)),
            Node::Or(a, b) => Node::Or(f(a), f(b)),
            Node::Not(a) => Node::Not(f(a)),
            other => other,
        }
    }
}

/// The table that an operand `table.number` is of, and its number.
pub(crate) fn table_of(id: Id) -> Option<(String, usize)> {
    with(|graph| match &graph.nodes.get(id as usize)?.0 {
        Node::Operand(name) => {
            let (table, number) = name.split_once('.')?;
            Some((table.to_owned(), number.parse().ok()?))
        }
        _ => None,
    })
}

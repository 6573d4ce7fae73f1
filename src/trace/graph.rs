//! The program that a trace records: values, the order of its memory accesses, and loops.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

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
    /// A carried value in the body of a loop, and after it.
    Inside {
        of: usize,
        value: usize,
    },
    Carried {
        of: usize,
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
    /// The same, from the byte that this word of a launched kernel's block gives.
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
    /// Bytes from the base; for a launched one the number of elements.
    pub distance: u64,
    pub stride: Option<Stride>,
    pub name: String,
}

impl Address {
    /// Whether it is one element of shared memory, not one for each index of a sweep.
    pub(crate) fn is_one(&self) -> bool {
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
    /// Reads a value that is known already, so that the reference device sees whether it is still there. Only that
    /// device reads it.
    Check(Address, Kind),
    /// The body of a loop begins, and ends.
    Open(usize),
    Close(usize),
}

/// A value that goes from one turn of a loop to the next.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Carry {
    pub start: Id,
    pub inside: Id,
    pub next: Id,
}

/// How often a body is executed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Turns {
    /// A sweep: once for each of so many elements.
    Each(usize),
    /// While `running` holds at the end of the body, and not more often than `limit`.
    While { limit: u32, running: Id },
}

/// A loop, recorded once.
#[derive(Clone, Debug)]
pub(crate) struct Loop {
    pub turns: Turns,
    pub carries: Vec<Carry>,
}

impl Loop {
    pub(crate) fn is_sweep(&self) -> bool {
        matches!(self.turns, Turns::Each(_))
    }
}

/// A loop whose body is being recorded.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    pub(crate) of: usize,
    /// What was recorded at the start of the first recording, and at its end.
    pub(crate) start: Mark,
    pub(crate) end: Option<Mark>,
    /// Nodes at the start of this recording.
    pub(crate) now: usize,
    /// The epoch at the start of each recording.
    pub(crate) epoch: u64,
    /// What has become known since the start of this recording.
    pub(crate) known: Vec<(Node, Kind)>,
    /// Whether all recordings so far equal the first.
    pub(crate) same: bool,
}

/// How much has been recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    pub(crate) nodes: usize,
    pub(crate) actions: usize,
    pub(crate) loops: usize,
}

/// A finished trace.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    pub nodes: Vec<(Node, Kind)>,
    pub actions: Vec<Action>,
    /// Register operands that the program writes at its end.
    pub outputs: Vec<(String, Id)>,
    /// Those of them that matter only where another fragment reads them, as elements of buffers do.
    pub passed_on: BTreeSet<String>,
    /// The first thing that cannot be PTX; the recording goes on.
    pub fault: Option<String>,
    pub loops: Vec<Loop>,
    pub(crate) seen: HashMap<(Node, Kind), Id>,
    pub(crate) versions: HashMap<Key, u64>,
    /// What an address holds, and how many nodes there were when it was stored.
    pub(crate) stored: HashMap<Key, (Id, usize)>,
    /// Number of stores to addresses that are given at launch.
    pub(crate) launched_stores: u64,
    /// The version of an address when it was last loaded, or, if it is given at launch, the number of stores to such
    /// addresses by then.
    pub(crate) loaded: HashMap<Address, u64>,
    /// Rises at each loop: its stores may be to what was loaded before under another address, or at another turn. What
    /// its body loaded is not known after it.
    pub(crate) epoch: u64,
    /// The loops whose bodies are being recorded, each in the body of the one before.
    pub(crate) open: Vec<Open>,
    /// By node: the fault that its use causes, if it belongs to the body of a loop that has ended, or to another turn.
    pub(crate) hidden: Vec<Option<&'static str>>,
}

thread_local! {
    static CURRENT: RefCell<Graph> = RefCell::default();
}

pub(crate) fn with<T>(action: impl FnOnce(&mut Graph) -> T) -> T {
    CURRENT.with(|graph| action(&mut graph.borrow_mut()))
}

/// Takes the graph that has been recorded on this thread, leaving an empty one.
pub(crate) fn take() -> Graph {
    with(std::mem::take)
}

/// A value may be used while its body is recorded, and no longer.
pub(crate) fn check(id: Id) {
    if let Some(text) = with(|graph| graph.hidden.get(id as usize).copied().flatten()) {
        fault(|| text.to_owned());
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
        if let Some(open) = graph.open.last_mut() {
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
pub(crate) type Key = (Base, u64, Option<Stride>);

pub(crate) fn key(address: &Address) -> Key {
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
    if with(|graph| !graph.open.is_empty()) {
        fault(|| {
            format!("`{name}` is written in the body of a loop\n  help: write it behind the loop")
        });
    }
    if with(|graph| graph.outputs.iter().any(|(other, _)| *other == name)) {
        fault(|| format!("`{name}` is written twice\n  help: give each result a name of its own"));
    }
    with(|graph| graph.outputs.push((name, value)));
}

/// Writes what matters only where another fragment reads it.
pub(crate) fn pass_on(name: String, value: Id) {
    with(|graph| graph.passed_on.insert(name.clone()));
    output(name, value);
}

/// Records why the program cannot be PTX: the baker's error.
pub(crate) fn fault(text: impl FnOnce() -> String) {
    with(|graph| {
        graph.fault.get_or_insert_with(text);
    });
}

impl Graph {
    /// Whether the body of a sweep is being recorded.
    pub(crate) fn in_sweep(&self) -> bool {
        let top = self.open.last();
        top.is_some_and(|open| self.loops[open.of].is_sweep())
    }
}

impl Node {
    /// The values that it is computed from.
    pub(crate) fn arguments(&self) -> Vec<Id> {
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
    pub(crate) fn map(&self, f: &impl Fn(Id) -> Id) -> Node {
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

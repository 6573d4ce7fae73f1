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
}

/// An element in memory, and its name for the reference device. With a stride it moves with the index of the sweep.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Address {
    pub base: Base,
    pub bytes: u64,
    pub stride: Option<Stride>,
    pub name: String,
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

/// The graph where the body of the open sweep begins, where it was recorded once, and what was known before it.
#[derive(Clone, Debug)]
struct Open {
    body: (usize, usize),
    again: (usize, usize),
    seen_before: HashMap<(Node, Kind), Id>,
    seen: HashMap<(Node, Kind), Id>,
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
    seen: HashMap<(Node, Kind), Id>,
    versions: HashMap<(Base, u64, Option<Stride>), u64>,
    /// Rises at each end of a body: its stores may be to what was loaded before under another address.
    epoch: u64,
    open: Option<Open>,
}

thread_local! {
    static CURRENT: RefCell<Graph> = RefCell::default();
}

fn with<T>(action: impl FnOnce(&mut Graph) -> T) -> T {
    CURRENT.with(|graph| action(&mut graph.borrow_mut()))
}

/// Takes the graph that has been recorded on this thread, leaving an empty one.
pub(crate) fn take() -> Graph {
    with(std::mem::take)
}

/// The value of `node`, recorded if it is new.
pub(crate) fn value(node: Node, kind: Kind) -> Id {
    with(|graph| {
        if let Some(&id) = graph.seen.get(&(node.clone(), kind)) {
            return id;
        }
        let id = graph.nodes.len() as Id;
        graph.nodes.push((node.clone(), kind));
        graph.actions.push(Action::Define(id));
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
    value(Node::Load { address, version }, kind)
}

fn key(address: &Address) -> (Base, u64, Option<Stride>) {
    (address.base.clone(), address.bytes, address.stride.clone())
}

pub(crate) fn store(mask: Id, address: Address, value: Id) {
    with(|graph| {
        *graph.versions.entry(key(&address)).or_default() += 1;
        graph.actions.push(Action::Store {
            mask,
            address,
            value,
        });
    });
}

pub(crate) fn output(name: String, value: Id) {
    with(|graph| graph.outputs.push((name, value)));
}

/// Records why the program cannot be PTX: the baker's error.
pub(crate) fn fault(text: impl FnOnce() -> String) {
    with(|graph| {
        graph.fault.get_or_insert_with(text);
    });
}

/// Begins the body of a sweep; the carried values in it.
pub(crate) fn open(count: usize, starts: &[Id]) -> Vec<Id> {
    let sweep = with(|graph| {
        let sweep = graph.sweeps.len();
        graph.sweeps.push(Sweep {
            count,
            carries: Vec::new(),
        });
        graph.actions.push(Action::Open(sweep));
        sweep
    });
    let seen_before = with(|graph| graph.seen.clone());
    let mut insides = Vec::new();
    for (index, &start) in starts.iter().enumerate() {
        let kind = with(|graph| graph.nodes[start as usize].1);
        let inside = value(
            Node::Inside {
                sweep,
                value: index,
            },
            kind,
        );
        with(|graph| {
            graph.sweeps[sweep].carries.push(Carry {
                start,
                inside,
                next: inside,
            });
        });
        insides.push(inside);
    }
    with(|graph| {
        graph.epoch += 1;
        let here = (graph.nodes.len(), graph.actions.len());
        graph.open = Some(Open {
            body: here,
            again: here,
            seen_before,
            seen: graph.seen.clone(),
        });
    });
    insides
}

/// Ends the body as recorded for the first index, and begins it for the second, to be compared.
pub(crate) fn turn(nexts: &[Id]) -> Vec<Id> {
    with(|graph| {
        let again = (graph.nodes.len(), graph.actions.len());
        let Some(open) = &mut graph.open else {
            return nexts.to_vec();
        };
        open.again = again;
        graph.seen.clone_from(&open.seen);
        graph.versions.clear();
        let Some(sweep) = graph.sweeps.last_mut() else {
            return nexts.to_vec();
        };
        for (carry, next) in sweep.carries.iter_mut().zip(nexts) {
            carry.next = *next;
        }
        sweep.carries.iter().map(|carry| carry.inside).collect()
    })
}

/// Ends a sweep. The carried values behind it, and whether the body was the same for both indices.
pub(crate) fn close(nexts: &[Id]) -> (Vec<Id>, bool) {
    let (sweep, same) = with(|graph| {
        let sweep = graph.sweeps.len() - 1;
        let Some(open) = graph.open.take() else {
            return (sweep, false);
        };
        let same = graph.repeats(&open, sweep, nexts);
        graph.nodes.truncate(open.again.0);
        graph.actions.truncate(open.again.1);
        graph.actions.push(Action::Close(sweep));
        graph.seen = open.seen_before;
        graph.versions.clear();
        graph.epoch += 1;
        (sweep, same)
    });
    let kinds: Vec<Kind> = with(|graph| {
        let carries = &graph.sweeps[sweep].carries;
        let kind = |carry: &Carry| graph.nodes[carry.start as usize].1;
        carries.iter().map(kind).collect()
    });
    let results = kinds.into_iter().enumerate();
    let results = results.map(|(index, kind)| {
        let node = Node::Carried {
            sweep,
            value: index,
        };
        value(node, kind)
    });
    (results.collect(), same)
}

impl Graph {
    /// Whether the second recording of a body is the first, value by value.
    fn repeats(&self, open: &Open, sweep: usize, nexts: &[Id]) -> bool {
        let shift = (open.again.0 - open.body.0) as Id;
        let back = |id: Id| {
            if id as usize >= open.again.0 {
                id - shift
            } else {
                id
            }
        };
        let nodes = &self.nodes;
        let (first, second) = (&nodes[open.body.0..open.again.0], &nodes[open.again.0..]);
        let same_nodes = first.len() == second.len()
            && first
                .iter()
                .zip(second)
                .all(|(a, b)| a.1 == b.1 && a.0 == b.0.map(&back));
        let actions = &self.actions;
        let (first, second) = (
            &actions[open.body.1..open.again.1],
            &actions[open.again.1..],
        );
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
        let carries = self.sweeps[sweep].carries.iter();
        same_nodes
            && first.len() == second.len()
            && first.iter().zip(second).all(same_action)
            && carries.zip(nexts).all(|(c, next)| c.next == back(*next))
    }
}

impl Node {
    /// The same node over other values.
    fn map(&self, f: &impl Fn(Id) -> Id) -> Node {
        match self.clone() {
            Node::Unary(op, a) => Node::Unary(op, f(a)),
            Node::Binary(op, a, b) => Node::Binary(op, f(a), f(b)),
            Node::Fma(a, b, c) => Node::Fma(f(a), f(b), f(c)),
            Node::Select(a, b, c) => Node::Select(f(a), f(b), f(c)),
            Node::Compare(op, a, b) => Node::Compare(op, f(a), f(b)),
            Node::And(a, b) => Node::And(f(a), f(b)),
            Node::Or(a, b) => Node::Or(f(a), f(b)),
            Node::Not(a) => Node::Not(f(a)),
            other => other,
        }
    }
}

/// The table that an operand `table.index` is of.
pub(crate) fn table_of(id: Id) -> Option<String> {
    with(|graph| match &graph.nodes.get(id as usize)?.0 {
        Node::Operand(name) => Some(name.split_once('.')?.0.to_owned()),
        _ => None,
    })
}

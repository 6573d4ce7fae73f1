//! The straight-line program that a trace records: values, and the order of its shared-memory accesses.

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
        version: u32,
    },
    Compare(Compare, Id, Id),
    True(bool),
    And(Id, Id),
    Or(Id, Id),
    Not(Id),
}

/// An element in shared memory: bytes behind the lane's base, and its name for the reference device.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Address {
    pub bytes: u64,
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
    seen: HashMap<(Node, Kind), Id>,
    versions: HashMap<u64, u32>,
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
    let version = with(|graph| graph.versions.get(&address.bytes).copied().unwrap_or(0));
    value(Node::Load { address, version }, kind)
}

pub(crate) fn store(mask: Id, address: Address, value: Id) {
    with(|graph| {
        *graph.versions.entry(address.bytes).or_default() += 1;
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

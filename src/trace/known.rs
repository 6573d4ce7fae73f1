//! Accesses to shared memory that a kernel need not make: loads of what it has just stored, and stores that the next
//! overwrites.
//!
//! The assembler leaves them in, for it does not know that nothing else writes there. The reference device still makes
//! them, so it sees whether each value is where the plan has it and under which name.

use super::graph::{Action, Address, Base, Graph, Id, Kind, Node, key};
use std::collections::HashSet;

/// For how many nodes after its store a value is used from its register. A higher number takes more registers: without
/// a limit, tsit5 for 8 states in f32, all shared, has 128 registers on sm_90 instead of 94, and 1 % fewer
/// instructions; with 64, rk4 in f64 has 72 instead of 104, and 12 % more instructions (`benches/by_hand`).
const KNOWN_FOR: usize = 256;

impl Graph {
    /// Records what an address holds after a store.
    pub(crate) fn keep(&mut self, mask: Id, address: &Address, value: Id) {
        self.stored.remove(&key(address));
        if address.is_one() && self.is_always(mask) {
            self.stored.insert(key(address), (value, self.nodes.len()));
        }
    }

    /// At the ends of a recording: its stores may be to these addresses, and the next recording must be the same.
    pub(crate) fn forget(&mut self) {
        self.versions.clear();
        self.stored.clear();
        self.loaded.clear();
    }

    fn is_always(&self, mask: Id) -> bool {
        matches!(self.nodes[mask as usize].0, Node::True(true))
    }

    /// The value of a load, where it is known without loading. Where the layout is not known, a store may be to another
    /// buffer's place: then the reference device looks again after each store.
    pub(crate) fn known(&mut self, address: &Address, version: u64, kind: Kind) -> Option<Id> {
        let stored = self.stored.get(&key(address)).copied();
        let stored = stored.filter(|&(value, at)| {
            self.nodes.len() <= at + KNOWN_FOR && self.nodes[value as usize].1 == kind
        });
        let launched = matches!(address.base, Base::Launched(_));
        if !launched && stored.is_none() {
            return None;
        }
        let seen = if launched {
            self.launched_stores
        } else {
            version
        };
        let before = self.loaded.insert(address.clone(), seen);
        let node = Node::Load {
            address: address.clone(),
            version,
        };
        let known = stored.is_some() || self.seen.contains_key(&(node, kind));
        if known && !self.in_sweep() && before != Some(seen) {
            self.actions.push(Action::Check(address.clone(), kind));
        }
        stored.map(|(value, _)| value)
    }
}

/// By action: whether it is a store that is overwritten before anything but a check reads it.
pub(crate) fn idle(graph: &Graph, live: &[bool]) -> Vec<bool> {
    let mut idle = vec![false; graph.actions.len()];
    let mut overwritten = HashSet::new();
    for (at, action) in graph.actions.iter().enumerate().rev() {
        match action {
            Action::Store { mask, address, .. } if address.is_one() => {
                idle[at] = overwritten.contains(&key(address));
                if graph.is_always(*mask) {
                    overwritten.insert(key(address));
                }
            }
            Action::Define(id) if live[*id as usize] => {
                if let Node::Load { address, .. } = &graph.nodes[*id as usize].0 {
                    overwritten.remove(&key(address));
                }
            }
            // a sweep's accesses have other keys, and a loop's body is executed again
            Action::Open(_) | Action::Close(_) => overwritten.clear(),
            _ => {}
        }
    }
    idle
}

#[cfg(test)]
mod tests {
    use super::KNOWN_FOR;
    use crate::ptx::{TraceWorkspace, Traced, trace};
    use crate::{
        layout::{Arch, ElementKind, RuntimeRegistry, Space, on},
        ode::{Scalar, Workspace},
    };

    type Value = Traced<f64>;

    /// The accesses that the assembler sees, and those that only the reference device does: `ld 0` and the like, by
    /// bytes.
    fn accesses(program: impl FnOnce(&mut TraceWorkspace<f64>)) -> [Vec<String>; 2] {
        let mut registry = RuntimeRegistry::new("r");
        let x = registry.register("x", ElementKind::F64, 2, Space::Shared);
        x.unwrap();
        let plan = registry.plan(on(Arch::Sm80).block(1).sequential()).unwrap();
        let fragment = trace(|| program(&mut TraceWorkspace::new(&plan.view())));
        let registers = |name: &str| match name {
            "lane" => Some("%r1"),
            "a" => Some("%fd1"),
            "b" => Some("%fd2"),
            "mask" => Some("%fd3"),
            "out" => Some("%fd4"),
            _ => None,
        };
        let text = fragment.emit(&registers).unwrap();
        let of = |check: bool| {
            let lines = text.lines().map(str::trim);
            let lines = lines.filter(|line| line.starts_with("//bk check ") == check);
            let access = |line: &str| {
                let (op, at) = line.trim_start_matches("//bk check ").split_once("[%r1+")?;
                let op = if op.contains("st.") { "st" } else { "ld" };
                Some(format!("{op} {}", at.split(']').next()?))
            };
            lines.filter_map(access).collect()
        };
        [of(false), of(true)]
    }

    #[test]
    fn what_was_just_stored_is_not_loaded() {
        let got = accesses(|w| {
            w.store(0, 0, Value::operand("a"));
            let sum = w.load(0, 0) + w.load(0, 0);
            (sum + w.load(0, 1)).output("out");
        });
        assert_eq!(got, [vec!["st 0", "ld 8"], vec!["ld 0"]]);
    }

    #[test]
    fn what_the_next_store_overwrites_is_not_stored() {
        let got = accesses(|w| {
            for name in ["a", "b"] {
                w.store(0, 0, Value::operand(name));
                let value = w.load(0, 0);
                w.store(0, 1, value + value);
            }
        });
        assert_eq!(
            got,
            [vec!["st 0", "st 8"], vec!["st 0", "ld 0", "st 8", "ld 0"]]
        );
    }

    #[test]
    fn a_store_under_a_mask_neither_tells_nor_overwrites() {
        let got = accesses(|w| {
            let mask = Value::operand("mask").lt(Value::lit(0.0));
            w.store(0, 0, Value::operand("a"));
            w.store_where(mask, 0, 0, Value::operand("b"));
            w.load(0, 0).output("out");
        });
        assert_eq!(got, [vec!["st 0", "st 0", "ld 0"], vec![]]);
    }

    #[test]
    fn what_was_stored_long_ago_is_loaded() {
        let got = accesses(|w| {
            w.store(0, 0, Value::operand("a"));
            let mut sum = Value::operand("b");
            for term in 0..KNOWN_FOR {
                sum = sum + Value::lit(term as f64);
            }
            w.store(0, 1, sum);
            // what is loaded is not overwritten
            (w.load(0, 0) + w.load(0, 1)).output("out");
            w.store(0, 0, Value::operand("b"));
        });
        assert_eq!(got, [vec!["st 0", "st 8", "ld 0", "st 0"], vec!["ld 8"]]);
    }
}

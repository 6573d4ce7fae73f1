//! Sweeps as loops: a counter, and an address register for each distance between elements.

use super::graph::{Action, Address, Base, Graph, Node, Stride};
use std::fmt::Write;

/// The kernel's array in local memory; the baker declares it.
pub(crate) const LOCAL: &str = "baked_local";
/// Stands for what makes labels of one marker differ from those of another; the baker replaces it.
pub(crate) const LABEL: &str = "$BK_@";

/// Registers that [`registers`] sweeps use.
pub(crate) fn declarations(count: usize) -> String {
    format!("\t.reg .b32 %bkl<{count}>;\n\t.reg .b64 %bkm<{count}>;\n\t.reg .pred %bkj<{count}>;\n")
}

/// The most registers of a kind in one sweep: counter and addresses. Sweeps do not nest, so they share them.
pub(super) fn registers(graph: &Graph) -> usize {
    let most = (0..graph.actions.len()).filter_map(|at| match graph.actions[at] {
        Action::Open(of) if graph.loops[of].is_sweep() => Some(2 + moving(graph, None, at).len()),
        _ => None,
    });
    most.max().unwrap_or(0)
}

/// How an address is written.
pub(super) struct Addresses {
    lane: String,
    globals: Vec<(String, String)>,
    strides: Vec<(String, String)>,
    /// The address registers of the open sweep.
    moving: Vec<(Base, Stride)>,
}

impl Addresses {
    /// # Errors
    /// The name of an operand that an access needs.
    pub(super) fn new<'a>(
        graph: &Graph,
        live: &[bool],
        register: &dyn Fn(&str) -> Option<&'a str>,
    ) -> Result<Self, String> {
        let mut made = Addresses {
            lane: String::new(),
            globals: Vec::new(),
            strides: Vec::new(),
            moving: Vec::new(),
        };
        let find = |name: &str| {
            register(name)
                .map(str::to_owned)
                .ok_or_else(|| name.to_owned())
        };
        for address in graph
            .actions
            .iter()
            .filter_map(|action| used(graph, Some(live), action))
        {
            match &address.base {
                Base::Shared => made.lane = find("lane")?,
                Base::Local => {}
                Base::Global(name) => made.globals.push((name.clone(), find(name)?)),
            }
            if let Some(Stride::Operand(name)) = &address.stride {
                made.strides.push((name.clone(), find(name)?));
            }
        }
        Ok(made)
    }

    fn base(&self, base: &Base) -> &str {
        match base {
            Base::Shared => &self.lane,
            Base::Local => LOCAL,
            Base::Global(name) => lookup(&self.globals, name),
        }
    }

    /// What stands in the brackets.
    pub(super) fn place(&self, address: &Address) -> String {
        let bytes = address.bytes;
        let Some(stride) = &address.stride else {
            return format!("{}+{bytes}", self.base(&address.base));
        };
        let same = |(base, distance): &(Base, Stride)| *base == address.base && distance == stride;
        let index = self.moving.iter().position(same).unwrap_or(0);
        format!("{}+{bytes}", register(&address.base, index))
    }

    /// Writes what comes before the body that `at` opens.
    pub(super) fn open(
        &mut self,
        text: &mut String,
        graph: &Graph,
        live: &[bool],
        at: usize,
        sweep: usize,
    ) {
        self.moving = moving(graph, Some(live), at);
        for (index, (base, _)) in self.moving.iter().enumerate() {
            let width = if *base == Base::Shared { 32 } else { 64 };
            let (register, start) = (register(base, index), self.base(base));
            _ = writeln!(text, "\tmov.u{width} {register}, {start};");
        }
        _ = writeln!(text, "\tmov.u32 %bkl0, 0;\n{LABEL}_{sweep}:");
    }

    /// Writes what comes behind a body.
    pub(super) fn close(&mut self, text: &mut String, count: usize, sweep: usize) {
        for (index, (base, stride)) in self.moving.iter().enumerate() {
            let width = if *base == Base::Shared { 32 } else { 64 };
            let register = register(base, index);
            let stride = match stride {
                Stride::Bytes(bytes) => bytes.to_string(),
                Stride::Operand(name) => lookup(&self.strides, name).to_owned(),
            };
            _ = writeln!(text, "\tadd.s{width} {register}, {register}, {stride};");
        }
        self.moving.clear();
        _ = writeln!(
            text,
            "\tadd.s32 %bkl0, %bkl0, 1;\n\tsetp.lt.u32 %bkj0, %bkl0, {count};\n\t@%bkj0 bra {LABEL}_{sweep};"
        );
    }
}

fn lookup<'a>(table: &'a [(String, String)], name: &str) -> &'a str {
    let found = table.iter().find(|(known, _)| known == name);
    found.map_or("", |(_, register)| register)
}

/// Counter and addresses of one sweep are numbered from 0; shared addresses have 32 bits.
fn register(base: &Base, index: usize) -> String {
    match base {
        Base::Shared => format!("%bkl{}", index + 1),
        Base::Local | Base::Global(_) => format!("%bkm{}", index + 1),
    }
}

/// The different distances of the sweep that `open` opens.
fn moving(graph: &Graph, live: Option<&[bool]>, open: usize) -> Vec<(Base, Stride)> {
    let mut all = Vec::new();
    for action in &graph.actions[open + 1..] {
        if matches!(action, Action::Close(_)) {
            break;
        }
        if let Some(address) = used(graph, live, action)
            && let Some(stride) = &address.stride
        {
            let one = (address.base.clone(), stride.clone());
            if !all.contains(&one) {
                all.push(one);
            }
        }
    }
    all
}

/// The address that an action accesses.
fn used<'g>(graph: &'g Graph, live: Option<&[bool]>, action: &'g Action) -> Option<&'g Address> {
    match action {
        Action::Store { address, .. } => Some(address),
        Action::Define(id) if live.is_none_or(|live| live[*id as usize]) => {
            match &graph.nodes[*id as usize].0 {
                Node::Load { address, .. } => Some(address),
                _ => None,
            }
        }
        _ => None,
    }
}

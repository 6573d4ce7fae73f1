//! Sweeps as loops: a counter, and an address register for each distance between elements.

use super::launched;
use crate::trace::graph::{Action, Address, Base, Graph, Node, Stride};
use crate::trace::lowered::STRIDE_WORD;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The kernel's array in local memory; the baker declares it.
pub(crate) const LOCAL: &str = "baked_local";
/// A placeholder in labels. The baker replaces it, so that labels of one marker differ from those of another.
pub(crate) const LABEL: &str = "$BK_@";

/// Declares the registers of sweeps, as many as [`registers`] says.
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
    /// Words of a launched kernel's block, and where they are in its parameter.
    words: BTreeMap<usize, String>,
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
            words: BTreeMap::new(),
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
                Base::Launched(word) => {
                    made.lane = find("lane")?;
                    let moves = address.distance > 0 || address.stride.is_some();
                    for word in launched::needed(*word, moves) {
                        made.words.insert(word, find(&launched::operand(word))?);
                    }
                }
                Base::Local => {}
                Base::Global(name) => made.globals.push((name.clone(), find(name)?)),
            }
            if let Some(Stride::Operand(name)) = &address.stride {
                made.strides.push((name.clone(), find(name)?));
            }
        }
        Ok(made)
    }

    fn base(&self, base: &Base) -> String {
        match base {
            Base::Shared | Base::Launched(_) => self.lane.clone(),
            Base::Local => LOCAL.to_owned(),
            Base::Global(name) => lookup(&self.globals, name).to_owned(),
        }
    }

    /// Loads what the fragment needs of a launched kernel's block.
    pub(super) fn launched(&self) -> String {
        let mut text = String::new();
        for (word, at) in &self.words {
            launched::load(&mut text, *word, at);
        }
        text
    }

    /// What goes into the brackets. If it must be computed first, the instructions are written to `text`.
    pub(super) fn place(&self, text: &mut String, address: &Address) -> String {
        let distance = address.distance;
        let from = match &address.stride {
            None => self.base(&address.base),
            Some(stride) => {
                let base = start(&address.base);
                let same = |(other, one): &(Base, Stride)| *other == base && one == stride;
                let index = self.moving.iter().position(same).unwrap_or(0);
                register(&base, index)
            }
        };
        match address.base {
            Base::Launched(word) => {
                launched::address(text, word, distance, &from, address.stride.is_some())
            }
            _ => format!("{from}+{distance}"),
        }
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
            let width = bits(base);
            let (register, start) = (register(base, index), self.base(base));
            _ = writeln!(text, "\tmov.u{width} {register}, {start};");
        }
        _ = writeln!(text, "\tmov.u32 %bkl0, 0;\n{LABEL}_{sweep}:");
    }

    /// Writes what comes after a body.
    pub(super) fn close(&mut self, text: &mut String, count: usize, sweep: usize) {
        for (index, (base, stride)) in self.moving.iter().enumerate() {
            let width = bits(base);
            let register = register(base, index);
            let stride = match stride {
                Stride::Bytes(bytes) => bytes.to_string(),
                Stride::Operand(name) => lookup(&self.strides, name).to_owned(),
                Stride::Launched => launched::register(STRIDE_WORD),
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
        Base::Shared | Base::Launched(_) => format!("%bkl{}", index + 1),
        Base::Local | Base::Global(_) => format!("%bkm{}", index + 1),
    }
}

/// Where an address that moves begins: those of a launched kernel's shared buffers move together.
fn start(base: &Base) -> Base {
    match base {
        Base::Launched(_) => Base::Shared,
        other => other.clone(),
    }
}

/// The bits of an address register.
fn bits(base: &Base) -> u32 {
    match base {
        Base::Shared | Base::Launched(_) => 32,
        Base::Local | Base::Global(_) => 64,
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
            let one = (start(&address.base), stride.clone());
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
        Action::Store { address, .. } | Action::Check(address, _) => Some(address),
        Action::Define(id) if live.is_none_or(|live| live[*id as usize]) => {
            match &graph.nodes[*id as usize].0 {
                Node::Load { address, .. } => Some(address),
                _ => None,
            }
        }
        _ => None,
    }
}

//! A fragment as text.

use super::instructions::define;
use super::names::{comment, letter, space, suffix};
use super::sweep::{self, Addresses};
use super::turns::{self, Nest};
use crate::trace::Fragment;
use crate::trace::compact::live;
use crate::trace::graph::{Action, Graph, Id, Kind, Node, Turns};
use crate::trace::known::idle;
use std::fmt::Write;

/// Goes before an access that the reference device alone makes: to the assembler it is a comment.
const CHECK: &str = "//bk check ";

impl Fragment {
    /// The most registers of one kind that the text uses: [`declarations`](crate::ptx::declarations) must cover as many.
    #[must_use]
    pub fn registers(&self) -> usize {
        let carried = self.graph.loops.iter().map(|one| one.carries.len());
        let also = self.graph.outputs.len().max(carried.max().unwrap_or(0));
        let checks = |action: &Action| matches!(action, Action::Check(..));
        let unused = usize::from(self.graph.actions.iter().any(checks));
        self.graph.nodes.len() + also.max(unused)
    }

    /// The registers and labels that its sweeps need.
    pub(crate) fn sweep_registers(&self) -> usize {
        sweep::registers(&self.graph)
    }

    /// How deep its data-dependent loops are nested.
    pub(crate) fn loop_depth(&self) -> usize {
        turns::depth(&self.graph)
    }

    /// The instructions as text. `register` gives the register of an operand. An operand that is written and has no
    /// register is left out, with all that only it needs.
    ///
    /// # Errors
    /// The name of an operand that is read and for which `register` gives none.
    pub fn emit<'a>(&self, register: &dyn Fn(&str) -> Option<&'a str>) -> Result<String, String> {
        let graph = &self.graph;
        let outputs: Vec<(&str, Id)> = graph
            .outputs
            .iter()
            .filter_map(|(name, id)| register(name).map(|r| (r, *id)))
            .collect();
        let live = live(graph, outputs.iter().map(|(_, id)| *id));
        let used = graph.carried(&live);
        let mut nest = Nest::default();
        let mut addresses = Addresses::new(graph, &live, register)?;
        let idle = idle(graph, &live);
        let mut text = addresses.launched();
        let mut names: Vec<String> = Vec::with_capacity(graph.nodes.len());
        for (id, (node, kind)) in graph.nodes.iter().enumerate() {
            names.push(match node {
                Node::Operand(name) if live[id] => {
                    register(name).ok_or_else(|| name.clone())?.to_owned()
                }
                Node::Literal(bits) if *kind == Kind::F32 => format!("0f{bits:08X}"),
                Node::Literal(bits) => format!("0d{bits:016X}"),
                // one register for a carried value, in the body and after it
                Node::Carried { of, value } => {
                    names[graph.loops[*of].carries[*value].inside as usize].clone()
                }
                Node::Inside { of, value } if graph.stays(*of, *value) => {
                    names[graph.loops[*of].carries[*value].start as usize].clone()
                }
                _ => format!("%bk{}{id}", letter(*kind)),
            });
        }
        for (at, action) in graph.actions.iter().enumerate() {
            match action {
                Action::Define(id) if live[*id as usize] => {
                    define(&mut text, graph, &names, *id, &addresses)
                }
                Action::Define(_) => {}
                Action::Store {
                    mask,
                    address,
                    value,
                } => {
                    let guard = match graph.nodes[*mask as usize].0 {
                        Node::True(true) => String::new(),
                        Node::True(false) => continue,
                        _ => format!("@{} ", names[*mask as usize]),
                    };
                    let kind = suffix(graph.nodes[*value as usize].1);
                    let (space, place) =
                        (space(&address.base), addresses.place(&mut text, address));
                    let (value, name) = (&names[*value as usize], comment(&address.name));
                    let check = if idle[at] { CHECK } else { "" };
                    _ = writeln!(
                        text,
                        "\t{check}{guard}st.{space}.{kind} [{place}], {value};{name}"
                    );
                }
                Action::Check(address, kind) => {
                    let (space, place) =
                        (space(&address.base), addresses.place(&mut text, address));
                    let (t, name) = (suffix(*kind), comment(&address.name));
                    let unused = format!("%bk{}{}", letter(*kind), graph.nodes.len());
                    _ = writeln!(text, "\t{CHECK}ld.{space}.{t} {unused}, [{place}];{name}");
                }
                Action::Open(of) => {
                    let one = &graph.loops[*of];
                    for carry in &one.carries {
                        let kind = suffix(graph.nodes[carry.inside as usize].1);
                        let [inside, start] =
                            [carry.inside, carry.start].map(|id| &names[id as usize]);
                        let read = one.is_sweep() || live[carry.inside as usize];
                        if read && inside != start {
                            _ = writeln!(text, "\tmov.{kind} {inside}, {start};");
                        }
                    }
                    match one.turns {
                        Turns::Each(_) => addresses.open(&mut text, graph, &live, at, *of),
                        Turns::While { .. } => nest.open(&mut text, *of),
                    }
                }
                Action::Close(of) => {
                    // one value's next may be another's present: all are read before one is written
                    let one = &graph.loops[*of];
                    let is_own = |id: Id| matches!(graph.nodes[id as usize].0, Node::Inside { of: other, .. } if other == *of);
                    let carries = one.carries.iter().zip(&used[*of]);
                    let moved =
                        carries.filter(|(carry, used)| carry.next != carry.inside && **used);
                    let mut late = String::new();
                    for (index, (carry, _)) in moved.enumerate() {
                        let kind = graph.nodes[carry.inside as usize].1;
                        let (t, inside) = (suffix(kind), &names[carry.inside as usize]);
                        let next = &names[carry.next as usize];
                        if is_own(carry.next) {
                            let saved = format!("%bk{}{}", letter(kind), graph.nodes.len() + index);
                            _ = writeln!(text, "\tmov.{t} {saved}, {next};");
                            _ = writeln!(late, "\tmov.{t} {inside}, {saved};");
                        } else {
                            _ = writeln!(late, "\tmov.{t} {inside}, {next};");
                        }
                    }
                    text.push_str(&late);
                    match one.turns {
                        Turns::Each(count) => addresses.close(&mut text, count, *of),
                        Turns::While { limit, running } => {
                            let known = match graph.nodes[running as usize].0 {
                                Node::True(value) => Some(value),
                                _ => None,
                            };
                            let running = (known, &*names[running as usize]);
                            nest.close(&mut text, limit, running, *of);
                        }
                    }
                }
            }
        }
        write_outputs(&mut text, graph, &names, &outputs);
        Ok(text)
    }
}

/// The compiler may give an output the register of an input, so inputs that are passed on are saved before any output
/// is written.
fn write_outputs(text: &mut String, graph: &Graph, names: &[String], outputs: &[(&str, Id)]) {
    let mut values = Vec::new();
    for (index, (_, id)) in outputs.iter().enumerate() {
        let (node, kind) = &graph.nodes[*id as usize];
        let mut value = names[*id as usize].clone();
        if matches!(node, Node::Operand(_)) {
            let saved = format!("%bk{}{}", letter(*kind), graph.nodes.len() + index);
            _ = writeln!(text, "\tmov.{} {saved}, {value};", suffix(*kind));
            value = saved;
        }
        values.push((value, *kind));
    }
    for ((register, _), (value, kind)) in outputs.iter().zip(values) {
        _ = match kind {
            Kind::Predicate => writeln!(text, "\tselp.u32 {register}, 1, 0, {value};"),
            _ => writeln!(text, "\tmov.{} {register}, {value};", suffix(kind)),
        };
    }
}

//! A recorded graph as PTX instructions.

pub(super) mod sweep;
pub(super) mod turns;

use crate::trace::Fragment;
use crate::trace::compact::live;
use crate::trace::graph::{Action, Base, Binary, Compare, Graph, Id, Kind, Node, Turns, Unary};
use crate::trace::known::idle;
use std::fmt::Write;
use sweep::Addresses;
use turns::Nest;

/// Before an access that the reference device alone makes: to the assembler it is a comment.
const CHECK: &str = "//bk check ";

impl Fragment {
    /// How many registers of each kind the text uses at most: what [`declarations`] must cover.
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

    /// How deep its loops that data ends are nested.
    pub(crate) fn loop_depth(&self) -> usize {
        turns::depth(&self.graph)
    }

    /// The instructions. `register` names the register of an operand; a missing one that is written is dropped, with all that
    /// only it needed.
    ///
    /// # Errors
    /// The name of an operand that is read and that `register` does not know.
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
                // one register for a carried value, in the body and behind it
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
                    // a next value may be another's present one: all are read before one is written
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

/// Declares the registers of fragments that use at most `count` of a kind.
///
/// ```
/// assert!(bakelite::ptx::declarations(3).contains(".reg .f64 %bkd<3>;"));
/// ```
#[must_use]
pub fn declarations(count: usize) -> String {
    format!(
        "\t.reg .f64 %bkd<{count}>;\n\t.reg .f32 %bks<{count}>;\n\t.reg .pred %bkp<{count}>;\n\t.reg .b64 %bkq<{count}>;\n\t.reg .b32 %bkw<{count}>;\n"
    )
}

pub(super) fn letter(kind: Kind) -> char {
    match kind {
        Kind::F64 => 'd',
        Kind::F32 => 's',
        Kind::Predicate => 'p',
    }
}

pub(super) fn suffix(kind: Kind) -> &'static str {
    match kind {
        Kind::F64 => "f64",
        Kind::F32 => "f32",
        Kind::Predicate => "pred",
    }
}

/// The state space of a base, in an instruction.
fn space(base: &Base) -> &'static str {
    match base {
        Base::Shared | Base::Launched(_) => "shared",
        Base::Local => "local",
        Base::Global(_) => "global",
    }
}

/// The name of an access, for the reference device.
fn comment(name: &str) -> String {
    if name.is_empty() {
        String::new()
    } else {
        format!(" //@{name}")
    }
}

fn define(text: &mut String, graph: &Graph, names: &[String], id: Id, addresses: &Addresses) {
    let (node, kind) = &graph.nodes[id as usize];
    let (d, t) = (&names[id as usize], suffix(*kind));
    let name = |id: &Id| &names[*id as usize];
    _ = match node {
        Node::Operand(_) | Node::Literal(_) | Node::Inside { .. } | Node::Carried { .. } => Ok(()),
        Node::Unary(op, a) => {
            let a_kind = graph.nodes[*a as usize].1;
            unary(text, *op, d, name(a), *kind, a_kind, id)
        }
        Node::Binary(Binary::CopySign, a, b) => {
            copy_sign(text, d, (name(a), name(b)), *kind, (id, *b))
        }
        Node::Bit(index, a) => {
            let (w, bits) = match graph.nodes[*a as usize].1 {
                Kind::F32 => (format!("%bkw{id}"), 32),
                _ => (format!("%bkq{id}"), 64),
            };
            writeln!(
                text,
                "\tmov.b{bits} {w}, {};\n\tand.b{bits} {w}, {w}, {};\n\tsetp.ne.u{bits} {d}, {w}, 0;",
                name(a),
                1_u64 << index
            )
        }
        Node::Binary(op, a, b) => {
            let op = match op {
                Binary::Add => "add.rn",
                Binary::Sub => "sub.rn",
                Binary::Mul => "mul.rn",
                Binary::Div => "div.rn",
                Binary::Min => "min",
                Binary::Max => "max",
                Binary::CopySign => unreachable!(),
            };
            writeln!(text, "\t{op}.{t} {d}, {}, {};", name(a), name(b))
        }
        Node::Fma(a, b, c) => writeln!(
            text,
            "\tfma.rn.{t} {d}, {}, {}, {};",
            name(a),
            name(b),
            name(c)
        ),
        Node::Select(mask, yes, no) => {
            writeln!(
                text,
                "\tselp.{t} {d}, {}, {}, {};",
                name(yes),
                name(no),
                name(mask)
            )
        }
        Node::Load { address, .. } => {
            let (space, place) = (space(&address.base), addresses.place(text, address));
            let name = comment(&address.name);
            writeln!(text, "\tld.{space}.{t} {d}, [{place}];{name}")
        }
        Node::Compare(op, a, b) => {
            let op = match op {
                Compare::Lt => "lt",
                Compare::Le => "le",
                Compare::Eq => "eq",
            };
            let t = suffix(graph.nodes[*a as usize].1);
            writeln!(text, "\tsetp.{op}.{t} {d}, {}, {};", name(a), name(b))
        }
        Node::True(value) => writeln!(text, "\tsetp.eq.u32 {d}, {}, 1;", u32::from(*value)),
        Node::And(a, b) => writeln!(text, "\tand.pred {d}, {}, {};", name(a), name(b)),
        Node::Or(a, b) => writeln!(text, "\tor.pred {d}, {}, {};", name(a), name(b)),
        Node::Not(a) => writeln!(text, "\tnot.pred {d}, {};", name(a)),
    };
}

/// By its bits: the `copysign` of PTX is the same, but not known to every assembler's folding nor to the reference device.
fn copy_sign(
    text: &mut String,
    d: &str,
    (a, b): (&str, &str),
    kind: Kind,
    (id, sign): (Id, Id),
) -> std::fmt::Result {
    let (letter, bits, magnitude, top) = match kind {
        Kind::F32 => ('w', 32, u64::from(u32::MAX >> 1), 1_u64 << 31),
        _ => ('q', 64, u64::MAX >> 1, 1 << 63),
    };
    // the bit register of `sign` was used up when it was computed
    let (w, s) = (format!("%bk{letter}{id}"), format!("%bk{letter}{sign}"));
    writeln!(
        text,
        "\tmov.b{bits} {w}, {a};\n\tand.b{bits} {w}, {w}, {magnitude};"
    )?;
    writeln!(
        text,
        "\tmov.b{bits} {s}, {b};\n\tand.b{bits} {s}, {s}, {top};"
    )?;
    writeln!(text, "\tor.b{bits} {w}, {w}, {s};\n\tmov.b{bits} {d}, {w};")
}

fn unary(
    text: &mut String,
    op: Unary,
    d: &str,
    a: &str,
    kind: Kind,
    from: Kind,
    id: Id,
) -> std::fmt::Result {
    let t = suffix(kind);
    // w: a bit register; the field of the exponent starts at `explicit`
    let (w, bits, explicit) = match kind {
        Kind::F32 => (format!("%bkw{id}"), 32, 23),
        _ => (format!("%bkq{id}"), 64, 52),
    };
    match op {
        Unary::Neg => writeln!(text, "\tneg.{t} {d}, {a};"),
        Unary::Abs => writeln!(text, "\tabs.{t} {d}, {a};"),
        Unary::Sqrt => writeln!(text, "\tsqrt.rn.{t} {d}, {a};"),
        Unary::Convert if from == Kind::F64 => writeln!(text, "\tcvt.rn.f32.f64 {d}, {a};"),
        Unary::Convert => writeln!(text, "\tcvt.f64.f32 {d}, {a};"),
        Unary::Exponent => {
            let (field, base, two_p, bias) = match kind {
                Kind::F32 => ("255", "1258291200", "0f4B000000", "0f42FE0000"),
                _ => (
                    "2047",
                    "4841369599423283200",
                    "0d4330000000000000",
                    "0d408FF80000000000",
                ),
            };
            writeln!(
                text,
                "\tmov.b{bits} {w}, {a};\n\tshr.u{bits} {w}, {w}, {explicit};"
            )?;
            writeln!(
                text,
                "\tand.b{bits} {w}, {w}, {field};\n\tor.b{bits} {w}, {w}, {base};"
            )?;
            writeln!(
                text,
                "\tmov.b{bits} {d}, {w};\n\tsub.rn.{t} {d}, {d}, {two_p};\n\tsub.rn.{t} {d}, {d}, {bias};"
            )
        }
        Unary::Mantissa => {
            let (fraction, one) = match kind {
                Kind::F32 => ("8388607", "1065353216"),
                _ => ("4503599627370495", "4607182418800017408"),
            };
            writeln!(
                text,
                "\tmov.b{bits} {w}, {a};\n\tand.b{bits} {w}, {w}, {fraction};"
            )?;
            writeln!(
                text,
                "\tor.b{bits} {w}, {w}, {one};\n\tmov.b{bits} {d}, {w};"
            )
        }
        Unary::Exp2i => {
            let magic = match kind {
                Kind::F32 => format!("0f{:08X}", (12_582_912.0_f32 + 127.0).to_bits()),
                _ => format!(
                    "0d{:016X}",
                    (6_755_399_441_055_744.0_f64 + 1023.0).to_bits()
                ),
            };
            writeln!(
                text,
                "\tadd.rn.{t} {d}, {a}, {magic};\n\tmov.b{bits} {w}, {d};"
            )?;
            writeln!(
                text,
                "\tshl.b{bits} {w}, {w}, {explicit};\n\tmov.b{bits} {d}, {w};"
            )
        }
    }
}

/// The compiler may give an output the register of an input, so inputs that are passed on are saved before any output is
/// written.
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

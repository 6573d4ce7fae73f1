//! One value as instructions.

use super::names::{comment, space, suffix};
use super::sweep::Addresses;
use crate::trace::graph::{Binary, Compare, Graph, Id, Kind, Node, Unary};
use std::fmt::Write;

pub(super) fn define(
    text: &mut String,
    graph: &Graph,
    names: &[String],
    id: Id,
    addresses: &Addresses,
) {
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

/// Works on the bits: the `copysign` of PTX is the same, but not known to every assembler's constant folding.
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

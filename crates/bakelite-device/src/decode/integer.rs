//! Rarer instructions on integers and bits.
use crate::code::integer::{Integer, Permute};
use crate::code::kernel::{Cmp, Code, NONE, Op, Rare, Ty};
use crate::decode::exchange::predicate;
use crate::decode::instruction::{Class, expect, ty};
use crate::text::symbols::{Refusal, Symbols};
use crate::text::typed::{Kind, Typed};

/// `.b32`.
const WORD: Typed = Typed {
    ty: Ty::U32,
    kind: Kind::Bits,
};

/// What a spelling does, with the types of the result and of up to three operands. Operands that are missing are zero.
fn known(parts: &[&str]) -> Option<(Integer, Typed, Vec<Typed>)> {
    let (class, t) = ty(parts.last()?)?;
    // The class of all operands that have the type in the name, and a word that is a number in every instruction.
    let (own, u32) = (Typed::from((class, t)), Typed::from(Ty::U32));
    let number = matches!(class, Class::Unsigned | Class::Signed) && t.bits() >= 16;
    let word = |t: &str| matches!(t, "u32" | "s32");
    let is_signed = |t: &str| t == "s32";
    let u32s = |n: usize| vec![u32; n];
    Some(match *parts {
        ["sad", _] if number => (Integer::Sad(t), own, vec![own; 3]),
        ["mad", "hi", _] if number => (Integer::MadHi(t), own, vec![own; 3]),
        ["mad", "hi", "sat", "s32"] => (Integer::MadHiSat, own, vec![own; 3]),
        ["mul", "hi", "u16" | "s16"] => (Integer::MadHi(t), own, vec![own; 2]),
        ["mul24" | "mad24", half @ ("hi" | "lo"), w] if word(w) => {
            let (hi, signed) = (half == "hi", is_signed(w));
            let operands = if parts[0] == "mad24" { 3 } else { 2 };
            (Integer::Mad24 { hi, signed }, own, vec![own; operands])
        }
        ["mad24", "hi", "sat", "s32"] => (Integer::Mad24HiSat, own, vec![own; 3]),
        ["add", "sat", "s32"] => (Integer::AddSat, own, vec![own; 2]),
        ["sub", "sat", "s32"] => (Integer::SubSat, own, vec![own; 2]),
        ["dp4a", a, b] if word(a) && word(b) => {
            (Integer::Dot4(is_signed(a), is_signed(b)), u32, u32s(3))
        }
        ["dp2a", half @ ("lo" | "hi"), a, b] if word(a) && word(b) => {
            let first = if half == "lo" { 0 } else { 2 };
            (
                Integer::Dot2(is_signed(a), is_signed(b), first),
                u32,
                u32s(3),
            )
        }
        ["szext", mode @ ("clamp" | "wrap"), w] if word(w) => {
            (Integer::Szext(mode == "wrap", is_signed(w)), u32, u32s(2))
        }
        ["bmsk", mode @ ("clamp" | "wrap"), "b32"] => (Integer::Bmsk(mode == "wrap"), u32, u32s(2)),
        ["fns", "b32"] => (Integer::Fns, own, vec![own; 3]),
        ["cnot", _] if class == Class::Bits && t.bits() >= 16 => (Integer::Cnot(t), own, vec![own]),
        _ => return None,
    })
}

/// The mode of `prmt.b32.MODE`. Its last part is no type.
fn mode(text: &str) -> Option<Permute> {
    Some(match text {
        "f4e" => Permute::F4e,
        "b4e" => Permute::B4e,
        "rc8" => Permute::Rc8,
        "rc16" => Permute::Rc16,
        "ecl" => Permute::Ecl,
        "ecr" => Permute::Ecr,
        _ => return None,
    })
}

/// Decodes one of them. `None`: another instruction.
pub(crate) fn decode(
    symbols: &mut Symbols,
    parts: &[&str],
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Option<Refusal<()>> {
    if let ["lop3", rest @ .., "b32"] = parts {
        let join = match rest {
            [] => None,
            ["and"] => Some(Code::PAnd),
            ["or"] => Some(Code::POr),
            _ => return None,
        };
        return Some(logic(symbols, join, operands, guard, out));
    }
    if let ["slct", t, by @ ("s32" | "f32")] = *parts {
        return select(symbols, t, by, operands, guard, out);
    }
    let number = Typed::from(Ty::U32);
    let (code, result, sources) = match *parts {
        ["vabsdiff4", "u32", "u32", "u32"] => (Integer::AbsDiff4(false), number, vec![number; 3]),
        ["vabsdiff4", "u32", "u32", "u32", "add"] => {
            (Integer::AbsDiff4(true), number, vec![number; 3])
        }
        ["prmt", "b32", m] => (Integer::Permute(mode(m)?), WORD, vec![WORD; 3]),
        _ => known(parts)?,
    };
    let mut decode = || {
        expect(&parts.join("."), operands, 1 + sources.len())?;
        let mut op = Op {
            code: Code::Rare(Rare::Integer(code)),
            d: symbols.row(operands[0], result, false)?.at,
            ..guard
        };
        let mut rows = [NONE; 3];
        for (row, (text, t)) in rows.iter_mut().zip(operands[1..].iter().zip(&sources)) {
            *row = symbols.value(text, *t, false)?;
        }
        [op.a, op.b, op.c] = rows;
        out.push(op);
        Ok(())
    };
    Some(decode())
}

/// `lop3.b32 d, a, b, c, table` and `lop3.BOOL.b32 d|p, a, b, c, table, [!]q`.
fn logic(
    symbols: &mut Symbols,
    join: Option<Code>,
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Refusal<()> {
    expect("lop3", operands, 5 + usize::from(join.is_some()))?;
    let table = crate::text::symbols::immediate(operands[4], Ty::U32)?;
    let table = u8::try_from(table).map_err(|_| "the table of lop3 has 8 bits")?;
    let (d, p) = match (operands[0].split_once('|'), join) {
        (Some((d, p)), Some(_)) => (d.trim_end(), Some(p.trim_start())),
        (None, None) => (operands[0], None),
        _ => return Err("lop3 has a predicate with .and and .or only".into()),
    };
    let sink = d == "_" && p.is_some();
    let op = Op {
        code: Code::Rare(Rare::Integer(Integer::Lop3(table))),
        d: if sink {
            symbols.temporary()
        } else {
            symbols.row(d, WORD, false)?.at
        },
        a: symbols.value(operands[1], WORD, false)?,
        b: symbols.value(operands[2], WORD, false)?,
        c: symbols.value(operands[3], WORD, false)?,
        ..guard
    };
    out.push(op);
    if let (Some(join), Some(p)) = (join, p) {
        let with = predicate(symbols, operands[5], guard, out)?;
        let some = symbols.temporary_predicate();
        let (d, zero) = (symbols.predicate(p)?, symbols.constant(0));
        let mut push = |code, d, a, b| {
            out.push(Op {
                code,
                d,
                a,
                b,
                ..guard
            })
        };
        push(Code::Setp(Cmp::Ne, Ty::U32), some, op.d, zero);
        push(join, d, some, with);
    }
    Ok(())
}

/// `slct.TYPE.BY d, a, b, c`: `a` where `c` is a number and not below zero.
fn select(
    symbols: &mut Symbols,
    t: &str,
    by: &str,
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Option<Refusal<()>> {
    let t = ty(t).filter(|(c, t)| *c != Class::Pred && t.bits() >= 16)?;
    let (_, by) = ty(by)?;
    let mut decode = || {
        expect("slct", operands, 4)?;
        let p = symbols.temporary_predicate();
        let c = symbols.value(operands[3], by, false)?;
        let mut op = Op {
            code: Code::Sel,
            d: symbols.row(operands[0], t, false)?.at,
            a: symbols.value(operands[1], t, false)?,
            b: symbols.value(operands[2], t, false)?,
            ..guard
        };
        op.c = p;
        out.push(Op {
            code: Code::Setp(Cmp::Ge, by),
            d: p,
            a: c,
            b: symbols.constant(0),
            ..guard
        });
        out.push(op);
        Ok(())
    };
    Some(decode())
}

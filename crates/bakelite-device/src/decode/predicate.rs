//! Instructions that set predicates by comparing.
use crate::code::kernel::{Cmp, Code, NONE, Op, Ty};
use crate::decode::exchange::predicate;
use crate::decode::instruction::{Class, expect, ty};
use crate::text::symbols::{Refusal, Symbols};

/// A comparison of operands of `class`.
pub(crate) fn comparison(text: &str, class: Class) -> Option<Cmp> {
    let (ordered, float) = (class != Class::Bits, class == Class::Float);
    Some(match text {
        "eq" => Cmp::Eq,
        "ne" => Cmp::Ne,
        "lt" if ordered => Cmp::Lt,
        "le" if ordered => Cmp::Le,
        "gt" if ordered => Cmp::Gt,
        "ge" if ordered => Cmp::Ge,
        "lo" if class == Class::Unsigned => Cmp::Lt,
        "ls" if class == Class::Unsigned => Cmp::Le,
        "hi" if class == Class::Unsigned => Cmp::Gt,
        "hs" if class == Class::Unsigned => Cmp::Ge,
        "equ" if float => Cmp::Equ,
        "neu" if float => Cmp::Neu,
        "ltu" if float => Cmp::Ltu,
        "leu" if float => Cmp::Leu,
        "gtu" if float => Cmp::Gtu,
        "geu" if float => Cmp::Geu,
        "num" if float => Cmp::Num,
        "nan" if float => Cmp::Nan,
        _ => return None,
    })
}

/// The operation that combines a comparison with another predicate, if any. `None` when the spelling is not known.
pub(crate) fn joining(combine: &[&str]) -> Option<Option<Code>> {
    Some(match combine {
        [] => None,
        ["and"] => Some(Code::PAnd),
        ["or"] => Some(Code::POr),
        ["xor"] => Some(Code::PXor),
        _ => return None,
    })
}

/// `setp.CMP[.BOOL].TYPE d, a, b[, [!]c]`; `None` when the spelling is not known.
pub(crate) fn set(
    symbols: &mut Symbols,
    compare: &str,
    combine: &[&str],
    t: &str,
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Option<Refusal<()>> {
    let (class, t) = ty(t).filter(|(c, t)| *c != Class::Pred && t.bits() >= 16)?;
    let code = Code::Setp(comparison(compare, class)?, t);
    let join = joining(combine)?;
    let mut decode = || {
        if operands.len() != 3 + usize::from(join.is_some()) {
            return Err("setp has a wrong number of operands".to_string());
        }
        // `p|q`: q is the opposite of the comparison.
        let (first, second) = match operands[0].split_once('|') {
            Some((first, second)) => (first.trim_end(), Some(second.trim_start())),
            None => (operands[0], None),
        };
        let mut op = guard;
        op.code = code;
        op.d = symbols.predicate(first)?;
        op.a = symbols.value(operands[1], (class, t), false)?;
        op.b = symbols.value(operands[2], (class, t), false)?;
        if let Some(second) = second {
            return set_both(symbols, op, symbols.predicate(second)?, join, operands, out);
        }
        let Some(join) = join else {
            out.push(op);
            return Ok(());
        };
        let mut both = Op {
            code: join,
            a: symbols.temporary_predicate(),
            ..guard
        };
        both.d = std::mem::replace(&mut op.d, both.a);
        out.push(op);
        both.b = predicate(symbols, operands[3], guard, out)?;
        out.push(both);
        Ok(())
    };
    Some(decode())
}

/// `set.CMP[.BOOL].DTYPE.STYPE d, a, b[, [!]c]`: all ones or `1.0` where the comparison holds, else zero.
pub(crate) fn set_value(
    symbols: &mut Symbols,
    parts: &[&str],
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Option<Refusal<()>> {
    let ["set", compare, combine @ .., to, from] = parts else {
        return None;
    };
    let (class, t) = ty(from).filter(|(c, t)| *c != Class::Pred && t.bits() >= 16)?;
    let code = Code::Setp(comparison(compare, class)?, t);
    let (to, yes) = match *to {
        "u32" | "s32" => (Ty::U32, 0xffff_ffff),
        "f32" => (Ty::F32, 0x3f80_0000),
        _ => return None,
    };
    let join = joining(combine)?;
    let mut decode = || {
        expect("set", operands, 3 + usize::from(join.is_some()))?;
        let mut holds = Op {
            code,
            d: symbols.temporary_predicate(),
            a: symbols.value(operands[1], (class, t), false)?,
            b: symbols.value(operands[2], (class, t), false)?,
            ..guard
        };
        out.push(holds);
        if let Some(code) = join {
            let (a, b) = (holds.d, predicate(symbols, operands[3], guard, out)?);
            holds.d = symbols.temporary_predicate();
            out.push(Op {
                code,
                d: holds.d,
                a,
                b,
                ..guard
            });
        }
        out.push(Op {
            code: Code::Sel,
            d: symbols.row(operands[0], to, false)?.at,
            a: symbols.constant(yes),
            b: symbols.constant(0),
            c: holds.d,
            ..guard
        });
        Ok(())
    };
    Some(decode())
}

/// `setp` with two results: the comparison and its opposite, each combined with the third operand.
fn set_both(
    symbols: &mut Symbols,
    compare: Op,
    second: u32,
    join: Option<Code>,
    operands: &[&str],
    out: &mut Vec<Op>,
) -> Refusal<()> {
    let (first, holds, fails) = (
        compare.d,
        symbols.temporary_predicate(),
        symbols.temporary_predicate(),
    );
    let mut push = |code, d, a, b| {
        out.push(Op {
            code,
            d,
            a,
            b,
            ..compare
        })
    };
    push(compare.code, holds, compare.a, compare.b);
    push(Code::PNot, fails, holds, NONE);
    let Some(join) = join else {
        push(Code::PMov, first, holds, NONE);
        push(Code::PMov, second, fails, NONE);
        return Ok(());
    };
    let guard = Op {
        a: NONE,
        b: NONE,
        d: NONE,
        ..compare
    };
    // Both results use the third operand as it was.
    let third = predicate(symbols, operands[3], guard, out)?;
    let kept = symbols.temporary_predicate();
    let mut push = |code, d, a, b| {
        out.push(Op {
            code,
            d,
            a,
            b,
            ..guard
        })
    };
    push(Code::PMov, kept, third, NONE);
    push(join, first, holds, kept);
    push(join, second, fails, kept);
    Ok(())
}

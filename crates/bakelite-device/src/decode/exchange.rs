//! Instructions between the lanes of a warp or the threads of a block, and instructions that pack registers into one
//! another.
use crate::code::kernel::{Cmp, Code, NONE, Op, Reduce, Shuffle, Ty, Vote};
use crate::decode::instruction::{Class, expect, unknown};
use crate::text::symbols::{Refusal, Symbols};
use crate::text::typed::Typed;

/// `.b32`.
const WORD: (Class, Ty) = (Class::Bits, Ty::U32);

/// The predicate `p` or `!p`. The latter is computed into a new one.
pub(crate) fn predicate(
    symbols: &mut Symbols,
    text: &str,
    guard: Op,
    out: &mut Vec<Op>,
) -> Refusal<u32> {
    let Some(negated) = text.strip_prefix('!') else {
        return symbols.predicate(text);
    };
    let (code, a) = (Code::PNot, symbols.predicate(negated)?);
    let d = symbols.temporary_predicate();
    out.push(Op {
        code,
        d,
        a,
        ..guard
    });
    Ok(d)
}

/// `shfl.sync`, `vote.sync`, `redux.sync`, `match.sync`, `bar.warp.sync`, `activemask`.
pub(crate) fn decode(
    symbols: &mut Symbols,
    opcode: &str,
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Refusal<()> {
    let parts: Vec<&str> = opcode.split('.').collect();
    let mut op = guard;
    if opcode == "activemask.b32" {
        expect(opcode, operands, 1)?;
        op.code = Code::Active;
        op.d = symbols.row(operands[0], WORD, false)?.at;
        out.push(op);
        return Ok(());
    }
    if guard.pred != NONE {
        return Err(format!(
            "`{opcode}` with a guard is not known to the reference device"
        ));
    }
    match parts[..] {
        ["bar", "warp", "sync"] => {
            expect(opcode, operands, 1)?;
            op.code = Code::WarpSync;
            op.c = symbols.value(operands[0], Ty::U32, false)?;
            out.push(op);
        }
        ["shfl", "sync", mode, "b32"] => {
            let mode = match mode {
                "up" => Shuffle::Up,
                "down" => Shuffle::Down,
                "bfly" => Shuffle::Bfly,
                "idx" => Shuffle::Idx,
                _ => return Err(unknown(opcode)),
            };
            expect(opcode, operands, 5)?;
            let (d, p) = match operands[0].split_once('|') {
                Some((d, p)) => (d.trim_end(), Some(symbols.predicate(p.trim_start())?)),
                None => (operands[0], None),
            };
            let lanes = Op {
                code: Code::Shfl(mode),
                d: symbols.temporary(),
                a: symbols.value(operands[2], WORD, false)?,
                b: symbols.value(operands[3], WORD, false)?,
                c: symbols.value(operands[4], Ty::U32, false)?,
                ..guard
            };
            out.push(lanes);
            op.code = Code::Gather;
            op.d = symbols.row(d, WORD, false)?.at;
            op.a = symbols.value(operands[1], WORD, false)?;
            op.b = lanes.d;
            out.push(op);
            out.extend(p.map(|p| Op {
                code: Code::Setp(Cmp::Ge, Ty::U32),
                d: p,
                a: lanes.d,
                b: symbols.constant(256),
                ..guard
            }));
        }
        ["vote", "sync", mode, kind @ ("pred" | "b32")] => {
            expect(opcode, operands, 3)?;
            op.code = match (mode, kind) {
                ("all", "pred") => Code::Vote(Vote::All),
                ("any", "pred") => Code::Vote(Vote::Any),
                ("uni", "pred") => Code::Vote(Vote::Uni),
                ("ballot", "b32") => Code::Ballot,
                _ => return Err(unknown(opcode)),
            };
            op.d = match op.code {
                Code::Ballot => symbols.row(operands[0], WORD, false)?.at,
                _ => symbols.predicate(operands[0])?,
            };
            op.a = predicate(symbols, operands[1], guard, out)?;
            op.c = symbols.value(operands[2], Ty::U32, false)?;
            out.push(op);
        }
        ["redux", "sync", operation, t] => {
            let word = match t {
                "u32" => Some(Ty::U32),
                "s32" => Some(Ty::S32),
                _ => None,
            };
            let reduce = match (operation, word) {
                ("add", Some(_)) => Reduce::Add,
                ("min", Some(t)) => Reduce::Min(t),
                ("max", Some(t)) => Reduce::Max(t),
                ("and", None) if t == "b32" => Reduce::And,
                ("or", None) if t == "b32" => Reduce::Or,
                ("xor", None) if t == "b32" => Reduce::Xor,
                _ => return Err(unknown(opcode)),
            };
            expect(opcode, operands, 3)?;
            // The assembler requires integers for `.b32`, too.
            let typed = Typed::from(word.unwrap_or(Ty::U32));
            op.code = Code::Reduce(reduce);
            op.d = symbols.row(operands[0], typed, false)?.at;
            op.a = symbols.value(operands[1], typed, false)?;
            op.c = symbols.value(operands[2], Ty::U32, false)?;
            out.push(op);
        }
        [
            "match",
            which @ ("any" | "all"),
            "sync",
            t @ ("b32" | "b64"),
        ] => {
            expect(opcode, operands, 3)?;
            let all = which == "all";
            let (d, p) = match operands[0].split_once('|') {
                Some((d, p)) if all => (d.trim_end(), Some(p.trim_start())),
                Some(_) => return Err("match.any has no predicate".into()),
                None => (operands[0], None),
            };
            op.code = Code::Match { all };
            op.d = match d {
                "_" if all => symbols.temporary(),
                _ => symbols.row(d, Ty::U32, false)?.at,
            };
            let t = if t == "b32" { Ty::U32 } else { Ty::U64 };
            op.a = symbols.value(operands[1], (Class::Bits, t), false)?;
            op.c = symbols.value(operands[2], Ty::U32, false)?;
            out.push(op);
            if let Some(p) = p.filter(|p| *p != "_") {
                out.push(Op {
                    code: Code::Setp(Cmp::Ne, Ty::U32),
                    d: symbols.predicate(p)?,
                    a: op.d,
                    b: symbols.constant(0),
                    ..guard
                });
            }
        }
        _ => return Err(unknown(opcode)),
    }
    Ok(())
}

/// Decodes the result of a `bar.red`, once all have arrived.
pub(crate) fn collect(symbols: &mut Symbols, kind: &str, d: &str, guard: Op) -> Refusal<Vec<Op>> {
    let mut give = Op {
        code: Code::Collect(true),
        ..guard
    };
    if kind == "popc" {
        give.d = symbols.row(d, Ty::U32, false)?.at;
        return Ok(vec![give]);
    }
    give.d = symbols.temporary();
    let mut all = Op {
        code: Code::Collect(false),
        d: symbols.temporary(),
        ..guard
    };
    let (compare, with) = match kind {
        "and" => (Cmp::Eq, all.d),
        _ => {
            all.code = Code::Mov;
            all.a = symbols.constant(0);
            (Cmp::Ne, all.d)
        }
    };
    let test = Op {
        code: Code::Setp(compare, Ty::U32),
        d: symbols.predicate(d)?,
        a: give.d,
        b: with,
        ..guard
    };
    Ok(vec![give, all, test])
}

/// `mov.bN d, {a, b, ..}` and `mov.bN {a, b, ..}, d`, with the lowest part first. `None`: another spelling.
pub(crate) fn pack(
    symbols: &mut Symbols,
    t: &str,
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Option<Refusal<()>> {
    let whole = match t {
        "b32" => Ty::U32,
        "b64" => Ty::U64,
        _ => return None,
    };
    let vector = |text: &str| {
        let inner = text.strip_prefix('{')?.strip_suffix('}')?;
        Some(inner.split(',').map(|r| r.trim().to_string()).collect())
    };
    let [d, a] = *operands else {
        return Some(expect(t, operands, 2));
    };
    let (packs, parts): (bool, Vec<String>) = match (vector(d), vector(a)) {
        (None, Some(parts)) => (true, parts),
        (Some(parts), None) => (false, parts),
        _ => return None,
    };
    let part = match (whole, parts.len()) {
        (Ty::U32, 2) | (Ty::U64, 4) => Ty::U16,
        (Ty::U64, 2) => Ty::U32,
        _ => return None,
    };
    let shift = |symbols: &mut Symbols, i: usize| symbols.constant(part.bits() as u64 * i as u64);
    let mut decode = || {
        if packs {
            let d = symbols.row(d, (Class::Bits, whole), false)?.at;
            let mut sum = NONE;
            for (i, part_of) in parts.iter().enumerate() {
                let mut op = Op {
                    code: Code::Shl(whole),
                    d: symbols.temporary(),
                    a: symbols.value(part_of, (Class::Bits, part), false)?,
                    ..guard
                };
                op.b = shift(symbols, i);
                out.push(op);
                if i == 0 {
                    sum = op.d;
                    continue;
                }
                let last = i + 1 == parts.len();
                let to = if last { d } else { symbols.temporary() };
                out.push(Op {
                    code: Code::Or,
                    d: to,
                    a: sum,
                    b: op.d,
                    ..guard
                });
                sum = to;
            }
            return Ok(());
        }
        // The source may be one of the results.
        let kept = symbols.temporary();
        let a = symbols.value(a, (Class::Bits, whole), false)?;
        out.push(Op {
            code: Code::Mov,
            d: kept,
            a,
            ..guard
        });
        for (i, part_of) in parts.iter().enumerate() {
            let d = symbols.row(part_of, (Class::Bits, part), false)?.at;
            let moved = symbols.temporary();
            let b = shift(symbols, i);
            out.push(Op {
                code: Code::Shr(whole),
                d: moved,
                a: kept,
                b,
                ..guard
            });
            out.push(Op {
                code: Code::Cvt(part, whole, crate::code::kernel::Round::Plain),
                d,
                a: moved,
                ..guard
            });
        }
        Ok(())
    };
    Some(decode())
}

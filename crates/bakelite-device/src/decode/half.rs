//! Instructions on `f16` and `bf16`.
use crate::code::float::Extreme;
use crate::code::half::{End, Half, Kind, What};
use crate::code::kernel::{Code, Op, Rare, Round, Ty};
use crate::decode::exchange::predicate;
use crate::decode::float::contraction;
use crate::decode::instruction::{Class, expect, take};
use crate::decode::predicate::{comparison, joining};
use crate::text::symbols::{Refusal, Symbols};
use crate::text::typed::{self, Typed};

/// The format of a type, and whether there are two numbers of it.
pub(crate) fn format(text: &str) -> Option<(Kind, bool)> {
    Some(match text {
        "f16" => (Kind::F16, false),
        "f16x2" => (Kind::F16, true),
        "bf16" => (Kind::Bf16, false),
        "bf16x2" => (Kind::Bf16, true),
        _ => return None,
    })
}

/// The operand type for one number or two.
pub(crate) fn held(kind: Kind, packed: bool) -> Typed {
    let ty = if packed { Ty::U32 } else { Ty::U16 };
    let kind = match kind {
        Kind::F16 => typed::Kind::Half,
        Kind::Bf16 => typed::Kind::Brain,
    };
    Typed { ty, kind }
}

/// Decodes one of them. `None`: another instruction, or a spelling that is not known.
pub(crate) fn decode(
    symbols: &mut Symbols,
    parts: &[&str],
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Option<Refusal<()>> {
    let halves = |t: &&str| format(t).is_some();
    if !parts.iter().rev().take(2).any(halves) {
        return None;
    }
    match parts[0] {
        "cvt" => crate::decode::half_cvt::convert(symbols, parts, operands, guard, out),
        "setp" => compare(symbols, parts, operands, guard, out),
        "set" => set(symbols, parts, operands, guard, out),
        _ => compute(symbols, parts, operands, guard, out),
    }
}

/// Decodes arithmetic.
fn compute(
    symbols: &mut Symbols,
    parts: &[&str],
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Option<Refusal<()>> {
    let (kind, packed) = format(parts.last()?)?;
    let (name, mut rest) = (parts[0], &parts[1..parts.len() - 1]);
    let mut has = |modifier: &str| take(&mut rest, modifier);
    let sums = matches!(name, "add" | "sub" | "mul");
    let rounded = (sums || name == "fma") && has("rn");
    let approximates = matches!(name, "ex2" | "tanh") && has("approx");
    let flushes = has("ftz");
    let end = match () {
        () if (sums || name == "fma") && has("sat") => End::Saturate,
        () if name == "fma" && has("relu") => End::Relu,
        () => End::Plain,
    };
    let extreme = matches!(name, "max" | "min");
    let nan = extreme && has("NaN");
    let xorsign = extreme && has("xorsign");
    if (xorsign && !has("abs")) || !rest.is_empty() {
        return None;
    }
    // `ex2` of bf16 always flushes. Others of bf16 have neither .ftz nor .sat.
    let brain = kind == Kind::Bf16;
    let flushing = name == "ex2" && brain;
    if (flushing != flushes && (flushing || brain))
        || (brain && end == End::Saturate)
        || (name == "tanh" && flushes)
    {
        return None;
    }
    let max = name == "max";
    let (what, sources) = match name {
        "add" => (What::Add, 2),
        "sub" => (What::Sub, 2),
        "mul" => (What::Mul, 2),
        "fma" if rounded => (What::Fma, 3),
        "neg" => (What::Neg, 1),
        "abs" => (What::Abs, 1),
        "max" | "min" => (What::Extreme(Extreme { max, nan, xorsign }), 2),
        "ex2" if approximates => (What::Ex2, 1),
        "tanh" if approximates => (What::Tanh, 1),
        _ => return None,
    };
    let opcode = parts.join(".");
    if !symbols.approximate && sums && !rounded {
        return Some(Err(contraction(&opcode)));
    }
    if !symbols.approximate && approximates {
        return Some(Err(crate::decode::float::approximation_refused(&opcode)));
    }
    let code = Half::Compute {
        what,
        kind,
        packed,
        flushes,
        end,
    };
    Some(coded(
        symbols,
        &opcode,
        code,
        [held(kind, packed); 2],
        sources,
        operands,
        guard,
        out,
    ))
}

#[allow(
    clippy::too_many_arguments,
    reason = "what every decoder has, and the code with its types"
)]
fn coded(
    symbols: &mut Symbols,
    opcode: &str,
    code: Half,
    [to, from]: [Typed; 2],
    sources: usize,
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Refusal<()> {
    expect(opcode, operands, 1 + sources)?;
    let mut op = Op {
        code: Code::Rare(Rare::Half(code)),
        d: symbols.row(operands[0], to, false)?.at,
        ..guard
    };
    for (row, text) in [&mut op.a, &mut op.b, &mut op.c]
        .into_iter()
        .zip(&operands[1..])
    {
        *row = symbols.value(text, from, false)?;
    }
    out.push(op);
    Ok(())
}

/// Adds an operation on one row, with its result in a new row.
pub(crate) fn then(symbols: &mut Symbols, code: Code, a: u32, guard: Op, out: &mut Vec<Op>) -> u32 {
    let d = symbols.temporary();
    out.push(Op {
        code,
        d,
        a,
        ..guard
    });
    d
}

/// `set.CMP[.ftz].TYPE.HALF d, a, b`.
fn set(
    symbols: &mut Symbols,
    parts: &[&str],
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Option<Refusal<()>> {
    let (cmp, ftz, to, from) = match *parts {
        ["set", cmp, to, from] => (cmp, false, to, from),
        ["set", cmp, "ftz", to, from] => (cmp, true, to, from),
        _ => return None,
    };
    let (kind, packed) = format(from)?;
    let cmp = comparison(cmp, Class::Float)?;
    let float = format(to);
    let wide = !packed && matches!(to, "u32" | "s32");
    let number = match to {
        _ if float == Some((kind, packed)) => true,
        "u16" | "s16" if !packed => false,
        "u32" | "s32" => false,
        _ => return None,
    };
    if ftz && kind == Kind::Bf16 {
        return None;
    }
    let code = Half::Compute {
        what: What::Set(cmp, number),
        kind,
        packed,
        flushes: ftz,
        end: End::Plain,
    };
    let from = held(kind, packed);
    let mut decode = || {
        if !wide {
            // Results of bf16 may also be in integer registers, and two of them in any word, as in the assembler.
            let to = match (number, kind) {
                (true, Kind::F16) => from,
                (true, Kind::Bf16) if packed => (Class::Bits, from.ty).into(),
                _ => from.ty.into(),
            };
            return coded(symbols, "set", code, [to, from], 2, operands, guard, out);
        }
        expect("set", operands, 3)?;
        let set = Op {
            code: Code::Rare(Rare::Half(code)),
            d: symbols.temporary(),
            a: symbols.value(operands[1], from, false)?,
            b: symbols.value(operands[2], from, false)?,
            ..guard
        };
        out.push(set);
        out.push(Op {
            code: Code::Cvt(Ty::S32, Ty::S16, Round::Plain),
            d: symbols.row(operands[0], Ty::U32, false)?.at,
            a: set.d,
            ..guard
        });
        Ok(())
    };
    Some(decode())
}

/// `setp.CMP[.BOOL][.ftz].HALF p[|q], a, b[, [!]c]`. Numbers are compared as `f32`, which has the same order.
fn compare(
    symbols: &mut Symbols,
    parts: &[&str],
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Option<Refusal<()>> {
    let (kind, packed) = format(parts.last()?)?;
    let cmp = comparison(parts[1], Class::Float)?;
    let (combine, ftz) = match &parts[2..parts.len() - 1] {
        [combine @ .., "ftz"] => (combine, true),
        combine => (combine, false),
    };
    let join = joining(combine)?;
    if ftz && kind == Kind::Bf16 {
        return None;
    }
    let mut decode = || {
        expect("setp", operands, 3 + usize::from(join.is_some()))?;
        let to: Vec<&str> = operands[0].split('|').map(str::trim).collect();
        if to.len() != 1 + usize::from(packed) {
            return Err("setp has a predicate for each number".to_string());
        }
        let t = held(kind, packed);
        let sources = [
            symbols.value(operands[1], t, false)?,
            symbols.value(operands[2], t, false)?,
        ];
        let with = match join {
            Some(_) => Some(predicate(symbols, operands[3], guard, out)?),
            None => None,
        };
        // All operands are read before anything is written.
        let mut tests = Vec::new();
        for high in [false, true].into_iter().take(to.len()) {
            let [a, b] = sources.map(|row| {
                let row = match ftz {
                    true => {
                        let what = What::Extreme(Extreme {
                            max: true,
                            nan: false,
                            xorsign: false,
                        });
                        let end = End::Plain;
                        let code = Half::Compute {
                            what,
                            kind,
                            packed,
                            flushes: true,
                            end,
                        };
                        let d = symbols.temporary();
                        let code = Code::Rare(Rare::Half(code));
                        out.push(Op {
                            code,
                            d,
                            a: row,
                            b: row,
                            ..guard
                        });
                        d
                    }
                    false => row,
                };
                let code = Code::Rare(Rare::Half(Half::Widen(kind, high)));
                then(symbols, code, row, guard, out)
            });
            let d = symbols.temporary_predicate();
            let code = Code::Setp(cmp, Ty::F32);
            out.push(Op {
                code,
                d,
                a,
                b,
                ..guard
            });
            if let (Some(code), Some(b)) = (join, with) {
                let joined = symbols.temporary_predicate();
                out.push(Op {
                    code,
                    d: joined,
                    a: d,
                    b,
                    ..guard
                });
                tests.push(joined);
            } else {
                tests.push(d);
            }
        }
        for (to, a) in to.iter().zip(tests) {
            let (code, d) = (Code::PMov, symbols.predicate(to)?);
            out.push(Op {
                code,
                d,
                a,
                ..guard
            });
        }
        Ok(())
    };
    Some(decode())
}

//! Conversions from and to `f16` and `bf16`.
use crate::code::float::Float;
use crate::code::half::{End, Half, Kind};
use crate::code::kernel::{Code, Op, Rare, Round, Ty};
use crate::decode::half::{format, held, then};
use crate::decode::instruction::{Class, expect, take, ty};
use crate::decode::memory::extend_sign;
use crate::text::symbols::{Refusal, Symbols};

fn rounding(text: &str) -> Option<Round> {
    Some(match text {
        "rn" | "rni" => Round::Nearest,
        "rz" | "rzi" => Round::Zero,
        "rm" | "rmi" => Round::Down,
        "rp" | "rpi" => Round::Up,
        _ => return None,
    })
}

/// `cvt` from or to one of the formats.
pub(crate) fn convert(
    symbols: &mut Symbols,
    parts: &[&str],
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Option<Refusal<()>> {
    let [rest @ .., to, from] = &parts[1..] else {
        return None;
    };
    let mut rest = rest;
    let mut round = None;
    if let [first, behind @ ..] = rest
        && let Some(named) = rounding(first)
    {
        round = Some((named, first.ends_with('i')));
        rest = behind;
    }
    let mut has = |modifier: &str| take(&mut rest, modifier);
    let ftz = (*to == "f32" || *from == "f32") && has("ftz");
    let end = match () {
        () if has("relu") => End::Relu,
        () if has("sat") => End::Saturate,
        () => End::Plain,
    };
    if !rest.is_empty() {
        return None;
    }
    let source = (
        format(from),
        ty(from).filter(|(c, _)| !matches!(c, Class::Pred | Class::Bits)),
    );
    let target = (
        format(to),
        ty(to).filter(|(c, _)| !matches!(c, Class::Pred | Class::Bits)),
    );
    let opcode = parts.join(".");
    let flush = Code::Rare(Rare::Float(Float::Flush));
    match (target, source) {
        // Two at once.
        ((Some((kind, true)), _), (_, Some((_, Ty::F32))))
            if matches!(round, Some((Round::Nearest | Round::Zero, false))) =>
        {
            if end == End::Saturate || ftz {
                return None;
            }
            let (round, _) = round?;
            let mut decode = || {
                expect(&opcode, operands, 3)?;
                let d = symbols
                    .row(operands[0], held(kind, true), kind == Kind::F16)?
                    .at;
                let mut narrow = |symbols: &mut Symbols, text| {
                    let a = symbols.value(text, Ty::F32, kind == Kind::F16)?;
                    let code = Code::Rare(Rare::Half(Half::Narrow(kind, Ty::F32, round, end)));
                    Refusal::Ok(then(symbols, code, a, guard, out))
                };
                let high = narrow(symbols, operands[1])?;
                let low = narrow(symbols, operands[2])?;
                let (up, b) = (symbols.temporary(), symbols.constant(16));
                out.push(Op {
                    code: Code::Shl(Ty::U32),
                    d: up,
                    a: high,
                    b,
                    ..guard
                });
                out.push(Op {
                    code: Code::Or,
                    d,
                    a: up,
                    b: low,
                    ..guard
                });
                Ok(())
            };
            Some(decode())
        }
        ((Some((kind, false)), _), (None, Some((_, from)))) => {
            let (round, integral) = round?;
            if integral || (kind == Kind::Bf16 && end == End::Saturate) {
                return None;
            }
            let mut decode = || {
                expect(&opcode, operands, 2)?;
                let wider = kind == Kind::F16;
                let mut a = symbols.value(operands[1], from, wider)?;
                if ftz {
                    a = then(symbols, flush, a, guard, out);
                }
                out.push(Op {
                    code: Code::Rare(Rare::Half(Half::Narrow(kind, from, round, end))),
                    d: symbols
                        .row(operands[0], held(kind, false), kind == Kind::F16)?
                        .at,
                    a,
                    ..guard
                });
                Ok(())
            };
            Some(decode())
        }
        (_, (Some((kind, false)), _)) => widened(
            symbols,
            &opcode,
            kind,
            target,
            (round, ftz, end),
            operands,
            guard,
            out,
        ),
        _ => None,
    }
}

type Target = (Option<(Kind, bool)>, Option<(Class, Ty)>);

/// `cvt` from a half, by way of `f32`, which can represent all of its numbers.
#[allow(
    clippy::too_many_arguments,
    reason = "what every decoder has, and the parts of the spelling that were read already"
)]
fn widened(
    symbols: &mut Symbols,
    opcode: &str,
    kind: Kind,
    target: Target,
    (round, ftz, end): (Option<(Round, bool)>, bool, End),
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Option<Refusal<()>> {
    enum To {
        Single,
        Number(Class, Ty, Round),
        /// The flag says whether it is rounded to an integral value.
        Half(Kind, Round, bool),
    }
    let to = match (target, round) {
        ((_, Some((_, Ty::F32))), None) => To::Single,
        ((_, Some((class, Ty::F64))), None) => To::Number(class, Ty::F64, Round::Plain),
        ((_, Some((class, t))), Some((round, true))) if class != Class::Float => {
            To::Number(class, t, round)
        }
        ((Some((to, false)), _), Some((round, integral))) if integral == (to == kind) => {
            To::Half(to, round, integral)
        }
        _ => return None,
    };
    let narrow = matches!(to, To::Half(Kind::F16, ..));
    match end {
        End::Relu if !matches!(to, To::Half(..)) => return None,
        End::Saturate if !narrow && !matches!(to, To::Single) => return None,
        _ => {}
    }
    let mut decode = || {
        expect(opcode, operands, 2)?;
        let a = symbols.value(operands[1], held(kind, false), kind == Kind::F16)?;
        let widen = Code::Rare(Rare::Half(Half::Widen(kind, false)));
        let mut wide = then(symbols, widen, a, guard, out);
        let mut push = |code, d, a| {
            out.push(Op {
                code,
                d,
                a,
                ..guard
            })
        };
        match to {
            To::Single => {
                let d = symbols.row(operands[0], Ty::F32, kind == Kind::F16)?.at;
                if ftz {
                    let flushed = symbols.temporary();
                    push(Code::Rare(Rare::Float(Float::Flush)), flushed, wide);
                    wide = flushed;
                }
                let code = match end {
                    End::Saturate => Code::Rare(Rare::Float(Float::Saturate(Ty::F32))),
                    _ => Code::Mov,
                };
                push(code, d, wide);
            }
            To::Number(class, t, round) => {
                let register = symbols.row(operands[0], t, class != Class::Float)?;
                push(Code::Cvt(t, Ty::F32, round), register.at, wide);
                out.extend(extend_sign(class, t, register, guard));
            }
            To::Half(to, round, integral) => {
                let d = symbols
                    .row(operands[0], held(to, false), to == Kind::F16)?
                    .at;
                let mut from = wide;
                if integral {
                    from = symbols.temporary();
                    push(Code::Cvt(Ty::F32, Ty::F32, round), from, wide);
                }
                push(
                    Code::Rare(Rare::Half(Half::Narrow(to, Ty::F32, round, end))),
                    d,
                    from,
                );
            }
        }
        Ok(())
    };
    Some(decode())
}

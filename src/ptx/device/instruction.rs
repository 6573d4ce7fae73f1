//! Instructions: exact spellings to operations. Whatever is not listed here is refused.
use super::kernel::{Cmp, Code, NONE, Op, Round, Space, Ty};
use super::symbols::{Refusal, Symbols};

/// Type with its spelling class, so that `add.b32` is refused while `and.b32` is not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Bits,
    Unsigned,
    Signed,
    Float,
    Pred,
}

fn ty(text: &str) -> Option<(Class, Ty)> {
    Some(match text {
        "b8" => (Class::Bits, Ty::U8),
        "b16" => (Class::Bits, Ty::U16),
        "b32" => (Class::Bits, Ty::U32),
        "b64" => (Class::Bits, Ty::U64),
        "u8" => (Class::Unsigned, Ty::U8),
        "u16" => (Class::Unsigned, Ty::U16),
        "u32" => (Class::Unsigned, Ty::U32),
        "u64" => (Class::Unsigned, Ty::U64),
        "s8" => (Class::Signed, Ty::S8),
        "s16" => (Class::Signed, Ty::S16),
        "s32" => (Class::Signed, Ty::S32),
        "s64" => (Class::Signed, Ty::S64),
        "f32" => (Class::Float, Ty::F32),
        "f64" => (Class::Float, Ty::F64),
        "pred" => (Class::Pred, Ty::Pred),
        _ => return None,
    })
}

fn space(text: &str) -> Option<Space> {
    Some(match text {
        "global" => Space::Global,
        "shared" => Space::Shared,
        "param" => Space::Param,
        "local" => Space::Local,
        _ => return None,
    })
}

/// A comparison of operands of `class`.
fn comparison(text: &str, class: Class) -> Option<Cmp> {
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

/// A conversion; the types must differ or be rounded to an integral value.
fn conversion(modifier: &str, to: (Class, Ty), from: (Class, Ty)) -> Option<Code> {
    let integer = |t: (Class, Ty)| matches!(t.0, Class::Unsigned | Class::Signed);
    let wide = |t: (Class, Ty)| t.1.bits() >= 32;
    let float = |t: (Class, Ty)| t.0 == Class::Float;
    let round = match modifier {
        "" | "rn" => Round::Plain,
        "rni" => Round::Nearest,
        "rzi" => Round::Zero,
        "rmi" => Round::Down,
        "rpi" => Round::Up,
        _ => return None,
    };
    let known = match (modifier, round) {
        ("", _) => {
            (integer(to) && integer(from) && to.1.bits() >= 16)
                || (to.1 == Ty::F64 && from.1 == Ty::F32)
        }
        ("rn", _) => {
            (float(to) && integer(from) && wide(from)) || (to.1 == Ty::F32 && from.1 == Ty::F64)
        }
        _ => float(from) && ((integer(to) && wide(to)) || to.1 == from.1),
    };
    known.then_some(Code::Cvt(to.1, from.1, round))
}

/// Operations with a result and up to three operands of the type `t`, by their full spelling.
fn arithmetic(parts: &[&str]) -> Option<(Code, Ty, usize)> {
    let (class, t) = ty(parts.last()?)?;
    let number = matches!(class, Class::Unsigned | Class::Signed) && t.bits() >= 16;
    let signed = class == Class::Signed && t.bits() >= 16;
    let float = class == Class::Float;
    let bits = class == Class::Bits && t.bits() >= 16;
    let predicate = class == Class::Pred;
    let middle = &parts[1..parts.len() - 1];
    let rn = float && middle == ["rn"];
    let plain = middle.is_empty();
    let lo = number && middle == ["lo"];
    Some(match parts[0] {
        "add" if rn || (plain && number) => (Code::Add(t), t, 2),
        "sub" if rn || (plain && number) => (Code::Sub(t), t, 2),
        "mul" if rn || lo => (Code::Mul(t), t, 2),
        "mul" if number && t.bits() >= 32 && middle == ["hi"] => (Code::MulHi(t), t, 2),
        "mad" if lo => (Code::Mad(t), t, 3),
        "fma" if rn => (Code::Fma(t), t, 3),
        "div" if rn || (plain && number) => (Code::Div(t), t, 2),
        "rem" if plain && number => (Code::Rem(t), t, 2),
        "sqrt" if rn => (Code::Sqrt(t), t, 1),
        "rcp" if rn => (Code::Rcp(t), t, 1),
        "neg" if plain && (float || signed) => (Code::Neg(t), t, 1),
        "abs" if plain && (float || signed) => (Code::Abs(t), t, 1),
        "max" if plain && (float || number) => (Code::Max(t), t, 2),
        "min" if plain && (float || number) => (Code::Min(t), t, 2),
        "and" if plain && bits => (Code::And, t, 2),
        "or" if plain && bits => (Code::Or, t, 2),
        "xor" if plain && bits => (Code::Xor, t, 2),
        "not" if plain && bits => (Code::Not(t), t, 1),
        "and" if plain && predicate => (Code::PAnd, t, 2),
        "or" if plain && predicate => (Code::POr, t, 2),
        "xor" if plain && predicate => (Code::PXor, t, 2),
        "not" if plain && predicate => (Code::PNot, t, 1),
        "mov" if plain && predicate => (Code::PMov, t, 1),
        "mov" if plain && t.bits() >= 16 => (Code::Mov, t, 1),
        _ => return None,
    })
}

/// Decodes one instruction that is no branch, return or barrier. `guard` is an operation that has line and predicate set.
pub(super) fn decode(
    symbols: &mut Symbols,
    opcode: &str,
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Refusal<()> {
    let parts: Vec<&str> = opcode.split('.').collect();
    let count = |n: usize| {
        if operands.len() == n {
            Ok(())
        } else {
            let has = operands.len();
            Err(format!("`{opcode}` takes {n} operands, here are {has}"))
        }
    };
    let unknown = || {
        let mut text =
            format!("instruction or modifier `{opcode}` is not known to the reference device");
        if let ["add" | "sub" | "mul", "f32" | "f64"] = parts[..] {
            text += " (without .rn the assembler may contract it: compile with --fmad=false)";
        }
        text
    };
    let mut op = guard;
    match parts[..] {
        ["ld", ..] | ["st", ..] => return access(symbols, &parts, operands, guard, out),
        ["cvta", "to", s, "u64"] | ["cvta", s, "u64"]
            if matches!(space(s), Some(Space::Global | Space::Shared | Space::Local)) =>
        {
            // The generic address of a byte is its address in its space: nothing here uses generic addresses.
            count(2)?;
            op.d = symbols.row(operands[0], Ty::U64, false)?.at;
            op.a = symbols.value(operands[1], Ty::U64, false)?;
        }
        ["setp", compare, ref combine @ .., t] if combine.len() <= 1 => {
            return set_predicate(symbols, compare, combine, t, operands, guard, out)
                .unwrap_or_else(|| Err(unknown()));
        }
        ["selp", t] => {
            let (_, t) = ty(t)
                .filter(|(c, t)| *c != Class::Pred && t.bits() >= 16)
                .ok_or_else(unknown)?;
            count(4)?;
            op.code = Code::Sel;
            op.d = symbols.row(operands[0], t, false)?.at;
            op.a = symbols.value(operands[1], t, false)?;
            op.b = symbols.value(operands[2], t, false)?;
            op.c = symbols.predicate(operands[3])?;
        }
        ["cvt", ref modifier @ .., to, from] if modifier.len() <= 1 => {
            let modifier = modifier.first().copied();
            let types = ty(to).zip(ty(from)).filter(|_| modifier != Some(""));
            let code = types.and_then(|(to, from)| conversion(modifier.unwrap_or(""), to, from));
            let (Some(code @ Code::Cvt(to, from, _)), Some(((class, _), _))) = (code, types) else {
                return Err(unknown());
            };
            count(2)?;
            op.code = code;
            // An unsigned result is extended by zeros, as rows are; a signed one would need the register's width.
            let wider = class == Class::Unsigned;
            op.d = symbols.row(operands[0], to, wider)?.at;
            op.a = if symbols.register(operands[1]).is_some() || from.bits() >= 16 {
                symbols.value(operands[1], from, true)?
            } else {
                return Err(format!("`{}` is not a declared register", operands[1]));
            };
        }
        ["mul", "wide", t] => {
            let (narrow, wide) = match t {
                "u16" => (Ty::U16, Ty::U32),
                "s16" => (Ty::S16, Ty::U32),
                "u32" => (Ty::U32, Ty::U64),
                "s32" => (Ty::S32, Ty::U64),
                _ => return Err(unknown()),
            };
            count(3)?;
            op.code = Code::MulWide(narrow);
            op.d = symbols.row(operands[0], wide, false)?.at;
            op.a = symbols.value(operands[1], narrow, false)?;
            op.b = symbols.value(operands[2], narrow, false)?;
        }
        ["shl" | "shr", t] => {
            let known = ty(t).filter(|(c, t)| {
                let numbers = parts[0] == "shr" && matches!(c, Class::Unsigned | Class::Signed);
                (*c == Class::Bits || numbers) && t.bits() >= 16
            });
            let (_, t) = known.ok_or_else(unknown)?;
            count(3)?;
            op.code = if parts[0] == "shl" {
                Code::Shl(t)
            } else {
                Code::Shr(t)
            };
            op.d = symbols.row(operands[0], t, false)?.at;
            op.a = symbols.value(operands[1], t, false)?;
            op.b = symbols.value(operands[2], Ty::U32, false)?;
        }
        _ => {
            let (code, t, sources) = arithmetic(&parts).ok_or_else(unknown)?;
            count(1 + sources)?;
            op.code = code;
            let mut rows = [NONE; 4];
            for (i, (row, operand)) in rows.iter_mut().zip(operands).enumerate() {
                *row = match t {
                    Ty::Pred => symbols.predicate(operand)?,
                    _ if i == 0 => symbols.row(operand, t, false)?.at,
                    _ => symbols.value(operand, t, false)?,
                };
            }
            [op.d, op.a, op.b, op.c] = rows;
        }
    }
    out.push(op);
    Ok(())
}

/// `setp.CMP[.BOOL].TYPE d, a, b[, [!]c]`; `None` when the spelling is not known.
fn set_predicate(
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
    let join = match combine {
        [] => None,
        ["and"] => Some(Code::PAnd),
        ["or"] => Some(Code::POr),
        ["xor"] => Some(Code::PXor),
        _ => return None,
    };
    let mut decode = || {
        if operands.len() != 3 + usize::from(join.is_some()) {
            return Err("setp has a wrong number of operands".to_string());
        }
        let mut op = guard;
        op.code = code;
        op.d = symbols.predicate(operands[0])?;
        op.a = symbols.value(operands[1], t, false)?;
        op.b = symbols.value(operands[2], t, false)?;
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
        let negated = operands[3].strip_prefix('!');
        both.b = symbols.predicate(negated.unwrap_or(operands[3]))?;
        if negated.is_some() {
            let mut not = Op {
                code: Code::PNot,
                a: both.b,
                ..guard
            };
            not.d = symbols.temporary_predicate();
            both.b = not.d;
            out.push(not);
        }
        out.push(both);
        Ok(())
    };
    Some(decode())
}

/// Loads and stores. A vector becomes one access per element, the first of which demands the alignment of the whole.
fn access(
    symbols: &mut Symbols,
    parts: &[&str],
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Refusal<()> {
    let opcode = parts.join(".");
    let unknown = || {
        format!(
            "instruction or modifier `{opcode}` is not known to the reference device (a state space is needed: generic addresses are not supported)"
        )
    };
    let load = parts[0] == "ld";
    let (s, rest) = match parts[1..] {
        ["volatile", s, ref rest @ ..] if s != "param" => (s, rest),
        ["global", "nc", ref rest @ ..] if load => ("global", rest),
        [s, ref rest @ ..] => (s, rest),
        [] => return Err(unknown()),
    };
    let space = space(s)
        .filter(|s| load || *s != Space::Param)
        .ok_or_else(unknown)?;
    let (lanes, t) = match rest {
        [t] => (1, t),
        ["v2", t] => (2, t),
        ["v4", t] => (4, t),
        _ => return Err(unknown()),
    };
    let (class, t) = ty(t)
        .filter(|(c, _)| *c != Class::Pred)
        .ok_or_else(unknown)?;
    let [first, second] = *operands else {
        return Err(format!("`{opcode}` takes an address and a value"));
    };
    let (value, address) = if load {
        (first, second)
    } else {
        (second, first)
    };
    let values: Vec<&str> = match value.strip_prefix('{').and_then(|v| v.strip_suffix('}')) {
        Some(inner) if lanes > 1 => inner.split(',').map(str::trim).collect(),
        None if lanes == 1 => vec![value],
        _ => return Err("a vector has as many registers as its modifier says".into()),
    };
    if values.len() != lanes || t.bytes() as usize * lanes > 16 {
        return Err("a vector has as many registers as its modifier says, 16 bytes at most".into());
    }
    let mut address = symbols.address(address, space)?;
    if load && lanes > 1 && values.iter().any(|v| symbols.is_row(v, address.row)) {
        // An element is loaded over the address: keep that for the other elements.
        let keep = symbols.temporary();
        out.push(Op {
            code: Code::Mov,
            d: keep,
            a: address.row,
            ..guard
        });
        address.row = keep;
    }
    for (i, value) in values.iter().enumerate() {
        let bytes = t.bytes();
        let mut op = Op {
            a: address.row,
            imm: address.imm + i64::from(bytes) * i as i64,
            narrow: address.narrow,
            align: (if i == 0 { bytes * lanes as u32 } else { bytes }) as u8,
            ..guard
        };
        if !load {
            op.code = Code::St(space, t);
            op.b = symbols.value(value, t, true)?;
            out.push(op);
            continue;
        }
        let register = symbols.row(value, t, true)?;
        op.code = Code::Ld(space, t);
        op.d = register.at;
        out.push(op);
        if class == Class::Signed && register.bits > t.bits() {
            let to = match register.bits {
                16 => Ty::S16,
                32 => Ty::S32,
                _ => Ty::S64,
            };
            out.push(Op {
                code: Code::Cvt(to, t, Round::Plain),
                d: register.at,
                a: register.at,
                ..guard
            });
        }
    }
    Ok(())
}

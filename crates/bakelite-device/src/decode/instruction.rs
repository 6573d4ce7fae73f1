//! Decodes instructions: exact spellings to operations. Whatever is not listed here and in the other files of `decode`
//! is refused.
use super::{carry, exchange, float, half, integer, memory, predicate, special};
use crate::code::kernel::{Arithmetic, Cmp, Code, NONE, Op, Rare, Round, Ty};
use crate::text::symbols::{Refusal, Symbols};
use crate::text::typed::Typed;

/// A type with its class of spelling, so that `add.b32` is refused while `and.b32` is not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Bits,
    Unsigned,
    Signed,
    Float,
    Pred,
}

pub(crate) fn ty(text: &str) -> Option<(Class, Ty)> {
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

/// Why an opcode is refused.
pub(crate) fn unknown(opcode: &str) -> String {
    format!("instruction or modifier `{opcode}` is not known to the reference device")
}

/// Removes a modifier from the front, if it is there.
pub(crate) fn take(modifiers: &mut &[&str], modifier: &str) -> bool {
    let behind = match modifiers {
        [first, behind @ ..] if *first == modifier => behind,
        _ => return false,
    };
    *modifiers = behind;
    true
}

pub(crate) fn expect(opcode: &str, operands: &[&str], n: usize) -> Refusal<()> {
    let has = operands.len();
    match has == n {
        true => Ok(()),
        false => Err(format!("`{opcode}` takes {n} operands, here are {has}")),
    }
}

/// A conversion. Rounding modifiers are accepted where PTX has them, and nowhere else.
fn conversion(modifier: &str, to: (Class, Ty), from: (Class, Ty)) -> Option<Code> {
    let integer = |t: (Class, Ty)| matches!(t.0, Class::Unsigned | Class::Signed);
    let float = |t: (Class, Ty)| t.0 == Class::Float;
    let round = match modifier {
        "" | "rn" => Round::Plain,
        "rni" => Round::Nearest,
        "rzi" | "rz" => Round::Zero,
        "rmi" | "rm" => Round::Down,
        "rpi" | "rp" => Round::Up,
        _ => return None,
    };
    let known = match modifier {
        "" => {
            let widens = to.1 == Ty::F64 && from.1 == Ty::F32;
            let same = float(to) && to.1 == from.1;
            (integer(to) && integer(from)) || widens || same
        }
        "rn" | "rz" | "rm" | "rp" => {
            (float(to) && integer(from)) || (to.1 == Ty::F32 && from.1 == Ty::F64)
        }
        _ => float(from) && (integer(to) || to.1 == from.1),
    };
    let directed = matches!(modifier, "rz" | "rm" | "rp");
    known.then_some(match directed {
        true => Code::Rare(Rare::CvtRounded(to.1, from.1, round)),
        false => Code::Cvt(to.1, from.1, round),
    })
}

/// Arithmetic rounded in another direction than to nearest, with its operands.
fn directed(operation: &str, modifier: &str) -> Option<(Arithmetic, Round, usize)> {
    let round = match modifier {
        "rz" => Round::Zero,
        "rm" => Round::Down,
        "rp" => Round::Up,
        _ => return None,
    };
    let (arithmetic, sources) = match operation {
        "add" => (Arithmetic::Add, 2),
        "sub" => (Arithmetic::Sub, 2),
        "mul" => (Arithmetic::Mul, 2),
        "div" => (Arithmetic::Div, 2),
        "fma" => (Arithmetic::Fma, 3),
        "sqrt" => (Arithmetic::Sqrt, 1),
        "rcp" => (Arithmetic::Rcp, 1),
        _ => return None,
    };
    Some((arithmetic, round, sources))
}

/// Operations with a result and up to three operands of the type at the end of their full spelling.
fn arithmetic(parts: &[&str]) -> Option<(Code, Ty, usize)> {
    // The type comes after the operation. A type alone is no operation.
    let [_, .., last] = parts else { return None };
    let (class, t) = ty(last)?;
    let number = matches!(class, Class::Unsigned | Class::Signed) && t.bits() >= 16;
    let signed = class == Class::Signed && t.bits() >= 16;
    let float = class == Class::Float;
    let bits = class == Class::Bits && t.bits() >= 16;
    let predicate = class == Class::Pred;
    let middle = &parts[1..parts.len() - 1];
    let rn = float && middle == ["rn"];
    let plain = middle.is_empty();
    let lo = number && middle == ["lo"];
    if let (true, [modifier]) = (float, middle)
        && let Some((arithmetic, round, sources)) = directed(parts[0], modifier)
    {
        let code = Code::Rare(Rare::Rounded(arithmetic, t, round));
        return Some((code, t, sources));
    }
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
        "brev" if plain && bits && t.bits() >= 32 => (Code::Rare(Rare::Brev(t)), t, 1),
        _ => return None,
    })
}

/// The type at the end of an opcode, `t` in operations, and whether its operands are numbers or bits.
fn as_spelled(parts: &[&str], t: Ty) -> Typed {
    let spelled = parts.last().and_then(|last| ty(last));
    spelled.map_or(Typed::from(t), Typed::from)
}

/// Decodes one instruction that is no branch, return or barrier. `guard` is an operation that has line and predicate
/// set.
pub(crate) fn decode(
    symbols: &mut Symbols,
    opcode: &str,
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Refusal<()> {
    let parts: Vec<&str> = opcode.split('.').collect();
    let count = |n: usize| expect(opcode, operands, n);
    let unknown = || unknown(opcode);
    let extended = half::decode(symbols, &parts, operands, guard, out)
        .or_else(|| float::decode(symbols, &parts, operands, guard, out))
        .or_else(|| integer::decode(symbols, &parts, operands, guard, out))
        .or_else(|| special::decode(symbols, &parts, operands, guard, out));
    if let Some(decoded) = extended {
        return decoded;
    }
    let mut op = guard;
    match parts[..] {
        ["ld" | "st", ..] => return memory::access(symbols, &parts, operands, guard, out),
        ["atom" | "red", ..] => return memory::atomic(symbols, &parts, operands, guard, out),
        ["cvta", ..] => return memory::convert_address(symbols, &parts, operands, guard, out),
        ["isspacep", s] => return memory::is_space(symbols, s, operands, guard, out),
        ["membar" | "fence", ..] => {
            count(0)?;
            op.code = match parts[1..] {
                ["cta" | "gl" | "sys"] if parts[0] == "membar" => Code::Fence,
                ["sc" | "acq_rel", "cta" | "gpu" | "sys"] if parts[0] == "fence" => Code::Fence,
                _ => return Err(unknown()),
            };
        }
        ["shfl" | "vote" | "activemask" | "redux" | "match", ..] | ["bar", "warp", ..] => {
            return exchange::decode(symbols, opcode, operands, guard, out);
        }
        ["mov", t] if operands.iter().any(|o| o.starts_with('{')) => {
            return exchange::pack(symbols, t, operands, guard, out)
                .unwrap_or_else(|| Err(unknown()));
        }
        ["set", ..] => {
            return predicate::set_value(symbols, &parts, operands, guard, out)
                .unwrap_or_else(|| Err(unknown()));
        }
        ["bfi", t] => {
            let t = ty(t).filter(|(c, t)| *c == Class::Bits && t.bits() >= 32);
            let (_, t) = t.ok_or_else(unknown)?;
            count(5)?;
            return insert_field(symbols, t, operands, guard, out);
        }
        ["mov", "pred"] if operands.get(1).is_some_and(|o| !o.starts_with('%')) => {
            count(2)?;
            // A constant, made by a comparison that folding resolves.
            op.code = Code::Setp(Cmp::Ne, Ty::U32);
            op.d = symbols.predicate(operands[0])?;
            op.a = symbols.value(operands[1], Ty::U32, false)?;
            op.b = symbols.constant(0);
        }
        ["trap"] => {
            count(0)?;
            op.code = Code::Trap;
        }
        ["setp", compare, ref combine @ .., t] if combine.len() <= 1 => {
            return predicate::set(symbols, compare, combine, t, operands, guard, out)
                .unwrap_or_else(|| Err(unknown()));
        }
        ["popc" | "clz", _]
        | ["bfind", ..]
        | ["bfe", _]
        | ["prmt", "b32"]
        | ["shf", _, _, "b32"] => {
            let (code, t, sources) = rare(&parts).ok_or_else(unknown)?;
            count(1 + sources)?;
            op.code = Code::Rare(code);
            // Amounts and counts have 32 bits for every type.
            let result = if matches!(code, Rare::Bfe(_)) {
                t
            } else {
                Ty::U32
            };
            let (typed, mut result, mut others) =
                (as_spelled(&parts, t), Typed::from(result), Ty::U32.into());
            // `brev` and those that take their words apart are operations on bits throughout.
            if matches!(code, Rare::Prmt | Rare::Shf(..)) {
                (result, others) = (typed, typed);
            }
            op.d = symbols.row(operands[0], result, false)?.at;
            op.a = symbols.value(operands[1], typed, false)?;
            if sources == 3 {
                op.b = symbols.value(operands[2], others, false)?;
                op.c = symbols.value(operands[3], others, false)?;
            }
        }
        ["selp", t] => {
            let t = ty(t)
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
            let (Some(code), Some(((class, to), (_, from)))) = (code, types) else {
                return Err(unknown());
            };
            count(2)?;
            op.code = code;
            let register = symbols.row(operands[0], to, class != Class::Float)?;
            op.d = register.at;
            op.a = if symbols.register(operands[1]).is_some() || from.bits() >= 16 {
                symbols.value(operands[1], from, true)?
            } else {
                return Err(format!("`{}` is not a declared register", operands[1]));
            };
            out.push(op);
            // An unsigned result is zero-extended, as rows are. A signed one is sign-extended to the register's width.
            out.extend(memory::extend_sign(class, to, register, guard));
            return Ok(());
        }
        ["mad", "wide", t] => {
            count(4)?;
            let (narrow, wide) = match t {
                "u16" => (Ty::U16, Ty::U32),
                "s16" => (Ty::S16, Ty::U32),
                "u32" => (Ty::U32, Ty::U64),
                "s32" => (Ty::S32, Ty::U64),
                _ => return Err(unknown()),
            };
            let product = Op {
                code: Code::MulWide(narrow),
                d: symbols.temporary(),
                a: symbols.value(operands[1], narrow, false)?,
                b: symbols.value(operands[2], narrow, false)?,
                ..guard
            };
            out.push(product);
            op.code = Code::Add(wide);
            op.d = symbols.row(operands[0], wide, false)?.at;
            op.a = product.d;
            op.b = symbols.value(operands[3], wide, false)?;
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
            let typed = as_spelled(&parts, t);
            op.d = symbols.row(operands[0], typed, false)?.at;
            op.a = symbols.value(operands[1], typed, false)?;
            op.b = symbols.value(operands[2], Ty::U32, false)?;
        }
        _ => {
            if let Some(decoded) = carry::decode(symbols, &parts, operands, guard, out) {
                return decoded;
            }
            let (code, t, sources) = arithmetic(&parts).ok_or_else(unknown)?;
            let typed = as_spelled(&parts, t);
            count(1 + sources)?;
            op.code = code;
            let mut rows = [NONE; 4];
            for (i, (row, operand)) in rows.iter_mut().zip(operands).enumerate() {
                *row = match t {
                    Ty::Pred => symbols.predicate(operand)?,
                    _ if i == 0 => symbols.row(operand, typed, false)?.at,
                    _ => symbols.value(operand, typed, false)?,
                };
            }
            [op.d, op.a, op.b, op.c] = rows;
        }
    }
    out.push(op);
    Ok(())
}

/// `bfi f, a, b, c, d`: the first bit `c` and the length `d` go into one row, since an operation has three operands.
fn insert_field(
    symbols: &mut Symbols,
    t: Ty,
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Refusal<()> {
    let mut two = |symbols: &mut Symbols, code, a, b| {
        let d = symbols.temporary();
        let op = Op {
            code,
            d,
            a,
            b,
            ..guard
        };
        out.push(op);
        d
    };
    let (byte, eight) = (symbols.constant(0xff), symbols.constant(8));
    let first = symbols.value(operands[3], Ty::U32, false)?;
    let first = two(symbols, Code::And, first, byte);
    let length = symbols.value(operands[4], Ty::U32, false)?;
    let length = two(symbols, Code::And, length, byte);
    let length = two(symbols, Code::Shl(Ty::U32), length, eight);
    let field = two(symbols, Code::Or, first, length);
    out.push(Op {
        code: Code::Rare(Rare::Bfi(t)),
        d: symbols.row(operands[0], (Class::Bits, t), false)?.at,
        a: symbols.value(operands[1], (Class::Bits, t), false)?,
        b: symbols.value(operands[2], (Class::Bits, t), false)?,
        c: field,
        ..guard
    });
    Ok(())
}

/// Counts, fields and bytes.
fn rare(parts: &[&str]) -> Option<(Rare, Ty, usize)> {
    let (class, t) = ty(parts.last()?)?;
    let wide = t.bits() >= 32;
    let number = wide && matches!(class, Class::Unsigned | Class::Signed);
    let bits = wide && class == Class::Bits;
    Some(match parts {
        ["popc", _] if bits => (Rare::Popc, t, 1),
        ["clz", _] if bits => (Rare::Clz(t), t, 1),
        ["bfind", _] if number => (Rare::Bfind(t, false), t, 1),
        ["bfind", "shiftamt", _] if number => (Rare::Bfind(t, true), t, 1),
        ["bfe", _] if number => (Rare::Bfe(t), t, 3),
        ["prmt", "b32"] => (Rare::Prmt, t, 3),
        [
            "shf",
            direction @ ("l" | "r"),
            mode @ ("wrap" | "clamp"),
            "b32",
        ] => (Rare::Shf(*direction == "l", *mode == "wrap"), t, 3),
        _ => return None,
    })
}

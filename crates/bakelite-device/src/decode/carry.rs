//! Arithmetic over several words. The carry of an addition goes into one row, the manual's `CC.CF`.
use crate::code::kernel::{Code, NONE, Op, Round, Ty};
use crate::decode::instruction::{expect, unknown};
use crate::text::symbols::{Refusal, Symbols};

/// Decodes `add[c][.cc]`, `sub[c][.cc]`, `mad[c].lo[.cc]` and `mad[c].hi[.cc]` of 32 bits, which are computed with 64
/// bits. `None`: another instruction.
pub(crate) fn decode(
    symbols: &mut Symbols,
    parts: &[&str],
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Option<Refusal<()>> {
    let (last, parts) = parts.split_last()?;
    let (carries, parts) = match parts {
        [parts @ .., "cc"] => (true, parts),
        _ => (false, parts),
    };
    let takes = matches!(parts.first(), Some(&("addc" | "subc" | "madc")));
    // The plain ones have operations of their own.
    if !carries && !takes && parts != ["mad", "hi"] {
        return None;
    }
    let opcode = format!(
        "{}{}.{last}",
        parts.join("."),
        if carries { ".cc" } else { "" }
    );
    let ty = match *last {
        "u32" => Ty::U32,
        "s32" => Ty::S32,
        _ => return Some(Err(unknown(&opcode))),
    };
    let (high, subtracts) = match parts {
        ["add" | "addc"] => (None, false),
        ["sub" | "subc"] => (None, true),
        ["mad" | "madc", "lo"] => (Some(Code::Mul(ty)), false),
        ["mad" | "madc", "hi"] => (Some(Code::MulHi(ty)), false),
        _ => return Some(Err(unknown(&opcode))),
    };
    let mut decode = || {
        expect(&opcode, operands, 3 + usize::from(high.is_some()))?;
        let d = symbols.row(operands[0], ty, false)?.at;
        let mut values = [NONE; 3];
        for (value, operand) in values.iter_mut().zip(&operands[1..]) {
            *value = symbols.value(operand, ty, false)?;
        }
        let [mut a, mut b, c] = values;
        let mut push = |code, d, a, b| {
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
        if let Some(product) = high {
            (a, b) = (push(product, symbols.temporary(), a, b), c);
        }
        // Operands have zeros above their 32 bits, so bit 32 of a sum is the carry, and so is bit 63 of a difference.
        let step = if subtracts {
            Code::Sub(Ty::U64)
        } else {
            Code::Add(Ty::U64)
        };
        let mut sum = push(step, symbols.temporary(), a, b);
        if takes {
            sum = push(step, symbols.temporary(), sum, symbols.carry());
        }
        if carries {
            let by = symbols.constant(if subtracts { 63 } else { 32 });
            push(Code::Shr(Ty::U64), symbols.carry(), sum, by);
        }
        push(Code::Cvt(Ty::U32, Ty::U64, Round::Plain), d, sum, NONE);
        Ok(())
    };
    Some(decode())
}

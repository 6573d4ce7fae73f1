//! Modifiers of float instructions other than rounding: `.ftz`, `.sat`, `.approx`, `.full`, `.NaN`. Also instructions
//! without a rounding.
use crate::code::float::{Extreme, Float, range};
use crate::code::kernel::{Cmp, Code, NONE, Op, Rare, Ty};
use crate::decode::instruction::{self, Class, expect, ty};
use crate::decode::memory::extend_sign;
use crate::text::symbols::{Refusal, Symbols};

/// Instructions that may have `.ftz`.
const FLUSHING: [&str; 20] = [
    "add", "sub", "mul", "mad", "fma", "div", "abs", "neg", "min", "max", "rcp", "sqrt", "rsqrt",
    "sin", "cos", "lg2", "ex2", "cvt", "setp", "set",
];

/// Decodes an instruction that has such a modifier, or has no rounding. `None`: another instruction.
pub(crate) fn decode(
    symbols: &mut Symbols,
    parts: &[&str],
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Option<Refusal<()>> {
    let types = match parts[0] {
        "cvt" | "set" => 2,
        _ => 1,
    };
    let (rest, types) = parts.split_at(parts.len().checked_sub(types).filter(|n| *n > 0)?);
    let (name, mut modifiers) = (rest[0], rest[1..].to_vec());
    let known: Vec<_> = types.iter().map(|t| ty(t)).collect::<Option<_>>()?;
    let floats = known.iter().filter(|(class, _)| *class == Class::Float);
    if floats.clone().count() == 0 && name != "cvt" {
        return None;
    }
    let opcode = parts.join(".");
    if let ("rcp" | "rsqrt", ["approx", "ftz"], ["f64"]) = (name, &modifiers[..], types) {
        let code = match name {
            "rcp" => Float::GrossRcp,
            _ => Float::GrossRsqrt,
        };
        return Some(function(
            symbols,
            &opcode,
            code,
            Ty::F64,
            operands,
            guard,
            out,
        ));
    }
    let single = known.iter().any(|(_, t)| *t == Ty::F32);
    let extreme = matches!(name, "min" | "max");
    let saturates = modifiers.last() == Some(&"sat");
    if saturates {
        modifiers.pop();
    }
    let at = match extreme {
        true => 0,
        false => modifiers.len().saturating_sub(1),
    };
    let flushes = modifiers.get(at) == Some(&"ftz") && single && FLUSHING.contains(&name);
    if flushes {
        modifiers.remove(at);
    }
    let to = known[0];
    if saturates {
        match name {
            "add" | "sub" | "mul" | "mad" | "fma" if to.1 == Ty::F32 => {}
            "cvt" if to.0 == Class::Float => {}
            // A float becomes the nearest integer anyway.
            "cvt" if known[1].0 == Class::Float => {}
            "cvt" if modifiers.is_empty() && !flushes => {
                return Some(clamp(symbols, &opcode, to, known[1], operands, guard, out));
            }
            _ => return None,
        }
    }
    let float = to.0 == Class::Float && types.len() == 1;
    let contracted = float && matches!(name, "add" | "sub" | "mul") && modifiers.is_empty();
    let approximate = float && matches!(modifiers[..], ["approx" | "full"]);
    if contracted {
        if !symbols.approximate {
            return Some(Err(contraction(&opcode)));
        }
        modifiers.push("rn");
    }
    let mut ops = Vec::new();
    let plain = if approximate {
        let code = approximation(name, modifiers[0], to.1)?;
        if !symbols.approximate {
            return Some(Err(approximation_refused(&opcode)));
        }
        coded(symbols, &opcode, code, to.1, operands, guard, &mut ops)
    } else if extreme && to.1 == Ty::F32 && !modifiers.is_empty() {
        let (nan, xorsign) = match modifiers[..] {
            ["NaN"] => (true, false),
            ["xorsign", "abs"] => (false, true),
            ["NaN", "xorsign", "abs"] => (true, true),
            _ => return None,
        };
        let max = name == "max";
        let code = Float::Extreme(Extreme { max, nan, xorsign });
        function(symbols, &opcode, code, to.1, operands, guard, &mut ops)
    } else if name == "copysign" && modifiers.is_empty() && float {
        function(
            symbols,
            &opcode,
            Float::CopySign(to.1),
            to.1,
            operands,
            guard,
            &mut ops,
        )
    } else if name == "testp" && float && modifiers.len() == 1 {
        property(symbols, modifiers[0], to.1, operands, guard, &mut ops)?
    } else if flushes || saturates || contracted || (name == "mad" && float) {
        let name = match name {
            "mad" => "fma",
            name => name,
        };
        let plain: Vec<&str> = [name]
            .iter()
            .chain(&modifiers)
            .chain(types)
            .copied()
            .collect();
        instruction::decode(symbols, &plain.join("."), operands, guard, &mut ops)
    } else {
        return None;
    };
    Some(plain.map(|()| {
        for op in ops {
            modified(
                symbols,
                op,
                flushes,
                saturates && to.0 == Class::Float,
                guard,
                out,
            );
        }
    }))
}

/// Why an approximation is refused.
pub(crate) fn approximation_refused(opcode: &str) -> String {
    format!(
        "`{opcode}` is an approximation, whose last bits differ between GPUs: `ReferenceOptions {{ approximate: true, .. }}` computes the \
         nearest value instead"
    )
}

/// Why an instruction without a rounding is refused.
pub(crate) fn contraction(opcode: &str) -> String {
    format!(
        "instruction or modifier `{opcode}` is not known to the reference device (without .rn the assembler may contract it: compile with \
         --fmad=false), unless `ReferenceOptions {{ approximate: true, .. }}` takes it as rounded on its own"
    )
}

/// The operation for `.approx` or `.full`.
fn approximation(name: &str, modifier: &str, t: Ty) -> Option<Code> {
    let float = |code| Some(Code::Rare(Rare::Float(code)));
    match (name, modifier, t) {
        ("div", "full", Ty::F32) => Some(Code::Div(t)),
        (_, "full", _) => None,
        ("rsqrt", _, _) => float(Float::Rsqrt(t)),
        (_, _, Ty::F64) => None,
        ("rcp", ..) => Some(Code::Rcp(t)),
        ("sqrt", ..) => Some(Code::Sqrt(t)),
        ("div", ..) => float(Float::Div),
        ("ex2", ..) => float(Float::Ex2),
        ("lg2", ..) => float(Float::Lg2),
        ("sin", ..) => float(Float::Sin),
        ("cos", ..) => float(Float::Cos),
        ("tanh", ..) => float(Float::Tanh),
        _ => None,
    }
}

fn function(
    symbols: &mut Symbols,
    opcode: &str,
    code: Float,
    t: Ty,
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Refusal<()> {
    if matches!(code, Float::GrossRcp | Float::GrossRsqrt) && !symbols.approximate {
        return Err(approximation_refused(opcode));
    }
    let code = Code::Rare(Rare::Float(code));
    coded(symbols, opcode, code, t, operands, guard, out)
}

/// An operation of one or two operands of a type.
fn coded(
    symbols: &mut Symbols,
    opcode: &str,
    code: Code,
    t: Ty,
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Refusal<()> {
    let two = matches!(
        code,
        Code::Div(_)
            | Code::Rare(Rare::Float(
                Float::Div | Float::Extreme(_) | Float::CopySign(_)
            ))
    );
    expect(opcode, operands, 2 + usize::from(two))?;
    let mut op = Op { code, ..guard };
    op.d = symbols.row(operands[0], t, false)?.at;
    op.a = symbols.value(operands[1], t, false)?;
    if two {
        op.b = symbols.value(operands[2], t, false)?;
    }
    out.push(op);
    Ok(())
}

/// `testp.OP.TYPE p, a`, as comparisons of the bits of the magnitude.
fn property(
    symbols: &mut Symbols,
    what: &str,
    t: Ty,
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Option<Refusal<()>> {
    let (bits, infinity, least) = match t {
        Ty::F32 => (Ty::U32, 0x7f80_0000, 0x0080_0000),
        _ => (Ty::U64, 0x7ff0_0000_0000_0000, 0x0010_0000_0000_0000),
    };
    // The magnitude minus `less` is compared. Minus one, a zero becomes the largest number.
    let (less, compare, with) = match what {
        "finite" => (0, Cmp::Lt, infinity),
        "infinite" => (0, Cmp::Eq, infinity),
        "number" => (0, Cmp::Le, infinity),
        "notanumber" => (0, Cmp::Gt, infinity),
        "subnormal" => (1, Cmp::Lt, least - 1),
        "normal" => (least, Cmp::Lt, infinity - least),
        _ => return None,
    };
    let mut decode = || {
        expect("testp", operands, 2)?;
        let d = symbols.predicate(operands[0])?;
        let a = symbols.value(operands[1], t, false)?;
        let mut then = |symbols: &mut Symbols, code, a, b| {
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
        let magnitude = then(symbols, Code::Abs(t), a, NONE);
        let by = symbols.constant(less);
        let moved = then(symbols, Code::Sub(bits), magnitude, by);
        let b = symbols.constant(with);
        let mut test = |code, d, a, b| {
            out.push(Op {
                code,
                d,
                a,
                b,
                ..guard
            })
        };
        if what != "normal" {
            test(Code::Setp(compare, bits), d, moved, b);
            return Ok(());
        }
        // Zeros are normal too.
        let (number, zero) = (symbols.temporary_predicate(), symbols.temporary_predicate());
        test(Code::Setp(compare, bits), number, moved, b);
        test(
            Code::Setp(Cmp::Eq, bits),
            zero,
            magnitude,
            symbols.constant(0),
        );
        test(Code::POr, d, number, zero);
        Ok(())
    };
    Some(decode())
}

/// `cvt.sat` between integers.
fn clamp(
    symbols: &mut Symbols,
    opcode: &str,
    to: (Class, Ty),
    from: (Class, Ty),
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Refusal<()> {
    let integer = |class| matches!(class, Class::Signed | Class::Unsigned);
    let ((least, most), (low, high)) = (range(to.1), range(from.1));
    if !integer(to.0) || !integer(from.0) || (least <= low && high <= most) {
        return Err(format!("`{opcode}` has nothing to saturate"));
    }
    expect(opcode, operands, 2)?;
    let register = symbols.row(operands[0], to.1, true)?;
    out.push(Op {
        code: Code::Rare(Rare::Float(Float::Clamp(to.1, from.1))),
        d: register.at,
        a: symbols.value(operands[1], from.1, true)?,
        ..guard
    });
    out.extend(extend_sign(to.0, to.1, register, guard));
    Ok(())
}

/// Which operands of an operation are `f32`, and whether its result is.
fn singles(code: Code) -> (bool, bool) {
    use Code::*;
    match code {
        Add(t)
        | Sub(t)
        | Mul(t)
        | Fma(t)
        | Div(t)
        | Sqrt(t)
        | Rcp(t)
        | Neg(t)
        | Abs(t)
        | Max(t)
        | Min(t)
        | Rare(crate::code::kernel::Rare::Rounded(_, t, _)) => (t == Ty::F32, t == Ty::F32),
        Setp(_, t) => (t == Ty::F32, false),
        Cvt(to, from, _) | Rare(crate::code::kernel::Rare::CvtRounded(to, from, _)) => {
            (from == Ty::F32, to == Ty::F32)
        }
        // Those of `f64` have no .ftz.
        Rare(crate::code::kernel::Rare::Float(_)) => (true, true),
        _ => (false, false),
    }
}

/// The operation with its `f32` operands and result flushed, and its result saturated.
fn modified(
    symbols: &mut Symbols,
    mut op: Op,
    flushes: bool,
    saturates: bool,
    guard: Op,
    out: &mut Vec<Op>,
) {
    let float = |code, d, a| Op {
        code: Code::Rare(Rare::Float(code)),
        d,
        a,
        ..guard
    };
    let (operands, result) = singles(op.code);
    if flushes && operands {
        for row in op.sources_mut() {
            let flushed = symbols.temporary();
            out.push(float(Float::Flush, flushed, *row));
            *row = flushed;
        }
    }
    let is_last = op.row_written().is_some();
    let mut behind = Vec::new();
    if flushes && result {
        behind.push(Float::Flush);
    }
    if saturates && is_last {
        let t = match op.code {
            Code::Cvt(Ty::F64, ..) | Code::Rare(Rare::CvtRounded(Ty::F64, ..)) => Ty::F64,
            _ => Ty::F32,
        };
        behind.push(Float::Saturate(t));
    }
    let d = op.d;
    if !behind.is_empty() {
        op.d = symbols.temporary();
    }
    out.push(op);
    let mut from = op.d;
    let last = behind.len();
    for (i, code) in behind.into_iter().enumerate() {
        let to = if i + 1 == last {
            d
        } else {
            symbols.temporary()
        };
        out.push(float(code, to, from));
        from = to;
    }
}

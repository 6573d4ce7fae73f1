//! Instructions on memory: loads, stores, atomic operations, addresses.
use crate::code::kernel::{Atomic, Cmp, Code, Op, Round, Space, Ty};
use crate::decode::instruction::{Class, expect, ty, unknown};
use crate::text::symbols::{Refusal, Register, Symbols};

fn space_of(text: &str) -> Option<Space> {
    Some(match text {
        "global" => Space::Global,
        "shared" => Space::Shared,
        "param" => Space::Param,
        "local" => Space::Local,
        "const" => Space::Const,
        _ => return None,
    })
}

/// Decodes loads and stores. A vector becomes one access per element. The first one demands the alignment of the whole.
pub(crate) fn access(
    symbols: &mut Symbols,
    parts: &[&str],
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Refusal<()> {
    let opcode = parts.join(".");
    let unknown = || unknown(&opcode);
    let load = parts[0] == "ld";
    let mut rest = &parts[1..];
    // `.weak` is the default. The strong ones are plain accesses here too, with a fence where they order others.
    let mut ordered = false;
    let strong = match *rest {
        ["weak", ..] => {
            rest = &rest[1..];
            false
        }
        ["volatile", ..] => {
            rest = &rest[1..];
            true
        }
        [
            order @ ("relaxed" | "acquire" | "release"),
            "cta" | "gpu" | "sys",
            ..,
        ] if order != if load { "release" } else { "acquire" } => {
            ordered = order != "relaxed";
            rest = &rest[2..];
            true
        }
        _ => false,
    };
    let mut space = Space::Generic;
    if let Some(named) = rest.first().and_then(|s| space_of(s)) {
        space = named;
        rest = &rest[1..];
    }
    if strong && !matches!(space, Space::Global | Space::Shared | Space::Generic) {
        return Err(unknown());
    }
    match *rest {
        ["nc", ..] if load && space == Space::Global && !strong => rest = &rest[1..],
        ["ca" | "cg" | "cs" | "lu" | "cv", ..] if load && !strong => rest = &rest[1..],
        ["wb" | "cg" | "cs" | "wt", ..] if !load && !strong => rest = &rest[1..],
        _ => {}
    }
    if !load && space == Space::Const {
        return Err(unknown());
    }
    let (lanes, t) = match *rest {
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
    let space = address.space;
    if !load && space == Space::Param {
        return Err("the parameters of an entry cannot be stored to".into());
    }
    let fence = Op {
        code: Code::Fence,
        ..guard
    };
    if ordered && !load {
        out.push(fence);
    }
    if load && lanes > 1 && values.iter().any(|v| symbols.is_row(v, address.row)) {
        // The result overwrites the address register: keep the address for the other elements.
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
            op.b = symbols.value(value, (class, t), true)?;
            out.push(op);
            continue;
        }
        let register = symbols.row(value, (class, t), true)?;
        op.code = Code::Ld(space, t);
        op.d = register.at;
        out.push(op);
        out.extend(extend_sign(class, t, register, guard));
    }
    if ordered && load {
        out.push(fence);
    }
    Ok(())
}

/// The operation that sign-extends a narrower signed value in its register.
pub(crate) fn extend_sign(class: Class, t: Ty, register: Register, guard: Op) -> Option<Op> {
    let to = match register.bits {
        16 => Ty::S16,
        32 => Ty::S32,
        _ => Ty::S64,
    };
    (class == Class::Signed && register.bits > t.bits()).then_some(Op {
        code: Code::Cvt(to, t, Round::Plain),
        d: register.at,
        a: register.at,
        ..guard
    })
}

/// `atom` and `red` on one word of global or shared memory. Order, scope and space may come in any order before the
/// operation, as NVRTC writes them.
pub(crate) fn atomic(
    symbols: &mut Symbols,
    parts: &[&str],
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Refusal<()> {
    let opcode = parts.join(".");
    let refuse = || unknown(&opcode);
    let returns = parts[0] == "atom";
    let (mut ordered, mut scoped, mut space) = (None, false, None);
    let mut rest = &parts[1..];
    while let [first, behind @ ..] = rest {
        match *first {
            "relaxed" if ordered.is_none() => ordered = Some(false),
            "acquire" | "acq_rel" if returns && ordered.is_none() => ordered = Some(true),
            "release" if ordered.is_none() => ordered = Some(true),
            "cta" | "gpu" | "sys" if !scoped => scoped = true,
            "global" if space.is_none() => space = Some(Space::Global),
            "shared" if space.is_none() => space = Some(Space::Shared),
            _ => break,
        }
        rest = behind;
    }
    let [operation, t] = *rest else {
        return Err(refuse());
    };
    let (class, t) = ty(t).filter(|(_, t)| t.bits() >= 32).ok_or_else(refuse)?;
    use Class::{Bits, Float, Signed, Unsigned};
    let operation = match (operation, class) {
        ("and", Bits) => Atomic::And,
        ("or", Bits) => Atomic::Or,
        ("xor", Bits) => Atomic::Xor,
        ("exch", Bits) if returns => Atomic::Exch,
        ("cas", Bits) if returns => Atomic::Cas,
        ("add", Unsigned | Float) => Atomic::Add,
        ("add", Signed) if t == Ty::S32 => Atomic::Add,
        ("min", Unsigned | Signed) => Atomic::Min,
        ("max", Unsigned | Signed) => Atomic::Max,
        ("inc", Unsigned) if t == Ty::U32 => Atomic::Inc,
        ("dec", Unsigned) if t == Ty::U32 => Atomic::Dec,
        _ => return Err(refuse()),
    };
    let sources = if operation == Atomic::Cas { 2 } else { 1 };
    expect(&opcode, operands, usize::from(returns) + 1 + sources)?;
    let mut op = guard;
    let mut rest = operands;
    if returns {
        // The sink `_` discards the old value.
        if operands[0] != "_" {
            op.d = symbols.row(operands[0], (class, t), false)?.at;
        }
        rest = &operands[1..];
    }
    let address = symbols.address(rest[0], space.unwrap_or(Space::Generic))?;
    op.code = Code::Atom(operation, address.space, t);
    op.a = address.row;
    op.imm = address.imm;
    op.narrow = address.narrow;
    op.align = t.bytes() as u8;
    op.b = symbols.value(rest[1], (class, t), false)?;
    if sources == 2 {
        op.c = symbols.value(rest[2], (class, t), false)?;
    }
    let fence = Op {
        code: Code::Fence,
        ..guard
    };
    let fences = usize::from(ordered == Some(true));
    out.extend(std::iter::repeat_n(fence, fences));
    out.push(op);
    out.extend(std::iter::repeat_n(fence, fences));
    Ok(())
}

/// `cvta[.to].SPACE.u64`. A generic address is the address in its space, moved to the window of the space.
pub(crate) fn convert_address(
    symbols: &mut Symbols,
    parts: &[&str],
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Refusal<()> {
    let opcode = parts.join(".");
    let (to, name) = match *parts {
        ["cvta", "to", name, "u64"] => (true, name),
        ["cvta", name, "u64"] => (false, name),
        _ => return Err(unknown(&opcode)),
    };
    let space = space_of(name).ok_or_else(|| unknown(&opcode))?;
    let window = space.window().ok_or_else(|| unknown(&opcode))?;
    expect(&opcode, operands, 2)?;
    if let Some((place, _)) = symbols.variable(operands[1])?
        && (to || place.space != space)
    {
        return Err(format!("`{}` is in another state space", operands[1]));
    }
    let mut op = guard;
    op.d = symbols.row(operands[0], Ty::U64, false)?.at;
    op.a = symbols.value(operands[1], Ty::U64, false)?;
    if window != 0 {
        op.code = if to {
            Code::Sub(Ty::U64)
        } else {
            Code::Add(Ty::U64)
        };
        op.b = symbols.constant(window);
    }
    out.push(op);
    Ok(())
}

/// `isspacep.SPACE p, a`. The window, which is the highest byte, decides.
pub(crate) fn is_space(
    symbols: &mut Symbols,
    name: &str,
    operands: &[&str],
    guard: Op,
    out: &mut Vec<Op>,
) -> Refusal<()> {
    let opcode = format!("isspacep.{name}");
    let space = space_of(name).ok_or_else(|| unknown(&opcode))?;
    expect(&opcode, operands, 2)?;
    let mut op = guard;
    op.code = Code::Shr(Ty::U64);
    op.a = symbols.value(operands[1], Ty::U64, false)?;
    op.b = symbols.constant(56);
    op.d = symbols.temporary();
    out.push(op);
    let mut test = guard;
    test.d = symbols.predicate(operands[0])?;
    test.a = op.d;
    (test.code, test.b) = match space.window() {
        // Parameters are within the window of global memory.
        None | Some(0) => {
            let shared = Space::Shared.window().unwrap_or(0);
            (Code::Setp(Cmp::Lt, Ty::U64), symbols.constant(shared >> 56))
        }
        Some(window) => (Code::Setp(Cmp::Eq, Ty::U64), symbols.constant(window >> 56)),
    };
    out.push(test);
    Ok(())
}

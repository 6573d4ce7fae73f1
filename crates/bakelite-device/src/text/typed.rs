//! What a register may be used for. PTX separates integers from floating-point numbers, and lets bits be either.
use crate::code::kernel::Ty;
use crate::decode::instruction::Class;
use crate::text::symbols::{Refusal, Register};
use std::fmt;

/// What a register or an operand of an instruction holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Bits (`.b32`), which may be either.
    Bits,
    Integer,
    Float,
    /// One `.f16`, or two in `.f16x2`.
    Half,
    /// One or two `bf16`. Only operands have this kind: no register is declared so.
    Brain,
    Pred,
}

/// Type of an operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Typed {
    pub(crate) ty: Ty,
    pub(crate) kind: Kind,
}

impl From<Ty> for Typed {
    /// A number of that type.
    fn from(ty: Ty) -> Typed {
        let kind = match ty {
            Ty::F32 | Ty::F64 => Kind::Float,
            Ty::Pred => Kind::Pred,
            _ => Kind::Integer,
        };
        Typed { ty, kind }
    }
}

impl From<(Class, Ty)> for Typed {
    /// A number or bits, as the instruction spells it.
    fn from((class, ty): (Class, Ty)) -> Typed {
        match class {
            Class::Bits => Typed {
                ty,
                kind: Kind::Bits,
            },
            _ => ty.into(),
        }
    }
}

impl Typed {
    /// Checks that `register`, called `name`, can be the operand. `wider`: the register may have more bits than the
    /// type. The rules are those of the manual's tables of operand types, and of ptxas.
    pub(crate) fn takes(self, name: &str, register: Register, wider: bool) -> Refusal<()> {
        let (has, wants) = (register.bits, self.ty.bits());
        let alike = match (self.kind, register.kind) {
            (Kind::Pred, _) | (_, Kind::Pred) => false,
            (Kind::Bits, _) => true,
            // The assembler takes `.f16x2` for a word, except for `redux`, `bmsk`, `dp4a`, `szext`, the result of
            // `match` and numbers of barriers.
            (Kind::Integer, Kind::Half) => has == 32,
            (kind, holds) => kind == holds || holds == Kind::Bits,
        };
        if !alike {
            return Err(format!(
                "register `{name}` is {register}, the operand is {self}: declare it of that type, or move its bits with mov.b{has}"
            ));
        }
        if has == wants {
            return Ok(());
        }
        if !wider || has < wants {
            return Err(format!(
                "register `{name}` does not have the type's width: {has} bits, not {wants}"
            ));
        }
        let float = matches!(self.kind, Kind::Float | Kind::Half | Kind::Brain);
        if float && register.kind != Kind::Bits {
            return Err(format!(
                "register `{name}` is {register}, the operand is {self}: only bits (.b{has}) may be wider"
            ));
        }
        Ok(())
    }
}

fn spelled(kind: Kind, bits: u32) -> String {
    match kind {
        Kind::Bits => format!("bits (.b{bits})"),
        Kind::Integer => format!("an integer (.u{bits} or .s{bits})"),
        Kind::Float => format!("a floating-point number (.f{bits})"),
        Kind::Half if bits == 32 => "two numbers (.f16x2, in bits .b32 too)".into(),
        Kind::Half => "a half-precision number (.f16, in bits .b16 too)".into(),
        Kind::Brain => format!("bf16 in bits (.b{bits})"),
        Kind::Pred => "a predicate".into(),
    }
}

impl fmt::Display for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&spelled(self.kind, self.ty.bits()))
    }
}

impl fmt::Display for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&spelled(self.kind, self.bits))
    }
}

//! The names in a kernel (registers by scope, variables, parameters, constants), and the operands made of them.
use crate::code::kernel::{Cmp, NONE, SHARED_BASE, Space, Special, Ty};
use crate::text::scopes::{Named, Scope};
use crate::text::typed::{Kind, Typed};
use std::collections::HashMap;
use std::sync::Arc;

/// A register: a row, or a predicate in a file of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Register {
    pub(crate) at: u32,
    /// Width in bits; 1 for predicates.
    pub(crate) bits: u32,
    pub(crate) kind: Kind,
}

/// Where a variable is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    /// State space. Parameters of functions are in the thread's local memory, though they are accessed by `ld.param`.
    pub(crate) space: Space,
    pub(crate) address: u64,
    pub(crate) bytes: u64,
    pub(crate) of_call: bool,
}

/// An address operand: a row and a displacement in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Address {
    /// The state space of the access.
    pub(crate) space: Space,
    pub(crate) row: u32,
    pub(crate) imm: i64,
    /// The register has 32 bits.
    pub(crate) narrow: bool,
}

/// Why an operand was refused. The caller adds line and text.
pub(crate) type Refusal<T> = Result<T, String>;

/// All names of one kernel.
#[derive(Default)]
pub(crate) struct Symbols {
    scopes: Vec<Scope>,
    /// The first scope of the current function, which sees no outer scopes except the module's variables.
    first: usize,
    /// Variables of the entry, and those of the module that have no address of their own.
    variables: HashMap<String, Place>,
    /// Variables of bodies. They are placed before they are declared.
    ahead: HashMap<String, Place>,
    /// Variables of the module that have one address in all its entries.
    pub(crate) module: Arc<HashMap<String, Place>>,
    constants: HashMap<u64, u32>,
    specials: HashMap<Special, u32>,
    carry: Option<u32>,
    /// Whether approximations, and operations that the assembler may contract, are accepted and computed as the nearest
    /// values.
    pub(crate) approximate: bool,
    rows: u32,
    predicates: u32,
}

/// The most registers of a kernel: far more than any compiler emits, and few enough to allocate.
const MOST_REGISTERS: u32 = 1 << 20;
/// The deepest nesting of scopes, including those of the functions that are being called.
const DEEPEST: usize = 256;

impl Symbols {
    /// Opens a scope within the current ones.
    pub(crate) fn open(&mut self) -> Refusal<()> {
        if self.scopes.len() >= DEEPEST {
            return Err(format!(
                "more than {DEEPEST} scopes within each other; close some of them before"
            ));
        }
        self.scopes.push(Scope::default());
        Ok(())
    }

    pub(crate) fn close(&mut self) {
        self.scopes.pop();
    }

    /// Begins the body of a called function. Pass the result to [`Symbols::leave`].
    pub(crate) fn enter(&mut self) -> Refusal<usize> {
        self.open()?;
        Ok(std::mem::replace(&mut self.first, self.scopes.len() - 1))
    }

    pub(crate) fn leave(&mut self, caller: usize) {
        self.scopes.truncate(self.first);
        self.first = caller;
    }

    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.rows as usize, self.predicates as usize)
    }

    pub(crate) fn constants(&self) -> Vec<(u32, u64)> {
        let mut all: Vec<_> = self.constants.iter().map(|(v, r)| (*r, *v)).collect();
        all.sort_unstable();
        all
    }

    pub(crate) fn specials(&self) -> Vec<(u32, Special)> {
        let mut all: Vec<_> = self.specials.iter().map(|(s, r)| (*r, *s)).collect();
        all.sort_unstable_by_key(|s| s.0);
        all
    }

    /// Defines a variable of the entry, or one of the module for this entry.
    pub(crate) fn define(&mut self, name: &str, place: Place) -> Refusal<()> {
        let new = !self.module.contains_key(name)
            && self.variables.insert(name.to_string(), place).is_none();
        new.then_some(())
            .ok_or_else(|| format!("`{name}` is declared twice"))
    }

    /// Defines a variable of a body. It is not visible before it is declared.
    pub(crate) fn define_ahead(&mut self, name: &str, place: Place) -> Refusal<()> {
        let new = !self.module.contains_key(name)
            && !self.variables.contains_key(name)
            && self.ahead.insert(name.to_string(), place).is_none();
        new.then_some(())
            .ok_or_else(|| format!("`{name}` is declared twice"))
    }

    /// Declares a variable of the innermost scope, unless its name is taken there or outside.
    pub(crate) fn declare_variable(&mut self, name: &str) -> Refusal<()> {
        let mut scopes = self.scopes[self.first..].iter();
        let place = self.ahead.get(name).copied();
        match place.filter(|_| scopes.all(|s| s.find(name).is_none())) {
            Some(place) => self.define_here(name, place),
            None => Err(format!("`{name}` is declared twice")),
        }
    }

    /// Defines a variable of the innermost scope.
    pub(crate) fn define_here(&mut self, name: &str, place: Place) -> Refusal<()> {
        let scope = self.scopes.last_mut().ok_or("a variable outside a body")?;
        scope.define(name, Named::Place(place))
    }

    /// Claims a name for a label.
    pub(crate) fn label(&mut self, name: &str) -> Refusal<()> {
        let scope = self.scopes.last_mut().ok_or("a label outside a body")?;
        scope.define(name, Named::Label)
    }

    /// The variable of that name.
    pub(crate) fn place(&self, name: &str) -> Option<Place> {
        let mut inner = self.scopes[self.first..].iter().rev();
        match inner.find_map(|s| s.find(name)) {
            Some(Named::Place(place)) => Some(place),
            Some(_) => None,
            None => {
                let own = self.variables.get(name);
                own.or_else(|| self.module.get(name)).copied()
            }
        }
    }

    /// A new row for a value between two operations.
    pub(crate) fn temporary(&mut self) -> u32 {
        self.rows += 1;
        self.rows - 1
    }

    /// The row of the carry flag, 0 or 1.
    pub(crate) fn carry(&mut self) -> u32 {
        let row = self.carry.unwrap_or_else(|| self.temporary());
        self.carry = Some(row);
        row
    }

    /// A new predicate for a value between two operations.
    pub(crate) fn temporary_predicate(&mut self) -> u32 {
        self.predicates += 1;
        self.predicates - 1
    }

    /// Declares `.reg .TYPE names`, names with or without `<count>`.
    pub(crate) fn declare(&mut self, declaration: &str) -> Refusal<()> {
        let (ty, names) = declaration
            .split_once(' ')
            .ok_or("a register declaration has a type and names")?;
        let (kind, bits) = match ty {
            ".pred" => (Kind::Pred, 1),
            ".b16" => (Kind::Bits, 16),
            ".u16" | ".s16" => (Kind::Integer, 16),
            ".f16" => (Kind::Half, 16),
            ".f16x2" => (Kind::Half, 32),
            ".b32" => (Kind::Bits, 32),
            ".u32" | ".s32" => (Kind::Integer, 32),
            ".f32" => (Kind::Float, 32),
            ".b64" => (Kind::Bits, 64),
            ".u64" | ".s64" => (Kind::Integer, 64),
            ".f64" => (Kind::Float, 64),
            _ => return Err(format!("registers of type {ty} are not known")),
        };
        let outermost = self.scopes.len() == 1;
        for name in names.split(',').map(str::trim) {
            let (stem, count) = match name.split_once('<') {
                None => (name, None),
                Some((stem, rest)) => {
                    let count = rest.strip_suffix('>').and_then(|c| c.trim().parse().ok());
                    (
                        stem.trim_end(),
                        Some(count.ok_or("a register count is not a number")?),
                    )
                }
            };
            let file = if bits == 1 {
                &mut self.predicates
            } else {
                &mut self.rows
            };
            let (at, many) = (*file, count.unwrap_or(1));
            if many > MOST_REGISTERS - at.min(MOST_REGISTERS) {
                return Err(format!(
                    "more than {MOST_REGISTERS} registers; declare as many as are used"
                ));
            }
            let param = self.variables.get(stem);
            if outermost && param.is_some_and(|p| p.space == Space::Param) {
                return Err(format!("`{stem}` is declared twice: it is a parameter too"));
            }
            *file += many;
            let register = Register { at, bits, kind };
            let scope = self.scopes.last_mut().ok_or("a register outside a body")?;
            match count {
                Some(many) => scope.define_range(stem, register, many)?,
                None => scope.define(stem, Named::Register(register))?,
            }
        }
        Ok(())
    }

    pub(crate) fn register(&self, name: &str) -> Option<Register> {
        let mut scopes = self.scopes[self.first..].iter().rev();
        match scopes.find_map(|s| s.find(name)) {
            Some(Named::Register(register)) => Some(register),
            _ => None,
        }
    }

    /// A register that an instruction of type `ty` writes or reads. `wider`: it may have more bits than the type. A
    /// plain [`Ty`] stands for a number of that type. Bits (`.b32`), which may be in any register, come with their
    /// class.
    pub(crate) fn row(&self, name: &str, ty: impl Into<Typed>, wider: bool) -> Refusal<Register> {
        let register = self
            .register(name)
            .ok_or_else(|| format!("`{name}` is not a declared register"))?;
        ty.into().takes(name, register, wider)?;
        Ok(register)
    }

    pub(crate) fn predicate(&self, name: &str) -> Refusal<u32> {
        match self.register(name) {
            Some(Register { at, bits: 1, .. }) => Ok(at),
            _ => Err(format!("`{name}` is not a predicate")),
        }
    }

    /// The row that holds `value` in all lanes.
    pub(crate) fn constant(&mut self, value: u64) -> u32 {
        if let Some(&row) = self.constants.get(&value) {
            return row;
        }
        let row = self.temporary();
        self.constants.insert(value, row);
        row
    }

    /// A source operand of an instruction of type `ty`: register, special register, address of a variable, or constant.
    pub(crate) fn value(&mut self, text: &str, ty: impl Into<Typed>, wider: bool) -> Refusal<u32> {
        let typed = ty.into();
        if self.register(text).is_some() {
            return Ok(self.row(text, typed, wider)?.at);
        }
        let ty = typed.ty;
        if text.starts_with('%') {
            let row = self.special(text)?;
            if ty.bits() != 32 || ty == Ty::F32 {
                return Err(format!("special register `{text}` has 32 bits"));
            }
            return Ok(row);
        }
        if let Some((_, address)) = self.variable(text)? {
            if ty.is_float() || ty.bits() < 32 {
                return Err(format!("`{text}` is an address, of 32 or 64 bits"));
            }
            return Ok(self.constant(address));
        }
        if text == "WARP_SZ" {
            return Ok(self.constant(32));
        }
        let value = immediate(text, typed)?;
        Ok(self.constant(value))
    }

    /// Place and address of `variable` or `variable+displacement`. `None` when there is no such variable.
    pub(crate) fn variable(&self, text: &str) -> Refusal<Option<(Place, u64)>> {
        let (name, displacement) = displaced(text)?;
        let place = self.place(name);
        Ok(place.map(|p| (p, p.address.wrapping_add(displacement as u64))))
    }

    fn special(&mut self, text: &str) -> Refusal<u32> {
        let unknown = || format!("`{text}` is neither a declared register nor a known special one");
        let special = match text.split_once('.') {
            Some((name, dimension)) => {
                let dimension = match dimension {
                    "x" => 0,
                    "y" => 1,
                    "z" => 2,
                    _ => return Err(unknown()),
                };
                match name {
                    "%tid" => Special::Tid(dimension),
                    "%ntid" => Special::Ntid(dimension),
                    "%ctaid" => Special::Ctaid(dimension),
                    "%nctaid" => Special::Nctaid(dimension),
                    _ => return Err(unknown()),
                }
            }
            None => match text {
                // All blocks run on one multiprocessor.
                "%smid" => return Ok(self.constant(0)),
                "%nsmid" => return Ok(self.constant(1)),
                "%dynamic_smem_size" => Special::SharedBytes { all: false },
                "%total_smem_size" => Special::SharedBytes { all: true },
                "%laneid" => Special::LaneId,
                "%warpid" => Special::WarpId,
                "%lanemask_eq" => Special::LaneMask(Cmp::Eq),
                "%lanemask_lt" => Special::LaneMask(Cmp::Lt),
                "%lanemask_le" => Special::LaneMask(Cmp::Le),
                "%lanemask_gt" => Special::LaneMask(Cmp::Gt),
                "%lanemask_ge" => Special::LaneMask(Cmp::Ge),
                _ => return Err(unknown()),
            },
        };
        if let Some(&row) = self.specials.get(&special) {
            return Ok(row);
        }
        let row = self.temporary();
        self.specials.insert(special, row);
        Ok(row)
    }

    /// `[base]`, `[base+offset]`, `[offset]`, for an access to `space`.
    pub(crate) fn address(&mut self, text: &str, space: Space) -> Refusal<Address> {
        let inner = text
            .strip_prefix('[')
            .and_then(|t| t.strip_suffix(']'))
            .ok_or_else(|| format!("`{text}` is not an address"))?
            .trim();
        let (base, imm) = displaced(inner)?;
        if let Some(register) = self.register(base) {
            if register.bits < 32 || !matches!(register.kind, Kind::Bits | Kind::Integer) {
                return Err(format!(
                    "`{base}` is no address register: it is {register}, an address is an integer of 32 or 64 bits"
                ));
            }
            if space == Space::Param && self.first > 0 {
                return Err("parameters of functions are accessed by their names".into());
            }
            if space == Space::Generic && register.bits != 64 {
                return Err(format!(
                    "generic addresses have 64 bits, `{base}` has {}",
                    register.bits
                ));
            }
            return Ok(Address {
                space,
                row: register.at,
                imm,
                narrow: register.bits == 32,
            });
        }
        let (space, row) = match self.place(base) {
            Some(place) if place.of_call && space == Space::Param => {
                (place.space, self.constant(place.address))
            }
            Some(place) if place.space == space => (space, self.constant(place.address)),
            Some(_) => return Err(format!("`{base}` is in another state space")),
            None if base.starts_with(|c: char| c.is_ascii_digit()) => {
                if space != Space::Local {
                    return Err(format!(
                        "`[{base}]` is a constant address, which only .local memory can have; put it into a register"
                    ));
                }
                let value = immediate(base, Ty::U64)?;
                (space, self.constant(value))
            }
            None => return Err(unknown(base)),
        };
        let narrow = false;
        Ok(Address {
            space,
            row,
            imm,
            narrow,
        })
    }

    /// Whether `row` is the row of a register operand `text`.
    pub(crate) fn is_row(&self, text: &str, row: u32) -> bool {
        row != NONE && self.register(text).is_some_and(|r| r.at == row)
    }
}

fn unknown(text: &str) -> String {
    format!(
        "`{text}` is neither a register nor a constant nor a variable of this kernel (a variable of the module with an initial value that is no number is not supported)"
    )
}

/// `base` and displacement of `base+displacement`.
fn displaced(text: &str) -> Refusal<(&str, i64)> {
    let Some((base, offset)) = text.split_once('+') else {
        return Ok((text, 0));
    };
    let offset: i32 = offset
        .trim()
        .parse()
        .map_err(|_| format!("`{}` is not a displacement", offset.trim()))?;
    Ok((base.trim(), i64::from(offset)))
}

/// A constant of type `ty`, as the low bits of a row.
pub(crate) fn immediate(text: &str, ty: impl Into<Typed>) -> Refusal<u64> {
    let Typed { ty, kind } = ty.into();
    if matches!(kind, Kind::Half | Kind::Brain) {
        return Err(format!(
            "`{text}` is a constant, and operands of f16 and bf16 are registers: move its bits into one (mov.b16, mov.b32)"
        ));
    }
    for (prefixes, digits, bits) in [(["0d", "0D"], 16, 64), (["0f", "0F"], 8, 32)] {
        let hex = prefixes.iter().find_map(|p| text.strip_prefix(p));
        if let Some(hex) = hex {
            if hex.len() != digits || ty.bits() != bits {
                return Err(format!(
                    "`{text}` is no constant of the type's width: 0f and 8 digits for 32 bits, 0d and 16 digits for 64"
                ));
            }
            if kind == Kind::Integer {
                return Err(format!(
                    "`{text}` is a floating-point constant, and the operation is one of integers: write `0x{hex}`"
                ));
            }
            return u64::from_str_radix(hex, 16).map_err(|_| format!("`{text}` is no number"));
        }
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(unknown(text));
    }
    if ty.is_float() {
        return Err(format!(
            "floating-point constants are written as bits (0d..., 0f...), not as `{text}`"
        ));
    }
    let digits = digits.strip_suffix('U').unwrap_or(digits);
    let magnitude = match digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        // A leading zero would mean octal.
        None if digits.len() > 1 && digits.starts_with('0') => None,
        None => digits.parse().ok(),
    };
    let magnitude = magnitude.ok_or_else(|| format!("`{text}` is no number"))?;
    let bits = ty.bits().max(1);
    let fits = if negative {
        magnitude <= 1 << (bits - 1)
    } else {
        bits == 64 || magnitude < 1 << bits
    };
    if !fits {
        return Err(format!("`{text}` does not fit into {bits} bits"));
    }
    let value = if negative {
        magnitude.wrapping_neg()
    } else {
        magnitude
    };
    Ok(value & (u64::MAX >> (64 - bits)))
}

/// Places variables one after the other in a space that starts at `base`.
#[derive(Default)]
pub(crate) struct Stack {
    pub(crate) bytes: u64,
}

impl Stack {
    pub(crate) fn place(&mut self, align: u64, bytes: u64) -> u64 {
        let at = self.bytes.next_multiple_of(align);
        self.bytes = at + bytes;
        at
    }
}

/// Address of static shared memory at `offset`.
pub(crate) fn shared_address(offset: u64) -> u64 {
    SHARED_BASE + offset
}

//! Chains: runs of operations, each of which is the only reader of the result before it. Their values stay in vector
//! registers of the host (`chained.rs`), so that only the last result is written to its row.
//!
//! Members move down to the last one, past operations that do not concern them. No member can fault, so the order of
//! faults stays the same. The operations themselves do not change: a warp without AVX2 executes them one by one.
use crate::code::kernel::{Cmp, Code, Kernel, NONE, Op, Ty};
use crate::code::liveness::{Live, Lives};

/// What a member of a chain does with the value that is handed on, `v`. `x` and `y` are the other operands in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Link {
    Copy,
    /// `x * y + v`
    MulAdd,
    /// `v * x + y`
    TimesAdd,
    Mul,
    Add,
    /// `v - x`
    Sub,
    /// `x - v`
    SubFrom,
    /// `v / x`
    Div,
    /// `x / v`
    DivFrom,
    Max,
    Min,
    Sqrt,
    Rcp,
    Neg,
    Abs,
    /// `predicate ? v : x`
    Select,
    /// `predicate ? x : v`
    SelectOther,
    And,
    Or,
    Xor,
    /// Shifts by `x` bits, as words of 64 bits.
    ShiftLeft,
    ShiftRight,
    /// `v < x` and so on. The result is a predicate, so this is the last member of its chain.
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
}

/// The operand that is handed on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Operand {
    A,
    B,
    C,
}

/// The part that an operation plays in a chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Chained {
    /// Number of members from here on, if this is the first. 0: it is not the first, or there is no chain.
    pub(crate) members: u8,
    /// Whether the chain is of `f32`.
    pub(crate) single: bool,
    /// Whether `x` is the same number in all lanes.
    pub(crate) uniform: bool,
    pub(crate) link: Link,
    /// The row that is handed on, which only the first member reads, and the rows of `x` and `y`, or [`NONE`].
    pub(crate) v: u32,
    pub(crate) x: u32,
    pub(crate) y: u32,
}

impl Chained {
    pub(crate) const NONE: Chained = Chained {
        members: 0,
        single: false,
        uniform: false,
        link: Link::Copy,
        v: NONE,
        x: NONE,
        y: NONE,
    };
}

impl Link {
    /// Whether the bits of a NaN pass through unchanged: the member takes them as they are, and makes no new ones.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn reads_bits(self) -> bool {
        use Link::*;
        matches!(
            self,
            Copy | Neg | Abs | Select | SelectOther | And | Or | Xor | ShiftLeft | ShiftRight
        )
    }

    fn new(code: Code, handed: Operand) -> Option<Link> {
        use Operand::*;
        Some(match (code, handed) {
            (Code::Mov, _) => Link::Copy,
            (Code::Fma(_), C) => Link::MulAdd,
            (Code::Fma(_), _) => Link::TimesAdd,
            (Code::Mul(_), _) => Link::Mul,
            (Code::Add(_), _) => Link::Add,
            (Code::Max(_), _) => Link::Max,
            (Code::Min(_), _) => Link::Min,
            (Code::Sub(_), A) => Link::Sub,
            (Code::Sub(_), _) => Link::SubFrom,
            (Code::Div(_), A) => Link::Div,
            (Code::Div(_), _) => Link::DivFrom,
            (Code::Sqrt(_), _) => Link::Sqrt,
            (Code::Rcp(_), _) => Link::Rcp,
            (Code::Neg(_), _) => Link::Neg,
            (Code::Abs(_), _) => Link::Abs,
            (Code::Sel, A) => Link::Select,
            (Code::Sel, B) => Link::SelectOther,
            (Code::And, _) => Link::And,
            (Code::Or, _) => Link::Or,
            (Code::Xor, _) => Link::Xor,
            (Code::Shl(_), A) => Link::ShiftLeft,
            (Code::Shr(_), A) => Link::ShiftRight,
            (Code::Setp(Cmp::Eq, _), _) => Link::Equal,
            (Code::Setp(Cmp::Lt, _), A) | (Code::Setp(Cmp::Gt, _), B) => Link::Less,
            (Code::Setp(Cmp::Le, _), A) | (Code::Setp(Cmp::Ge, _), B) => Link::LessEqual,
            (Code::Setp(Cmp::Gt, _), A) | (Code::Setp(Cmp::Lt, _), B) => Link::Greater,
            (Code::Setp(Cmp::Ge, _), A) | (Code::Setp(Cmp::Le, _), B) => Link::GreaterEqual,
            _ => return None,
        })
    }
}

/// Type of a member. Operations on bits fit any type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bits,
    Float(Ty),
}

fn kind(op: &Op) -> Option<Kind> {
    use Code::*;
    let kind = match op.code {
        Mov | Sel | And | Or | Xor | Shl(Ty::U64 | Ty::S64) | Shr(Ty::U64) => Kind::Bits,
        Fma(ty) | Mul(ty) | Add(ty) | Sub(ty) | Div(ty) | Max(ty) | Min(ty) => Kind::Float(ty),
        Sqrt(ty) | Rcp(ty) | Neg(ty) | Abs(ty) => Kind::Float(ty),
        Setp(Cmp::Eq | Cmp::Lt | Cmp::Le | Cmp::Gt | Cmp::Ge, ty) => Kind::Float(ty),
        _ => return None,
    };
    let known = match kind {
        Kind::Bits => true,
        Kind::Float(ty) => ty.is_float(),
    };
    (known && op.pred == NONE).then_some(kind)
}

/// A chain that is being built: its members by index in the block, and which operand each takes from the one before.
struct Chain {
    members: Vec<(usize, Operand)>,
    kind: Kind,
}

/// How far apart two members may be. A value that waits for its reader keeps the rows of the whole chain alive.
const FARTHEST: usize = 48;
const LONGEST: usize = 255;

/// Finds the chains of a kernel and brings their members together.
pub(crate) fn link(kernel: &mut Kernel, reached: &[bool], lives: &Lives) {
    // Members of a chain hand on their values in this row when they are executed one by one.
    let scratch = kernel.rows as u32;
    let mut readers = vec![(NONE, Readers::None); kernel.rows];
    kernel.rows += 1;
    for at in (0..kernel.blocks.len()).filter(|&at| reached[at]) {
        let here = at as u32;
        let live = lives.at_end(kernel, at);
        let ops = &mut kernel.blocks[at].ops;
        let makers = makers(ops, here, &mut readers, &live);
        let chains = chains(ops, &makers);
        gather(ops, &chains, scratch);
    }
}

/// Which operations read the current value of a row.
#[derive(Clone, Copy)]
enum Readers {
    None,
    One(usize, Operand),
    Many,
}

/// For each operation, the last one before it whose result only it reads, and the operand that reads it. `readers`: one
/// entry per row, valid if its block is `here`. `live`: the rows that are read after the block.
fn makers(
    ops: &[Op],
    here: u32,
    readers: &mut [(u32, Readers)],
    live: &Live,
) -> Vec<Option<(usize, Operand)>> {
    let mut makers = vec![None; ops.len()];
    let mut of = |row: u32, change: &mut dyn FnMut(&mut Readers)| {
        let (block, readers) = &mut readers[row as usize];
        if *block != here {
            let behind = if live.has(row) {
                Readers::Many
            } else {
                Readers::None
            };
            (*block, *readers) = (here, behind);
        }
        change(readers);
    };
    for (at, op) in ops.iter().enumerate().rev() {
        if let Some(d) = op.row_written() {
            of(d, &mut |readers| {
                if op.pred != NONE {
                    *readers = Readers::Many; // the old value has these readers too
                } else if let Readers::One(reader, operand) =
                    std::mem::replace(readers, Readers::None)
                {
                    makers[reader] = makers[reader].or(Some((at, operand)));
                }
            });
        }
        let operands = [Operand::A, Operand::B, Operand::C];
        for (row, operand) in op.sources().into_iter().zip(operands) {
            if row != NONE {
                of(row, &mut |readers| {
                    *readers = match readers {
                        Readers::None => Readers::One(at, operand),
                        _ => Readers::Many,
                    };
                });
            }
        }
    }
    makers
}

fn chains(ops: &[Op], makers: &[Option<(usize, Operand)>]) -> Vec<Chain> {
    let mut chains: Vec<Chain> = Vec::new();
    let mut chain_of = vec![None; ops.len()];
    for (at, op) in ops.iter().enumerate() {
        let Some(kind) = kind(op) else { continue };
        let joined = makers[at].and_then(|(from, operand)| {
            Link::new(op.code, operand)?;
            let index: usize = chain_of[from]?;
            let chain = &chains[index];
            let fits = chain.kind == Kind::Bits || kind == Kind::Bits || chain.kind == kind;
            let near = at - from <= FARTHEST && chain.members.len() < LONGEST;
            (fits && near && can_move(ops, chain, from, at)).then_some((index, operand))
        });
        let (index, operand) = joined.unwrap_or_else(|| {
            let (members, kind) = (Vec::new(), Kind::Bits);
            chains.push(Chain { members, kind });
            let is_fma = matches!(op.code, Code::Fma(_));
            (
                chains.len() - 1,
                if is_fma { Operand::C } else { Operand::A },
            )
        });
        chain_of[at] = Some(index);
        let chain = &mut chains[index];
        chain.members.push((at, operand));
        if kind != Kind::Bits {
            chain.kind = kind;
        }
    }
    chains
}

/// Whether all members can move down to `to`: no operation after `from`, the last of them, writes what they read.
fn can_move(ops: &[Op], chain: &Chain, from: usize, to: usize) -> bool {
    ops[from + 1..to].iter().all(|between| {
        let row = between.row_written();
        let predicate = between.code.defines_predicate().then_some(between.d);
        let untouched = |&(member, _): &(usize, Operand)| {
            let op = &ops[member];
            let chosen = (op.code == Code::Sel).then_some(op.c);
            row.is_none_or(|row| !op.sources().contains(&row))
                && (predicate.is_none() || predicate != chosen)
        };
        (row.is_none() && predicate.is_none()) || chain.members.iter().all(untouched)
    })
}

/// Moves the members of each chain to its last one, and makes them hand on their values in `scratch`.
fn gather(ops: &mut Vec<Op>, chains: &[Chain], scratch: u32) {
    let mut place: Vec<usize> = (0..ops.len()).collect();
    for chain in chains {
        let [(first, _), .., (last, _)] = chain.members[..] else {
            // A single operation is worth it only if it is a comparison.
            if let [(only, operand)] = chain.members[..]
                && matches!(ops[only].code, Code::Setp(..))
            {
                become_member(&mut ops[only], operand, chain.kind);
                ops[only].chained.members = 1;
            }
            continue;
        };
        for &(member, operand) in &chain.members {
            place[member] = last;
            let op = &mut ops[member];
            if member != first {
                *match operand {
                    Operand::A => &mut op.a,
                    Operand::B => &mut op.b,
                    Operand::C => &mut op.c,
                } = scratch;
            }
            if member != last {
                op.d = scratch;
            }
            become_member(op, operand, chain.kind);
        }
        ops[first].chained.members = chain.members.len() as u8;
    }
    let mut order: Vec<usize> = (0..ops.len()).collect();
    // The sort is stable: members keep their order.
    order.sort_by_key(|&at| place[at]);
    *ops = order.into_iter().map(|at| ops[at]).collect();
}

fn become_member(op: &mut Op, operand: Operand, kind: Kind) {
    if let Some(link) = Link::new(op.code, operand) {
        op.chained.link = link;
        op.chained.single = kind == Kind::Float(Ty::F32);
        let [a, b, c] = [0, 1, 2];
        // Until `settle`, these say which operands they are, not which rows.
        let (v, x, y) = match operand {
            Operand::A => (a, b, c),
            Operand::B => (b, a, c),
            Operand::C => (c, a, b),
        };
        (op.chained.v, op.chained.x, op.chained.y) = (v, x, y);
    }
}

/// Stores the rows of the links once rows have their final numbers. A factor that is a constant becomes `x`.
pub(crate) fn settle(kernel: &mut Kernel) {
    let mut constant = vec![false; kernel.rows];
    for &(row, _) in &kernel.constants {
        constant[row as usize] = true;
    }
    let is_constant = |row: u32| row != NONE && constant[row as usize];
    for op in kernel.blocks.iter_mut().flat_map(|b| &mut b.ops) {
        let sources = op.sources();
        let chained = &mut op.chained;
        if chained.v == NONE {
            continue;
        }
        let [v, x, y] = [chained.v, chained.x, chained.y].map(|operand| sources[operand as usize]);
        let swapped = chained.link == Link::MulAdd && is_constant(y);
        (chained.v, chained.x, chained.y) = if swapped { (v, y, x) } else { (v, x, y) };
        chained.uniform = is_constant(chained.x);
    }
}

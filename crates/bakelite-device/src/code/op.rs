//! Operations over rows: what one instruction does, and on which registers.
use crate::code::chains::Chained;

/// Type of an instruction. Bit types (`.b32`) are kept as the unsigned type of their width.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ty {
    U8,
    S8,
    U16,
    S16,
    U32,
    S32,
    U64,
    S64,
    F32,
    F64,
    Pred,
}

impl Ty {
    /// Width in bits; 1 for predicates.
    pub(crate) fn bits(self) -> u32 {
        match self {
            Ty::U8 | Ty::S8 => 8,
            Ty::U16 | Ty::S16 => 16,
            Ty::U32 | Ty::S32 | Ty::F32 => 32,
            Ty::U64 | Ty::S64 | Ty::F64 => 64,
            Ty::Pred => 1,
        }
    }

    /// Size in memory in bytes.
    pub(crate) fn bytes(self) -> u32 {
        self.bits().div_ceil(8)
    }

    pub(crate) fn is_float(self) -> bool {
        matches!(self, Ty::F32 | Ty::F64)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Cmp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Equ,
    Neu,
    Ltu,
    Leu,
    Gtu,
    Geu,
    Num,
    Nan,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Space {
    Global,
    Shared,
    Param,
    Local,
    Const,
    /// No state space is given: the address decides, lane by lane.
    Generic,
}

impl Space {
    /// The name in PTX.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Space::Global => "global",
            Space::Shared => "shared",
            Space::Param => "param",
            Space::Local => "local",
            Space::Const => "const",
            Space::Generic => "generic",
        }
    }

    /// What `cvta` adds to an address in the space. Global addresses are generic addresses already. The other windows
    /// lie where no host has memory.
    pub(crate) fn window(self) -> Option<u64> {
        let tag: u64 = match self {
            Space::Global => return Some(0),
            // The lowest, since it is contained in the window of global memory.
            Space::Param => 0xf0,
            Space::Shared => 0xf1,
            Space::Local => 0xf2,
            Space::Const => 0xf3,
            Space::Generic => return None,
        };
        Some(tag << 56)
    }

    /// The space of a generic address, and the address in that space.
    #[inline(always)]
    pub(crate) fn of_generic(address: u64) -> (Space, u64) {
        let space = match address >> 56 {
            0xf0 => Space::Param,
            0xf1 => Space::Shared,
            0xf2 => Space::Local,
            0xf3 => Space::Const,
            _ => return (Space::Global, address),
        };
        (space, address & (u64::MAX >> 8))
    }
}

/// Rounding: of a result (`.rz`), or of a conversion to an integral value (`.rzi`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Round {
    /// The conversion is exact, wraps (integers) or rounds to nearest (`.rn`).
    Plain,
    /// `.rni`: to the nearest integer, ties to even.
    Nearest,
    /// `.rz`, `.rzi`: towards zero.
    Zero,
    /// `.rm`, `.rmi`: down.
    Down,
    /// `.rp`, `.rpi`: up.
    Up,
}

/// Arithmetic that can be rounded in a direction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Arithmetic {
    Add,
    Sub,
    Mul,
    Fma,
    Div,
    Sqrt,
    Rcp,
}

/// Functions of up to three rows that are too rare to be computed for several lanes at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rare {
    Popc,
    Clz(Ty),
    Brev(Ty),
    /// The flag says whether the shift amount is wanted.
    Bfind(Ty, bool),
    Bfe(Ty),
    /// `c`: the first bit, and the length from bit 8 on.
    Bfi(Ty),
    Prmt,
    /// Flags: whether it shifts left, whether the amount wraps.
    Shf(bool, bool),
    /// Rounded in another direction than to nearest.
    Rounded(Arithmetic, Ty, Round),
    /// A conversion to a floating-point type, also rounded in another direction than to nearest.
    CvtRounded(Ty, Ty, Round),
    Float(crate::code::float::Float),
    Integer(crate::code::integer::Integer),
    Half(crate::code::half::Half),
}

/// How a `redux.sync` combines the lanes' values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reduce {
    Add,
    Min(Ty),
    Max(Ty),
    And,
    Or,
    Xor,
}

/// What an atomic operation does to the word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Atomic {
    Add,
    Min,
    Max,
    And,
    Or,
    Xor,
    Inc,
    Dec,
    Exch,
    Cas,
}

/// Where a shuffle takes its value from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shuffle {
    Up,
    Down,
    Bfly,
    Idx,
}

/// The question of a vote.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Vote {
    All,
    Any,
    Uni,
}

/// What an operation does. Operands are the fields `d`, `a`, `b`, `c` of [`Op`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Code {
    Mov,
    /// `d = predicate c ? a : b`
    Sel,
    Add(Ty),
    Sub(Ty),
    Mul(Ty),
    MulHi(Ty),
    MulWide(Ty),
    Mad(Ty),
    Fma(Ty),
    Div(Ty),
    Rem(Ty),
    Sqrt(Ty),
    Rcp(Ty),
    Neg(Ty),
    Abs(Ty),
    Max(Ty),
    Min(Ty),
    And,
    Or,
    Xor,
    Not(Ty),
    Shl(Ty),
    Shr(Ty),
    /// To, from.
    Cvt(Ty, Ty, Round),
    Setp(Cmp, Ty),
    PAnd,
    POr,
    PXor,
    PNot,
    PMov,
    Ld(Space, Ty),
    St(Space, Ty),
    Rare(Rare),
    /// `d = *a; *a = operation(*a, b, c)`; no `d`: `red`.
    Atom(Atomic, Space, Ty),
    /// Finds where each lane's value comes from: the lane, plus 256 where that is in range. `b` and `c` of `shfl` are
    /// `a` and `b`.
    Shfl(Shuffle),
    /// `d = a` of the lane that `b` (the result of [`Code::Shfl`]) names.
    Gather,
    /// Predicate `d` from predicate `a`.
    Vote(Vote),
    /// Row `d` from predicate `a`.
    Ballot,
    /// `d` from `a` in all lanes of the mask.
    Reduce(Reduce),
    /// The lanes of the mask whose `a` is the same. Or, for `all`: every lane if all have the same, else none.
    Match {
        all: bool,
    },
    WarpSync,
    /// The lanes that execute it.
    Active,
    Fence,
    /// Adds predicate `a` to the reduction of the barrier that follows.
    Contribute,
    /// The value of a clock: a count of what the warp has done.
    Clock,
    /// `printf` of the format at `a` with the arguments at `b`, both generic addresses. `d`: the number of arguments.
    Print,
    /// A failed assertion. Its message, file, line and function are at the local address `a`.
    Assert,
    /// The number of threads that gave true to the reduction of the last barrier (flag true), or that took part
    /// (false). `a`: number of the barrier.
    Collect(bool),
    /// The lanes arrive at barrier `a` of `b` threads, with the predicate `c` for its reduction. The flag says whether
    /// they wait. `imm`: aligned.
    Arrive(bool),
    Trap,
}

impl Code {
    /// Whether `d` is a predicate.
    pub(crate) fn defines_predicate(self) -> bool {
        matches!(self, Code::Setp(..) | Code::Vote(_)) || self.reads_predicates()
    }

    /// Whether `a` and `b` are predicates, and there is no `c`.
    fn reads_predicates(self) -> bool {
        matches!(
            self,
            Code::PAnd | Code::POr | Code::PXor | Code::PNot | Code::PMov
        )
    }

    /// Which of `a`, `b`, `c` are predicates.
    fn predicate_operands(self) -> [bool; 3] {
        match self {
            Code::Sel => [false, false, true],
            Code::Vote(_) | Code::Ballot | Code::Contribute => [true, false, false],
            Code::Arrive(_) => [false, false, true],
            _ => [self.reads_predicates(); 3],
        }
    }

    /// Whether it waits for the lanes that `c` names.
    pub(crate) fn meets(self) -> bool {
        matches!(
            self,
            Code::Shfl(_)
                | Code::Vote(_)
                | Code::Ballot
                | Code::Reduce(_)
                | Code::Match { .. }
                | Code::WarpSync
        )
    }

    /// Whether it has an effect, or makes a check, besides its result.
    pub(crate) fn must_stay(self) -> bool {
        matches!(
            self,
            Code::Ld(..)
                | Code::Atom(..)
                | Code::Shfl(_)
                | Code::Vote(_)
                | Code::Ballot
                | Code::Reduce(_)
                | Code::Match { .. }
                | Code::Print
        )
    }
}

/// An operand that the operation does not have.
pub(crate) const NONE: u32 = u32::MAX;

/// One operation on one warp.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Op {
    pub(crate) code: Code,
    /// Row (or predicate, see [`Code::defines_predicate`]) written; [`NONE`] for stores.
    pub(crate) d: u32,
    pub(crate) a: u32,
    pub(crate) b: u32,
    pub(crate) c: u32,
    /// Displacement of a memory access, in bytes.
    pub(crate) imm: i64,
    /// Guard predicate or [`NONE`].
    pub(crate) pred: u32,
    /// The guard is negated.
    pub(crate) neg: bool,
    /// The address register of a memory access has 32 bits: the sum with `imm` wraps there.
    pub(crate) narrow: bool,
    /// The addresses are those of the previous access to shared memory. See
    /// [`find_again`](crate::run::access::find_again).
    pub(crate) again: bool,
    /// Alignment that a memory access needs, in bytes (more than its size for the head of a vector).
    pub(crate) align: u8,
    /// The [`Class`](crate::run::profile::Class) that it counts for.
    pub(crate) class: u8,
    /// Index into [`Kernel::names`]. 0 when the access has no name.
    pub(crate) name: u16,
    /// Line in the PTX, counted from 1.
    pub(crate) line: u32,
    /// Its place in a chain of operations.
    pub(crate) chained: Chained,
}

// One cache line of the host. A larger operation would slow every kernel, for instructions that most do not have.
const _: () = assert!(size_of::<Op>() <= 64);

impl Op {
    pub(crate) fn new(code: Code, line: u32) -> Op {
        Op {
            code,
            d: NONE,
            a: NONE,
            b: NONE,
            c: NONE,
            imm: 0,
            pred: NONE,
            neg: false,
            narrow: false,
            again: false,
            align: 1,
            class: 0,
            name: 0,
            line,
            chained: Chained::NONE,
        }
    }

    /// Rows (not predicates) that are read.
    pub(crate) fn sources(&self) -> [u32; 3] {
        let [a, b, c] = self.code.predicate_operands();
        let row = |predicate: bool, at: u32| if predicate { NONE } else { at };
        [row(a, self.a), row(b, self.b), row(c, self.c)]
    }

    /// The same as [`Op::sources`], to rewrite them.
    pub(crate) fn sources_mut(&mut self) -> impl Iterator<Item = &mut u32> {
        self.code
            .predicate_operands()
            .into_iter()
            .zip([&mut self.a, &mut self.b, &mut self.c])
            .filter(|(predicate, row)| !predicate && **row != NONE)
            .map(|(_, row)| row)
    }

    /// Row that is written, if it is a row.
    pub(crate) fn row_written(&self) -> Option<u32> {
        (self.d != NONE && !self.code.defines_predicate()).then_some(self.d)
    }

    /// Predicates that are read, the guard included.
    pub(crate) fn predicates_read(&self) -> [u32; 4] {
        let [a, b, c] = self.code.predicate_operands();
        let read = |predicate: bool, at: u32| if predicate { at } else { NONE };
        [self.pred, read(a, self.a), read(b, self.b), read(c, self.c)]
    }
}

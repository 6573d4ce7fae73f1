//! Decoded kernels: operations over rows, in basic blocks.
pub(crate) use crate::code::op::*;
use crate::memory::globals::Globals;
use std::fmt;
use std::sync::Arc;

/// Why PTX text was refused.
///
/// ```
/// let text = ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry e() {\n  frobnicate;\n}";
/// let error = bakelite_device::Module::parse(text, true).unwrap_err();
/// assert_eq!((error.line, error.text.as_str()), (5, "frobnicate;"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PtxError {
    /// Line in the text, counted from 1. It is 0 when the error concerns the text as a whole.
    pub line: u32,
    /// That line, trimmed.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for PtxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PTX line {}: {}: {}", self.line, self.reason, self.text)
    }
}

impl std::error::Error for PtxError {}

/// How a block ends. A target equal to the number of blocks means that the lanes return.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Term {
    Fall,
    Jump(u32),
    Branch {
        pred: u32,
        neg: bool,
        to: u32,
    },
    Ret,
    /// `aligned`: every thread of the block must come to this same barrier instruction.
    Barrier {
        line: u32,
        aligned: bool,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) ops: Vec<Op>,
    pub(crate) term: Term,
    /// Whether the first operation waits for the lanes that its `c` names.
    pub(crate) meets: bool,
    /// Line of the jump, return or barrier that ends it. 0: it runs on into the next block.
    pub(crate) end_line: u32,
}

impl Block {
    pub(crate) fn new() -> Block {
        Block {
            ops: Vec::new(),
            term: Term::Fall,
            meets: false,
            end_line: 0,
        }
    }
}

/// A buffer in shared memory, as the baker recorded it: `//bk slot NAME OFFSET LEN ELEMENT_BYTES ELEMENT_STRIDE
/// LANE_STRIDE`.
///
/// ```
/// let text = ".version 8.0\n.target sm_80\n.address_size 64
///     .visible .entry e() {\n//bk slot newton.delta 0 3 4 256 4\nret; }";
/// let module = bakelite_device::Module::parse(text, true).unwrap();
/// let slot = &module.kernels()[0].slots()[0];
/// assert_eq!((slot.name.as_str(), slot.len, slot.element_stride_bytes), ("newton.delta", 3, 256));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Name of the buffer. It may have dots.
    pub name: String,
    /// Offset of element 0 of lane 0 from the start of dynamic shared memory, in bytes.
    pub offset_bytes: u64,
    /// Elements per lane.
    pub len: u64,
    /// Size of an element in bytes.
    pub element_bytes: u64,
    /// Bytes from one element of a lane to the next.
    pub element_stride_bytes: u64,
    /// Bytes from one lane to the next.
    pub lane_stride_bytes: u64,
}

/// A variable with an address.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) space: Space,
    /// Address in its space.
    pub(crate) base: u64,
    pub(crate) bytes: u64,
    pub(crate) element_bytes: u64,
}

/// A parameter of an entry.
///
/// ```
/// let text = ".version 8.0\n.target sm_80\n.address_size 64
///     .visible .entry e(.param .u32 n, .param .u64 at) { ret; }";
/// let module = bakelite_device::Module::parse(text, true).unwrap();
/// let at = &module.kernels()[0].params()[1];
/// assert_eq!((at.name.as_str(), at.offset_bytes, at.bytes), ("at", 8, 8));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// Name in the PTX.
    pub name: String,
    /// Offset in the block of parameters, in bytes.
    pub offset_bytes: usize,
    /// Size in bytes.
    pub bytes: usize,
    /// Alignment in bytes.
    pub align: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Special {
    /// With its dimension.
    Tid(u8),
    Ntid(u8),
    Ctaid(u8),
    Nctaid(u8),
    LaneId,
    WarpId,
    /// Size of a block's shared memory: all of it, or what the launch gave.
    SharedBytes {
        all: bool,
    },
    /// `%lanemask_eq`, `lt`, `le`, `gt`, `ge`.
    LaneMask(Cmp),
}

/// Address of the first byte of a block's shared memory. GPUs of compute capability 8 and up reserve 1 KiB for
/// themselves.
pub(crate) const SHARED_BASE: u64 = 0x400;

/// A kernel (`.entry`) that is ready to run.
///
/// ```
/// let text = ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry e(.param .u32 n) { ret; }";
/// let module = bakelite_device::Module::parse(text, true).unwrap();
/// let kernel = module.kernel("e").unwrap();
/// assert_eq!((kernel.name(), kernel.param_bytes(), kernel.static_shared_bytes()), ("e", 4, 0));
/// ```
#[derive(Clone, Debug)]
pub struct Kernel {
    pub(crate) name: String,
    pub(crate) params: Vec<Param>,
    pub(crate) param_bytes: usize,
    pub(crate) blocks: Vec<Block>,
    /// Rows and predicates that a warp needs.
    pub(crate) rows: usize,
    pub(crate) predicates: usize,
    /// Rows that hold one value in all lanes, and rows that are set when a warp starts.
    pub(crate) constants: Vec<(u32, u64)>,
    pub(crate) specials: Vec<(u32, Special)>,
    pub(crate) source: Arc<str>,
    pub(crate) slots: Vec<Slot>,
    /// Variables with an address: those of this entry, and those that all entries of the module share.
    pub(crate) variables: Vec<Variable>,
    pub(crate) module_variables: Arc<[Variable]>,
    /// Names of accesses (`//@NAME.INDEX`); entry 0 is "no name".
    pub(crate) names: Vec<String>,
    pub(crate) has_barrier: bool,
    /// Whether threads that have returned count as arrived at barriers. See [`barrier`](crate::run::barrier).
    pub(crate) returned_arrive: bool,
    /// Whether any barrier is something other than barrier 0 of the whole block.
    pub(crate) named_barriers: bool,
    /// Whether any block [meets](Block::meets).
    pub(crate) meets: bool,
    pub(crate) globals: Arc<Globals>,
    pub(crate) constant_memory: Arc<[u8]>,
    pub(crate) local_bytes: usize,
    pub(crate) static_shared_bytes: usize,
    pub(crate) max_threads: Option<u32>,
    pub(crate) required_threads: Option<[u32; 3]>,
}

impl Kernel {
    /// Name of the entry.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Parameters in order.
    pub fn params(&self) -> &[Param] {
        &self.params
    }

    /// Size of the block of parameters in bytes. It ends with the last parameter, without padding.
    pub fn param_bytes(&self) -> usize {
        self.param_bytes
    }

    /// Statically declared shared memory in bytes. Dynamic shared memory lies after it.
    pub fn static_shared_bytes(&self) -> usize {
        self.static_shared_bytes
    }

    /// The most threads that a block of this kernel can have, by its directives.
    pub fn most_threads(&self) -> u32 {
        let required = self
            .required_threads
            .map(|[x, y, z]| x.saturating_mul(y).saturating_mul(z));
        let most = self
            .max_threads
            .unwrap_or(u32::MAX)
            .min(required.unwrap_or(u32::MAX));
        most.min(1024)
    }

    /// Local memory of a thread in bytes.
    pub fn local_bytes(&self) -> usize {
        self.local_bytes
    }

    /// Constant memory of the module in bytes.
    pub fn constant_bytes(&self) -> usize {
        self.constant_memory.len()
    }

    /// The buffers that the baker recorded.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Number of operations after decoding (and folding, if asked for).
    pub fn operations(&self) -> usize {
        self.blocks.iter().map(|b| b.ops.len()).sum()
    }

    /// Number of registers that a warp holds, each with 32 lanes.
    pub fn register_rows(&self) -> usize {
        self.rows
    }

    /// Variables in a state space.
    pub(crate) fn variables_in(&self, space: Space) -> impl Iterator<Item = &Variable> {
        let all = self.module_variables.iter().chain(&self.variables);
        all.filter(move |v| v.space == space)
    }

    /// Text of a line of the source, trimmed.
    pub(crate) fn line_text(&self, line: u32) -> String {
        line_text(&self.source, line)
    }

    /// Whether every operand lies within `rows` and `predicates`. The warp relies on this where it omits bounds checks.
    pub(crate) fn operands_in_range(&self) -> bool {
        let row = |r: u32| r == NONE || (r as usize) < self.rows;
        let pred = |p: u32| p == NONE || (p as usize) < self.predicates;
        let special = |s: &(u32, Special)| s.0 != NONE && row(s.0);
        let meets = |b: &Block| !b.meets || b.ops.first().is_none_or(|o| o.c != NONE);
        self.blocks.iter().all(meets)
            && self.blocks.iter().all(|b| {
                let ops = b.ops.iter().all(|o| {
                    o.sources().into_iter().all(row)
                        && o.predicates_read().into_iter().all(pred)
                        && arity_holds(o)
                        && (if o.code.defines_predicate() {
                            pred(o.d)
                        } else {
                            row(o.d)
                        })
                        && (o.name as usize) < self.names.len()
                });
                ops && match b.term {
                    Term::Branch { pred: p, .. } => p != NONE && pred(p),
                    _ => true,
                }
            })
            && self.constants.iter().all(|c| c.0 != NONE && row(c.0))
            && self.specials.iter().all(special)
    }
}

/// Whether an operation has exactly the operands that its code reads.
fn arity_holds(o: &Op) -> bool {
    let (d, a, b, c) = (o.d != NONE, o.a != NONE, o.b != NONE, o.c != NONE);
    match o.code {
        Code::Mov | Code::PMov | Code::PNot | Code::Not(_) | Code::Neg(_) | Code::Abs(_) => d && a,
        Code::Sqrt(_) | Code::Rcp(_) | Code::Cvt(..) | Code::Ld(..) => d && a,
        Code::St(..) => a && b,
        Code::Sel | Code::Mad(_) | Code::Fma(_) => d && a && b && c,
        Code::Rare(_) => d && a,
        Code::Atom(Atomic::Cas, ..) => a && b && c,
        Code::Atom(..) => a && b,
        Code::Shfl(_) => d && a && b && c,
        Code::Vote(_) | Code::Ballot | Code::Reduce(_) | Code::Match { .. } => d && a && c,
        Code::WarpSync => c,
        Code::Active | Code::Collect(_) | Code::Clock => d,
        Code::Contribute | Code::Assert | Code::Arrive(_) => a,
        Code::Fence | Code::Trap => true,
        _ => d && a && b,
    }
}

/// Line `line` (from 1) of `source`, trimmed.
pub(crate) fn line_text(source: &str, line: u32) -> String {
    let at = (line as usize).saturating_sub(1);
    source.lines().nth(at).unwrap_or("").trim().to_string()
}

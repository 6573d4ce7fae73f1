//! The reference device: an interpreter of PTX for machines without a GPU, and a checker for every machine.
//!
//! [`Module::parse`] reads PTX and refuses, with line and text, whatever it does not know to the letter: instructions,
//! modifiers, special registers, directives. [`run`] executes one launch, 32 lanes at a time, and stops at the first access
//! that a GPU would get wrong silently: see [`FaultKind`]. Arithmetic has the bits that the PTX ISA defines: IEEE 754, round to
//! nearest, subnormals kept, fused multiply-add. The bits of a NaN are not defined there ("an unspecified NaN" for `f32`;
//! payloads, without saying which, for `f64`): here they are `0x7fffffff` and `0x7fffffffffffffff`, and a GPU may give others.
//! So our kernels store a NaN of their own where a run failed, and yours should compare NaNs as NaNs.
//!
//! What it has is what NVRTC emits for kernels of integers, `f32` and `f64` without fast arithmetic, as PTX ISA 8.0 defines it:
//! - arithmetic, also rounded in any direction and carried over several words; bits and fields; predicates; all conversions but
//!   saturating ones and those of floats to 8 and 16 bits;
//! - all state spaces by name and by generic address, vectors, variables of the module with first values (`.global` ones keep what
//!   a launch leaves), atomic operations and fences. An `f32` sum in global memory flushes subnormals, as the manual says;
//! - `shfl.sync`, `vote.sync`, `activemask`, `bar.warp.sync`, where lanes wait for those that the mask names; barrier 0 of the block,
//!   with its reductions; grids and blocks of three dimensions; direct calls of functions, which become part of their caller.
//!
//! What it does not have: approximate, saturating and flush-to-zero arithmetic; `f16`, textures, asynchronous copies, matrices;
//! guards on what lanes do together, barriers other than 0 or of some warps only; recursion, calls by pointer, `brx.idx`,
//! functions without a body (`printf`, `assert`); `match`, `redux`, `lop3`, `%clock`; variables whose first value is an address.
//! Each is a [`PtxError`].
//!
//! What a GPU's driver or its assembler refuses is a [`PtxError`] too, by the same rules: a version that the driver does not read
//! (`ReferenceOptions::driver`), targets newer than compute capability 9.0, more than 48 KiB of static shared memory, operands of the wrong
//! kind, names that stand twice, labels of other scopes. More than 512 KiB of local memory per thread is one here: the assembler takes it, no GPU has it.
//!
//! A register that nothing was written to is zero, and such a predicate false, folded or not. On a GPU it is anything. It is no fault, since
//! compilers copy such registers along where nobody uses the copies.
//!
//! What the checks can see and see only on demand: a store to shared memory that another thread has read since the last barrier
//! ([`Launch::readers`]).
//!
//! What the checks cannot see:
//! - races on global memory;
//! - a part of a load of global memory that nobody wrote, where another part was written: padding is copied along with numbers;
//! - freed global memory once another allocation has its addresses;
//! - who wrote which part of a 4-byte word, where accesses are narrower (the records are per word);
//! - which lanes a `bar.warp.sync` with a part of the warp left out: it is taken as one of all lanes for what the others wrote;
//! - an atomic operation behind a `bar.warp.sync` that another lane's plain access races with;
//! - whose buffer a store without a name hits. The baker names accesses to constant addresses (`//@buffer.element`); a
//!   hand-written `st.shared` with a computed address has no name, so it may overwrite another buffer, and a named load behind
//!   it is no [`FaultKind::Overlap`].
//!
//! A kernel that waits in a loop for what another block or warp stores never ends: warps run in turns, from barrier to barrier. It is stopped
//! as any loop that does not end is, after [`Launch::instructions`].
//!
//! [`run`] gives a [`Profile`]: instructions by [`Class`], which needs no GPU.
//!
//! ```
//! use bakelite::ptx::device::{Dim3, GlobalMemory, Launch, MOST_INSTRUCTIONS, Module, run};
//! let module = Module::parse("
//!     .version 8.0
//!     .target sm_80
//!     .address_size 64
//!     .visible .entry number(.param .u64 out) {
//!         .reg .b32 %r<3>; .reg .b64 %a<3>;
//!         ld.param.u64 %a1, [out];
//!         mov.u32 %r1, %tid.x;
//!         mul.wide.u32 %a2, %r1, 4;
//!         add.s64 %a1, %a1, %a2;
//!         st.global.u32 [%a1], %r1;
//!         ret;
//!     }", true).unwrap();
//! let kernel = module.kernel("number").unwrap();
//! let mut memory = GlobalMemory::new();
//! let out = memory.allocate(4 * 3).unwrap();
//! let params = out.to_le_bytes();
//! let launch = |block: Dim3| Launch { kernel, params: &params, grid: 1.into(), block, shared_bytes: 0, memory: &memory, checks: true, readers: false, threads: 1, instructions: MOST_INSTRUCTIONS };
//! assert_eq!(run(&launch(3.into())).unwrap().blocks, 1);
//! let fault = run(&launch(4.into())).unwrap_err();
//! assert_eq!((fault.thread, fault.text.as_str()), (3, "st.global.u32 [%a1], %r1;"));
//! let mut bytes = [0; 12];
//! assert!(memory.read(out, &mut bytes));
//! assert_eq!(bytes, [0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]);
//! ```
// A fault ends its launch, so its size is paid once; boxing it would only hide that.
#![allow(clippy::result_large_err)]

mod access;
mod barrier;
mod builder;
#[cfg(target_arch = "x86_64")]
mod chained;
mod chains;
mod code;
mod decode_carry;
mod decode_exchange;
mod decode_memory;
mod decode_predicate;
mod exchange;
mod fault;
mod fold;
mod functions;
mod globals;
mod header;
mod instruction;
mod kernel;
mod lines;
mod liveness;
mod local;
mod memory;
mod parse;
mod preamble;
mod profile;
mod rare;
#[cfg(feature = "cuda")]
mod reads;
mod records;
mod round;
mod rows;
mod run;
mod scopes;
mod shared;
mod statements;
mod symbols;
mod typed;
mod uniform;
mod variables;
mod warp;
mod written;

pub use fault::{DeviceFault, FaultKind};
pub use kernel::{Kernel, Param, PtxError, Slot};
pub use memory::GlobalMemory;
pub use parse::Module;
#[cfg(feature = "cuda")]
pub(crate) use preamble::{cuda_of_driver, read_by_driver};
pub use profile::{Class, Count, Profile};
#[cfg(feature = "cuda")]
pub(crate) use reads::{Read, ReadAs, parameters_of};
#[cfg(feature = "cuda")]
pub(crate) use run::MOST_SHARED;
pub use run::{Dim3, Launch, MOST_INSTRUCTIONS, run};

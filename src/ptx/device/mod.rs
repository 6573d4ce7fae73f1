//! The reference device: an interpreter of PTX for machines without a GPU, and a checker for every machine.
//!
//! [`Module::parse`] reads PTX and refuses, with line and text, whatever it does not know to the letter: instructions,
//! modifiers, special registers, directives. [`run`] executes one launch, 32 lanes at a time, and stops at the first access
//! that a GPU would get wrong silently: see [`FaultKind`]. Arithmetic has the bits that the PTX ISA defines: IEEE 754, subnormals
//! kept, fused multiply-add. The bits of a NaN are not defined there ("an unspecified NaN" for `f32`;
//! payloads, without saying which, for `f64`): here they are `0x7fffffff` and `0x7fffffffffffffff`, and a GPU may give others.
//! So our kernels store a NaN of their own where a run failed, and yours should compare NaNs as NaNs.
//!
//! What it has is what NVRTC emits for ordinary kernels, as the PTX ISA defines it:
//! - arithmetic of integers, `f32`, `f64`, `f16` and `bf16` (one or two to a register), also rounded in any direction, saturated, with
//!   flushed subnormals, and carried over several words; bits, bytes, fields and dot products; predicates; all conversions;
//! - all state spaces by name and by generic address, vectors, variables of the module with first values (`.global` ones keep what
//!   a launch leaves), atomic operations and fences. An `f32` sum in global memory flushes subnormals, as the manual says;
//! - `shfl.sync`, `vote.sync`, `redux.sync`, `match.sync`, `activemask`, `bar.warp.sync`, where lanes wait for those that the mask names;
//!   the sixteen barriers of the block with counts of threads, arrivals without waiting and reductions; grids and blocks of three
//!   dimensions; direct calls of functions, which become part of their caller; branches by index;
//! - `printf`, whose text is [collected](GlobalMemory::take_printed) and never printed; `assert`, a [fault](FaultKind::Assertion);
//!   clocks, which count what a warp has done and measure no time; `nanosleep`, which does nothing; one multiprocessor, `%smid` 0.
//!
//! # Approximations
//!
//! Of some instructions the PTX ISA gives a bound of the error and not the bits. They are refused unless
//! [`ParseOptions::approximate`] (for a device: `ReferenceOptions::approximate`) is set. Then each gives the correctly rounded
//! value, or in one of thousands of cases its neighbour, the same on every host. A GPU's value differs from the exact one by up to:
//!
//! | instruction | a GPU's error at most (PTX ISA 9.1) |
//! |---|---|
//! | `rcp.approx.f32` | 1 ulp |
//! | `div.approx.f32`, `div.full.f32` | 2 ulp; `div.approx` by more than 2^126 gives 0, here too |
//! | `sqrt.approx.f32` | 2^-23, relative |
//! | `rsqrt.approx.f32` | 2^-22.9, relative |
//! | `ex2.approx.f32` | 2 ulp |
//! | `lg2.approx.f32` | 2^-22: absolute in (0.5, 2), relative elsewhere |
//! | `sin.approx.f32`, `cos.approx.f32` | 2^-20.5 within 2π, 2^-14.7 within 100π, absolute; beyond, none is stated |
//! | `tanh.approx.f32` | 2^-11, relative |
//! | `ex2.approx` of `f16`, `bf16` | 2^-9.9, 2^-7, relative |
//! | `tanh.approx` of `f16`, `bf16` | 2^-10.987, 2^-8, absolute |
//! | `rcp.approx.ftz.f64`, `rsqrt.approx.ftz.f64` | none is stated; here the upper word is the nearest, the lower one 0 |
//! | `rsqrt.approx.f64` | none is stated; here little more than half an ulp |
//! | `add`, `sub`, `mul` without a rounding | the assembler may make one `fma` of two; here each is rounded on its own |
//!
//! So `expf`, `powf`, `log` and their like agree with a GPU within the bounds of the CUDA C++ Programming Guide, not to the bit.
//! Whether `.ftz` asks for the size before or after rounding is not stated; here it is after.
//!
//! # What is refused
//!
//! Each is a [`PtxError`] with the line.
//!
//! | what | remedy |
//! |---|---|
//! | approximations and contraction without the option | set it, or compile with `--fmad=false` and without fast math |
//! | recursion; calls by pointer, virtual functions | a loop, a `switch` |
//! | variables whose first value is an address | fill the table in the kernel |
//! | functions without a body but `vprintf` and `__assertfail`: `malloc`, `free`, device launches | link them, or leave them out |
//! | textures, surfaces, `prefetch`, cache policies | plain loads |
//! | asynchronous copies, `mbarrier`, clusters, `wmma`, `mma`, `ldmatrix` | none |
//! | `f16` and `bf16` atomics, `min` and `max` atomics of floats, `atom` of vectors | `atom.cas` |
//! | `tf32`, 8-bit and narrower floats, `.satfinite`, stochastic rounding | none |
//! | `fma.oob`, `max` and `min` of three, `f32x2`, `redux` of `f32` (compute capability 10) | none |
//! | video instructions but `vabsdiff4.u32` | SIMD functions of CUDA that compile to plain ones |
//! | guards on `shfl`, `vote`, `redux`, `match`, on barriers that wait and on calls | a branch around them |
//! | `%nwarpid`, `%gridid`, `%envreg`, `%pm`, cluster registers | none |
//! | `.version`, `.target` and directives that are not known | |
//!
//! What a GPU's driver or its assembler refuses is a [`PtxError`] too, by the same rules: a version that the driver does not read
//! (`ReferenceOptions::driver`), targets newer than compute capability 9.0, more than 48 KiB of static shared memory, operands of the wrong
//! kind, names that stand twice, labels of other scopes. More than 512 KiB of local memory per thread is one here: the assembler takes it, no GPU has it.
//!
//! A register that nothing was written to is zero, and such a predicate false, folded or not. On a GPU it is anything. It is no fault, since
//! compilers copy such registers along where nobody uses the copies.
//!
//! What the checks see and a launch can do without: a store to shared memory that another thread has read since the last barrier
//! ([`Launch::readers`]). What is no fault and seldom meant is a [`Note`] of the launch's [`Profile`]: two threads that store the same value to
//! one place, and barriers at which threads had returned.
//!
//! What the checks cannot see:
//! - races on global memory;
//! - a part of a load of global memory that nobody wrote, where another part was written: padding is copied along with numbers;
//! - freed global memory once another allocation has its addresses;
//! - what a thread did to a place of shared memory before it stored what another thread stores too, or before a `bar.warp.sync`;
//! - who was not at a barrier of some warps: what its threads wrote before is taken as everybody's;
//! - an atomic operation behind a plain store or a `bar.warp.sync`, which another lane's plain access races with;
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
mod decode_barrier;
mod decode_carry;
mod decode_exchange;
mod decode_float;
mod decode_half;
mod decode_half_cvt;
mod decode_integer;
mod decode_memory;
mod decode_predicate;
mod decode_special;
mod exchange;
mod fault;
mod float;
mod fold;
mod format;
mod functions;
mod globals;
mod half;
mod header;
mod instruction;
mod integer;
mod kernel;
mod lines;
mod liveness;
mod local;
mod memory;
mod named;
mod notes;
mod parse;
mod preamble;
mod print;
mod profile;
mod rare;
mod readers;
#[cfg(feature = "cuda")]
mod reads;
mod records;
mod round;
mod rows;
mod run;
mod same;
mod scopes;
mod shared;
mod split;
mod statements;
mod symbols;
mod typed;
mod uniform;
mod units;
mod variables;
mod warp;
mod written;

#[cfg(feature = "cuda")]
pub(crate) use fault::without_panic;
pub use fault::{DeviceFault, FaultKind};
pub use kernel::{Kernel, Param, PtxError, Slot};
pub use memory::GlobalMemory;
pub use notes::{Note, NoteKind};
pub use parse::{Module, ParseOptions};
#[cfg(feature = "cuda")]
pub(crate) use preamble::{cuda_of_driver, read_by_driver};
pub use print::Printed;
pub use profile::{Class, Count, Profile};
#[cfg(feature = "cuda")]
pub(crate) use reads::{DeclaredParam, Read, ReadAs, parameters_of};
#[cfg(feature = "cuda")]
pub(crate) use run::MOST_SHARED;
pub use run::{Dim3, Launch, MOST_INSTRUCTIONS, run};

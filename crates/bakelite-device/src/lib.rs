//! The reference device: an interpreter of PTX for machines without a GPU, and a checker for every machine.
//!
//! [`Module::parse`] reads PTX. It refuses whatever it does not know exactly (instructions, modifiers, special
//! registers, directives), and names the line and its text. [`run`] executes one launch, 32 lanes at a time. It stops
//! at the first access that a GPU would get wrong silently: see [`FaultKind`].
//!
//! Arithmetic has the bits that the PTX ISA defines: IEEE 754, with subnormals kept, and fused multiply-add. The ISA
//! does not define the bits of a NaN. It says "an unspecified NaN" for `f32`, and for `f64` it speaks of payloads
//! without saying which. Here they are `0x7fffffff` and `0x7fffffffffffffff`; a GPU may give others. So our kernels
//! store a NaN of their own where a run failed, and your code should compare NaNs as NaNs.
//!
//! The device knows what NVRTC emits for ordinary kernels, as the PTX ISA defines it:
//! - Arithmetic of integers, `f32`, `f64`, `f16` and `bf16` (one or two to a register), also rounded in any direction,
//!   saturated, with flushed subnormals, and carried over several words. Operations on bits, bytes and fields, and dot
//!   products. Predicates. All conversions.
//! - All state spaces by name and by generic address, vectors, atomic operations and fences. Variables of the module
//!   with initial values: `.global` ones keep what a launch leaves in them. A sum of `f32` by an atomic operation in
//!   global memory flushes subnormals, as the manual says.
//! - `shfl.sync`, `vote.sync`, `redux.sync`, `match.sync`, `activemask` and `bar.warp.sync`: lanes wait for the lanes
//!   that the mask names.
//! - The sixteen barriers of the block, with counts of threads, arrivals without waiting, and reductions. Grids and
//!   blocks of three dimensions.
//! - Direct calls of functions, which become part of their caller. Branches by index.
//! - `printf`, whose text is [collected](GlobalMemory::take_printed) and never printed. `assert`, which is a
//!   [fault](FaultKind::Assertion) if it fails. Clocks, which count what a warp has done and measure no time.
//!   `nanosleep`, which does nothing. There is one multiprocessor: `%smid` is 0.
//!
//! # Approximations
//!
//! For some instructions the PTX ISA gives an error bound, not the bits. The device refuses them unless
//! [`ParseOptions::approximate`] is set (for a device of `bakelite::cuda`: `ReferenceOptions::approximate`). Then each
//! gives the correctly rounded value or, in one of thousands of cases, a neighbour of it: the same on every host. A
//! GPU's value differs from the exact one by up to:
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
//! | `rcp.approx.ftz.f64`, `rsqrt.approx.ftz.f64` | none is stated; here: nearest upper word, lower word 0 |
//! | `rsqrt.approx.f64` | none is stated; here little more than half an ulp |
//! | `add`, `sub`, `mul` without a rounding | the assembler may fuse two into one `fma`; here each is rounded |
//!
//! So `expf`, `powf`, `log` and similar functions agree with a GPU within the bounds of the CUDA C++ Programming Guide,
//! not bit by bit. The manual does not say whether `.ftz` looks at the size before or after rounding. Here it is after.
//!
//! # What is refused
//!
//! Each of these is a [`PtxError`] with the line.
//!
//! | what | remedy |
//! |---|---|
//! | approximations and contraction without the option | set it, or compile with `--fmad=false` and without fast math |
//! | recursion; calls by pointer, virtual functions | a loop, a `switch` |
//! | variables whose initial value is an address | fill the table in the kernel |
//! | functions without a body (`malloc`, `free`, device launches) except `vprintf` and `__assertfail` | link or omit |
//! | textures, surfaces, `prefetch`, cache policies | plain loads |
//! | asynchronous copies, `mbarrier`, clusters, `wmma`, `mma`, `ldmatrix` | none |
//! | `f16` and `bf16` atomics, `min` and `max` atomics of floats, `atom` of vectors | `atom.cas` |
//! | `tf32`, 8-bit and narrower floats, `.satfinite`, stochastic rounding | none |
//! | `fma.oob`, `max` and `min` of three, `f32x2`, `redux` of `f32` (compute capability 10) | none |
//! | video instructions except `vabsdiff4.u32` | SIMD functions of CUDA that compile to plain ones |
//! | guards on `shfl`, `vote`, `redux`, `match`, on barriers that wait and on calls | a branch around them |
//! | `%nwarpid`, `%gridid`, `%envreg`, `%pm`, cluster registers | none |
//! | `.version`, `.target` and directives that are not known | |
//!
//! What a GPU's driver or its assembler refuses is a [`PtxError`] too, by the same rules. Examples: a PTX version that
//! the driver does not read (`ReferenceOptions::driver`), targets newer than compute capability 9.0, more than 48 KiB
//! of static shared memory, operands of the wrong kind, names that are declared twice, labels of other scopes. One
//! error is only ours: more than 512 KiB of local memory per thread. The assembler accepts that, but no GPU has it.
//!
//! # What is no fault
//!
//! A register that was never written is zero, and such a predicate is false, folded or not. On a GPU it has any value.
//! This is no fault, since compilers copy such registers along without using the copies.
//!
//! A store to shared memory that another thread has read since the last barrier is a fault only if [`Launch::readers`]
//! is set. Events that are no faults but rarely intended are a [`Note`] in the launch's [`Profile`]: two threads that
//! store the same value to one place, and barriers at which some threads had returned.
//!
//! The checks cannot see:
//! - Races on global memory.
//! - A part of a load of global memory that was never written, if another part was written: padding is copied along
//!   with numbers.
//! - Accesses to freed global memory, once another allocation has its addresses.
//! - What a thread did to a place of shared memory before it stored the value that another thread stores too, or before
//!   a `bar.warp.sync`.
//! - Which threads were missing at a barrier of some warps: what its threads wrote before it counts as visible to all
//!   threads.
//! - An atomic operation after a plain store or a `bar.warp.sync` that races with a plain access of another lane.
//! - Which buffer a store without a name belongs to. The baker names accesses to constant addresses
//!   (`//@buffer.element`). A hand-written `st.shared` with a computed address has no name, so it may overwrite another
//!   buffer, and a named load after it is no [`FaultKind::Overlap`].
//!
//! A kernel that waits in a loop for a store of another block or warp never ends, since warps run in turns, from
//! barrier to barrier. Like every loop that does not end, it is stopped after [`Launch::instructions`].
//!
//! [`run`] returns a [`Profile`]: the number of instructions of each [`Class`]. It needs no GPU.
//!
//! ```
//! use bakelite_device::{Dim3, GlobalMemory, Launch, MOST_INSTRUCTIONS, Module, run};
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
//! let launch = |block: Dim3| Launch {
//!     kernel, params: &params, grid: 1.into(), block, shared_bytes: 0, memory: &memory, checks: true, readers: false,
//!     threads: 1, instructions: MOST_INSTRUCTIONS,
//! };
//! assert_eq!(run(&launch(3.into())).unwrap().blocks, 1);
//! let fault = run(&launch(4.into())).unwrap_err();
//! assert_eq!((fault.thread, fault.text.as_str()), (3, "st.global.u32 [%a1], %r1;"));
//! let mut bytes = [0; 12];
//! assert!(memory.read(out, &mut bytes));
//! assert_eq!(bytes, [0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]);
//! ```
#![allow(
    clippy::result_large_err,
    reason = "a fault ends its launch, so its size is paid once; boxing it would only hide that"
)]

mod code;
mod decode;
mod memory;
mod run;
mod text;

pub use code::kernel::{Kernel, Param, PtxError, Slot};
pub use decode::module::{Module, ParseOptions};
pub use memory::allocations::GlobalMemory;
pub use run::fault::{DeviceFault, FaultKind};
pub use run::launch::{Dim3, Launch, MOST_INSTRUCTIONS, run};
pub use run::notes::{Note, NoteKind};
pub use run::print::Printed;
pub use run::profile::{Class, Count, Profile};

/// What `bakelite::cuda` needs to answer as a driver does. It is not part of the interface.
#[doc(hidden)]
pub mod hidden {
    pub use crate::run::fault::without_panic;
    pub use crate::run::launch::MOST_SHARED;
    pub use crate::text::preamble::{cuda_of_driver, read_by_driver};
    pub use crate::text::reads::{DeclaredParam, Read, ReadAs, parameters_of};
}

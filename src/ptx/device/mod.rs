//! The reference device: an interpreter of PTX for machines without a GPU, and a checker for every machine.
//!
//! [`Module::parse`] reads PTX and refuses, with line and text, whatever it does not know to the letter: instructions,
//! modifiers, special registers, directives. [`run`] executes one launch, 32 lanes at a time, and stops at the first access
//! that a GPU would get wrong silently: see [`FaultKind`]. Arithmetic has the bits that the PTX ISA defines: IEEE 754, round to
//! nearest, subnormals kept, fused multiply-add. The bits of a NaN are not defined there ("an unspecified NaN" for `f32`;
//! payloads, without saying which, for `f64`): here they are `0x7fffffff` and `0x7fffffffffffffff`, and a GPU may give others.
//! So our kernels store a NaN of their own where a run failed, and yours should compare NaNs as NaNs.
//!
//! What it does not have: `.func` calls, atomics, warp shuffles and votes, generic addressing (`ld` without a state space),
//! module-scope `.global`/`.const` variables that are used, approximate and flush-to-zero arithmetic. Each is a [`PtxError`].
//!
//! What the checks cannot see:
//! - a read that a later write of the same barrier interval races with (only read-after-write and write-after-write are
//!   recorded), and races on global memory;
//! - a barrier that only some threads of a block reach;
//! - freed global memory once another allocation has its addresses;
//! - who wrote which part of a 4-byte word, where accesses are narrower (the records are per word);
//! - whose buffer a store without a name hits. The baker names accesses to constant addresses (`//@buffer.element`); a
//!   hand-written `st.shared` with a computed address has no name, so it may overwrite another buffer, and a named load behind
//!   it is no [`FaultKind::Overlap`].
//!
//! ```
//! use bakelite::ptx::device::{GlobalMemory, Launch, Module, run};
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
//! let launch = |block| Launch { kernel, params: &params, grid: 1, block, shared_bytes: 0, memory: &memory, checks: true, threads: 1 };
//! assert_eq!(run(&launch(3)).unwrap().blocks, 1);
//! let fault = run(&launch(4)).unwrap_err();
//! assert_eq!((fault.thread, fault.text.as_str()), (3, "st.global.u32 [%a1], %r1;"));
//! let mut bytes = [0; 12];
//! assert!(memory.read(out, &mut bytes));
//! assert_eq!(bytes, [0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]);
//! ```
// A fault ends its launch, so its size is paid once; boxing it would only hide that.
#![allow(clippy::result_large_err)]

mod fault;
mod fold;
mod instruction;
mod kernel;
mod liveness;
mod memory;
mod parse;
mod rows;
mod run;
mod shared;
mod statements;
mod symbols;
mod warp;

pub use fault::{DeviceFault, FaultKind};
pub use kernel::{Kernel, Param, PtxError, Slot};
pub use memory::GlobalMemory;
pub use parse::Module;
#[cfg(feature = "cuda")]
pub(crate) use parse::params_of;
pub use run::{Launch, Profile, run};

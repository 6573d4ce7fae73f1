//! The reference device: an interpreter of PTX for machines without a GPU, and a checker for every machine.
//!
//! [`Module::parse`] reads PTX and refuses, with line and text, whatever it does not know to the letter: instructions,
//! modifiers, special registers, directives. [`run`] executes one launch, 32 lanes at a time, and stops at the first access
//! that a GPU would get wrong silently: see [`FaultKind`]. Arithmetic is that of the GPU to the bit: IEEE 754 round to
//! nearest, fused multiply-add; only the sign and payload of an `f64` NaN may differ, which PTX leaves open.
//!
//! What it does not have: `.func` calls, atomics, warp shuffles and votes, generic addressing (`ld` without a state space),
//! module-scope `.global`/`.const` variables that are used, approximate and flush-to-zero arithmetic. Each is a [`PtxError`].
//!
//! What the checks cannot see: a read that a later write of the same barrier interval races with (only read-after-write and
//! write-after-write are recorded), races on global memory, accesses narrower than 4 bytes that share a 4-byte word (the
//! records are per word), a barrier that only some threads of a block reach, and freed global memory once another allocation
//! has its addresses.
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

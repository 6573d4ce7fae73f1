//! Layouts of scratch memory: users declare them as types, and the library reads one static tree.
//!
//! A component declares its buffers with [`registry!`](crate::registry). A parent hosts it as a child, and may be
//! generic over it. [`plan!`](crate::plan!) flattens the tree, checks that the names are unique, places every buffer,
//! and checks that a block of runs fits into the shared memory of the device. All of this happens in constants: a
//! mistake is a compile error with names, numbers and a remedy.
//!
//! ```
//! use bakelite::{consts::*, layout::{Element, child}, prelude::*};
//! registry! {
//!     /// Newton's workspace of width `N`.
//!     pub struct Newton<N: Extent, E: Element> in newton, phases [residual, solve] {
//!         /// The Newton step.
//!         delta: [E; N] in Shared, during solve;
//!         residual: [E; N] in Shared;
//!     }
//! }
//! registry! {
//!     pub struct Step<N: Extent, E: Element, C: Registry> in step {
//!         state: [E; N] in Shared, keep;
//!         newton: child C;
//!     }
//! }
//! plan! { pub struct Lorenz for Step<U3, f32, Newton<U3, f32>> = on(Sm90).block(128).sequential(); }
//! const DELTA: usize = offset!(Lorenz, "newton.delta");
//! assert_eq!(DELTA, 12);
//! assert_eq!(Lorenz::PLAN.shared.bytes, 36);
//! ```
//!
//! # Phases repeat
//! The phases of a component run in order, again and again. A buffer without `during` lives through the whole life of
//! **its own component**, and no longer. Contents that must survive from one call to the next need `keep`
//! (`LocalPersistent` implies it).
//!
//! # Sizes
//! A length never depends on the location: a disabled buffer has length 0 in every location.

#![allow(
    clippy::result_large_err,
    reason = "a fault carries its whole text in a fixed array, since constants cannot allocate; run-time functions box it"
)]

#[cfg(feature = "alloc")]
mod export;
mod fault;
mod plan;
#[cfg(feature = "alloc")]
pub mod rectangles;
mod registry;
#[cfg(feature = "alloc")]
mod runtime;
mod solve;
mod target;
mod text;

#[cfg(feature = "std")]
pub(crate) use export::full_path;
pub use fault::{Code, Fault};
pub use plan::geometry::{Addressing, Geometry};
pub use plan::launch::LaunchPlan;
pub use plan::planned::{Placed, Planned};
pub use plan::slot::{MAX_DEPTH, Slot, Step};
pub use plan::spec::{On, Policy, Spec, on};
pub use plan::totals::{BufferWords, SharedWords, Total};
pub use plan::view::PlanView;
pub use registry::element::{Element, ElementKind};
pub use registry::extent::{Const, Extent, Minus, Plus, Switch, Times};
pub use registry::node::{Kind, Node, Part, Registry, Wide, buffer, child};
pub use registry::path::{Has, Hosts, In, Path, Root, Site};
pub use registry::space::{
    Local, LocalPersistent, Location, PerBlock, PerRun, Places, RunLocation, Scope, Shared, Space,
};
#[cfg(feature = "alloc")]
pub use runtime::part::{Length, RuntimePart};
#[cfg(feature = "alloc")]
pub use runtime::plan::RuntimePlan;
#[cfg(feature = "alloc")]
pub use runtime::registry::{RuntimeRegistry, try_plan};
pub use solve::auto::{Auto, AutoReport};
pub use solve::plan::{Plan, buffers, plan};
#[cfg(feature = "std")]
pub(crate) use solve::suits::{check_plan, own_plan};
pub use solve::verify::verify;
pub use target::arch::Arch;
pub use target::banks::BankAccess;
#[cfg(feature = "alloc")]
pub use target::largest::largest_length;
pub use target::limits::Limits;
pub use target::occupancy::{Limiter, Occupancy, Occupied};
pub use target::registers::RegisterEstimate;
pub use text::Text;

/// The functions that the macros expand to. They are not part of the interface.
#[doc(hidden)]
pub mod hidden {
    pub use super::plan::planned::{Lengths, NoLengths, filled, root, slot, unit_bytes};
    pub use super::registry::node::{last, position, word};
    pub use super::registry::path::own;
    pub use super::solve::declared::{declared, report};
    pub use super::solve::plan::make;
    pub use super::target::require::assert_occupancy;
}

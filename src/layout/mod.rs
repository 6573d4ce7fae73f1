//! Layouts of scratch memory: types at the surface, one static tree underneath.
//!
//! A component declares its buffers with [`registry!`](crate::registry); a parent hosts it as a child, generically. [`plan!`](crate::plan!) flattens
//! the tree, proves the names unique, places every buffer, and checks that a block of runs fits the shared memory of
//! the device. All of it happens in constants: a mistake is a compile error with names, numbers and a remedy.
//!
//! ```
//! use bakelite::{consts::*, *};
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
//! The phases of a component run in order, again and again. A buffer without `during` lives through all of **its own
//! component's** life, and no longer: contents that must survive from one call to the next need `keep`
//! (`LocalPersistent` implies it).
//!
//! # Sizes
//! A length never depends on the location: a disabled buffer has length 0 everywhere.

// A fault carries its whole text in a fixed array, since constants cannot allocate; the run-time face boxes it.
#![allow(clippy::result_large_err)]

mod agree;
mod arch;
mod auto;
mod banks;
mod components;
mod declared;
mod element;
#[cfg(feature = "alloc")]
mod export;
mod extent;
mod fault;
mod fit;
mod flatten;
mod geometry;
mod greedy;
#[cfg(feature = "alloc")]
mod improve;
#[cfg(feature = "alloc")]
mod largest;
mod limits;
mod live;
mod lookup;
mod macros;
mod names;
mod node;
mod occupancy;
mod overlay;
mod pack;
mod path;
mod pins;
mod place;
mod plan;
mod planned;
#[cfg(feature = "alloc")]
mod random;
#[cfg(feature = "alloc")]
pub mod rectangles;
mod registers;
mod require;
mod search;
mod slot;
mod space;
mod text;
mod totals;
#[cfg(feature = "alloc")]
mod tree;
#[cfg(feature = "alloc")]
mod twin;
#[cfg(feature = "alloc")]
mod twin_part;
#[cfg(feature = "alloc")]
mod twin_plan;
mod verify;
mod view;

pub use arch::Arch;
pub use auto::{Auto, AutoReport};
pub use banks::BankAccess;
pub use element::{Element, ElementKind};
#[cfg(feature = "std")]
pub(crate) use export::full_path;
pub use extent::{Const, Extent, Minus, Plus, Switch, Times, Wide};
pub use fault::{Code, Fault};
pub use fit::LaunchPlan;
pub use geometry::{Addressing, Geometry};
#[cfg(feature = "alloc")]
pub use largest::largest_length;
pub use limits::Limits;
pub use node::{Kind, Node, Part, Registry, buffer, child};
pub use occupancy::{Limiter, Occupancy, Occupied};
pub use path::{Has, Hosts, In, Path, Root, Site};
pub use plan::{On, Plan, Policy, Spec, buffers, on, plan};
pub use planned::{Placed, Planned};
pub use registers::RegisterEstimate;
pub use slot::{MAX_DEPTH, Slot, Step};
pub use space::{
    Local, LocalPersistent, Location, PerBlock, PerRun, Places, RunLocation, Scope, Shared, Space,
};
pub use text::Text;
pub use totals::{BufferWords, SharedWords, Total};
#[cfg(feature = "alloc")]
pub use twin::RuntimeRegistry;
#[cfg(feature = "alloc")]
pub use twin_part::{Length, RuntimePart};
#[cfg(feature = "alloc")]
pub use twin_plan::{RuntimePlan, try_plan};
pub use verify::verify;
pub use view::PlanView;

/// What the macros expand to; no part of the interface.
#[doc(hidden)]
pub mod hidden {
    pub use super::declared::{declared, report};
    pub use super::node::{last, own, position, word};
    pub use super::plan::make;
    pub use super::planned::{Lengths, NoLengths, filled, root, slot, unit_bytes};
    pub use super::require::assert_occupancy;
}

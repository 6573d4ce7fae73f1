//! Rust without branches, generic over [`Scalar`](crate::Scalar), recorded as PTX; loops are those of [`Workspace`](crate::Workspace).

mod bodies;
mod compact;
mod emit;
mod graph;
mod known;
#[cfg(test)]
mod loop_faults;
#[cfg(all(test, feature = "reference"))]
mod random_loops;
mod repeat;
mod scalar;
pub(crate) mod sweep;
pub(crate) mod turns;
mod workspace;

pub use emit::{Fragment, declarations};
pub(super) use emit::{letter, suffix};
pub(super) use graph::Kind;
pub use scalar::{Traced, TracedMask};
pub use workspace::TraceWorkspace;
pub(crate) use workspace::local_bytes;

/// Runs `program` on this thread and returns what it recorded.
///
/// ```
/// use bakelite::{Scalar, ptx::{Traced, trace}};
/// let fragment = trace(|| Traced::<f64>::operand("x").sqrt().output("root"));
/// assert_eq!(fragment.operands(), ["x", "root"]);
/// ```
pub fn trace(program: impl FnOnce()) -> Fragment {
    // a program that unwound may have left half a graph behind
    drop(graph::take());
    program();
    Fragment::new(graph::take())
}

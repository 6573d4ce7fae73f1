//! Rust without branches, generic over [`Scalar`](crate::ode::Scalar), recorded as a graph of values, memory accesses
//! and loops (those of [`Workspace`](crate::ode::Workspace)). Other modules use the graph: `ptx` writes it as
//! instructions.

mod bodies;
pub(crate) mod compact;
mod fragment;
pub(crate) mod graph;
pub(crate) mod known;
#[cfg(test)]
mod loop_faults;
pub(crate) mod lowered;
mod repeat;
mod scalar;
#[cfg(all(test, feature = "reference"))]
mod sweeps;
mod workspace;

pub use fragment::Fragment;
pub use scalar::{Traced, TracedMask};
pub use workspace::TraceWorkspace;

/// Runs `program` on this thread and returns what it recorded.
///
/// ```
/// use bakelite::{ode::Scalar, ptx::{Traced, trace}};
/// let fragment = trace(|| Traced::<f64>::operand("x").sqrt().output("root"));
/// assert_eq!(fragment.operands(), ["x", "root"]);
/// ```
pub fn trace(program: impl FnOnce()) -> Fragment {
    // a program that unwound may have left half a graph
    drop(graph::take());
    program();
    bodies::leave(0);
    Fragment::new(graph::take())
}

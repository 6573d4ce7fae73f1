//! A finished trace.

use super::graph::{Graph, Id, Kind, Node};

/// A piece of PTX whose register operands are still open, without branches but those of loops.
/// [`trace`](crate::ptx::trace) returns it, and the baker puts it into a kernel.
///
/// ```
/// use bakelite::ptx::{Traced, trace};
/// let fragment = trace(|| (Traced::<f32>::operand("x") + Traced::operand("y")).output("sum"));
/// let text = fragment.emit(&|name| match name { "x" => Some("%f1"), "y" => Some("%f2"), "sum" => Some("%f3"), _ => None });
/// assert!(text.unwrap().contains("add.rn.f32"));
/// ```
#[derive(Clone, Debug)]
pub struct Fragment {
    pub(crate) graph: Graph,
}

impl Fragment {
    pub(crate) fn new(graph: Graph) -> Fragment {
        Fragment {
            graph: graph.compact(),
        }
    }

    /// The operands that it reads, then those that it writes.
    #[must_use]
    pub fn operands(&self) -> Vec<&str> {
        self.reads()
            .chain(self.writes().map(|(name, _)| name))
            .collect()
    }

    pub(crate) fn reads(&self) -> impl Iterator<Item = &str> {
        self.graph.nodes.iter().filter_map(|(node, _)| match node {
            Node::Operand(name) => Some(name.as_str()),
            _ => None,
        })
    }

    pub(crate) fn writes(&self) -> impl Iterator<Item = (&str, Kind)> {
        let kind = |id: Id| self.graph.nodes[id as usize].1;
        let outputs = self.graph.outputs.iter();
        outputs.map(move |(name, id)| (name.as_str(), kind(*id)))
    }

    /// What the program called a result: what it writes, without what matters only where another fragment reads it.
    pub(crate) fn results(&self) -> impl Iterator<Item = &str> {
        let names = self.writes().map(|(name, _)| name);
        names.filter(|name| !self.graph.passed_on.contains(*name))
    }

    /// Why the recorded program cannot be PTX: an access of a [`TraceWorkspace`](super::TraceWorkspace) to a slot of
    /// another element, or past its end; two results of one name; or a loop that cannot be recorded.
    /// [`Baker::bake`](crate::ptx::Baker::bake) fails with this text.
    #[must_use]
    pub fn fault(&self) -> Option<&str> {
        self.graph.fault.as_deref()
    }
}

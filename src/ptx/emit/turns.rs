//! Data-dependent loops: a counter, and a branch back where the thread's own predicate holds.

use super::sweep::LABEL;
use crate::trace::graph::{Action, Graph, Turns};
use std::fmt::Write;

/// Declares the registers of loops that are nested `depth` deep.
pub(crate) fn declarations(depth: usize) -> String {
    format!("\t.reg .b32 %bkn<{depth}>;\n\t.reg .pred %bkr<{depth}>;\n")
}

/// How deep they are nested. Loops of one level share a counter.
pub(super) fn depth(graph: &Graph) -> usize {
    let (mut now, mut most) = (0_usize, 0);
    for action in &graph.actions {
        let (Action::Open(of) | Action::Close(of)) = action else {
            continue;
        };
        if let Turns::While { .. } = graph.loops[*of].turns {
            match action {
                Action::Open(_) => now += 1,
                _ => now -= 1,
            }
            most = most.max(now);
        }
    }
    most
}

/// The loops that are open where the text is written.
#[derive(Default)]
pub(super) struct Nest {
    depth: usize,
}

impl Nest {
    /// Writes what comes before the body.
    pub(super) fn open(&mut self, text: &mut String, of: usize) {
        _ = writeln!(text, "\tmov.u32 %bkn{}, 0;\n{LABEL}_{of}:", self.depth);
        self.depth += 1;
    }

    /// Writes what comes after a body. `running`: whether the loop goes on, as far as it is known, and its register.
    pub(super) fn close(
        &mut self,
        text: &mut String,
        limit: u32,
        running: (Option<bool>, &str),
        of: usize,
    ) {
        self.depth = self.depth.saturating_sub(1);
        let (turns, again) = (format!("%bkn{}", self.depth), format!("%bkr{}", self.depth));
        let both = match running {
            (Some(false), _) => return,
            (Some(true), _) => String::new(),
            (None, register) => format!("\tand.pred {again}, {again}, {register};\n"),
        };
        _ = writeln!(
            text,
            "\tadd.s32 {turns}, {turns}, 1;\n\tsetp.lt.u32 {again}, {turns}, {limit};\n{both}\t@{again} bra {LABEL}_{of};"
        );
    }
}

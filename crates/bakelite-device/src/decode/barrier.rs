//! Barriers of the block: `bar.sync`, `bar.arrive`, `bar.red`, and the same spelled `barrier`, with `.cta` or not.
use crate::code::kernel::{Code, NONE, Op, Term, Ty};
use crate::decode::body::{Builder, operands};
use crate::decode::exchange;
use crate::decode::instruction::unknown;
use crate::text::statements::{Piece, Statement};
use crate::text::symbols::Refusal;

/// A barrier as it is written.
struct Barrier<'a> {
    aligned: bool,
    waits: bool,
    number: &'a str,
    threads: Option<&'a str>,
    /// For a reduction: its kind, its result and its predicate.
    reduction: Option<(&'a str, &'a str, &'a str)>,
}

impl<'a> Barrier<'a> {
    /// `None`: there is no such barrier.
    fn parse(opcode: &'a str, operands: &[&'a str]) -> Option<Barrier<'a>> {
        let (name, rest) = opcode.split_once('.')?;
        let rest = rest.strip_prefix("cta.").unwrap_or(rest);
        let parts: Vec<&str> = rest.split('.').collect();
        // `.aligned` comes after the barrier's action.
        let (parts, aligned) = match (name, &parts[..]) {
            ("bar", parts) => (parts.to_vec(), true),
            ("barrier", [what @ ("sync" | "arrive"), "aligned"]) => (vec![*what], true),
            ("barrier", ["red", what, "aligned", t]) => (vec!["red", what, t], true),
            ("barrier", parts) => (parts.to_vec(), false),
            _ => return None,
        };
        let (waits, reduction) = match parts[..] {
            ["sync"] => (true, None),
            ["arrive"] => (false, None),
            ["red", what @ "popc", "u32"] | ["red", what @ ("and" | "or"), "pred"] => {
                (true, Some(what))
            }
            _ => return None,
        };
        let (number, threads, reduction) = match (operands, reduction) {
            ([number], None) if waits => (number, None, None),
            ([number, threads], None) => (number, Some(*threads), None),
            ([d, number, p], Some(what)) => (number, None, Some((what, *d, *p))),
            ([d, number, threads, p], Some(what)) => (number, Some(*threads), Some((what, *d, *p))),
            _ => return None,
        };
        Some(Barrier {
            aligned,
            waits,
            number,
            threads,
            reduction,
        })
    }

    /// Whether it is anything other than barrier 0 of the whole block.
    fn is_named(&self) -> bool {
        !self.waits || self.number != "0" || self.threads.is_some()
    }
}

/// Whether a body has a barrier with a number or a count of threads.
pub(crate) fn names_barriers(body: &[Statement]) -> bool {
    body.iter().any(|s| {
        let Piece::Text(text) = &s.piece else {
            return false;
        };
        let text = match text.strip_prefix('@') {
            Some(guarded) => guarded
                .split_once(' ')
                .map_or("", |(_, rest)| rest.trim_start()),
            None => text,
        };
        let (opcode, rest) = text.split_once(' ').unwrap_or((text, ""));
        let is_barrier = opcode.starts_with("bar.") || opcode.starts_with("barrier.");
        is_barrier && Barrier::parse(opcode, &operands(rest)).is_some_and(|b| b.is_named())
    })
}

impl Builder<'_> {
    pub(crate) fn barrier(&mut self, opcode: &str, operands: &[&str], guard: Op) -> Refusal<()> {
        if opcode == "bar.warp.sync" {
            return self.operations(opcode, operands, guard, None);
        }
        let barrier = Barrier::parse(opcode, operands).ok_or_else(|| unknown(opcode))?;
        if guard.pred != NONE && barrier.waits {
            return Err("a guard on a barrier that waits is not known: branch around it".into());
        }
        let named = self.kernel.named_barriers;
        let mut ops = Vec::new();
        let contributed = match barrier.reduction {
            Some((_, _, p)) => exchange::predicate(&mut self.symbols, p, guard, &mut ops)?,
            None => NONE,
        };
        let mut number = NONE;
        if named {
            number = self.symbols.value(barrier.number, Ty::U32, false)?;
            let threads = barrier
                .threads
                .map(|t| self.symbols.value(t, Ty::U32, false));
            ops.push(Op {
                code: Code::Arrive(barrier.waits),
                a: number,
                b: threads.transpose()?.unwrap_or(NONE),
                c: contributed,
                imm: barrier.aligned.into(),
                ..guard
            });
        } else if barrier.reduction.is_some() {
            let (code, a) = (Code::Contribute, contributed);
            ops.push(Op { code, a, ..guard });
        }
        ops.into_iter().for_each(|op| self.push(op));
        if !barrier.waits {
            return Ok(());
        }
        self.kernel.has_barrier = true;
        let (line, aligned) = (guard.line, barrier.aligned);
        self.end_block(Term::Barrier { line, aligned }, None, line);
        if let Some((what, d, _)) = barrier.reduction {
            let ops = exchange::collect(&mut self.symbols, what, d, guard)?;
            for mut op in ops {
                if matches!(op.code, Code::Collect(_)) {
                    op.a = number;
                }
                self.push(op);
            }
        }
        Ok(())
    }
}

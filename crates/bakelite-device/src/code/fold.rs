//! Does what an assembler does with baked text: resolves constants and the branches on them, removes copies and dead
//! code, and packs registers. Results and faults stay those of the unfolded kernel: loads and stores are removed only
//! if their guard is always false.
use crate::code::chains;
use crate::code::kernel::{Code, Kernel, NONE, Op, Term};
use crate::code::liveness::{File, Lives, reachable};
use crate::code::rows::compare_lane;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// Folds a kernel in place, or stops early if the kernel is too large. What was done until then changes no result.
///
/// A register that was never written is zero, a predicate false, as in an unfolded kernel. On a GPU such a register has
/// any value. It is no fault, since compilers copy such registers without using the copies. The rows of these registers
/// live from the kernel's start on, so that no other row shares their places before, and they are never treated as
/// constants.
pub(crate) fn fold(kernel: &mut Kernel) {
    folded(kernel);
}

/// `None`: folding stopped early.
fn folded(kernel: &mut Kernel) -> Option<()> {
    let reached = reachable(kernel);
    let undefined = |kernel: &Kernel, file, size| {
        let mut undefined = vec![false; size];
        Lives::of(kernel, &reached, file)?.each_undefined(|at| undefined[at as usize] = true);
        Some(undefined)
    };
    let rows = undefined(kernel, File::Rows, kernel.rows)?;
    let predicates = undefined(kernel, File::Predicates, kernel.predicates)?;
    propagate_constants(kernel, &rows);
    let known = constant_predicates(kernel, &predicates);
    resolve_predicates(kernel, &known);
    let reached = reachable(kernel);
    for (block, reached) in kernel.blocks.iter_mut().zip(&reached) {
        if !reached {
            block.ops.clear();
        }
    }
    for _ in 0..2 {
        propagate_copies(kernel);
        sink_moves(kernel);
        remove_dead_code(kernel, &reached)?;
    }
    let lives = Lives::of(kernel, &reached, File::Rows)?;
    chains::link(kernel, &reached, &lives);
    let packed = pack_rows(kernel, &reached);
    chains::settle(kernel);
    packed
}

/// Operations of all blocks.
fn ops(kernel: &Kernel) -> impl Iterator<Item = &Op> {
    kernel.blocks.iter().flat_map(|b| &b.ops)
}

fn ops_mut(kernel: &mut Kernel) -> impl Iterator<Item = &mut Op> {
    kernel.blocks.iter_mut().flat_map(|b| &mut b.ops)
}

/// Replaces a row whose only definition is a move of a constant by that constant, unless it may be read before.
fn propagate_constants(kernel: &mut Kernel, undefined: &[bool]) {
    let mut definitions = vec![0u32; kernel.rows];
    for d in ops(kernel).filter_map(Op::row_written) {
        definitions[d as usize] += 1;
    }
    let mut constant = vec![false; kernel.rows];
    for &(row, _) in &kernel.constants {
        constant[row as usize] = true;
    }
    let mut alias: Vec<u32> = (0..kernel.rows as u32).collect();
    for op in ops(kernel).filter(|o| o.code == Code::Mov && o.pred == NONE) {
        let d = op.d as usize;
        if definitions[d] == 1 && constant[op.a as usize] && !undefined[d] {
            alias[d] = op.a;
        }
    }
    for op in ops_mut(kernel) {
        op.sources_mut().for_each(|s| *s = alias[*s as usize]);
    }
}

/// The values of predicates that have one definition, made of constants, and are not read before it.
fn constant_predicates(kernel: &Kernel, undefined: &[bool]) -> Vec<Option<bool>> {
    let values: HashMap<u32, u64> = kernel.constants.iter().copied().collect();
    let mut definitions = vec![0u32; kernel.predicates];
    for op in ops(kernel).filter(|o| o.code.defines_predicate()) {
        definitions[op.d as usize] += 1;
    }
    let mut known: Vec<Option<bool>> = vec![None; kernel.predicates];
    // Predicates depend on predicates. Three rounds resolve what inline assembly nests.
    for _ in 0..3 {
        for op in ops(kernel) {
            let defines = op.code.defines_predicate() && op.pred == NONE;
            if !defines || definitions[op.d as usize] != 1 || undefined[op.d as usize] {
                continue;
            }
            let value = |row: u32| values.get(&row).copied();
            let p = |at: u32| known[at as usize];
            known[op.d as usize] = match op.code {
                Code::Setp(cmp, ty) => match (value(op.a), value(op.b)) {
                    (Some(x), Some(y)) => Some(compare_lane(cmp, ty, x, y)),
                    _ => None,
                },
                Code::PAnd => match (p(op.a), p(op.b)) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                },
                Code::POr => match (p(op.a), p(op.b)) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                },
                Code::PNot => p(op.a).map(|v| !v),
                Code::PMov => p(op.a),
                _ => None,
            };
        }
    }
    known
}

/// Removes known predicates from guards, selections and branches.
fn resolve_predicates(kernel: &mut Kernel, known: &[Option<bool>]) {
    for block in &mut kernel.blocks {
        block.ops.retain_mut(|op| {
            if op.pred != NONE
                && let Some(value) = known[op.pred as usize]
            {
                if value == op.neg {
                    return false;
                }
                op.pred = NONE;
            }
            if op.code == Code::Sel
                && let Some(value) = known[op.c as usize]
            {
                op.a = if value { op.a } else { op.b };
                (op.b, op.c, op.code) = (NONE, NONE, Code::Mov);
            }
            true
        });
        if let Term::Branch { pred, neg, to } = block.term
            && let Some(value) = known[pred as usize]
        {
            block.term = if value != neg {
                Term::Jump(to)
            } else {
                Term::Fall
            };
        }
    }
}

/// Within a block, replaces reads of a copy by reads of its source.
fn propagate_copies(kernel: &mut Kernel) {
    /// The source of a copied row, the block of the copy, and how often the source had been written by then.
    #[derive(Clone, Copy)]
    struct Copied {
        source: u32,
        block: u32,
        writes: u32,
    }
    let none = Copied {
        source: NONE,
        block: NONE,
        writes: 0,
    };
    let mut copies = vec![none; kernel.rows];
    let mut writes = vec![0u32; kernel.rows];
    for (at, block) in kernel.blocks.iter_mut().enumerate() {
        let at = at as u32;
        for op in &mut block.ops {
            for s in op.sources_mut() {
                let copied = copies[*s as usize];
                if copied.block == at && writes[copied.source as usize] == copied.writes {
                    *s = copied.source;
                }
            }
            let Some(d) = op.row_written() else { continue };
            writes[d as usize] = writes[d as usize].wrapping_add(1);
            copies[d as usize] = none;
            if op.code == Code::Mov && op.pred == NONE && op.a != d {
                copies[d as usize] = Copied {
                    source: op.a,
                    block: at,
                    writes: writes[op.a as usize],
                };
            }
        }
    }
}

/// `x = ...; d = x` with no other use of `x` becomes `d = ...`.
fn sink_moves(kernel: &mut Kernel) {
    let mut uses = vec![0u32; kernel.rows];
    for s in ops(kernel).flat_map(Op::sources).filter(|s| *s != NONE) {
        uses[s as usize] += 1;
    }
    for block in &mut kernel.blocks {
        for i in 1..block.ops.len() {
            let (before, rest) = block.ops.split_at_mut(i);
            let (prev, mov) = (&mut before[i - 1], &mut rest[0]);
            if mov.code == Code::Mov
                && mov.pred == NONE
                && uses[mov.a as usize] == 1
                && prev.row_written() == Some(mov.a)
                && prev.pred == NONE
            {
                prev.d = mov.d;
                mov.a = mov.d;
            }
        }
        block.ops.retain(|o| o.code != Code::Mov || o.a != o.d);
    }
}

/// Removes operations whose result is never read. Loads and stores stay: they are checks.
fn remove_dead_code(kernel: &mut Kernel, reached: &[bool]) -> Option<()> {
    let lives = Lives::of(kernel, reached, File::Rows)?;
    // Whether a row is read further on in a block. An entry of another block says nothing.
    let mut read = vec![(NONE, false); kernel.rows];
    for at in (0..kernel.blocks.len()).filter(|&at| reached[at]) {
        let here = at as u32;
        let live = lives.at_end(kernel, at);
        let mut kept = Vec::new();
        for op in kernel.blocks[at].ops.drain(..).rev() {
            if let Some(d) = op.row_written() {
                let needed = match read[d as usize] {
                    (block, read) if block == here => read,
                    _ => live.has(d),
                };
                if !needed && !op.code.must_stay() {
                    continue;
                }
                if op.pred == NONE {
                    read[d as usize] = (here, false);
                }
            }
            for s in op.sources().into_iter().filter(|s| *s != NONE) {
                read[s as usize] = (here, true);
            }
            kept.push(op);
        }
        kept.reverse();
        kernel.blocks[at].ops = kept;
    }
    let mut used = vec![false; kernel.predicates];
    for p in ops(kernel).flat_map(Op::predicates_read) {
        if p != NONE {
            used[p as usize] = true;
        }
    }
    for block in &kernel.blocks {
        if let Term::Branch { pred, .. } = block.term {
            used[pred as usize] = true;
        }
    }
    for block in &mut kernel.blocks {
        block
            .ops
            .retain(|o| !o.code.defines_predicate() || o.code.must_stay() || used[o.d as usize]);
    }
    Some(())
}

/// Gives rows that are never live together the same place, by a linear scan over the span from first to last use. Lanes
/// that wait at another block keep their values, since every write is masked.
fn pack_rows(kernel: &mut Kernel, reached: &[bool]) -> Option<()> {
    let lives = Lives::of(kernel, reached, File::Rows)?;
    let mut span: Vec<Option<(usize, usize)>> = vec![None; kernel.rows];
    let mut touch = |row: u32, at: usize| {
        let span = &mut span[row as usize];
        *span = Some(span.map_or((at, at), |(lo, hi)| (lo.min(at), hi.max(at))));
    };
    let mut position = 0;
    let mut positions = Vec::with_capacity(kernel.blocks.len());
    for at in 0..kernel.blocks.len() {
        let start = position;
        for op in &kernel.blocks[at].ops {
            position += 1;
            let sources = op.sources().into_iter().filter(|s| *s != NONE);
            sources
                .chain(op.row_written())
                .for_each(|r| touch(r, position));
        }
        position += 1;
        positions.push((start, position));
    }
    lives.each_span(kernel, &positions, &mut touch);
    let fixed = kernel.constants.iter().map(|c| c.0);
    for row in fixed.chain(kernel.specials.iter().map(|s| s.0)) {
        let span = &mut span[row as usize];
        *span = span.map(|_| (0, usize::MAX));
    }
    let mut order: Vec<(usize, usize, usize)> = span
        .iter()
        .enumerate()
        .filter_map(|(row, span)| span.map(|(lo, hi)| (lo, hi, row)))
        .collect();
    order.sort_unstable();
    let mut place = vec![NONE; kernel.rows];
    let (mut taken, mut free, mut count) = (BinaryHeap::new(), Vec::new(), 0);
    for (lo, hi, row) in order {
        while let Some(&Reverse((end, at))) = taken.peek()
            && end < lo
        {
            free.push(at);
            taken.pop();
        }
        let at = free.pop().unwrap_or_else(|| {
            count += 1;
            count - 1
        });
        place[row] = at;
        taken.push(Reverse((hi, at)));
    }
    for op in ops_mut(kernel) {
        op.sources_mut().for_each(|s| *s = place[*s as usize]);
        if op.row_written().is_some() {
            op.d = place[op.d as usize];
        }
    }
    kernel.constants.retain_mut(|c| {
        c.0 = place[c.0 as usize];
        c.0 != NONE
    });
    kernel.specials.retain_mut(|s| {
        s.0 = place[s.0 as usize];
        s.0 != NONE
    });
    kernel.rows = count as usize;
    Some(())
}

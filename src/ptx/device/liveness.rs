//! Which rows are live where: for dead code and for packing registers.
use super::kernel::{Kernel, NONE, Term};

/// A set of rows.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct RowSet(Vec<u64>);

impl RowSet {
    fn new(rows: usize) -> RowSet {
        RowSet(vec![0; rows.div_ceil(64)])
    }

    pub(super) fn has(&self, row: u32) -> bool {
        self.0[row as usize / 64] >> (row % 64) & 1 == 1
    }

    pub(super) fn insert(&mut self, row: u32) {
        self.0[row as usize / 64] |= 1 << (row % 64);
    }

    pub(super) fn remove(&mut self, row: u32) {
        self.0[row as usize / 64] &= !(1 << (row % 64));
    }

    fn join(&mut self, other: &RowSet) {
        for (a, b) in self.0.iter_mut().zip(&other.0) {
            *a |= b;
        }
    }

    pub(super) fn each(&self, mut f: impl FnMut(u32)) {
        for (i, word) in self.0.iter().enumerate() {
            let mut word = *word;
            while word != 0 {
                f(i as u32 * 64 + word.trailing_zeros());
                word &= word - 1;
            }
        }
    }
}

/// Blocks that control can reach.
pub(super) fn reachable(kernel: &Kernel) -> Vec<bool> {
    let mut seen = vec![false; kernel.blocks.len()];
    let mut todo = vec![0];
    while let Some(at) = todo.pop() {
        if at >= seen.len() || seen[at] {
            continue;
        }
        seen[at] = true;
        todo.extend(successors(kernel, at).into_iter().flatten());
    }
    seen
}

fn successors(kernel: &Kernel, at: usize) -> [Option<usize>; 2] {
    match kernel.blocks[at].term {
        Term::Fall | Term::Barrier { .. } => [Some(at + 1), None],
        Term::Jump(to) => [Some(to as usize), None],
        Term::Branch { to, .. } => [Some(at + 1), Some(to as usize)],
        Term::Ret => [None, None],
    }
}

/// Rows live at the end of a block.
pub(super) fn live_out(kernel: &Kernel, at: usize, live_in: &[RowSet]) -> RowSet {
    let mut out = RowSet::new(kernel.rows);
    for next in successors(kernel, at).into_iter().flatten() {
        if let Some(set) = live_in.get(next) {
            out.join(set);
        }
    }
    out
}

/// Rows live at the start of each block. A guarded write leaves the old value to other lanes, so it ends no life.
pub(super) fn live_in(kernel: &Kernel, reached: &[bool]) -> Vec<RowSet> {
    let mut live = vec![RowSet::new(kernel.rows); kernel.blocks.len()];
    loop {
        let mut changed = false;
        for at in (0..live.len()).rev().filter(|&at| reached[at]) {
            let mut set = live_out(kernel, at, &live);
            for op in kernel.blocks[at].ops.iter().rev() {
                if let Some(d) = op.row_written().filter(|_| op.pred == NONE) {
                    set.remove(d);
                }
                for s in op.sources().into_iter().filter(|s| *s != NONE) {
                    set.insert(s);
                }
            }
            if set != live[at] {
                live[at] = set;
                changed = true;
            }
        }
        if !changed {
            return live;
        }
    }
}

//! Which registers are live at which point. Used to find dead code, to pack rows, and to find what is read before it is
//! written.
use crate::code::kernel::{Kernel, NONE, Op, Term};

/// Which file of registers is examined.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum File {
    Rows,
    Predicates,
}

impl File {
    fn size(self, kernel: &Kernel) -> usize {
        match self {
            File::Rows => kernel.rows,
            File::Predicates => kernel.predicates,
        }
    }

    /// What an operation reads.
    fn read(self, op: &Op) -> impl Iterator<Item = u32> {
        let [a, b, c] = op.sources();
        let read = match self {
            File::Rows => [NONE, a, b, c],
            File::Predicates => op.predicates_read(),
        };
        read.into_iter().filter(|at| *at != NONE)
    }

    /// The register that an operation writes in all lanes. A guarded write keeps the old value in other lanes, so it
    /// ends no life.
    fn written(self, op: &Op) -> Option<u32> {
        let rows = self == File::Rows;
        let written = op.d != NONE && op.pred == NONE && op.code.defines_predicate() != rows;
        written.then_some(op.d)
    }
}

/// Registers that live from one block into another, and where they do. All other registers live within one block, so
/// that straight code of any length needs no sets.
pub(crate) struct Lives {
    /// Registers that are read in some block before that block writes them; the others are in no set.
    across: Vec<u32>,
    /// Where a register is in the sets, or [`NONE`].
    index: Vec<u32>,
    /// Words of one set.
    words: usize,
    /// A set per block: what is live at its start.
    live_in: Vec<u64>,
}

/// The most words of all sets together: 128 MiB. A kernel that needs more stays unfolded.
const MOST_WORDS: usize = 1 << 24;

/// Several lists, stored one after the other.
#[derive(Default)]
struct Lists {
    items: Vec<u32>,
    ends: Vec<usize>,
}

impl Lists {
    fn of(&self, at: usize) -> &[u32] {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.items[start..self.ends[at]]
    }

    fn end(&mut self) {
        self.ends.push(self.items.len());
    }
}

impl Lives {
    /// Computes the sets. `None`: they would be too large. Rows of constants and special registers are never written,
    /// and left out.
    pub(crate) fn of(kernel: &Kernel, reached: &[bool], file: File) -> Option<Lives> {
        let blocks = kernel.blocks.len();
        let mut fixed = vec![false; file.size(kernel)];
        if file == File::Rows {
            let constants = kernel.constants.iter().map(|c| c.0);
            constants
                .chain(kernel.specials.iter().map(|s| s.0))
                .for_each(|row| fixed[row as usize] = true);
        }
        // Per block, what it reads first and what it writes. A register is marked with the block that wrote it last.
        let (mut first_read, mut written) = (Lists::default(), Lists::default());
        let mut writer = vec![NONE; file.size(kernel)];
        let mut index = vec![NONE; file.size(kernel)];
        let mut across = Vec::new();
        for (at, block) in kernel.blocks.iter().enumerate() {
            let mut read = |register: u32, writer: &[u32]| {
                let register = register as usize;
                if fixed[register] || writer[register] == at as u32 {
                    return;
                }
                if index[register] == NONE {
                    index[register] = across.len() as u32;
                    across.push(register as u32);
                }
                first_read.items.push(index[register]);
            };
            for op in block.ops.iter().filter(|_| reached[at]) {
                file.read(op).for_each(|register| read(register, &writer));
                if let Some(d) = file.written(op) {
                    writer[d as usize] = at as u32;
                    written.items.push(d);
                }
            }
            if let (File::Predicates, Term::Branch { pred, .. }) = (file, block.term)
                && reached[at]
            {
                read(pred, &writer);
            }
            first_read.end();
            written.end();
        }
        let words = across.len().div_ceil(64);
        let all = blocks.checked_mul(words).filter(|n| *n <= MOST_WORDS)?;
        let mut lives = Lives {
            across,
            index,
            words,
            live_in: vec![0; all],
        };
        lives.spread(kernel, reached, &first_read, &written);
        Some(lives)
    }

    /// Moves sets from the ends of blocks to their starts, and on to the blocks before, until nothing changes.
    fn spread(&mut self, kernel: &Kernel, reached: &[bool], first_read: &Lists, written: &Lists) {
        let blocks = kernel.blocks.len();
        let before = predecessors(kernel);
        let mut todo: Vec<u32> = (0..blocks as u32)
            .filter(|b| reached[*b as usize])
            .collect();
        let mut queued = reached.to_vec();
        let mut set = vec![0; self.words];
        while let Some(at) = todo.pop() {
            let at = at as usize;
            queued[at] = false;
            self.out(kernel, at, &mut set);
            for &d in written.of(at) {
                let i = self.index[d as usize];
                if i != NONE {
                    set[i as usize / 64] &= !(1 << (i % 64));
                }
            }
            for &i in first_read.of(at) {
                set[i as usize / 64] |= 1 << (i % 64);
            }
            let live_in = &mut self.live_in[at * self.words..][..self.words];
            if live_in != set {
                live_in.copy_from_slice(&set);
                for &from in before.of(at) {
                    if reached[from as usize]
                        && !std::mem::replace(&mut queued[from as usize], true)
                    {
                        todo.push(from);
                    }
                }
            }
        }
    }

    /// The set that is live at the end of a block.
    fn out(&self, kernel: &Kernel, at: usize, set: &mut [u64]) {
        set.fill(0);
        for next in successors(kernel, at).into_iter().flatten() {
            if next < kernel.blocks.len() {
                let live = &self.live_in[next * self.words..][..self.words];
                set.iter_mut().zip(live).for_each(|(a, b)| *a |= b);
            }
        }
    }

    fn live_in(&self, at: usize) -> &[u64] {
        &self.live_in[at * self.words..][..self.words]
    }

    fn each(&self, words: impl Iterator<Item = u64>, mut f: impl FnMut(u32)) {
        for (i, mut word) in words.enumerate() {
            while word != 0 {
                f(self.across[i * 64 + word.trailing_zeros() as usize]);
                word &= word - 1;
            }
        }
    }

    /// Calls `f` with each register that is read before it is written.
    pub(crate) fn each_undefined(&self, f: impl FnMut(u32)) {
        self.each(self.live_in(0).iter().copied(), f);
    }

    /// What is live at the end of a block.
    pub(crate) fn at_end(&self, kernel: &Kernel, at: usize) -> Live<'_> {
        let mut set = vec![0; self.words];
        self.out(kernel, at, &mut set);
        Live { lives: self, set }
    }

    /// Calls `touch` with the first and the last position at which each register lives across blocks. `positions`:
    /// those of the starts and ends of the blocks, which grow.
    pub(crate) fn each_span(
        &self,
        kernel: &Kernel,
        positions: &[(usize, usize)],
        mut touch: impl FnMut(u32, usize),
    ) {
        let mut out = vec![0; self.words];
        for backwards in [false, true] {
            let mut seen = vec![0; self.words];
            for i in 0..positions.len() {
                let at = if backwards {
                    positions.len() - 1 - i
                } else {
                    i
                };
                self.out(kernel, at, &mut out);
                let (start, end) = positions[at];
                let mut ends = [(self.live_in(at), start), (&out[..], end)];
                if backwards {
                    ends.reverse();
                }
                for (set, position) in ends {
                    let new = set.iter().zip(&seen).map(|(a, b)| a & !b);
                    self.each(new, |register| touch(register, position));
                    seen.iter_mut().zip(set).for_each(|(a, b)| *a |= b);
                }
            }
        }
    }
}

/// A set of registers.
pub(crate) struct Live<'a> {
    lives: &'a Lives,
    set: Vec<u64>,
}

impl Live<'_> {
    pub(crate) fn has(&self, register: u32) -> bool {
        let i = self.lives.index[register as usize];
        i != NONE && self.set[i as usize / 64] >> (i % 64) & 1 == 1
    }
}

/// Blocks that control can reach.
pub(crate) fn reachable(kernel: &Kernel) -> Vec<bool> {
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

/// Blocks that may come before each.
fn predecessors(kernel: &Kernel) -> Lists {
    let blocks = kernel.blocks.len();
    let edges = || {
        let all = (0..blocks).flat_map(|from| {
            let next = successors(kernel, from).into_iter().flatten();
            next.map(move |to| (from, to))
        });
        all.filter(|(_, to)| *to < blocks)
    };
    let mut counts = vec![0usize; blocks];
    edges().for_each(|(_, to)| counts[to] += 1);
    let mut end = 0;
    let ends: Vec<usize> = counts
        .iter()
        .map(|n| {
            end += n;
            end
        })
        .collect();
    let mut items = vec![0; end];
    let mut next = ends.clone();
    for (from, to) in edges() {
        next[to] -= 1;
        items[next[to]] = from as u32;
    }
    Lists { items, ends }
}

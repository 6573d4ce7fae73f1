//! How an ensemble is divided: into blocks, and into chunks that fit the device.

/// Threads of a warp, and so the smallest block that leaves none of its lanes idle.
const WARP: usize = 32;
/// Runs per block of plans that a device solve makes for itself.
const BLOCK: usize = 64;

/// Runs per block for `runs` runs on `multiprocessors` multiprocessors: two warps, or one where blocks of two would
/// leave multiprocessors idle, since a block is never divided among them. (A multiprocessor has four schedulers and
/// keeps 32 blocks or fewer, CUDA C++ Programming Guide, table "Technical Specifications per Compute Capability": with
/// one-warp blocks large batches could not have more than 32 of its 64 warps resident.)
pub(in crate::cuda) fn runs_per_block(runs: usize, multiprocessors: usize) -> usize {
    if runs.div_ceil(BLOCK) < multiprocessors {
        WARP
    } else {
        BLOCK
    }
}

/// The most chunks in flight at once: one is copied to the device, one is computed, one is copied back.
const MOST_SLOTS: usize = 3;

/// A division into chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cuda) struct Chunks {
    /// Runs per chunk; the last may have fewer.
    pub(in crate::cuda) runs: usize,
    /// Number of chunks.
    pub(in crate::cuda) count: usize,
    /// Number of chunks that have memory at the same time.
    pub(in crate::cuda) slots: usize,
}

/// Divides `runs` into chunks of at most `most` runs, so that those in flight take at most `budget` bytes. `None`: one
/// run does not fit.
pub(in crate::cuda) fn cut(
    runs: usize,
    bytes_per_run: usize,
    block: usize,
    budget: usize,
    most: usize,
) -> Option<Chunks> {
    let room = budget.checked_div(bytes_per_run).unwrap_or(usize::MAX);
    if runs <= room.min(most) {
        let count = usize::from(runs > 0);
        return Some(Chunks {
            runs,
            count,
            slots: 1,
        });
    }
    // with room for less than a block each, fewer slots are better than a block half empty
    let slots = (room / block.max(1)).clamp(1, MOST_SLOTS);
    let fit = (room / slots).min(most);
    if fit == 0 {
        return None;
    }
    let whole_blocks = |n: usize| if n >= block { n / block * block } else { n };
    let fit = whole_blocks(fit);
    // as even as whole blocks allow: a short last chunk would leave multiprocessors idle
    let even = runs.div_ceil(runs.div_ceil(fit));
    let runs_each = even.next_multiple_of(block.max(1)).min(fit);
    let count = runs.div_ceil(runs_each);
    Some(Chunks {
        runs: runs_each,
        count,
        slots: slots.min(count),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_batches_get_blocks_of_one_warp() {
        // 132 multiprocessors (H200): 8,384 runs are 131 blocks of 64, 8,385 are 132
        assert_eq!(runs_per_block(8_384, 132), 32);
        assert_eq!(runs_per_block(8_385, 132), 64);
        assert_eq!(runs_per_block(1, 132), 32);
        assert_eq!(runs_per_block(1, 1), 64); // one block either way
        assert_eq!(runs_per_block(1 << 40, 132), 64);
    }

    #[test]
    fn what_fits_is_one_chunk() {
        let one = |runs| Chunks {
            runs,
            count: 1,
            slots: 1,
        };
        assert_eq!(cut(1_000, 10, 64, 10_000, 1 << 31), Some(one(1_000)));
        assert_eq!(cut(1, 10, 64, 10, 64), Some(one(1)));
        assert_eq!(cut(5, 0, 64, 0, 64), Some(one(5)));
        assert_eq!(cut(0, 10, 64, 0, 64).map(|c| c.count), Some(0));
    }

    #[test]
    fn chunks_fit_the_budget_and_the_grid() {
        assert_eq!(cut(1_000, 10, 64, 9, usize::MAX), None);
        // three chunks of 64 at once, whatever the number of runs
        let chunks = |runs, count, slots| Some(Chunks { runs, count, slots });
        assert_eq!(cut(1_000, 10, 64, 1_920, usize::MAX), chunks(64, 16, 3));
        // 999 bytes: 99 runs, so one block at a time
        assert_eq!(cut(1_000, 10, 64, 999, usize::MAX), chunks(64, 16, 1));
        // less than a block
        assert_eq!(cut(10, 10, 64, 37, usize::MAX), chunks(3, 4, 1));
        // a grid of 4 blocks
        assert_eq!(cut(1_000, 10, 64, usize::MAX, 4 * 64), chunks(256, 4, 3));
        // as even as blocks of 64 allow
        assert_eq!(cut(600, 1, 64, 3 * 512, 512), chunks(320, 2, 2));
    }

    #[test]
    fn any_cut_is_within_its_limits() {
        let mut cases = 0;
        for runs in [1, 2, 63, 64, 65, 1_000, 4_097] {
            for block in [1, 32, 64] {
                for budget in [0, 7, 8, 100, 512, 5_000, 40_000] {
                    for most in [block, 4 * block, usize::MAX] {
                        let Some(c) = cut(runs, 8, block, budget, most) else {
                            assert!(budget < 8);
                            continue;
                        };
                        cases += 1;
                        assert!(c.runs >= 1 && c.runs <= most, "{c:?}");
                        assert!(c.runs * c.slots * 8 <= budget, "{c:?} {budget}");
                        assert_eq!(c.count, runs.div_ceil(c.runs));
                        assert!(c.slots >= 1 && c.slots <= c.count.min(3));
                        assert!(c.count == 1 || c.runs < block || c.runs % block == 0);
                    }
                }
            }
        }
        assert_eq!(cases, 7 * 3 * 5 * 3);
    }
}

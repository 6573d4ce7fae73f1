//! Every layout of the catalogue, with its books.

use super::algorithms::{Algorithm, algorithms};
use super::amount::Amount;
use super::axes::Case;
use super::cubie::{self, Peer};
use super::ours::{self, Planner};
use super::reconcile::{Books, Side, reconcile};
use bakelite::layout::{Arch, Occupancy, PlanView, Space, on};

/// Where blocks are counted.
pub const ARCHES: [Arch; 3] = [Arch::Sm80, Arch::Sm86, Arch::Sm90];
/// The largest number of states for which kernels are unrolled, so that their registers can be estimated.
pub const MOST_UNROLLED: usize = 8;
/// The blocks that are tried, in this order.
const BLOCKS: [usize; 4] = [128, 96, 64, 32];

pub struct Layout {
    pub algorithm: &'static Algorithm,
    pub case: Case,
    pub sequential: Amount,
    pub packed: Packed,
    /// Estimated registers of one thread; none for sizes that are not unrolled.
    pub registers: Option<usize>,
    /// One for each of [`ARCHES`].
    pub blocks: Vec<Blocks>,
    /// The same with a diagonal preconditioner, packed.
    pub preconditioned: Option<Amount>,
    /// What CuBIE has in its place.
    pub cubie: Option<(Peer, Books)>,
}

pub struct Packed {
    /// Elements as in an array: buffers share them.
    pub amount: Amount,
    pub lower_bound_bytes: usize,
    pub proved: bool,
}

/// What of the packed layout one SM holds.
pub struct Blocks {
    pub arch: Arch,
    /// Runs of a block and its occupancy, for the first of 128, 96, 64, 32 that fits.
    pub fits: Option<(usize, Occupancy)>,
    /// Runs that the shared memory of one block is enough for.
    pub most_runs: usize,
}

/// All layouts, by algorithm; or which of them is wrong, and how.
pub fn catalogue() -> Result<Vec<Layout>, String> {
    let data = cubie::read_all()?;
    let mut layouts = Vec::new();
    for algorithm in algorithms() {
        for case in Case::all() {
            let layout = layout(algorithm, case, &data).map_err(|error| {
                format!(
                    "{}, {} states, {}, all {}: {error}",
                    algorithm.title(),
                    case.model.states(),
                    case.precision.name(),
                    case.place.name()
                )
            })?;
            layouts.push(layout);
        }
    }
    Ok(layouts)
}

fn layout(
    algorithm: &'static Algorithm,
    case: Case,
    data: &[cubie::Recorded],
) -> Result<Layout, String> {
    // a block of one run always shows what a run takes; which blocks fit is asked below
    let spec = on(Arch::Sm90).block(1);
    let plan = |plan: Planner, spec| plan(case, spec).map_err(|fault| fault.to_string());
    let sequential = plan(algorithm.plan, spec.sequential())?;
    let packed = plan(algorithm.plan, spec.packed())?;
    let preconditioned = algorithm
        .preconditioned
        .map(|other| {
            Ok::<_, String>(packed_total(&plan(other, spec.packed())?.view(), case).amount)
        })
        .transpose()?;
    let (sequential, packed) = (sequential.view(), packed.view());
    let buffers = ours::buffers(&sequential);
    let ours = Side {
        buffers: &buffers,
        total: ours::total(&sequential),
    };
    let cubie = match &algorithm.cubie {
        None => None,
        Some(cubie) => {
            let peer = cubie::peer(cubie, case, data)?;
            let theirs = Side {
                buffers: &peer.buffers,
                total: peer.total,
            };
            let books = reconcile(cubie.rows(), theirs, ours)?;
            Some((peer, books))
        }
    };
    // the estimate is for explicit steps
    let unrolled = algorithm.solver.is_empty() && case.model.states() <= MOST_UNROLLED;
    let registers = unrolled.then(|| packed.registers().per_thread());
    Ok(Layout {
        algorithm,
        case,
        sequential: ours.total,
        packed: packed_total(&packed, case),
        registers,
        blocks: ARCHES
            .map(|arch| blocks(&packed, arch, registers.unwrap_or(0)))
            .into(),
        preconditioned,
        cubie,
    })
}

fn packed_total(view: &PlanView<'_>, case: Case) -> Packed {
    let totals = || Space::ALL.into_iter().map(|space| view.total(space));
    let bytes = totals().map(|total| total.bytes).sum();
    Packed {
        amount: Amount {
            elements: bytes / case.precision.bytes(),
            bytes,
        },
        lower_bound_bytes: totals().map(|total| total.lower_bound_bytes).sum(),
        proved: totals().all(|total| total.proved),
    }
}

fn blocks(view: &PlanView<'_>, arch: Arch, registers: usize) -> Blocks {
    let (limits, run_bytes) = (arch.limits(), view.launch.run_stride_bytes);
    let fits = BLOCKS.into_iter().find_map(|block| {
        let occupancy = limits.occupancy(block, run_bytes * block, registers);
        (occupancy.blocks_per_sm > 0).then_some((block, occupancy))
    });
    let most_runs = limits.shared_per_block_bytes.checked_div(run_bytes);
    Blocks {
        arch,
        fits,
        most_runs: most_runs.unwrap_or(usize::MAX),
    }
}

impl Layout {
    /// Whether this is the layout of these.
    pub fn is(&self, algorithm: &Algorithm, case: Case) -> bool {
        std::ptr::eq(self.algorithm, algorithm) && self.case == case
    }
}

//! Barriers with a number, and barriers of some of a block's warps. Kernels that use only barrier 0 of the whole block
//! do not need this.
//!
//! Threads arrive in the order in which warps run. A warp has arrived when all its threads that have not returned have
//! arrived, as the PTX ISA says. A barrier completes with the number of warps that its count gives, or with all.
use crate::code::kernel::{NONE, Op};
use crate::code::rows::LANES;
use crate::memory::shared::Shared;
use crate::run::exchange::lanes;
use crate::run::fault::{DeviceFault, FaultKind, What};
use crate::run::launch::Launch;
use crate::run::warp::Warp;

/// Barriers of a block.
const BARRIERS: usize = 16;
/// The most warps of a block.
const WARPS: usize = 32;

/// Threads of a warp that came to a barrier together.
#[derive(Clone, Copy, Debug)]
struct Arrival {
    warp: usize,
    lanes: u32,
    /// How many threads the barrier is for; `None`: all.
    count: Option<u32>,
    waits: bool,
    /// Whether all threads of the warp have to come together.
    aligned: bool,
    /// Threads that give true to a reduction.
    given: u32,
    line: u32,
}

/// The barriers of one block.
#[derive(Debug, Default)]
pub(crate) struct Barriers {
    arrivals: [Vec<Arrival>; BARRIERS],
    /// The results of the reductions of the last completion: the number of threads that gave true, and of all.
    results: [[u32; 2]; BARRIERS],
}

impl Barriers {
    pub(crate) fn clear(&mut self) {
        self.arrivals.iter_mut().for_each(Vec::clear);
        self.results = Default::default();
    }
}

/// For each warp, a set of threads.
type Threads = [u32; WARPS];

/// The state of a barrier that is not complete.
struct Phase {
    /// Number of arrivals that belong to it.
    used: usize,
    arrived: Threads,
    waiting: Threads,
    given: u32,
}

impl Warp<'_> {
    /// Lanes that have not returned, while all of them wait.
    fn live(&self) -> u32 {
        self.groups.iter().fold(0, |all, g| all | g.1)
    }

    /// Records an arrival. `op`: the number is in row `a`, the count of threads in row `b`, if there is one.
    pub(crate) fn arrive(
        &mut self,
        op: &Op,
        active: u32,
        waits: bool,
        shared: &mut Shared,
    ) -> Result<(), DeviceFault> {
        let ids = self.rows[op.a as usize].0;
        let counts = self.rows.get(op.b as usize).map(|row| row.0);
        let given = match op.c {
            NONE => 0,
            p => self.predicates[p as usize] & active,
        };
        let mut left = active;
        while left != 0 {
            let first = left.trailing_zeros() as usize;
            let (id, count) = (ids[first] as u32, counts.map(|c| c[first] as u32));
            let same = |l: &usize| ids[*l] as u32 == id && counts.map(|c| c[*l] as u32) == count;
            let together = lanes(left).filter(same).fold(0u32, |set, l| set | 1 << l);
            left &= !together;
            let counted = count.is_none_or(|n| n > 0 && n % LANES as u32 == 0);
            let Some(arrivals) = shared
                .barriers
                .arrivals
                .get_mut(id as usize)
                .filter(|_| counted)
            else {
                let mut fault = self.fault(op, first, What::Trap);
                fault.kind = FaultKind::BarrierOperand {
                    barrier: id,
                    threads: count,
                };
                return Err(fault);
            };
            arrivals.push(Arrival {
                warp: self.first_thread as usize / LANES,
                lanes: together,
                count,
                waits,
                aligned: op.imm != 0,
                given: (given & together).count_ones(),
                line: op.line,
            });
        }
        Ok(())
    }

    /// The result of the reduction of barrier `a`.
    pub(crate) fn collected(&self, op: &Op, given: bool, shared: &Shared) -> [u64; LANES] {
        let ids = self.rows[op.a as usize].0;
        ids.map(|id| {
            let [yes, all] = shared.barriers.results[id as usize % BARRIERS];
            (if given { yes } else { all }).into()
        })
    }
}

/// Called when every warp has returned or waits. Threads whose barriers are complete go on. The others stay
/// [held](Warp::held).
pub(crate) fn release(
    launch: &Launch,
    warps: &mut [Warp],
    shared: &mut Shared,
) -> Result<(), DeviceFault> {
    let mut live = [0; WARPS];
    for (live, warp) in live.iter_mut().zip(warps.iter_mut()) {
        // No thread of the warp went on.
        warp.groups.append(&mut warp.held);
        *live = warp.live();
    }
    let mut free = [0; WARPS];
    for id in 0..BARRIERS {
        while let Some(phase) = complete(launch, id, warps, &live, shared)? {
            shared.barriers.arrivals[id].drain(..phase.used);
            let all = phase.arrived.iter().map(|lanes| lanes.count_ones()).sum();
            shared.barriers.results[id] = [phase.given, all];
            shared.publish_of(|thread| {
                phase.arrived[thread as usize / LANES] >> (thread % 32) & 1 == 1
            });
            for (free, waiting) in free.iter_mut().zip(phase.waiting) {
                *free |= waiting;
            }
        }
    }
    if free == [0; WARPS] {
        return stuck(launch, warps, &live, shared);
    }
    for (warp, free) in warps.iter_mut().zip(free) {
        for (at, lanes) in std::mem::take(&mut warp.groups) {
            let parts = [
                (&mut warp.groups, lanes & free),
                (&mut warp.held, lanes & !free),
            ];
            for (to, lanes) in parts.into_iter().filter(|part| part.1 != 0) {
                to.push((at, lanes));
            }
        }
    }
    Ok(())
}

/// The first completion of a barrier by the arrivals so far, if it is complete.
fn complete(
    launch: &Launch,
    id: usize,
    warps: &[Warp],
    live: &Threads,
    shared: &Shared,
) -> Result<Option<Phase>, DeviceFault> {
    let mut phase = Phase {
        used: 0,
        arrived: [0; WARPS],
        waiting: [0; WARPS],
        given: 0,
    };
    let arrivals = &shared.barriers.arrivals[id];
    let Some(first) = arrivals.first() else {
        return Ok(None);
    };
    // A warp whose threads have all returned since then counts as arrived.
    let full = |phase: &Phase, warp: usize| live[warp] & !phase.arrived[warp] == 0;
    let barrier = id as u32;
    for arrival in arrivals {
        let Arrival { warp, lanes, .. } = *arrival;
        let fault = |kind| Err(fault(launch, warps, *arrival, kind));
        if arrival.count != first.count {
            return fault(FaultKind::BarrierOperand {
                barrier,
                threads: arrival.count,
            });
        }
        if phase.arrived[warp] & lanes != 0 {
            return fault(FaultKind::ArrivedAgain { barrier });
        }
        if launch.checks && arrival.aligned && live[warp] & !lanes != 0 {
            return fault(FaultKind::Diverged { barrier });
        }
        phase.used += 1;
        phase.arrived[warp] |= lanes;
        phase.given += arrival.given;
        if arrival.waits {
            phase.waiting[warp] |= lanes;
        }
        let come = (0..WARPS)
            .filter(|w| phase.arrived[*w] != 0 && full(&phase, *w))
            .count();
        let enough = match first.count {
            Some(count) => come * LANES >= count as usize,
            None => (0..WARPS).all(|w| full(&phase, w)),
        };
        if enough {
            return Ok(Some(phase));
        }
    }
    Ok(None)
}

/// The fault when no thread can go on.
fn stuck(
    launch: &Launch,
    warps: &[Warp],
    live: &Threads,
    shared: &Shared,
) -> Result<(), DeviceFault> {
    for (id, arrivals) in shared.barriers.arrivals.iter().enumerate() {
        let Some(waits) = arrivals.iter().find(|a| a.waits) else {
            continue;
        };
        let arrived: u32 = arrivals.iter().map(|a| a.lanes.count_ones()).sum();
        let all = live.iter().map(|lanes| lanes.count_ones()).sum();
        let kind = FaultKind::NamedBarrier {
            barrier: id as u32,
            arrived,
            wanted: waits.count.unwrap_or(all),
        };
        return Err(fault(launch, warps, *waits, kind));
    }
    Ok(()) // all have returned
}

fn fault(launch: &Launch, warps: &[Warp], arrival: Arrival, kind: FaultKind) -> DeviceFault {
    let mut fault = DeviceFault::launch(launch.kernel.line_text(arrival.line));
    fault.kind = kind;
    fault.thread = arrival.warp as u32 * LANES as u32 + arrival.lanes.trailing_zeros() % 32;
    fault.line = arrival.line;
    fault.block = warps.first().map_or(0, |w| w.block);
    fault.space = "shared";
    fault
}

//! Many fixed steps in a row, without the tests between them. No lane reaches its end in the row. A state that is not
//! finite stays not finite, so one test after the row is enough. The bits are those of single attempts.

use super::memory::Memory;
use crate::ode::{HostScalar, Job, Mask, Method, Real, Scalar, Settings};

/// The most steps in a row.
const MOST: u64 = 1 << 20;
/// A row ends this many steps before the last step of a lane, because that step may be shorter or longer.
const SPARE: f64 = 2.0;
/// The time drifts by half a unit in the last place with each step. There are no rows if that drift could reach an
/// eighth of a step in `MOST` steps.
const SMALLEST_STEP: f64 = MOST as f64 * 4.0 * f64::EPSILON;

/// How many steps a pack may take in a row.
pub(super) struct Row {
    end: f64,
    /// The size of a step; infinite if there are no rows.
    step: f64,
    /// The number of steps to take one by one.
    walk: u64,
}

impl Row {
    pub(super) fn new<E: Real>(job: &Job<'_, E>) -> Row {
        let step = job.first_step.map_or(f64::INFINITY, |h| h.to_f64().abs());
        let latest = job.start.abs().max(job.end.abs());
        Row {
            end: job.end,
            step: if step > SMALLEST_STEP * latest {
                step
            } else {
                f64::INFINITY
            },
            walk: 0,
        }
    }

    /// The number of steps that all active lanes may take in a row from `time`, fewer than `left`.
    #[inline(always)]
    pub(super) fn steps<R: HostScalar>(
        &mut self,
        time: &R::Time,
        active: &R::Mask,
        left: u64,
    ) -> u64 {
        if self.walk > 0 {
            self.walk -= 1;
            return 0;
        }
        let mut steps = MOST.min(left.saturating_sub(1));
        for lane in 0..R::WIDTH {
            if R::mask_lane(active, lane) {
                let remaining = (self.end - R::time_lane(time, lane)).abs();
                steps = steps.min((remaining / self.step - SPARE) as u64);
            }
        }
        steps
    }

    /// Makes the next `steps` steps single attempts.
    pub(super) fn walk(&mut self, steps: u64) {
        self.walk = steps;
    }
}

/// Takes `steps` steps from `time` in all lanes. Returns the time that the active lanes reached. If a state of an
/// active lane is not finite, it returns `None` and changes nothing.
#[inline(always)]
pub(super) fn in_a_row<M, R, Mem>(
    memory: &mut Mem,
    time: R::Time,
    active: R::Mask,
    steps: u64,
    settings: &Settings<'_, R>,
) -> Option<R::Time>
where
    M: Method,
    R: HostScalar<Lane = M::Element>,
    Mem: Memory<R>,
{
    // a separate copy, so that the compiler may keep it in registers
    let mut copy = memory.copy();
    let mut reached = time;
    for _ in 0..steps {
        reached = M::step_on(&mut copy, reached, settings);
    }
    let finite = M::finite(&mut copy);
    if (active & !finite).any() {
        return None;
    }
    *memory = copy;
    Some(R::Time::select(active, reached, time))
}

//! Fixed steps in a row, without the tests between them: no lane reaches its end there, and a state that is not finite stays so, which
//! one test behind the row shows. The bits are those of single attempts.

use super::memory::Memory;
use crate::ode::{HostScalar, Job, Mask, Method, Real, Scalar, Settings};

/// Steps in a row, at most.
const MOST: u64 = 1 << 20;
/// Rows end this many steps before a lane's last, which may be shorter or longer.
const SPARE: f64 = 2.0;
/// Times drift by half a unit in the last place in each step: no rows where that could come to an eighth of a step in `MOST` of them.
const SMALLEST_STEP: f64 = MOST as f64 * 4.0 * f64::EPSILON;

/// How far a pack may go in a row.
pub(super) struct Row {
    end: f64,
    /// Its size; infinite where there are no rows.
    step: f64,
    /// Steps to take one by one.
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

    /// The steps that all active lanes may take in a row from `time`, fewer than `left`.
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

    /// The next `steps` steps are attempts.
    pub(super) fn walk(&mut self, steps: u64) {
        self.walk = steps;
    }
}

/// Takes `steps` steps from `time` in all lanes; the time reached, in the active ones. `None`, and nothing done, if one of those does
/// not stay finite.
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
    // of its own, so that the compiler may keep it in registers
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

//! The loop over the steps of a pack. Its lanes are independent: each lane takes the next run when its own has ended.

use super::memory::Memory;
use super::row::{Row, in_a_row};
use crate::ode::{
    Coefficients, HostScalar, Job, Mask, Method, Outcome, Output, Scalar, Settings, Status,
    Stepper, System, splat,
};
use typenum::Unsigned;

/// The most lanes of a pack.
pub(crate) const MOST_LANES: usize = 64;
/// Idle lanes wait until one lane in so many is idle, because a start costs the same for one lane as for all.
const REFILL: usize = 4;

/// Integrates the runs from `first` on, as many as `part` has room for.
#[inline(always)]
pub(super) fn lanes<M, R, Mem>(
    job: &Job<'_, M::Element>,
    memory: &mut Mem,
    first: usize,
    part: &mut Outcome<M::Element>,
) where
    M: Method,
    R: HostScalar<Lane = M::Element>,
    Mem: Memory<R>,
{
    let mut book = Book::<M, R>::new(job, first, part);
    if job.start == job.end {
        book.stay();
        return;
    }
    let mut atol = splat::<R, <M::System as System>::States>(R::lit(0.0));
    for index in 0..<M::System as System>::States::USIZE {
        atol[index] = constant(job.atol[index]);
    }
    let c = &job.coefficients;
    let end = R::Time::lit(job.end);
    let mut settings = Settings {
        end,
        min_step: R::Time::lit(job.min_step),
        rtol: constant(job.rtol),
        atol: &atol,
        coefficients: Coefficients {
            beta1: constant(c.beta1),
            beta2: constant(c.beta2),
            beta3: constant(c.beta3),
            safety: constant(c.safety),
            min_factor: constant(c.min_factor),
            max_factor: constant(c.max_factor),
        },
    };
    let forward = job.start < job.end;
    let (zero, one) = (R::Time::lit(0.0), R::Time::lit(1.0));
    let mut time = R::Time::lit(job.start);
    // counted as floating-point numbers, because those add as vectors; exact far beyond `u32`
    let mut accepted = zero;
    // the next time to save at, NaN after the last one
    let mut due = zero;
    let mut active = R::Mask::splat(false);
    let mut row = Row::new(job);
    loop {
        if book.can_fill() {
            let fresh = book.fill(memory, &mut due);
            let start = R::Time::lit(job.start);
            time = R::Time::select(fresh, start, time);
            accepted = R::Time::select(fresh, zero, accepted);
            active = active | fresh;
            match job.first_step {
                Some(step) => M::begin(memory, start, constant(step), fresh),
                None => {
                    M::begin(memory, start, R::lit(0.0), fresh);
                    M::choose_step(memory, start, &settings, fresh);
                }
            }
        } else if !active.any() {
            break;
        }
        if !M::ADAPTIVE && !M::Output::SAVES && !M::Step::CAN_FAIL {
            let steps = row.steps::<R>(&time, &active, book.limit - book.tried);
            if steps > 0 {
                match in_a_row::<M, R, Mem>(memory, time, active, steps, &settings) {
                    Some(reached) => {
                        time = reached;
                        let steps_taken = R::Time::lit(steps as f64);
                        accepted = accepted + R::Time::select(active, steps_taken, zero);
                        book.tried += steps;
                    }
                    None => row.walk(steps),
                }
            }
        }
        if M::Output::STOPS {
            settings.end = R::Time::select(due.same(due), due, end);
        }
        book.tried += 1;
        let attempt = M::attempt(memory, time, active, &settings);
        if M::Output::SAVES {
            let passed = |due: R::Time| {
                let order = if forward {
                    due.le(attempt.time)
                } else {
                    attempt.time.le(due)
                };
                order & attempt.accepted
            };
            let mut lanes = passed(due);
            if lanes.any() {
                M::extend(memory, time, attempt.step);
                while lanes.any() {
                    let interpolant = M::interpolant(time, attempt.time, attempt.step, due);
                    for index in 0..<M::System as System>::States::USIZE {
                        let value = M::interpolated(memory, &interpolant, index);
                        book.save(&lanes, index, &value);
                    }
                    book.saved(&lanes, &mut due);
                    lanes = lanes & passed(due);
                }
            }
            M::commit(memory, attempt.accepted);
        }
        time = attempt.time;
        accepted = accepted + R::Time::select(attempt.accepted, one, zero);
        let ended = active & (attempt.failed | time.same(end));
        if ended.any() {
            let code = |lane: usize| match () {
                () if !R::mask_lane(&attempt.failed, lane) => Status::Success,
                () if !R::mask_lane(&attempt.solved, lane) => Status::NotSolved,
                () if R::mask_lane(&attempt.finite, lane) => Status::StepTooSmall,
                () => Status::NonFinite,
            };
            book.end(memory, &ended, &time, &accepted, code);
            active = active & !ended;
        }
        if book.tried == book.limit {
            let mut exhausted = active;
            for lane in 0..R::WIDTH {
                if book.tried - book.began[lane] < u64::from(job.max_steps) {
                    R::set_mask_lane(&mut exhausted, lane, false);
                }
            }
            book.end(memory, &exhausted, &time, &accepted, |_| {
                Status::IterationLimit
            });
            active = active & !exhausted;
        }
    }
    book.part.lane_steps[1] = book.tried * R::WIDTH as u64;
}

#[inline(always)]
fn constant<R: HostScalar>(value: R::Lane) -> R {
    let mut all = R::lit(0.0);
    for lane in 0..R::WIDTH {
        all.set_lane(lane, value);
    }
    all
}

/// The run that each lane computes, and where its results go.
struct Book<'a, M: Method, R: HostScalar<Lane = M::Element>> {
    job: &'a Job<'a, M::Element>,
    part: &'a mut Outcome<M::Element>,
    /// `first`: the first run of the part, as a run of the job. `next`: the next run of the part to begin.
    first: usize,
    next: usize,
    /// For each lane: its run in the part (`usize::MAX` if it has none), and the number of states saved so far.
    run: [usize; MOST_LANES],
    saves: [usize; MOST_LANES],
    idle: usize,
    /// `tried`: the steps that the pack has tried. `began`: the value of `tried` when the lane's run began. `limit`:
    /// the value of `tried` where the first lane has used up its steps.
    tried: u64,
    began: [u64; MOST_LANES],
    limit: u64,
    lanes: core::marker::PhantomData<fn() -> R>,
}

const NONE: usize = usize::MAX;

impl<'a, M: Method, R: HostScalar<Lane = M::Element>> Book<'a, M, R> {
    fn new(job: &'a Job<'a, M::Element>, first: usize, part: &'a mut Outcome<M::Element>) -> Self {
        Book {
            job,
            part,
            first,
            next: 0,
            run: [NONE; MOST_LANES],
            saves: [0; MOST_LANES],
            idle: R::WIDTH,
            tried: 0,
            began: [0; MOST_LANES],
            limit: 0,
            lanes: core::marker::PhantomData,
        }
    }

    fn runs(&self) -> usize {
        self.part.status.len()
    }

    fn states() -> usize {
        <M::System as System>::States::USIZE
    }

    /// Writes the results of a span of length 0.
    fn stay(&mut self) {
        let runs = self.runs();
        for run in 0..runs {
            self.part.reached[run] = self.job.start;
            self.part.status[run] = Status::Success as u32;
            for index in 0..Self::states() {
                let value = self.job.initial[index * self.job.runs + self.first + run];
                self.part.last[index * runs + run] = value;
                if !self.part.saved.is_empty() {
                    self.put(0, run, index, value);
                }
            }
        }
    }

    #[inline(always)]
    fn can_fill(&self) -> bool {
        self.next < self.runs() && self.idle * REFILL >= R::WIDTH
    }

    /// Gives runs to the lanes that have none. Returns these lanes.
    fn fill(&mut self, memory: &mut impl Memory<R>, due: &mut R::Time) -> R::Mask {
        let mut fresh = R::Mask::splat(false);
        for lane in 0..R::WIDTH {
            if self.run[lane] == NONE && self.next < self.runs() {
                self.run[lane] = self.next;
                self.next += 1;
                self.idle -= 1;
                self.began[lane] = self.tried;
                self.saves[lane] = 0;
                R::set_mask_lane(&mut fresh, lane, true);
            }
        }
        let job = self.job;
        let tables = [
            (M::STATE_SLOT, Self::states(), job.initial),
            (
                M::PARAMETERS_SLOT,
                <M::System as System>::Parameters::USIZE,
                job.parameters,
            ),
        ];
        for (slot, len, table) in tables {
            for index in 0..len {
                let mut value = memory.load(slot, index);
                for lane in 0..R::WIDTH {
                    if R::mask_lane(&fresh, lane) {
                        let run = self.first + self.run[lane];
                        value.set_lane(lane, table[index * job.runs + run]);
                    }
                }
                memory.store(slot, index, value);
            }
        }
        if M::Output::SAVES {
            if job.save_times[0] == job.start {
                for index in 0..Self::states() {
                    let value = memory.load(M::STATE_SLOT, index);
                    self.save(&fresh, index, &value);
                }
                self.saved(&fresh, due);
            } else {
                self.next_times(&fresh, due);
            }
        }
        self.find_limit();
        fresh
    }

    fn find_limit(&mut self) {
        let busy = (0..R::WIDTH).filter(|&lane| self.run[lane] != NONE);
        let first = busy.map(|lane| self.began[lane]).min();
        self.limit = first.map_or(u64::MAX, |began| began + u64::from(self.job.max_steps));
    }

    fn put(&mut self, save: usize, run: usize, index: usize, value: M::Element) {
        let runs = self.runs();
        self.part.saved[(save * Self::states() + index) * runs + run] = value;
    }

    /// Saves one state of some lanes.
    fn save(&mut self, lanes: &R::Mask, index: usize, value: &R) {
        for lane in 0..R::WIDTH {
            if R::mask_lane(lanes, lane) {
                self.put(self.saves[lane], self.run[lane], index, value.lane(lane));
            }
        }
    }

    /// Goes to the next save time in some lanes, after all their states were saved.
    fn saved(&mut self, lanes: &R::Mask, due: &mut R::Time) {
        for lane in 0..R::WIDTH {
            if R::mask_lane(lanes, lane) {
                self.saves[lane] += 1;
            }
        }
        self.next_times(lanes, due);
    }

    fn next_times(&self, lanes: &R::Mask, due: &mut R::Time) {
        for lane in 0..R::WIDTH {
            if R::mask_lane(lanes, lane) {
                let next = self.job.save_times.get(self.saves[lane]);
                R::set_time_lane(due, lane, next.copied().unwrap_or(f64::NAN));
            }
        }
    }

    /// Writes the results of some lanes, whose runs have ended.
    fn end(
        &mut self,
        memory: &mut impl Memory<R>,
        lanes: &R::Mask,
        time: &R::Time,
        accepted: &R::Time,
        status: impl Fn(usize) -> Status,
    ) {
        let runs = self.runs();
        for lane in (0..R::WIDTH).filter(|&lane| R::mask_lane(lanes, lane)) {
            let run = core::mem::replace(&mut self.run[lane], NONE);
            self.idle += 1;
            let status = status(lane);
            let tried = self.tried - self.began[lane];
            self.part.status[run] = status as u32;
            self.part.reached[run] = R::time_lane(time, lane);
            self.part.accepted[run] = R::time_lane(accepted, lane) as u32;
            self.part.rejected[run] = tried as u32 - self.part.accepted[run];
            self.part.lane_steps[0] += tried;
            if status == Status::Success || self.job.keep_last_state {
                for index in 0..Self::states() {
                    let value = memory.load(M::STATE_SLOT, index);
                    self.part.last[index * runs + run] = value.lane(lane);
                }
            }
        }
        self.find_limit();
    }
}

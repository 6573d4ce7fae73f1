//! The loop over steps of one pack, and the threads over packs.

use super::level::Level;
use super::memory::Memory;
use crate::ode::{
    Coefficients, HostScalar, Mask, Method, Real, Scalar, Settings, Status, System, splat,
};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use typenum::Unsigned;

/// An ensemble as executors take it: validated, structure of arrays, run index fastest.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct Job<'a, E> {
    pub runs: usize,
    /// `[state][run]`
    pub initial: &'a [E],
    /// `[parameter][run]`
    pub parameters: &'a [E],
    pub start: f64,
    pub end: f64,
    pub min_step: f64,
    pub max_steps: u32,
    /// Signed; `None`: choose.
    pub first_step: Option<E>,
    pub rtol: E,
    /// One per state.
    pub atol: &'a [E],
    pub coefficients: Coefficients<E>,
}

/// What executors return, run index fastest.
#[derive(Clone, Debug, PartialEq)]
#[doc(hidden)]
pub struct Outcome<E> {
    /// `[state][run]`
    pub last: Vec<E>,
    pub reached: Vec<f64>,
    pub status: Vec<u32>,
    pub accepted: Vec<u32>,
    pub rejected: Vec<u32>,
}

impl<E: Real> Outcome<E> {
    pub fn new(runs: usize, states: usize) -> Outcome<E> {
        Outcome {
            last: vec![E::CANONICAL_NAN; runs * states],
            reached: vec![0.0; runs],
            status: vec![0; runs],
            accepted: vec![0; runs],
            rejected: vec![0; runs],
        }
    }
}

/// Packs that a thread takes at once, at most: small enough to balance, large enough that taking them costs nothing.
const PACKS_PER_CHUNK: usize = 32;

/// Integrates all runs. `width` runs advance together in a value `R`.
pub(super) fn run<M, R, Mem>(
    job: &Job<'_, M::Element>,
    plan: Mem::Plan<'_>,
    level: Level,
    threads: usize,
) -> Outcome<M::Element>
where
    M: Method,
    R: HostScalar<Lane = M::Element>,
    Mem: Memory<R>,
{
    let states = <M::System as System>::States::USIZE;
    let packs = job.runs.div_ceil(R::WIDTH);
    let threads = threads.clamp(1, packs.max(1));
    let chunk_runs = packs.div_ceil(threads).clamp(1, PACKS_PER_CHUNK) * R::WIDTH;
    let next = AtomicUsize::new(0);
    let total = Mutex::new(Outcome::new(job.runs, states));
    let work = || {
        let mut memory = Mem::new(plan);
        loop {
            let first = next.fetch_add(1, Ordering::Relaxed) * chunk_runs;
            if first >= job.runs {
                break;
            }
            let count = chunk_runs.min(job.runs - first);
            let mut part = Outcome::new(count, states);
            enter::<M, R, Mem>(level, job, &mut memory, first, &mut part);
            // a panic elsewhere loses its own chunk only; the scope hands it on
            let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
            for index in 0..states {
                let from = &part.last[index * count..][..count];
                total.last[index * job.runs + first..][..count].copy_from_slice(from);
            }
            total.reached[first..][..count].copy_from_slice(&part.reached);
            total.status[first..][..count].copy_from_slice(&part.status);
            total.accepted[first..][..count].copy_from_slice(&part.accepted);
            total.rejected[first..][..count].copy_from_slice(&part.rejected);
        }
    };
    if threads == 1 {
        work();
    } else {
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(work);
            }
        });
    }
    total.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn enter<M, R, Mem>(
    level: Level,
    job: &Job<'_, M::Element>,
    memory: &mut Mem,
    first: usize,
    part: &mut Outcome<M::Element>,
) where
    M: Method,
    R: HostScalar<Lane = M::Element>,
    Mem: Memory<R>,
{
    #[cfg(target_arch = "x86_64")]
    {
        if level.min(Level::best()) == Level::Avx2 {
            // SAFETY: `Level::best` saw both features on this processor.
            return unsafe { chunk_avx2::<M, R, Mem>(job, memory, first, part) };
        }
    }
    _ = level;
    chunk::<M, R, Mem>(job, memory, first, part);
}

/// # Safety
/// The processor must have AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn chunk_avx2<M, R, Mem>(
    job: &Job<'_, M::Element>,
    memory: &mut Mem,
    first: usize,
    part: &mut Outcome<M::Element>,
) where
    M: Method,
    R: HostScalar<Lane = M::Element>,
    Mem: Memory<R>,
{
    chunk::<M, R, Mem>(job, memory, first, part);
}

/// Runs `first..` of the job, as many as `part` has room for, a pack at a time.
#[inline(always)]
fn chunk<M, R, Mem>(
    job: &Job<'_, M::Element>,
    memory: &mut Mem,
    first: usize,
    part: &mut Outcome<M::Element>,
) where
    M: Method,
    R: HostScalar<Lane = M::Element>,
    Mem: Memory<R>,
{
    let count = part.status.len();
    let mut at = 0;
    while at < count {
        pack::<M, R, Mem>(job, memory, first, at, part);
        at += R::WIDTH;
    }
}

#[inline(always)]
fn constant<R: HostScalar>(value: R::Lane) -> R {
    let mut all = R::lit(0.0);
    for lane in 0..R::WIDTH {
        all.set_lane(lane, value);
    }
    all
}

#[inline(always)]
fn pack<M, R, Mem>(
    job: &Job<'_, M::Element>,
    memory: &mut Mem,
    first: usize,
    at: usize,
    part: &mut Outcome<M::Element>,
) where
    M: Method,
    R: HostScalar<Lane = M::Element>,
    Mem: Memory<R>,
{
    let count = part.status.len();
    let lanes = R::WIDTH.min(count - at);
    // lanes beyond the last run repeat it, and are never active
    let run = |lane: usize| first + at + lane.min(lanes - 1);
    for index in 0..<M::System as System>::States::USIZE {
        let mut value = R::lit(0.0);
        for lane in 0..R::WIDTH {
            value.set_lane(lane, job.initial[index * job.runs + run(lane)]);
        }
        memory.store(M::STATE_SLOT, index, value);
    }
    for index in 0..<M::System as System>::Parameters::USIZE {
        let mut value = R::lit(0.0);
        for lane in 0..R::WIDTH {
            value.set_lane(lane, job.parameters[index * job.runs + run(lane)]);
        }
        memory.store(M::PARAMETERS_SLOT, index, value);
    }
    let mut atol = splat::<R, <M::System as System>::States>(R::lit(0.0));
    for index in 0..<M::System as System>::States::USIZE {
        atol[index] = constant(job.atol[index]);
    }
    let c = &job.coefficients;
    let settings = Settings {
        end: R::Time::lit(job.end),
        min_step: R::Time::lit(job.min_step),
        rtol: constant(job.rtol),
        atol: &atol,
        coefficients: Coefficients {
            beta1: constant(c.beta1),
            beta2: constant(c.beta2),
            safety: constant(c.safety),
            min_factor: constant(c.min_factor),
            max_factor: constant(c.max_factor),
        },
    };
    let mut time = R::Time::lit(job.start);
    match job.first_step {
        Some(step) => M::begin(memory, time, constant(step)),
        None => {
            M::begin(memory, time, R::lit(0.0));
            if job.start != job.end {
                M::choose_step(memory, time, &settings);
            }
        }
    }

    let mut active = R::Mask::splat(job.start != job.end);
    for lane in lanes..R::WIDTH {
        R::set_mask_lane(&mut active, lane, false);
    }
    let status = &mut part.status[at..at + lanes];
    // counted as numbers, because those add as vectors; exact far beyond `u32`
    let (mut accepted, mut attempts) = (R::Time::lit(0.0), R::Time::lit(0.0));
    let (zero, one) = (R::Time::lit(0.0), R::Time::lit(1.0));
    let mut tried = 0;
    while R::any(&active) {
        if tried == job.max_steps {
            for (lane, status) in status.iter_mut().enumerate() {
                if R::mask_lane(&active, lane) {
                    *status = Status::IterationLimit as u32;
                }
            }
            break;
        }
        tried += 1;
        let attempt = M::attempt(memory, time, active, &settings);
        time = attempt.time;
        accepted = accepted + R::Time::select(attempt.accepted, one, zero);
        attempts = attempts + R::Time::select(active, one, zero);
        if R::any(&attempt.failed) {
            for (lane, status) in status.iter_mut().enumerate() {
                if R::mask_lane(&attempt.failed, lane) {
                    let finite = R::mask_lane(&attempt.finite, lane);
                    *status = if finite {
                        Status::StepTooSmall
                    } else {
                        Status::NonFinite
                    } as u32;
                }
            }
        }
        active = active & !attempt.failed & !time.same(settings.end);
    }
    for lane in 0..lanes {
        part.reached[at + lane] = R::time_lane(&time, lane);
        part.accepted[at + lane] = R::time_lane(&accepted, lane) as u32;
        part.rejected[at + lane] =
            (R::time_lane(&attempts, lane) - R::time_lane(&accepted, lane)) as u32;
    }
    for index in 0..<M::System as System>::States::USIZE {
        let value = memory.load(M::STATE_SLOT, index);
        for lane in 0..lanes {
            if part.status[at + lane] == Status::Success as u32 {
                part.last[index * count + at + lane] = value.lane(lane);
            }
        }
    }
}

//! Divides the runs among threads, in chunks.

use super::lanes::lanes;
use super::level::Level;
use super::memory::Memory;
use crate::ode::{HostScalar, Job, Method, Outcome, Output, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use typenum::Unsigned;

/// The most packs that a thread takes at once: few enough to balance the threads, and so many that taking them costs
/// nothing.
const PACKS_PER_CHUNK: usize = 32;

/// The stack of a thread in a build without optimisation. There every value of every inlined function has its own
/// place, which needs megabytes for an implicit step of a pack. Only the part that is used takes memory.
const UNOPTIMISED_STACK_BYTES: usize = 256 << 20;

/// Integrates all runs. `R::WIDTH` runs advance together in one value `R`.
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
    let saves = if M::Output::SAVES {
        job.save_times.len()
    } else {
        0
    };
    let next = AtomicUsize::new(0);
    let total = Mutex::new(Outcome::new(job.runs, states, saves));
    let work = || {
        let mut memory = Mem::new(plan);
        loop {
            let first = next.fetch_add(1, Ordering::Relaxed) * chunk_runs;
            if first >= job.runs {
                break;
            }
            let count = chunk_runs.min(job.runs - first);
            let mut part = Outcome::new(count, states, saves);
            enter::<M, R, Mem>(level, job, &mut memory, first, &mut part);
            // a panic in another thread loses only the chunk of that thread; the scope passes the panic on
            let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
            let rows = |from: &[M::Element], to: &mut [M::Element]| {
                for (from, to) in from.chunks_exact(count).zip(to.chunks_exact_mut(job.runs)) {
                    to[first..][..count].copy_from_slice(from);
                }
            };
            rows(&part.last, &mut total.last);
            rows(&part.saved, &mut total.saved);
            for (sum, steps) in total.lane_steps.iter_mut().zip(part.lane_steps) {
                *sum += steps;
            }
            total.reached[first..][..count].copy_from_slice(&part.reached);
            total.status[first..][..count].copy_from_slice(&part.status);
            total.accepted[first..][..count].copy_from_slice(&part.accepted);
            total.rejected[first..][..count].copy_from_slice(&part.rejected);
        }
    };
    if threads == 1 && !cfg!(debug_assertions) {
        work();
    } else {
        std::thread::scope(|scope| {
            for _ in 0..threads {
                let mut thread = std::thread::Builder::new();
                if cfg!(debug_assertions) {
                    thread = thread.stack_size(UNOPTIMISED_STACK_BYTES);
                }
                if thread.spawn_scoped(scope, work).is_err() {
                    work();
                }
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
        match level.min(Level::best()) {
            // SAFETY: `Level::best` saw all features on this processor.
            #[cfg(not(debug_assertions))]
            Level::Avx512 => return unsafe { lanes_avx512::<M, R, Mem>(job, memory, first, part) },
            Level::Baseline => {}
            // SAFETY: as above; with `debug_assertions` `Level::best` is at most this.
            _ => return unsafe { lanes_avx2::<M, R, Mem>(job, memory, first, part) },
        }
    }
    _ = level;
    lanes::<M, R, Mem>(job, memory, first, part);
}

macro_rules! compiled_for {
    ($(#[$when:meta])? $name:ident, $features:literal) => {
        /// # Safety
        /// The processor must have these features.
        #[cfg(target_arch = "x86_64")]
        $(#[$when])?
        #[target_feature(enable = $features)]
        unsafe fn $name<M, R, Mem>(
            job: &Job<'_, M::Element>,
            memory: &mut Mem,
            first: usize,
            part: &mut Outcome<M::Element>,
        ) where
            M: Method,
            R: HostScalar<Lane = M::Element>,
            Mem: Memory<R>,
        {
            lanes::<M, R, Mem>(job, memory, first, part);
        }
    };
}
compiled_for!(lanes_avx2, "avx2,fma");
compiled_for!(
    #[cfg(not(debug_assertions))]
    lanes_avx512,
    "avx2,fma,avx512f,avx512dq,avx512vl"
);

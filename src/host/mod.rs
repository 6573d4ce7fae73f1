//! The CPU executor. The runs of a pack advance together, and threads share the packs.

mod executor;
mod lanes;
mod level;
mod memory;
mod row;

pub use level::Level;

use crate::layout::check_plan;
use crate::layout::{PlanView, Planned};
use crate::ode::{Error, Job, Method, Outcome, Pack};
use core::marker::PhantomData;
use executor::run;
use memory::{RuntimeMemory, TypedMemory};

/// How the host executor works. No setting changes a bit of the results.
///
/// ```
/// use bakelite::host::{Level, Tuning};
/// let tuning = Tuning { threads: 1, ..Tuning::default() };
/// assert_eq!(tuning.level, Level::best());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// The number of threads; 0 means one per core.
    pub threads: usize,
    /// The SIMD level. A level above [`Level::best`] counts as the best one.
    pub level: Level,
}

impl Default for Tuning {
    fn default() -> Tuning {
        Tuning {
            threads: 0,
            level: Level::best(),
        }
    }
}

impl Tuning {
    fn threads(&self) -> usize {
        match self.threads {
            0 => std::thread::available_parallelism().map_or(1, core::num::NonZero::get),
            threads => threads,
        }
    }
}

/// The runs in a pack, unless the caller says otherwise. 16 was the fastest width of 1 to 16 at both SIMD levels
/// (benches/README.md).
pub const DEFAULT_WIDTH: usize = 16;
/// The same for fixed steps in `f32`. It is four vectors of AVX2, as is [`DEFAULT_WIDTH`] in `f64`; with fewer vectors,
/// each waits for the results of another.
pub const WIDTH_OF_FIXED_F32: usize = 32;

/// The plan that lays out the host's arenas: a [`Typed`] plan, or the [`PlanView`] of a run-time plan.
///
/// ```
/// fn takes(_: impl bakelite::host::PlanSource) {}
/// let mut registry = bakelite::layout::RuntimeRegistry::new("Empty");
/// let plan = registry.plan(bakelite::layout::on(bakelite::layout::Arch::Sm80).block(32).sequential()).unwrap();
/// takes(plan.view());
/// ```
pub trait PlanSource: Copy {
    #[doc(hidden)]
    fn check<M: Method>(self) -> Result<(), Error>;
    #[doc(hidden)]
    fn run<M: Method, const W: usize>(
        self,
        job: &Job<'_, M::Element>,
        tuning: &Tuning,
    ) -> Outcome<M::Element>;
}

/// A plan that is a type. Its offsets are constants in the machine code.
///
/// ```
/// use bakelite::{consts::*, host::Typed, prelude::*};
/// registry! { pub struct Pair in pair { a: [f64; U2] in Shared; } }
/// plan! { struct PairPlan for Pair = on(Sm80).block(32).sequential(); }
/// assert_eq!(size_of_val(&Typed::<PairPlan>::NEW), 0);
/// ```
pub struct Typed<P>(PhantomData<fn() -> P>);

impl<P> Typed<P> {
    /// The plan `P`.
    pub const NEW: Typed<P> = Typed(PhantomData);
}
impl<P> Clone for Typed<P> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<P> Copy for Typed<P> {}

impl<P: Planned> PlanSource for Typed<P> {
    fn check<M: Method>(self) -> Result<(), Error> {
        Ok(check_plan::<M::Buffers>(&P::VIEW)?)
    }
    fn run<M: Method, const W: usize>(
        self,
        job: &Job<'_, M::Element>,
        tuning: &Tuning,
    ) -> Outcome<M::Element> {
        run::<M, Pack<M::Element, W>, TypedMemory<P, _>>(
            job,
            self.0,
            tuning.level,
            tuning.threads(),
        )
    }
}

impl PlanSource for PlanView<'_> {
    fn check<M: Method>(self) -> Result<(), Error> {
        Ok(check_plan::<M::Buffers>(&self)?)
    }
    fn run<M: Method, const W: usize>(
        self,
        job: &Job<'_, M::Element>,
        tuning: &Tuning,
    ) -> Outcome<M::Element> {
        run::<M, Pack<M::Element, W>, RuntimeMemory<_>>(job, self, tuning.level, tuning.threads())
    }
}

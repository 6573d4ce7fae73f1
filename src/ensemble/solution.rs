//! Solutions: the results of all runs.

#[cfg(feature = "reference")]
use crate::cuda::Timings;
use crate::ode::{
    Error, Job, Method, Outcome, Real, Scheme, Status, Stepper, System, UNREACHED, fail,
};
use ndarray::{Array2, Array3, ArrayView2, ArrayView3};
use typenum::Unsigned;

/// The results of all runs. In the arrays the run index varies fastest.
///
/// ```
/// use bakelite::{consts::*, prelude::*};
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// let ensemble = Ensemble::<Decay, f64>::uniform(2, &[1.0], &[2.0], (0.0, 1.0)).unwrap();
/// let solution = ensemble.solve::<Explicit<Decay, Tsit5, ProportionalIntegral>>(&Options::default()).unwrap();
/// assert_eq!(solution.status(1), Status::Success);
/// assert_eq!(solution.evaluations(1), Some(2 + 6 * u64::from(solution.accepted()[1] + solution.rejected()[1])));
/// ```
#[derive(Clone, Debug)]
pub struct Solution<E> {
    states: Array2<E>,
    saved: Array3<E>,
    save_times: Vec<f64>,
    forward: bool,
    lane_steps: [u64; 2],
    reached: Vec<f64>,
    status: Vec<Status>,
    accepted: Vec<u32>,
    rejected: Vec<u32>,
    first_evaluations: u64,
    step_evaluations: Option<u32>,
    #[cfg(feature = "reference")]
    timings: Option<Timings>,
}

impl<E: Real> Solution<E> {
    pub(super) fn new<M: Method<Element = E>>(
        job: &Job<'_, E>,
        outcome: Outcome<E>,
    ) -> Result<Self, Error> {
        let states = <M::System as System>::States::USIZE;
        let unreached = |code: &&u32| **code == UNREACHED;
        if let Some(run) = outcome.status.iter().position(|code| unreached(&code)) {
            return fail(format!(
                "run {run} was not reached: {} of {} runs have no status after the launch\n  help: the kernel was not baked for `{}`, or it was launched with too few threads",
                outcome.status.iter().filter(unreached).count(),
                job.runs,
                M::name()
            ));
        }
        let mut status = Vec::with_capacity(job.runs);
        for (run, &code) in outcome.status.iter().enumerate() {
            let Some(known) = Status::from_code(code) else {
                return fail(format!(
                    "run {run} ended with status {code}, which is none\n  help: the kernel was not baked for `{}`",
                    M::name()
                ));
            };
            status.push(known);
        }
        let chose = job.first_step.is_none() && job.start != job.end;
        Ok(Solution {
            states: Array2::from_shape_vec((states, job.runs), outcome.last)
                .map_err(|error| Error::new(error.to_string()))?,
            saved: Array3::from_shape_vec((job.save_times.len(), states, job.runs), outcome.saved)
                .map_err(|error| Error::new(error.to_string()))?,
            save_times: job.save_times.to_vec(),
            forward: job.start <= job.end,
            lane_steps: outcome.lane_steps,
            reached: outcome.reached,
            status,
            accepted: outcome.accepted,
            rejected: outcome.rejected,
            first_evaluations: if chose {
                2
            } else {
                u64::from(M::Step::FIRST_IS_KEPT)
            },
            step_evaluations: M::Step::EVALUATIONS,
            #[cfg(feature = "reference")]
            timings: None,
        })
    }

    /// The states at [`save_times`](Solution::save_times), `[save][state][run]`. States after the time that a failed
    /// run [reached](Solution::reached) are NaN.
    ///
    /// ```
    /// use bakelite::{Error, consts::*, ode::{DenseOutput, times}, prelude::*};
    /// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
    /// type Solver = Explicit<Decay, Tsit5, ProportionalIntegral, f64, Local, DenseOutput>;
    /// let ensemble = Ensemble::<Decay, f64>::uniform(2, &[1.0], &[2.0], (0.0, 1.0))?;
    /// let options = Options { save_times: times(0.0, 1.0, 11), ..Options::default() };
    /// let solution = ensemble.solve::<Solver>(&options)?;
    /// assert!((solution.saved()[[5, 0, 1]] - f64::exp(-1.0)).abs() < 1e-5);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn saved(&self) -> ArrayView3<'_, E> {
        self.saved.view()
    }
    /// The times of [`saved`](Solution::saved), from [`Options::save_times`](crate::ode::Options::save_times).
    #[must_use]
    pub fn save_times(&self) -> &[f64] {
        &self.save_times
    }
    /// The number of states that a run saved. It is the number of save times, unless the run failed before the last of
    /// them.
    ///
    /// # Panics
    /// If there is no such run.
    #[must_use]
    pub fn saves(&self, run: usize) -> usize {
        if self.status[run] == Status::Success {
            return self.save_times.len();
        }
        let (reached, forward) = (self.reached[run], self.forward);
        self.save_times
            .iter()
            .take_while(|&&time| {
                if forward {
                    time <= reached
                } else {
                    time >= reached
                }
            })
            .count()
    }
    /// The fraction of lanes that did work, over all steps of all packs of the host executor. `None` after a solve on a
    /// device.
    #[must_use]
    pub fn active_lane_share(&self) -> Option<f64> {
        let [used, all] = self.lane_steps;
        (all > 0).then(|| used as f64 / all as f64)
    }

    /// The states at the end, `[state][run]`. For a run that failed they are NaN, or the last state that was accepted:
    /// see [`Options::keep_last_state`](crate::ode::Options::keep_last_state).
    #[must_use]
    pub fn states(&self) -> ArrayView2<'_, E> {
        self.states.view()
    }
    /// The time that each run reached.
    #[must_use]
    pub fn reached(&self) -> &[f64] {
        &self.reached
    }
    /// How a run ended.
    ///
    /// # Panics
    /// If there is no such run.
    #[must_use]
    pub fn status(&self, run: usize) -> Status {
        self.status[run]
    }
    /// The number of accepted steps of each run.
    #[must_use]
    pub fn accepted(&self) -> &[u32] {
        &self.accepted
    }
    /// The number of rejected steps of each run.
    #[must_use]
    pub fn rejected(&self) -> &[u32] {
        &self.rejected
    }
    /// The evaluations of the right-hand side that a run made in its steps and to start. Evaluations that were made
    /// only to save states between steps are not counted. `None` for an implicit method, where the number depends on
    /// the data.
    ///
    /// # Panics
    /// If there is no such run.
    #[must_use]
    pub fn evaluations(&self, run: usize) -> Option<u64> {
        let steps = u64::from(self.accepted[run]) + u64::from(self.rejected[run]);
        Some(self.first_evaluations + u64::from(self.step_evaluations?) * steps)
    }
    /// The number of runs that ended with `status`.
    #[must_use]
    pub fn count(&self, status: Status) -> usize {
        self.status.iter().filter(|&&ended| ended == status).count()
    }
    /// The time that the solve took on a device; `None` for the host.
    #[cfg(feature = "reference")]
    #[cfg_attr(docsrs, doc(cfg(feature = "reference")))]
    #[must_use]
    pub fn timings(&self) -> Option<&Timings> {
        self.timings.as_ref()
    }
    #[cfg(feature = "reference")]
    pub(crate) fn with_timings(mut self, timings: Timings) -> Self {
        self.timings = Some(timings);
        self
    }
    /// Whether two solutions have the same bits.
    #[must_use]
    pub fn same_bits(&self, other: &Solution<E>) -> bool {
        let bits = |value: &E| value.to_bits_u64();
        let times = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        self.states
            .iter()
            .map(bits)
            .eq(other.states.iter().map(bits))
            && self.saved.iter().map(bits).eq(other.saved.iter().map(bits))
            && times(&self.reached) == times(&other.reached)
            && self.status == other.status
            && self.accepted == other.accepted
            && self.rejected == other.rejected
    }
}

//! Ensembles in, solutions out: one interface over the host and the device.

use crate::host::{self, PlanSource, Tuning};
use crate::layout::own_plan;
use crate::ode::{
    Error, Job, Method, Options, Outcome, Real, Scheme, Status, Stepper, System, UNREACHED, fail,
};
use ndarray::{Array2, Array3, ArrayView2, ArrayView3};
use typenum::Unsigned;

mod checked;
#[cfg(feature = "reference")]
mod device;
#[cfg(feature = "reference")]
mod launched;
mod order;
mod sensitivities;
#[cfg(feature = "reference")]
use crate::cuda::Timings;
use checked::Checked;
#[cfg(feature = "reference")]
pub use device::LoadedIntegrator;
pub use sensitivities::SplitSolution;

/// Many runs of one system: initial states and parameters, run index fastest, and the span of time.
///
/// ```
/// use bakelite::{consts::*, system, ClassicalRk4, Ensemble, Explicit, Fixed, Options};
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// let ensemble = Ensemble::<Decay, f64>::uniform(3, &[1.0], &[2.0], (0.0, 1.0)).unwrap();
/// let options = Options { step: Some(0.01), ..Options::default() };
/// let solution = ensemble.solve::<Explicit<Decay, ClassicalRk4, Fixed>>(&options).unwrap();
/// assert!((solution.states()[[0, 2]] - (-2.0_f64).exp()).abs() < 1e-9);
/// ```
#[derive(Clone, Debug)]
pub struct Ensemble<S, E> {
    runs: usize,
    initial: Vec<E>,
    parameters: Vec<E>,
    span: (f64, f64),
    /// Which run is where in the two arrays, if not in order.
    order: Option<Vec<usize>>,
    system: core::marker::PhantomData<fn() -> S>,
}

/// A regular grid over ranges of parameters: one axis each, ends included, the last axis fastest.
///
/// ```
/// use bakelite::Grid;
/// let grid = Grid::new().fixed(10.0).range(0.0, 21.0, 4).fixed(8.0 / 3.0);
/// assert_eq!(grid.runs(), 4);
/// assert_eq!(grid.values(3), [10.0, 21.0, 8.0 / 3.0]);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    axes: Vec<(f64, f64, usize)>,
}

impl Grid {
    /// A grid without axes, of one point.
    #[must_use]
    pub fn new() -> Grid {
        Grid::default()
    }
    /// Adds a value that every run shares.
    #[must_use]
    pub fn fixed(self, value: f64) -> Grid {
        self.range(value, value, 1)
    }
    /// Adds `points` values from `first` to `last`.
    #[must_use]
    pub fn range(mut self, first: f64, last: f64, points: usize) -> Grid {
        self.axes.push((first, last, points));
        self
    }
    /// The number of points: the product over the axes, saturating.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.axes
            .iter()
            .fold(1, |runs, axis| axis.2.saturating_mul(runs))
    }
    /// The values of a run, one per axis.
    #[must_use]
    pub fn values(&self, run: usize) -> Vec<f64> {
        let mut rest = run;
        let mut values = vec![0.0; self.axes.len()];
        for (value, &(first, last, points)) in values.iter_mut().zip(&self.axes).rev() {
            let index = rest % points.max(1);
            rest /= points.max(1);
            *value = match points {
                0 | 1 => first,
                _ if index + 1 == points => last,
                _ => first + (last - first) * (index as f64 / (points - 1) as f64),
            };
        }
        values
    }
}

fn shape<E: Real>(
    what: &str,
    view: ArrayView2<'_, E>,
    rows: usize,
    runs: usize,
) -> Result<Vec<E>, Error> {
    if view.nrows() != rows || view.ncols() != runs {
        return fail(format!(
            "the {what} have shape [{}, {}], expected [{rows}, {runs}]\n  help: rows are {what}, columns are runs",
            view.nrows(),
            view.ncols()
        ));
    }
    for ((row, run), value) in view.indexed_iter() {
        if !value.to_f64().is_finite() {
            return fail(format!(
                "the {what} hold {value:?} at row {row}, run {run}\n  help: every input must be finite"
            ));
        }
    }
    Ok(view.iter().copied().collect())
}

impl<S: System, E: Real> Ensemble<S, E> {
    /// An ensemble from arrays `[state][run]` and `[parameter][run]`, over `span` (start and end; it may run backwards).
    ///
    /// # Errors
    /// A wrong shape, a value that is not finite, no runs, a span shorter than [`Real::SMALLEST_STEP`].
    pub fn new(
        initial: ArrayView2<'_, E>,
        parameters: ArrayView2<'_, E>,
        span: (f64, f64),
    ) -> Result<Ensemble<S, E>, Error> {
        let runs = initial.ncols();
        if runs == 0 {
            return fail("the ensemble has 0 runs\n  help: give at least one run".to_owned());
        }
        let fits = |time: f64| E::from_f64(time).to_f64().is_finite();
        if !(fits(span.0) && fits(span.1) && fits(span.1 - span.0)) {
            return fail(format!(
                "the span {} to {} is not finite (in {})\n  help: give a finite start and end",
                span.0,
                span.1,
                E::NAME
            ));
        }
        let length = (span.1 - span.0).abs();
        if length > 0.0 && length < E::SMALLEST_STEP {
            return fail(format!(
                "the span from {:e} to {:e} is {length:e} long, and the shortest step in {} is {:.1e}\n  help: measure time in a smaller unit",
                span.0,
                span.1,
                E::NAME,
                E::SMALLEST_STEP
            ));
        }
        let initial = shape("states", initial, S::States::USIZE, runs)?;
        let parameters = shape("parameters", parameters, S::Parameters::USIZE, runs)?;
        Ok(Ensemble {
            runs,
            initial,
            parameters,
            span,
            order: None,
            system: core::marker::PhantomData,
        })
    }

    /// `runs` equal runs.
    ///
    /// # Errors
    /// As [`new`](Ensemble::new).
    pub fn uniform(
        runs: usize,
        initial: &[f64],
        parameters: &[f64],
        span: (f64, f64),
    ) -> Result<Self, Error> {
        let spread = |values: &[f64]| {
            Array2::from_shape_fn((values.len(), runs), |(row, _)| E::from_f64(values[row]))
        };
        Ensemble::new(spread(initial).view(), spread(parameters).view(), span)
    }

    /// One run per point of a grid of parameters, all from the same initial state.
    ///
    /// # Errors
    /// As [`new`](Ensemble::new); a grid of other than the system's parameters.
    pub fn from_grid(initial: &[f64], grid: &Grid, span: (f64, f64)) -> Result<Self, Error> {
        if grid.axes.len() != S::Parameters::USIZE {
            return fail(format!(
                "the grid has {} axes, `{}` has {} parameters\n  help: give one axis per parameter; `fixed` for those that do not vary",
                grid.axes.len(),
                S::NAME,
                S::Parameters::USIZE
            ));
        }
        let runs = grid.runs();
        if runs
            .checked_mul(S::Parameters::USIZE.max(S::States::USIZE))
            .is_none_or(|n| n > isize::MAX as usize / 8)
        {
            return fail(format!(
                "the grid has {runs} points, more than memory can hold\n  help: use fewer points per axis"
            ));
        }
        let mut parameters = Array2::from_elem((S::Parameters::USIZE, runs), E::default());
        for run in 0..runs {
            for (row, value) in grid.values(run).into_iter().enumerate() {
                parameters[[row, run]] = E::from_f64(value);
            }
        }
        let initial =
            Array2::from_shape_fn((initial.len(), runs), |(row, _)| E::from_f64(initial[row]));
        Ensemble::new(initial.view(), parameters.view(), span)
    }

    /// How many runs.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.runs
    }

    /// Solves on all cores, with buffers laid out by a plan made now.
    ///
    /// # Errors
    /// Bad options, by name and number.
    pub fn solve<M: Method<System = S, Element = E>>(
        &self,
        options: &Options,
    ) -> Result<Solution<E>, Error> {
        let plan = own_plan::<M::Buffers>()?;
        let tuning = Tuning::default();
        if const { size_of::<E>() == 4 && !M::ADAPTIVE } {
            self.solve_on_host::<M, { host::WIDTH_OF_FIXED_F32 }>(options, plan.view(), &tuning)
        } else {
            self.solve_on_host::<M, { host::DEFAULT_WIDTH }>(options, plan.view(), &tuning)
        }
    }

    /// Solves on the host, `W` runs in a pack, with buffers laid out by `plan`: a [`Typed`](host::Typed) one, or the view of a
    /// run-time plan of the registry `M::Buffers`.
    ///
    /// # Errors
    /// Bad options, by name and number; a plan of another registry, or with a slot outside its totals.
    pub fn solve_on_host<M: Method<System = S, Element = E>, const W: usize>(
        &self,
        options: &Options,
        plan: impl PlanSource,
        tuning: &Tuning,
    ) -> Result<Solution<E>, Error> {
        const { assert!(W >= 1 && W <= 64, "a pack holds 1 to 64 runs") }
        plan.check::<M>()?;
        self.with_job::<M, _>(options, |job| Ok(plan.run::<M, W>(job, tuning)))
    }

    /// Checks the options and hands the validated job to an executor.
    pub(crate) fn with_job<M: Method<System = S, Element = E>, X: From<Error>>(
        &self,
        options: &Options,
        execute: impl FnOnce(&Job<'_, E>) -> Result<Outcome<E>, X>,
    ) -> Result<Solution<E>, X> {
        let checked = Checked::new::<M>(options, self)?;
        let job = Job {
            runs: self.runs,
            initial: &self.initial,
            parameters: &self.parameters,
            start: self.span.0,
            end: self.span.1,
            min_step: options.min_step.max(E::SMALLEST_STEP),
            max_steps: options.max_steps,
            first_step: checked.first_step,
            rtol: E::from_f64(options.rtol),
            atol: &checked.atol,
            coefficients: checked.coefficients,
            save_times: &options.save_times,
            keep_last_state: options.keep_last_state,
        };
        let mut outcome = execute(&job)?;
        if let Some(order) = &self.order {
            outcome = order::restore(outcome, order);
        }
        checked.check_ends::<M>(&job, &mut outcome);
        Ok(Solution::new::<M>(&job, outcome)?)
    }
}

/// What became of every run, run index fastest.
///
/// ```
/// use bakelite::{consts::*, system, Ensemble, Explicit, Options, ProportionalIntegral, Status, Tsit5};
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
    fn new<M: Method<Element = E>>(job: &Job<'_, E>, outcome: Outcome<E>) -> Result<Self, Error> {
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

    /// The states at [`save_times`](Solution::save_times), `[save][state][run]`; NaN behind the time that a failed run
    /// [reached](Solution::reached).
    ///
    /// ```
    /// use bakelite::{consts::*, *};
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
    /// The times of [`saved`](Solution::saved): [`Options::save_times`].
    #[must_use]
    pub fn save_times(&self) -> &[f64] {
        &self.save_times
    }
    /// How many of the states that a run was to save it has: all, unless it failed before.
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
    /// The share of the lanes of all packs that did work, of the steps that the host executor made; `None` after a solve on a device.
    #[must_use]
    pub fn active_lane_share(&self) -> Option<f64> {
        let [used, all] = self.lane_steps;
        (all > 0).then(|| used as f64 / all as f64)
    }

    /// The states at the end, `[state][run]`. Where the run failed, NaN, or the last state that was accepted:
    /// [`Options::keep_last_state`].
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
    /// Accepted steps of each run.
    #[must_use]
    pub fn accepted(&self) -> &[u32] {
        &self.accepted
    }
    /// Rejected steps of each run.
    #[must_use]
    pub fn rejected(&self) -> &[u32] {
        &self.rejected
    }
    /// Evaluations of the right-hand side that a run made, those of its start included; `None` for an implicit method, where they
    /// depend on data.
    ///
    /// # Panics
    /// If there is no such run.
    #[must_use]
    pub fn evaluations(&self, run: usize) -> Option<u64> {
        let steps = u64::from(self.accepted[run]) + u64::from(self.rejected[run]);
        Some(self.first_evaluations + u64::from(self.step_evaluations?) * steps)
    }
    /// How many runs ended with `status`.
    #[must_use]
    pub fn count(&self, status: Status) -> usize {
        self.status.iter().filter(|&&ended| ended == status).count()
    }
    /// How long it took on a device; `None` from the host.
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
    /// Whether two solutions agree bit for bit.
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

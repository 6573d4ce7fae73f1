//! What a user sets, and what a run ends with.

use crate::ode::Coefficients;

/// How a run ended. The numbers are those that kernels write; [`BelowPrecision`](Status::BelowPrecision) is found afterwards.
///
/// ```
/// assert_eq!(bakelite::ode::Status::from_code(0), Some(bakelite::ode::Status::Success));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Status {
    /// The end of the span was reached.
    Success = 0,
    /// The tolerance asks for steps below the smallest one.
    StepTooSmall = 1,
    /// [`Options::max_steps`] steps were tried.
    IterationLimit = 2,
    /// The solution or its error estimate became infinite or NaN.
    NonFinite = 3,
    /// The equations of an implicit step were not solved: by Newton's method with steps of the smallest size, or with a fixed one.
    NotSolved = 4,
    /// The end was reached, at a state so large that the tolerances ask for more there than the precision holds: see [`Options::rtol`].
    BelowPrecision = 5,
}

impl Status {
    /// The status that a kernel wrote.
    #[must_use]
    pub fn from_code(code: u32) -> Option<Status> {
        [
            Status::Success,
            Status::StepTooSmall,
            Status::IterationLimit,
            Status::NonFinite,
            Status::NotSolved,
            Status::BelowPrecision,
        ]
        .into_iter()
        .find(|status| *status as u32 == code)
    }

    /// In words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Status::Success => "success",
            Status::StepTooSmall => "step too small",
            Status::IterationLimit => "iteration limit",
            Status::NonFinite => "non-finite",
            Status::NotSolved => "not solved",
            Status::BelowPrecision => "below precision",
        }
    }
}

/// Tolerances and limits of a solve: run-time values, the same for every run.
///
/// ```
/// use bakelite::ode::Options;
/// let options = Options { rtol: 1e-8, atol: vec![1e-10], ..Options::default() };
/// assert_eq!(options.max_steps, 100_000);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The relative tolerance, 0 or more. Below 10 units of roundoff ([`Real::SMALLEST_RTOL`](crate::ode::Real::SMALLEST_RTOL): 6.0e-7 in
    /// `f32`, 1.1e-15 in `f64`) no state can be held to it, so the absolute tolerance must allow as much: for every controlled state of
    /// every run `atol + rtol |y|` is at least that part of `|y|`, at the start and at the end. If it is not at the start, the solve is an
    /// [`Error`](crate::Error) that names the state and what can be held; if not at the end, the run has failed with
    /// [`Status::BelowPrecision`].
    ///
    /// ```
    /// use bakelite::{consts::*, prelude::*};
    /// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
    /// type Solver = Explicit<Decay, Tsit5, ProportionalIntegral>;
    /// let solve = |start: f64, rtol: f64, atol: f64| {
    ///     let ensemble = Ensemble::<Decay, f64>::uniform(1, &[start], &[2.0], (0.0, 1.0))?;
    ///     ensemble.solve::<Solver>(&Options { rtol, atol: vec![atol], ..Options::default() })
    /// };
    /// assert!(solve(1.0, 0.0, 1e-9).is_ok());
    /// assert_eq!(
    ///     solve(1e8, 0.0, 1e-9).unwrap_err().to_string(),
    ///     "state 0 of run 0 starts at 100000000.0, where rtol 0.0 and atol[0] 1e-9 allow an error of 1.0e-9, and f64 holds 1.1e-7 at best\n  help: raise rtol to 1.1e-15 or atol[0] to 1.1e-7"
    /// );
    /// ```
    pub rtol: f64,
    /// The absolute tolerance: one for all states, or one per state, in the states' units, above 0.
    pub atol: Vec<f64>,
    /// The size of the first step, in units of time, at least [`Real::SMALLEST_STEP`](crate::ode::Real::SMALLEST_STEP). A fixed-step method
    /// needs it; others choose one by Hairer's rule.
    pub step: Option<f64>,
    /// Steps below this size, in units of time, end the run with [`Status::StepTooSmall`], and so do steps of at most four units
    /// in the last place of the time, and those below [`Real::SMALLEST_STEP`](crate::ode::Real::SMALLEST_STEP) (1.2e-35 in `f32`, 2.3e-305
    /// in `f64`); only the last step of a span, or before a time to stop at, may be smaller.
    pub min_step: f64,
    /// Steps tried, accepted or not, before a run ends with [`Status::IterationLimit`].
    pub max_steps: u32,
    /// The controller's coefficients; `None`: its defaults.
    pub coefficients: Option<Coefficients>,
    /// The times at which states are saved: inside the span, in its direction, none twice. A method with another output than
    /// [`EndState`](crate::ode::EndState) needs them, and only such a one takes them. [`times`] makes even ones.
    pub save_times: Vec<f64>,
    /// Whether a run that failed ends with the last state that it accepted, not with NaN.
    pub keep_last_state: bool,
}

/// `count` times from `first` to `last`, both included, evenly spaced: for [`Options::save_times`]. One time is `last`.
///
/// ```
/// assert_eq!(bakelite::ode::times(0.0, 1.0, 5), [0.0, 0.25, 0.5, 0.75, 1.0]);
/// ```
#[must_use]
pub fn times(first: f64, last: f64, count: usize) -> Vec<f64> {
    (0..count)
        .map(|index| {
            if index + 1 == count {
                return last;
            }
            let share = index as f64 / (count - 1) as f64;
            first * (1.0 - share) + last * share
        })
        .collect()
}

impl Default for Options {
    fn default() -> Options {
        Options {
            rtol: 1e-6,
            atol: vec![1e-6],
            step: None,
            min_step: 0.0,
            max_steps: 100_000,
            coefficients: None,
            save_times: Vec::new(),
            keep_last_state: false,
        }
    }
}

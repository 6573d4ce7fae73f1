//! What a user sets, and the status that a run ends with.

use crate::ode::Coefficients;

/// How a run ended. The numbers are those that kernels write. [`BelowPrecision`](Status::BelowPrecision) is found after
/// the run.
///
/// ```
/// assert_eq!(bakelite::ode::Status::from_code(0), Some(bakelite::ode::Status::Success));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Status {
    /// The end of the span was reached.
    Success = 0,
    /// The tolerance needs steps below the smallest one.
    StepTooSmall = 1,
    /// [`Options::max_steps`] steps were tried.
    IterationLimit = 2,
    /// The solution or its error estimate became infinite or NaN.
    NonFinite = 3,
    /// The equations of an implicit step were not solved, with a step of the smallest size or with a fixed one.
    NotSolved = 4,
    /// The end was reached, but a state is so large there that the tolerances ask for more than the precision holds:
    /// see [`Options::rtol`].
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

    /// The status in words.
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
    /// The relative tolerance, 0 or more. No state can be held to less than 10 units of roundoff
    /// ([`Real::SMALLEST_RTOL`](crate::ode::Real::SMALLEST_RTOL): 6.0e-7 in `f32`, 1.1e-15 in `f64`). With a smaller
    /// relative tolerance, the absolute tolerance must allow as much: for every controlled state of every run,
    /// `atol + rtol |y|` is at least that part of `|y|`, at the start and at the end. If this does not hold at the
    /// start, the solve returns an [`Error`](crate::Error) that names the state and the smallest error that can be
    /// held. If it does not hold at the end, the run fails with [`Status::BelowPrecision`].
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
    /// The absolute tolerance, above 0, in the states' units: one for all states, or one per state.
    pub atol: Vec<f64>,
    /// The size of the first step, in units of time, at least [`Real::SMALLEST_STEP`](crate::ode::Real::SMALLEST_STEP).
    /// A fixed-step method needs it. Other methods choose it by Hairer's rule if it is `None`.
    pub step: Option<f64>,
    /// Steps below this size, in units of time, end the run with [`Status::StepTooSmall`]. So do steps of at most four
    /// units in the last place of the time, and steps below [`Real::SMALLEST_STEP`](crate::ode::Real::SMALLEST_STEP)
    /// (1.2e-35 in `f32`, 2.3e-305 in `f64`). Only the last step of a span, or the last one before a time to stop at,
    /// may be smaller.
    pub min_step: f64,
    /// The number of steps tried, accepted or not, after which a run ends with [`Status::IterationLimit`].
    pub max_steps: u32,
    /// The controller's coefficients. `None`: its defaults.
    pub coefficients: Option<Coefficients>,
    /// The times at which states are saved. They are inside the span, in its direction, and all different. A method
    /// needs them if its output is not [`EndState`](crate::ode::EndState), and takes none otherwise. [`times`] makes
    /// evenly spaced ones.
    pub save_times: Vec<f64>,
    /// Whether a run that failed ends with the last state that it accepted. If not, it ends with NaN.
    pub keep_last_state: bool,
}

/// `count` evenly spaced times from `first` to `last`, both included, for [`Options::save_times`]. If `count` is 1, the
/// time is `last`.
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

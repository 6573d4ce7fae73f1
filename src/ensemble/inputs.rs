//! The runs of an ensemble: initial states, parameters, and the span of time.

use super::Grid;
use crate::ode::{Error, Real, System, fail};
use ndarray::{Array2, ArrayView2};
use typenum::Unsigned;

/// Many runs of one system: initial states, parameters, and the span of time. In the arrays the run index varies
/// fastest.
///
/// ```
/// use bakelite::{consts::*, prelude::*};
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// let ensemble = Ensemble::<Decay, f64>::uniform(3, &[1.0], &[2.0], (0.0, 1.0)).unwrap();
/// let options = Options { step: Some(0.01), ..Options::default() };
/// let solution = ensemble.solve::<Explicit<Decay, ClassicalRk4, Fixed>>(&options).unwrap();
/// assert!((solution.states()[[0, 2]] - (-2.0_f64).exp()).abs() < 1e-9);
/// ```
#[derive(Clone, Debug)]
pub struct Ensemble<S, E> {
    pub(super) runs: usize,
    pub(super) initial: Vec<E>,
    pub(super) parameters: Vec<E>,
    pub(super) span: (f64, f64),
    /// The run at each place of the two arrays, if they are not in the order of the runs.
    pub(super) order: Option<Vec<usize>>,
    pub(super) system: core::marker::PhantomData<fn() -> S>,
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
    /// An ensemble from arrays `[state][run]` and `[parameter][run]`, over `span`. The span is the start and the end
    /// time; the end may be before the start.
    ///
    /// # Errors
    /// An array has the wrong shape, a value or a time is not finite, there are no runs, or the span is shorter than
    /// [`Real::SMALLEST_STEP`] (but not 0).
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

    /// An ensemble of `runs` equal runs.
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
    /// As [`new`](Ensemble::new). Also if the number of axes of the grid is not the number of the system's parameters,
    /// or if the grid has more points than memory can hold.
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

    /// The number of runs.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.runs
    }
}

//! Ensembles with sensitivities, and the parts of their solutions.

use super::{Ensemble, Solution};
use crate::ode::{Direction, Directions, Error, Options, Real, Sensitivities, System, fail};
use ndarray::{ArrayView2, ArrayView3, ArrayView4, Axis};
use typenum::Unsigned;

/// The states and the sensitivities of a solution of [`Sensitivities`], as views. [`Sensitivities::split`] makes it and
/// has an example.
#[derive(Clone, Debug)]
pub struct SplitSolution<'a, E> {
    /// The states at the end, `[state][run]`, as in [`Solution::states`].
    pub states: ArrayView2<'a, E>,
    /// The sensitivities at the end, `[run][state][column]`. Row `state` has the derivatives of that state with respect
    /// to the parameter or initial state of each column.
    pub sensitivities: ArrayView3<'a, E>,
    /// The saved states, `[save][state][run]`, as in [`Solution::saved`].
    pub saved_states: ArrayView3<'a, E>,
    /// The sensitivities at the save times, `[save][run][state][column]`.
    pub saved_sensitivities: ArrayView4<'a, E>,
}

impl<S, By, Controlled> Sensitivities<S, By, Controlled>
where
    Self: System,
    S: System,
    By: Directions<S>,
{
    /// The runs of `ensemble`, together with the sensitivities at the start: 1 for a state with respect to its own
    /// initial value, else 0. The order of [`Ensemble::by_work`] is kept. If initial states depend on parameters, use
    /// [`Ensemble::new`] and give those derivatives as initial values.
    ///
    /// ```
    /// use bakelite::{Error, consts::*, ode::{ByInitialStates, ByParameters, Sensitivities}, prelude::*};
    /// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
    /// let ensemble = Ensemble::<Decay, f64>::uniform(3, &[1.0], &[2.0], (0.0, 1.0))?;
    /// let with = Sensitivities::<Decay, (ByParameters, ByInitialStates)>::ensemble(&ensemble);
    /// assert_eq!(with.runs(), 3);
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn ensemble<E: Real>(ensemble: &Ensemble<S, E>) -> Ensemble<Self, E> {
        let (states, runs) = (S::States::USIZE, ensemble.runs);
        let mut initial = ensemble.initial.clone();
        for column in 0..By::Columns::USIZE {
            for state in 0..states {
                let own = By::direction(column) == Direction::InitialState(state);
                let value = if own { E::from_f64(1.0) } else { E::default() };
                initial.extend(std::iter::repeat_n(value, runs));
            }
        }
        Ensemble {
            runs,
            initial,
            parameters: ensemble.parameters.clone(),
            span: ensemble.span,
            order: ensemble.order.clone(),
            system: core::marker::PhantomData,
        }
    }

    /// `options` with absolute tolerances for the sensitivities too. A sensitivity has the units of its state divided
    /// by the units of its column (a parameter or an initial state). So each tolerance is that of the state, divided by
    /// the size of the column. `sizes` has one size per column, above 0: a typical value of the parameter or initial
    /// state, or the smallest difference that matters. Absolute tolerances are the same for all runs.
    ///
    /// ```
    /// use bakelite::{Error, consts::*, ode::Sensitivities, prelude::*};
    /// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
    /// let options = Options { atol: vec![1e-8], ..Options::default() };
    /// let options = Sensitivities::<Decay>::options(&options, &[50.0])?;
    /// assert_eq!(options.atol, [1e-8, 1e-8 / 50.0]);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// The number of sizes or of absolute tolerances is wrong, or a size is not finite or not above 0.
    pub fn options(options: &Options, sizes: &[f64]) -> Result<Options, Error> {
        let (states, columns) = (S::States::USIZE, By::Columns::USIZE);
        if sizes.len() != columns {
            return fail(format!(
                "{} sizes are given, `{}` has {columns} columns of sensitivities\n  help: give one size per column",
                sizes.len(),
                S::NAME
            ));
        }
        if let Some(index) = sizes
            .iter()
            .position(|&size| !(size.is_finite() && size > 0.0))
        {
            return fail(format!(
                "sizes[{index}] is {}\n  help: it must be finite and above 0; of a parameter that is 0, give how much of it matters",
                sizes[index]
            ));
        }
        if options.atol.len() != 1 && options.atol.len() != states {
            return fail(format!(
                "atol has {} values, `{}` has {states} states\n  help: give one value, or one per state; those of sensitivities are made from them",
                options.atol.len(),
                S::NAME
            ));
        }
        let own = |state: usize| options.atol[if options.atol.len() == 1 { 0 } else { state }];
        let mut atol: Vec<f64> = (0..states).map(own).collect();
        for &size in sizes {
            atol.extend((0..states).map(|state| own(state) / size));
        }
        Ok(Options {
            atol,
            ..options.clone()
        })
    }

    /// The states and the sensitivities of a solution, without a copy.
    ///
    /// ```
    /// use bakelite::{Error, consts::*, ode::{ByInitialStates, ByParameters, DenseOutput, Sensitivities, times}, prelude::*};
    /// system! { struct Oscillator; states: U2; parameters: U1; rhs: |_t, [x, v], [stiffness]| [v, -(stiffness * x)] }
    /// type With = Sensitivities<Oscillator, (ByParameters, ByInitialStates)>;
    /// type Solver = Explicit<With, Tsit5, ProportionalIntegral, f64, Local, DenseOutput>;
    /// let ensemble = Ensemble::<Oscillator, f64>::uniform(5, &[1.0, 0.0], &[1.0], (0.0, 1.0))?;
    /// let options = Options { save_times: times(0.0, 1.0, 11), ..Options::default() };
    /// let solution = With::ensemble(&ensemble).solve::<Solver>(&options)?;
    /// let parts = With::split(&solution)?;
    /// assert_eq!(parts.states.shape(), [2, 5]);
    /// assert_eq!(parts.sensitivities.shape(), [5, 2, 3]);
    /// assert_eq!(parts.saved_sensitivities.shape(), [11, 5, 2, 3]);
    /// // ∂v/∂x₀ = -sin t
    /// assert!((parts.sensitivities[[4, 1, 1]] + 1.0_f64.sin()).abs() < 1e-5);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// The solution does not have the number of states of this system.
    pub fn split<E: Real>(solution: &Solution<E>) -> Result<SplitSolution<'_, E>, Error> {
        let (states, columns) = (S::States::USIZE, By::Columns::USIZE);
        let (rows, runs) = solution.states().dim();
        if rows != states + states * columns {
            return fail(format!(
                "the solution has {rows} states, `{}` with {columns} columns of sensitivities has {}\n  help: split a solution of the same `Sensitivities`",
                S::NAME,
                states + states * columns
            ));
        }
        let saves = solution.save_times().len();
        let shape = |error: ndarray::ShapeError| Error::new(error.to_string());
        let ends = solution.states();
        let ends = ends
            .into_shape_with_order([1 + columns, states, runs])
            .map_err(shape)?;
        let saved = solution.saved();
        let saved = saved
            .into_shape_with_order([saves, 1 + columns, states, runs])
            .map_err(shape)?;
        let (end_states, end_columns) = ends.split_at(Axis(0), 1);
        let (saved_states, saved_columns) = saved.split_at(Axis(1), 1);
        Ok(SplitSolution {
            states: end_states.index_axis_move(Axis(0), 0),
            sensitivities: end_columns.permuted_axes([2, 1, 0]),
            saved_states: saved_states.index_axis_move(Axis(1), 0),
            saved_sensitivities: saved_columns.permuted_axes([0, 3, 2, 1]),
        })
    }
}

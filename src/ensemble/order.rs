//! The order in which executors take the runs of an ensemble.
use super::{Ensemble, Solution};
use crate::ode::{Error, Outcome, Real, System, fail};

impl<S: System, E: Real> Ensemble<S, E> {
    /// The same ensemble, in an order where executors take the runs with the most `work` first. `work` has one number
    /// per run, in any unit, for example the steps of an earlier [`Solution::work`]. Then runs of similar length share
    /// a warp and a block, which wait for their longest run. The host gains less, because its lanes take the next run
    /// when their own has ended. Solutions keep the order of the runs, and every bit.
    ///
    /// ```
    /// use bakelite::{consts::*, prelude::*};
    /// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
    /// type Solver = Explicit<Decay, Tsit5, ProportionalIntegral>;
    /// # fn main() -> Result<(), bakelite::Error> {
    /// let rates = ndarray::array![[1.0, 100.0, 2.0, 90.0]];
    /// let ensemble = Ensemble::<Decay, f64>::new(ndarray::Array2::ones((1, 4)).view(), rates.view(), (0.0, 1.0))?;
    /// let plain = ensemble.solve::<Solver>(&Options::default())?;
    /// let by_rate = ensemble.clone().by_work(&[1.0, 100.0, 2.0, 90.0])?; // a guess
    /// let by_steps = ensemble.by_work(&plain.work())?; // what was measured
    /// assert!(by_rate.solve::<Solver>(&Options::default())?.same_bits(&plain));
    /// assert!(by_steps.solve::<Solver>(&Options::default())?.same_bits(&plain));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `work` has another length than the number of runs, or contains a NaN.
    pub fn by_work(mut self, work: &[f64]) -> Result<Ensemble<S, E>, Error> {
        if work.len() != self.runs {
            return fail(format!(
                "the work has {} values, the ensemble has {} runs\n  help: give one value per run",
                work.len(),
                self.runs
            ));
        }
        if let Some(run) = work.iter().position(|value| value.is_nan()) {
            return fail(format!(
                "the work of run {run} is NaN\n  help: give a number that can be compared; a guess will do"
            ));
        }
        let mut order: Vec<usize> = (0..self.runs).collect();
        order.sort_by(|a, b| work[*b].total_cmp(&work[*a])); // stable: the same everywhere
        // the arrays may already be in another order
        let at = match &self.order {
            None => order.clone(),
            Some(before) => {
                let at = inverse(before);
                order.iter().map(|run| at[*run]).collect()
            }
        };
        self.initial = gather(&self.initial, &at);
        self.parameters = gather(&self.parameters, &at);
        self.order = Some(order);
        Ok(self)
    }
}

impl<E: Real> Solution<E> {
    /// The cost of each run, as the number of steps that it tried. [`Ensemble::by_work`] takes this list.
    #[must_use]
    pub fn work(&self) -> Vec<f64> {
        let steps = self.accepted().iter().zip(self.rejected());
        steps.map(|(a, r)| f64::from(*a) + f64::from(*r)).collect()
    }
}

/// The place of each run, from the run at each place.
fn inverse(order: &[usize]) -> Vec<usize> {
    let mut at = vec![0; order.len()];
    for (place, run) in order.iter().enumerate() {
        at[*run] = place;
    }
    at
}

/// Reorders rows of `at.len()` values each: value `at[i]` moves to place `i`.
fn gather<T: Copy>(rows: &[T], at: &[usize]) -> Vec<T> {
    let rows = rows.chunks_exact(at.len().max(1));
    rows.flat_map(|row| at.iter().map(|place| row[*place]))
        .collect()
}

/// An outcome in the order of the runs, made from one in the order `order`.
pub(super) fn restore<E: Real>(outcome: Outcome<E>, order: &[usize]) -> Outcome<E> {
    let at = inverse(order);
    Outcome {
        last: gather(&outcome.last, &at),
        reached: gather(&outcome.reached, &at),
        status: gather(&outcome.status, &at),
        accepted: gather(&outcome.accepted, &at),
        rejected: gather(&outcome.rejected, &at),
        saved: gather(&outcome.saved, &at),
        lane_steps: outcome.lane_steps,
    }
}

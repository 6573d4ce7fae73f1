//! Solves on the host, and prepares the job of every executor.

use super::checked::Checked;
use super::{Ensemble, Solution, order};
use crate::host::{self, PlanSource, Tuning};
use crate::layout::own_plan;
use crate::ode::{Error, Job, Method, Options, Outcome, Real, System};

impl<S: System, E: Real> Ensemble<S, E> {
    /// Solves on all cores. The plan of the buffers is made in this call.
    ///
    /// # Errors
    /// A bad option, with its name and number. Also a fault of the registry `M::Buffers`.
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

    /// Solves on the host, with `W` runs in a pack. `plan` lays out the buffers: a [`Typed`](host::Typed) plan, or the
    /// view of a run-time plan of the registry `M::Buffers`.
    ///
    /// # Errors
    /// A bad option, with its name and number. Also a plan that cannot be used: one of another registry, with a buffer
    /// per block, with a slot that is not aligned or lies outside its total, or with a launch that has too little
    /// shared memory.
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

//! Many runs, slice by slice: each run in one solve, each slice in memory that is bounded.

use super::ready::ready;
use super::target::Target;
#[cfg(feature = "reference")]
use bakelite::cuda;
use bakelite::typenum::Unsigned;
use bakelite::{ode::Real, prelude::*};
use indicatif::{ProgressBar, ProgressStyle};
use ndarray::{Array1, Array2, s};
use ndarray_npy::{NpzWriter, WritableElement};
use std::fs::File;
use std::ops::Range;
use std::time::{Duration, Instant};

/// Runs are solved in so many slices if these do not become too small for the device.
const SLICES: usize = 50;
/// The saved states of a slice take no more, unless one run alone does.
pub const MOST_SAVED_BYTES: usize = 256 << 20;
const STATUSES: [Status; 6] = [
    Status::Success,
    Status::StepTooSmall,
    Status::IterationLimit,
    Status::NonFinite,
    Status::NotSolved,
    Status::BelowPrecision,
];

#[cfg(not(feature = "reference"))]
pub trait Value: Real + WritableElement {}
#[cfg(feature = "reference")]
pub trait Value: Real + WritableElement + cuda::DeviceElement {}
impl Value for f32 {}
impl Value for f64 {}

/// What became of all runs. Arrays are indexed by run.
pub struct Sweep<E> {
    /// `[state][run]`
    pub states: Array2<E>,
    pub status: Array1<u32>,
    pub accepted: Array1<u32>,
    pub rejected: Array1<u32>,
    pub reached: Array1<f64>,
    /// What the device took, its kernel's compilation included.
    pub elapsed: Duration,
    /// Steps that the lanes of the host's packs could have made.
    lane_steps: Option<f64>,
}

impl<E: Value> Sweep<E> {
    /// Integrates `runs` runs from 0 to `end`, with the buffers where the plan `P` puts them. `values` gives a run's
    /// initial states and parameters; `each` sees the solution of each slice before it is dropped.
    pub fn solve<M, P>(
        target: &Target,
        options: &Options,
        runs: usize,
        end: f64,
        values: impl Fn(usize) -> (Vec<f64>, Vec<f64>),
        mut each: impl FnMut(Range<usize>, &Solution<E>),
    ) -> Result<Sweep<E>, String>
    where
        M: Method<Element = E>,
        P: Planned<Root = M::Buffers>,
    {
        let states = <M::System as System>::States::USIZE;
        let parameters = <M::System as System>::Parameters::USIZE;
        let mut sweep = Sweep {
            states: Array2::default((states, runs)),
            status: Array1::zeros(runs),
            accepted: Array1::zeros(runs),
            rejected: Array1::zeros(runs),
            reached: Array1::zeros(runs),
            elapsed: Duration::ZERO,
            lane_steps: Some(0.0),
        };
        let begin = Instant::now();
        let solve = ready::<M, P>(target)?;
        sweep.elapsed = begin.elapsed();

        let style =
            ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} runs, {eta} left");
        let bar = ProgressBar::new(runs as u64)
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.tick();
        let length = slice_length(
            target,
            runs,
            options.save_times.len() * states * size_of::<E>(),
        );
        for first in (0..runs).step_by(length) {
            let slice = first..runs.min(first + length);
            let mut initial = Array2::default((states, slice.len()));
            let mut given = Array2::default((parameters, slice.len()));
            for (column, run) in slice.clone().enumerate() {
                let (start, parameters) = values(run);
                for (row, value) in start.into_iter().enumerate() {
                    initial[[row, column]] = E::from_f64(value);
                }
                for (row, value) in parameters.into_iter().enumerate() {
                    given[[row, column]] = E::from_f64(value);
                }
            }
            let ensemble = Ensemble::new(initial.view(), given.view(), (0.0, end))
                .map_err(|error| error.to_string())?;

            let begin = Instant::now();
            let solution = solve(options, &ensemble).map_err(|error| error.to_string())?;
            sweep.elapsed += begin.elapsed();
            sweep.take(slice.clone(), &solution);
            each(slice.clone(), &solution);
            bar.inc(slice.len() as u64);
        }
        bar.finish_and_clear();
        Ok(sweep)
    }

    fn take(&mut self, slice: Range<usize>, solution: &Solution<E>) {
        self.states
            .slice_mut(s![.., slice.clone()])
            .assign(&solution.states());
        let mut used = 0;
        for (column, run) in slice.enumerate() {
            self.status[run] = solution.status(column) as u32;
            self.accepted[run] = solution.accepted()[column];
            self.rejected[run] = solution.rejected()[column];
            self.reached[run] = solution.reached()[column];
            used += u64::from(self.accepted[run]) + u64::from(self.rejected[run]);
        }
        let share = solution.active_lane_share();
        self.lane_steps = self
            .lane_steps
            .zip(share)
            .map(|(all, share)| all + used as f64 / share);
    }

    /// Prints what happened.
    pub fn report(&self, target: &Target) {
        let runs = self.status.len();
        let seconds = self.elapsed.as_secs_f64();
        let total = |steps: &Array1<u32>| steps.iter().map(|&n| u64::from(n)).sum::<u64>();
        let (accepted, rejected) = (total(&self.accepted), total(&self.rejected));
        println!("device            {}", target.name());
        println!("runs              {runs}");
        println!("seconds           {seconds:.3}");
        println!("runs per second   {:.0}", runs as f64 / seconds);
        println!("accepted steps    {accepted}");
        println!("rejected steps    {rejected}");
        if let Some(all) = self.lane_steps.filter(|&all| all > 0.0) {
            println!(
                "active lanes      {:.1} %",
                100.0 * (accepted + rejected) as f64 / all
            );
        }
        for status in STATUSES {
            let count = self.status.iter().filter(|&&s| s == status as u32).count();
            println!("{:<17} {count} runs", status.name());
        }
    }

    /// Writes what every sweep has.
    pub fn write(&self, file: &mut NpzWriter<File>) -> Result<(), Box<dyn std::error::Error>> {
        file.add_array("states", &self.states)?;
        file.add_array("status", &self.status)?;
        file.add_array("accepted", &self.accepted)?;
        file.add_array("rejected", &self.rejected)?;
        file.add_array("reached", &self.reached)?;
        Ok(())
    }
}

fn slice_length(target: &Target, runs: usize, saved_bytes_per_run: usize) -> usize {
    let wanted = runs.div_ceil(SLICES).next_multiple_of(target.least_slice());
    match saved_bytes_per_run {
        0 => wanted,
        bytes => wanted.min(MOST_SAVED_BYTES / bytes).max(1),
    }
}

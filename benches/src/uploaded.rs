//! Runs of a system, on the host and on a device, and the launch of any kernel of an integrator on them.

use bakelite::cuda::{Buffer, CudaError, Device, DeviceElement, Kernel};
use bakelite::ode::Method;
use bakelite::ptx::{CommonArguments, LoopedArguments, MAX_STATES, UnrolledArguments};
use bakelite::typenum::Unsigned;
use bakelite::{
    layout::LaunchPlan,
    ode::{Controller, Real},
    prelude::*,
};

/// Inputs of many runs.
#[derive(Clone, Debug)]
pub struct Problem<E> {
    /// `[state][run]`
    pub initial: Vec<E>,
    /// `[parameter][run]`
    pub parameters: Vec<E>,
    /// How many.
    pub runs: usize,
    /// Start and end.
    pub span: (f64, f64),
    /// Tolerances and limits.
    pub options: Options,
}

impl<E: Real> Problem<E> {
    /// Inputs spread over [0.3, 1), for any system of the benchmarks.
    #[must_use]
    pub fn spread<M: Method<Element = E>>(runs: usize, span: (f64, f64), step: f64) -> Self {
        let rows = |rows: usize, first: usize| -> Vec<E> {
            let value = |i: usize| ((first + i / runs) * 37 + i % runs * 11) % 64;
            (0..rows * runs)
                .map(|i| E::from_f64(0.3 + 0.7 * value(i) as f64 / 64.0))
                .collect()
        };
        let tolerance = if size_of::<E>() == 4 { 1e-4 } else { 1e-8 };
        Problem {
            initial: rows(<M::System as System>::States::USIZE, 0),
            parameters: rows(<M::System as System>::Parameters::USIZE, 3),
            runs,
            span,
            options: Options {
                rtol: tolerance,
                atol: vec![tolerance],
                step: (!M::ADAPTIVE).then_some(step),
                ..Options::default()
            },
        }
    }

    /// The same for the crate's own executors.
    ///
    /// # Errors
    /// Inputs that are not finite, or of another length.
    pub fn ensemble<S: System>(&self) -> Result<Ensemble<S, E>, String> {
        let table = |values: &[E]| {
            ndarray::Array2::from_shape_vec((values.len() / self.runs, self.runs), values.to_vec())
                .map_err(|error| error.to_string())
        };
        let (initial, parameters) = (table(&self.initial)?, table(&self.parameters)?);
        Ensemble::new(initial.view(), parameters.view(), self.span)
            .map_err(|error| error.to_string())
    }

    /// Uploads the inputs, and allocates what a kernel writes.
    ///
    /// # Errors
    /// Of the device.
    pub fn upload<M: Method<Element = E>>(&self, device: &Device) -> Result<Uploaded<E>, CudaError>
    where
        E: DeviceElement,
    {
        let Problem { runs, options, .. } = self;
        let states = <M::System as System>::States::USIZE;
        let number = E::from_f64;
        let mut tolerances = vec![number(options.atol[0]); states.max(MAX_STATES)];
        for (to, from) in tolerances.iter_mut().zip(&options.atol).skip(1) {
            *to = number(*from);
        }
        let inputs = [&self.initial, &self.parameters, &tolerances];
        let [initial, parameters, table] = inputs.map(|values| device.upload(values));
        let inputs = [initial?, parameters?, table?];
        let last = device.alloc(self.initial.len())?;
        let reached = device.alloc(*runs)?;
        let counts = [
            device.alloc(*runs)?,
            device.alloc(*runs)?,
            device.alloc(*runs)?,
        ];
        let c = options.coefficients;
        let c = c.unwrap_or_else(<M::Controller as Controller<_>>::defaults);
        let step = options.step.unwrap_or_default();
        let backward = self.span.1 < self.span.0;
        let mut atol = [E::default(); MAX_STATES];
        atol.copy_from_slice(&tolerances[..MAX_STATES]);
        let common = CommonArguments {
            initial: inputs[0].pointer().address(),
            parameters: inputs[1].pointer().address(),
            last: last.pointer().address(),
            reached: reached.pointer().address(),
            status: counts[0].pointer().address(),
            accepted: counts[1].pointer().address(),
            rejected: counts[2].pointer().address(),
            save_times: 0,
            saved: 0,
            saves: 0,
            start: self.span.0,
            end: self.span.1,
            min_step: options.min_step,
            runs: *runs as u64,
            max_steps: options.max_steps,
            choose_step: u32::from(options.step.is_none()),
            stops: 0,
            keep_last: 0,
            first_step: number(if backward { -step } else { step }),
            rtol: number(options.rtol),
            beta1: number(c.beta1),
            beta2: number(c.beta2),
            beta3: number(c.beta3),
            safety: number(c.safety),
            min_factor: number(c.min_factor),
            max_factor: number(c.max_factor),
        };
        Ok(Uploaded {
            runs: *runs,
            unrolled: UnrolledArguments { common, atol },
            looped: LoopedArguments {
                common,
                atol: inputs[2].pointer().address(),
                saved_stride: 0,
            },
            _inputs: inputs,
            last,
            reached,
            counts,
        })
    }
}

/// Runs whose inputs are on a device.
pub struct Uploaded<E: DeviceElement> {
    runs: usize,
    unrolled: UnrolledArguments<E>,
    looped: LoopedArguments<E>,
    /// Kept for their addresses in the arguments.
    _inputs: [Buffer<E>; 3],
    last: Buffer<E>,
    reached: Buffer<f64>,
    counts: [Buffer<u32>; 3],
}

impl<E: Real + DeviceElement> Uploaded<E> {
    /// Launches a kernel and waits for its end.
    ///
    /// # Safety
    /// The kernel is one of `kernels/by_hand` or of [`bake_integrator`](ptx::bake_integrator), for the method that the
    /// inputs were uploaded for, to the same device, and `launch` is its plan's.
    ///
    /// # Errors
    /// Of the device.
    pub unsafe fn launch(&self, kernel: &Kernel<'_>, launch: LaunchPlan) -> Result<(), CudaError> {
        let (block, shared) = (launch.block, launch.dynamic_shared_bytes);
        let grid = self.runs.div_ceil(block) as u32;
        // SAFETY: the caller says what kernel it is, and this struct's buffers are as long as its arguments say.
        unsafe {
            if kernel.entry() == "integrate_looped" {
                kernel.launch(grid, block as u32, shared, &self.looped)
            } else {
                kernel.launch(grid, block as u32, shared, &self.unrolled)
            }
        }
    }

    /// Downloads the results.
    ///
    /// # Errors
    /// Of the device.
    pub fn ends(&self) -> Result<Ends<E>, CudaError> {
        let [a, b, c] = &self.counts;
        Ok(Ends {
            last: self.last.download()?,
            reached: self.reached.download()?,
            counts: [a.download()?, b.download()?, c.download()?],
        })
    }
}

/// What a kernel wrote.
#[derive(Clone, Debug)]
pub struct Ends<E> {
    /// `[state][run]`
    pub last: Vec<E>,
    /// Per run.
    pub reached: Vec<f64>,
    /// Per run: status, accepted and rejected steps.
    pub counts: [Vec<u32>; 3],
}

impl<E: Real> Ends<E> {
    /// Whether another kernel wrote the same bits everywhere.
    #[must_use]
    pub fn same_bits(&self, other: &Ends<E>) -> bool {
        let bits = |ends: &Ends<E>| -> (Vec<u64>, Vec<u64>) {
            let last = ends.last.iter().map(|value| value.to_bits_u64());
            let reached = ends.reached.iter().map(|time| time.to_bits());
            (last.collect(), reached.collect())
        };
        bits(self) == bits(other) && self.counts == other.counts
    }

    /// How many runs did not reach the end.
    #[must_use]
    pub fn failed(&self) -> usize {
        let success = Status::Success as u32;
        self.counts[0].iter().filter(|&&s| s != success).count()
    }

    /// Whether a host's solution has the same bits everywhere.
    #[must_use]
    pub fn same_bits_as_host(&self, host: &Solution<E>) -> bool {
        let states = host.states();
        let last = states.iter().map(|value| value.to_bits_u64());
        let reached = host.reached().iter().map(|time| time.to_bits());
        self.last.iter().map(|value| value.to_bits_u64()).eq(last)
            && self.reached.iter().map(|time| time.to_bits()).eq(reached)
            && (0..self.reached.len()).all(|run| self.counts[0][run] == host.status(run) as u32)
            && self.counts[1] == host.accepted()
            && self.counts[2] == host.rejected()
    }

    /// Steps of all runs, accepted or not.
    #[must_use]
    pub fn steps(&self) -> u64 {
        let [_, accepted, rejected] = &self.counts;
        accepted.iter().chain(rejected).map(|&n| u64::from(n)).sum()
    }
}

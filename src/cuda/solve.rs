//! Ensembles on a device.

use super::{Choice, CudaError, Device};
use crate::ensemble::{Ensemble, Error, Solution};
use crate::host::{Job, Outcome};
use crate::ode::{Method, Options, Real, System};
use crate::ptx::{BakedKernel, ErkArguments, bake_integrator};
use crate::{Arch, PlanView, on, try_plan};
use cust::memory::DeviceCopy;
use typenum::Unsigned;

/// Runs per block of plans that a device solve makes for itself: two warps.
const BLOCK: usize = 64;

// SAFETY: numbers and arrays of numbers; the pointers are device addresses held as numbers.
unsafe impl<E: DeviceCopy, const N: usize> DeviceCopy for ErkArguments<E, N> {}

impl From<CudaError> for Error {
    fn from(error: CudaError) -> Error {
        Error::new(error.to_string())
    }
}

impl<S: System, E: Real + super::Element> Ensemble<S, E> {
    /// Solves on a device that is opened for this call, with a plan for `sm_80` made now.
    ///
    /// # Errors
    /// Bad options, more states than there are kernels for, a plan that does not fit, any error of the device.
    pub fn solve_on<M: Method<System = S, Element = E>>(
        &self,
        options: &Options,
        choice: Choice,
    ) -> Result<Solution<E>, Error> {
        let plan = try_plan::<M::Buffers>(on(Arch::Sm80).block(BLOCK).sequential())
            .map_err(|fault| Error::new(fault.to_string()))?;
        self.solve_on_device::<M>(options, &plan.view(), &Device::open(choice)?)
    }

    /// Solves on `device`, with buffers where `plan` puts them: the same bits as on the host.
    ///
    /// # Errors
    /// Bad options, more states than there are kernels for, a plan of another registry, any error of the device.
    pub fn solve_on_device<M: Method<System = S, Element = E>>(
        &self,
        options: &Options,
        plan: &PlanView<'_>,
        device: &Device,
    ) -> Result<Solution<E>, Error> {
        let kernel = bake_integrator::<M>(plan).map_err(|error| Error::new(error.to_string()))?;
        self.solve_baked::<M>(options, &kernel, device)
    }

    /// Solves on `device` with a kernel that was baked for `M`, or made from such a one.
    ///
    /// # Errors
    /// Bad options, any error of the device.
    pub fn solve_baked<M: Method<System = S, Element = E>>(
        &self,
        options: &Options,
        kernel: &BakedKernel,
        device: &Device,
    ) -> Result<Solution<E>, Error> {
        self.with_job::<M, Error>(options, |job| match S::States::USIZE {
            1 => launch::<E, 1>(job, kernel, device),
            2 => launch::<E, 2>(job, kernel, device),
            3 => launch::<E, 3>(job, kernel, device),
            4 => launch::<E, 4>(job, kernel, device),
            5 => launch::<E, 5>(job, kernel, device),
            6 => launch::<E, 6>(job, kernel, device),
            7 => launch::<E, 7>(job, kernel, device),
            8 => launch::<E, 8>(job, kernel, device),
            // `bake_integrator` made no kernel for another number
            states => Err(Error::new(format!(
                "there is no kernel for {states} states"
            ))),
        })
    }
}

fn launch<E: Real + super::Element, const N: usize>(
    job: &Job<'_, E>,
    kernel: &BakedKernel,
    device: &Device,
) -> Result<Outcome<E>, Error> {
    let runs = job.runs;
    let block = kernel.launch.block;
    let Ok(grid) = u32::try_from(runs.div_ceil(block)) else {
        return Err(Error::new(format!(
            "{runs} runs are more than a launch of {block} runs per block can take"
        )));
    };
    let loaded = device.load(&kernel.ptx, kernel.entry)?;
    let initial = device.upload(job.initial)?;
    let parameters = device.upload(job.parameters)?;
    let last = device.alloc::<E>(runs * N)?;
    let reached = device.alloc::<f64>(runs)?;
    let [status, accepted, rejected] = [
        device.alloc::<u32>(runs)?,
        device.alloc::<u32>(runs)?,
        device.alloc::<u32>(runs)?,
    ];
    let mut atol = [job.rtol; N];
    atol.copy_from_slice(job.atol);
    let c = &job.coefficients;
    let arguments = ErkArguments {
        initial: initial.pointer().address(),
        parameters: parameters.pointer().address(),
        last: last.pointer().address(),
        reached: reached.pointer().address(),
        status: status.pointer().address(),
        accepted: accepted.pointer().address(),
        rejected: rejected.pointer().address(),
        start: job.start,
        end: job.end,
        min_step: job.min_step,
        runs: runs as u64,
        max_steps: job.max_steps,
        choose_step: u32::from(job.first_step.is_none() && job.start != job.end),
        first_step: job.first_step.unwrap_or_default(),
        rtol: job.rtol,
        coefficients: [c.beta1, c.beta2, c.safety, c.min_factor, c.max_factor],
        atol,
    };
    loaded.launch(
        grid,
        block as u32,
        kernel.launch.dynamic_shared_bytes,
        &arguments,
    )?;
    Ok(Outcome {
        last: last.download()?,
        reached: reached.download()?,
        status: status.download()?,
        accepted: accepted.download()?,
        rejected: rejected.download()?,
    })
}

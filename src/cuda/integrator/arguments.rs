//! The arguments of integrators' kernels, made here and nowhere else.
use crate::cuda::arguments::{DeviceElement, bytes_of};
use crate::cuda::pipeline::{Addresses, Batch, Input, Output};
use crate::ode::{Job, Method, Outcome, Output as _, Real, UNREACHED_BYTE};
use crate::ptx::{CommonArguments, LoopedArguments, MAX_STATES, UnrolledArguments};

/// The arrays of a job and of its outcome, in the order in which [`arguments`] takes them.
pub(crate) fn batch<'a, E: Real + DeviceElement>(
    job: &Job<'a, E>,
    outcome: &'a mut Outcome<E>,
) -> Batch<'a> {
    Batch {
        runs: job.runs,
        inputs: vec![Input::of(job.initial), Input::of(job.parameters)],
        outputs: vec![
            Output::of(&mut outcome.last),
            Output::of(&mut outcome.reached),
            Output::of(&mut outcome.status).filled(UNREACHED_BYTE),
            Output::of(&mut outcome.accepted),
            Output::of(&mut outcome.rejected),
            Output::of(&mut outcome.saved),
        ],
        tables: vec![Input::of(job.save_times), Input::of(job.atol)],
    }
}

/// The bytes of the arguments for one chunk.
pub(crate) fn arguments<M: Method<Element: DeviceElement>>(
    job: &Job<'_, M::Element>,
    looped: bool,
    chunk: &Addresses,
) -> Vec<u8> {
    let c = &job.coefficients;
    let common = CommonArguments {
        initial: chunk.inputs[0],
        parameters: chunk.inputs[1],
        last: chunk.outputs[0],
        reached: chunk.outputs[1],
        status: chunk.outputs[2],
        accepted: chunk.outputs[3],
        rejected: chunk.outputs[4],
        save_times: chunk.tables[0],
        saved: chunk.outputs[5],
        saves: job.save_times.len() as u64,
        start: job.start,
        end: job.end,
        min_step: job.min_step,
        runs: chunk.runs as u64,
        max_steps: job.max_steps,
        choose_step: u32::from(job.first_step.is_none() && job.start != job.end),
        stops: u32::from(M::Output::STOPS),
        keep_last: u32::from(job.keep_last_state),
        first_step: job.first_step.unwrap_or_default(),
        rtol: job.rtol,
        beta1: c.beta1,
        beta2: c.beta2,
        beta3: c.beta3,
        safety: c.safety,
        min_factor: c.min_factor,
        max_factor: c.max_factor,
    };
    if looped {
        let states = job.initial.len() / job.runs.max(1);
        bytes_of(&LoopedArguments {
            common,
            atol: chunk.tables[1],
            saved_stride: (states * chunk.runs) as u64,
        })
        .to_vec()
    } else {
        let mut atol = [job.rtol; MAX_STATES];
        atol[..job.atol.len()].copy_from_slice(job.atol);
        bytes_of(&UnrolledArguments { common, atol }).to_vec()
    }
}

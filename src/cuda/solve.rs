//! Ensembles on a device.

use super::kernel::{MAX_GRID, bytes_of};
use super::own_layouts::Own;
use super::{Choice, CudaError, Device, DeviceElement, Kernel, KernelArguments, Layout};
use crate::ensemble::{Ensemble, Error, Solution};
use crate::host::{Job, Outcome};
use crate::ode::{Method, Options, Output, Real, System};
use crate::ptx::{
    Baked, BakedIntegrator, CommonArguments, ErkArguments, LoopedArguments, MAX_STATES,
    bake_integrator,
};
use crate::{Arch, LaunchPlan, PlanView, on, try_plan};
use std::fmt;
use std::marker::PhantomData;

/// Runs per block of plans that a device solve makes for itself: two warps.
const BLOCK: usize = 64;

// SAFETY: repr(C) without padding, as is asserted beside it; all are numbers, the addresses too.
unsafe impl<E: DeviceElement> KernelArguments for ErkArguments<E> {
    const LAYOUT: Layout = Own::<E>::ERK;
}
// SAFETY: as above; its size is checked to be that of its fields.
unsafe impl<E: DeviceElement> KernelArguments for LoopedArguments<E> {
    const LAYOUT: Layout = Own::<E>::LOOPED;
}

impl From<CudaError> for Error {
    fn from(error: CudaError) -> Error {
        Error::new(error.to_string())
    }
}

/// The kernel of the method `M` on a device: what [`BakedIntegrator::load`] gives, and [`Ensemble::solve_loaded`] takes.
///
/// ```compile_fail,E0308
/// use bakelite::{consts::*, cuda::LoadedIntegrator, *};
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// type Adaptive = Explicit<Decay, Tsit5, ProportionalIntegral>;
/// type Rk4 = Explicit<Decay, ClassicalRk4, Fixed>;
/// fn solve(ensemble: &Ensemble<Decay, f64>, loaded: &LoadedIntegrator<'_, Rk4>) {
///     let _ = ensemble.solve_loaded::<Rk4>(&Options::default(), loaded);
///     let _ = ensemble.solve_loaded::<Adaptive>(&Options::default(), loaded); // the kernel of another method
/// }
/// ```
pub struct LoadedIntegrator<'d, M, L = Baked> {
    pub(super) device: &'d Device,
    kernel: Kernel<'d>,
    launch: LaunchPlan,
    looped: bool,
    pub(super) layout: L,
    method: PhantomData<fn() -> M>,
}

impl<M, L> fmt::Debug for LoadedIntegrator<'_, M, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadedIntegrator")
            .field("device", &self.device)
            .field("launch", &self.launch)
            .finish()
    }
}

impl<M: Method, L: Clone> BakedIntegrator<M, L> {
    /// Loads it on a device, which compiles it: once for any number of [`Ensemble::solve_loaded`].
    ///
    /// ```
    /// use bakelite::{consts::*, cuda::Device, ptx::bake_integrator, *};
    /// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
    /// type Rk4 = Explicit<Decay, ClassicalRk4, Fixed>;
    /// plan! { struct Layout for <Rk4 as Method>::Buffers = on(Sm80).block(64).sequential(); }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let device = Device::reference()?;
    /// let loaded = bake_integrator::<Rk4>(&Layout::VIEW)?.load(&device)?;
    /// let options = Options { step: Some(0.01), ..Options::default() };
    /// for rate in [1.0, 2.0] {
    ///     let ensemble = Ensemble::uniform(3, &[1.0], &[rate], (0.0, 1.0))?;
    ///     let solution = ensemble.solve_loaded(&options, &loaded)?;
    ///     assert!((solution.states()[[0, 2]] - f64::exp(-rate)).abs() < 1e-9);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Any error of [`Device::load`].
    #[cfg_attr(docsrs, doc(cfg(feature = "cuda")))]
    pub fn load<'d>(&self, device: &'d Device) -> Result<LoadedIntegrator<'d, M, L>, CudaError> {
        let baked = self.kernel();
        Ok(LoadedIntegrator {
            device,
            kernel: device.load(baked.ptx(), baked.entry())?,
            launch: baked.launch(),
            looped: baked.is_looped(),
            layout: self.layout.clone(),
            method: PhantomData,
        })
    }
}

#[cfg_attr(docsrs, doc(cfg(feature = "cuda")))]
impl<S: System, E: Real + DeviceElement> Ensemble<S, E> {
    /// Solves on a device that is opened for this call, with a plan for `sm_80` made now.
    ///
    /// ```
    /// use bakelite::{consts::*, cuda::Choice, *};
    /// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
    /// let ensemble = Ensemble::<Decay, f64>::uniform(3, &[1.0], &[2.0], (0.0, 1.0))?;
    /// type Solver = Explicit<Decay, Tsit5, ProportionalIntegral>;
    /// let on_device = ensemble.solve_on::<Solver>(&Options::default(), Choice::Auto)?;
    /// assert!(on_device.same_bits(&ensemble.solve::<Solver>(&Options::default())?));
    /// # Ok::<(), bakelite::Error>(())
    /// ```
    ///
    /// # Errors
    /// Bad options, more local buffers than a thread has memory for, a plan that does not fit, any error of the device.
    pub fn solve_on<M: Method<System = S, Element = E>>(
        &self,
        options: &Options,
        choice: Choice,
    ) -> Result<Solution<E>, Error> {
        let plan = try_plan::<M::Buffers>(on(Arch::Sm80).block(BLOCK).sequential())
            .map_err(|fault| Error::new(fault.to_string()))?;
        self.solve_on_device::<M>(options, &plan.view(), &Device::open(choice)?)
    }

    /// Solves on `device`, with buffers where `plan` puts them: the same bits as on the host. It bakes and loads for this call;
    /// to solve many ensembles, bake and [load](BakedIntegrator::load) once and call [`solve_loaded`](Ensemble::solve_loaded).
    ///
    /// # Errors
    /// Bad options, more local buffers than a thread has memory for, a plan of another registry, any error of the device.
    pub fn solve_on_device<M: Method<System = S, Element = E>>(
        &self,
        options: &Options,
        plan: &PlanView<'_>,
        device: &Device,
    ) -> Result<Solution<E>, Error> {
        let baked = bake_integrator::<M>(plan).map_err(|error| Error::new(error.to_string()))?;
        self.solve_loaded(options, &baked.load(device)?)
    }

    /// Solves with a kernel that is loaded on its device: see [`BakedIntegrator::load`].
    ///
    /// # Errors
    /// Bad options, any error of the device.
    pub fn solve_loaded<M: Method<System = S, Element = E>>(
        &self,
        options: &Options,
        loaded: &LoadedIntegrator<'_, M>,
    ) -> Result<Solution<E>, Error> {
        self.with_job::<M, Error>(options, |job| launch(job, loaded, loaded.launch, &[]))
    }
}

/// With `words` behind the arguments.
pub(super) fn launch<M: Method<Element: DeviceElement>, L>(
    job: &Job<'_, M::Element>,
    loaded: &LoadedIntegrator<'_, M, L>,
    launch: LaunchPlan,
    words: &[u32],
) -> Result<Outcome<M::Element>, Error> {
    let runs = job.runs;
    let LaunchPlan {
        block,
        dynamic_shared_bytes,
        ..
    } = launch;
    let grid = u32::try_from(runs.div_ceil(block)).unwrap_or(u32::MAX);
    if grid > MAX_GRID {
        return Err(Error::new(format!(
            "{runs} runs are more than the {MAX_GRID} blocks of {block} runs that a launch can take\n  help: solve them in several ensembles"
        )));
    }
    let device = loaded.device;
    let initial = device.upload(job.initial)?;
    let parameters = device.upload(job.parameters)?;
    let last = device.alloc::<M::Element>(job.initial.len())?;
    let reached = device.alloc::<f64>(runs)?;
    let save_times = device.upload(job.save_times)?;
    let saved = device.alloc::<M::Element>(job.save_times.len() * job.initial.len())?;
    let [status, accepted, rejected] = [
        device.alloc::<u32>(runs)?,
        device.alloc::<u32>(runs)?,
        device.alloc::<u32>(runs)?,
    ];
    let c = &job.coefficients;
    let kernel = &loaded.kernel;
    // SAFETY of the launch: our own kernel, baked for `M`, whose `Arguments` is the struct here for `M::Element`. A thread of run
    // `r < runs` accesses `[i * runs + r]` of buffers that have that many rows each (states, or 1; of parameters as `bake_integrator`
    // checked; `saved` for each save), `save_times` below `saves`, and `atol` of each state; all others return at once. Its shared accesses lie inside `dynamic_shared_bytes` for
    // `block` threads, as checked there too. The buffers are of this call and of this device.
    let common = CommonArguments {
        initial: initial.pointer().address(),
        parameters: parameters.pointer().address(),
        last: last.pointer().address(),
        reached: reached.pointer().address(),
        status: status.pointer().address(),
        accepted: accepted.pointer().address(),
        rejected: rejected.pointer().address(),
        save_times: save_times.pointer().address(),
        saved: saved.pointer().address(),
        saves: job.save_times.len() as u64,
        start: job.start,
        end: job.end,
        min_step: job.min_step,
        runs: runs as u64,
        max_steps: job.max_steps,
        choose_step: u32::from(job.first_step.is_none() && job.start != job.end),
        stops: u32::from(M::Output::STOPS),
        keep_last: u32::from(job.keep_last_state),
        first_step: job.first_step.unwrap_or_default(),
        rtol: job.rtol,
        coefficients: [c.beta1, c.beta2, c.safety, c.min_factor, c.max_factor],
        reserved: job.rtol,
    };
    let table;
    let mut bytes = if loaded.looped {
        table = device.upload(job.atol)?;
        let atol = table.pointer().address();
        let saved_stride = job.initial.len() as u64;
        bytes_of(&LoopedArguments {
            common,
            atol,
            saved_stride,
        })
        .to_vec()
    } else {
        let mut atol = [job.rtol; MAX_STATES];
        atol[..job.atol.len()].copy_from_slice(job.atol);
        bytes_of(&ErkArguments { common, atol }).to_vec()
    };
    bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    let (grid, block) = (grid.into(), (block as u32).into());
    unsafe { kernel.launch_bytes(grid, block, dynamic_shared_bytes, &bytes)? }
    Ok(Outcome {
        last: last.download()?,
        reached: reached.download()?,
        status: status.download()?,
        accepted: accepted.download()?,
        rejected: rejected.download()?,
        saved: saved.download()?,
        lane_steps: [0; 2],
    })
}

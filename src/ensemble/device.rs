//! Ensembles on a device.

use super::{Ensemble, Solution};
use crate::cuda::{
    Choice, CudaError, Device, DeviceElement, Kernel, Target, Timings, arguments, batch, run_batch,
};
use crate::layout::{Arch, LaunchPlan, PlanView, on, try_plan};
use crate::ode::{Error, Job, Method, Options, Outcome, Output, Real, System};
use crate::ptx::{Baked, BakedIntegrator, bake_integrator};
use std::fmt;
use std::marker::PhantomData;
use std::time::Instant;
use typenum::Unsigned;

impl From<CudaError> for Error {
    fn from(error: CudaError) -> Error {
        Error::new(error.to_string())
    }
}

/// The kernel of the method `M`, loaded on a device. [`BakedIntegrator::load`] returns it, and
/// [`Ensemble::solve_loaded`] takes it.
///
/// ```compile_fail,E0308
/// use bakelite::{consts::*, ensemble::LoadedIntegrator, prelude::*};
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// type Adaptive = Explicit<Decay, Tsit5, ProportionalIntegral>;
/// type Rk4 = Explicit<Decay, ClassicalRk4, Fixed>;
/// fn solve(ensemble: &Ensemble<Decay, f64>, loaded: &LoadedIntegrator<'_, Rk4>) {
///     let _ = ensemble.solve_loaded::<Rk4>(&Options::default(), loaded);
///     let _ = ensemble.solve_loaded::<Adaptive>(&Options::default(), loaded); // the kernel of another method
/// }
/// ```
pub struct LoadedIntegrator<'d, M, L = Baked> {
    device: &'d Device,
    kernel: Kernel<'d>,
    launch: LaunchPlan,
    looped: bool,
    pub(super) layout: L,
    limit: Option<usize>,
    load_seconds: f64,
    method: PhantomData<fn() -> M>,
}

impl<M, L> LoadedIntegrator<'_, M, L> {
    /// Sets the most device memory that the arrays of one solve may take at once, in bytes. By default it is 7/8 of
    /// what is free. An ensemble that needs more is solved in chunks, with the same bits: while one is computed, the
    /// next is copied to the device and the one before is copied back.
    ///
    /// ```
    /// use bakelite::{consts::*, cuda::Device, prelude::*, ptx::bake_integrator};
    /// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
    /// type Rk4 = Explicit<Decay, ClassicalRk4, Fixed>;
    /// plan! { struct Layout for <Rk4 as Method>::Buffers = on(Sm80).block(64).sequential(); }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let device = Device::reference()?;
    /// let loaded = bake_integrator::<Rk4>(&Layout::VIEW)?.load(&device)?;
    /// let options = Options { step: Some(0.1), ..Options::default() };
    /// let ensemble = Ensemble::uniform(500, &[1.0], &[2.0], (0.0, 1.0))?;
    /// let whole = ensemble.solve_loaded(&options, &loaded)?;
    /// // a run has 44 bytes: state, parameter, last state and time of 8, status and two counts of 4
    /// let cut = ensemble.solve_loaded(&options, &loaded.memory_limit(44 * 192))?;
    /// assert_eq!(whole.timings().unwrap().chunks, 1);
    /// assert_eq!(cut.timings().unwrap().chunks, 8); // of 64 runs, three at once
    /// assert!(cut.same_bits(&whole));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn memory_limit(mut self, bytes: usize) -> Self {
        self.limit = Some(bytes);
        self
    }

    /// How long loading took, in seconds.
    #[must_use]
    pub fn load_seconds(&self) -> f64 {
        self.load_seconds
    }
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
    /// Loads it on a device, which compiles it. Loading once is enough for any number of calls of
    /// [`Ensemble::solve_loaded`].
    ///
    /// ```
    /// use bakelite::{consts::*, cuda::Device, prelude::*, ptx::bake_integrator};
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
    #[cfg_attr(docsrs, doc(cfg(feature = "reference")))]
    pub fn load<'d>(&self, device: &'d Device) -> Result<LoadedIntegrator<'d, M, L>, CudaError> {
        let (baked, start) = (self.kernel(), Instant::now());
        Ok(LoadedIntegrator {
            device,
            kernel: device.load(baked.ptx(), baked.entry())?,
            launch: baked.launch(),
            looped: baked.is_looped(),
            layout: self.layout.clone(),
            limit: None,
            load_seconds: start.elapsed().as_secs_f64(),
            method: PhantomData,
        })
    }
}

#[cfg_attr(docsrs, doc(cfg(feature = "reference")))]
impl<S: System, E: Real + DeviceElement> Ensemble<S, E> {
    /// Solves on a device that is opened for this call, with a plan for `sm_80` that is made for this call: blocks of
    /// 64 runs, or of 32 where blocks of 64 would leave multiprocessors idle.
    ///
    /// ```
    /// use bakelite::{consts::*, cuda::Choice, prelude::*};
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
        let device = Device::open(choice)?;
        let block = device.runs_per_block(self.runs());
        let plan = try_plan::<M::Buffers>(on(Arch::Sm80).block(block).sequential())
            .map_err(|fault| Error::new(fault.to_string()))?;
        self.solve_on_device::<M>(options, &plan.view(), &device)
    }

    /// Solves on `device`, with buffers where `plan` puts them: the same bits as on the host. It bakes and loads for
    /// this call; to solve many ensembles, bake and [load](BakedIntegrator::load) once and call
    /// [`solve_loaded`](Ensemble::solve_loaded). [`Solution::timings`] says how long each part took.
    ///
    /// # Errors
    /// Bad options, more local buffers than a thread has memory for, a plan of another registry, any error of the
    /// device.
    pub fn solve_on_device<M: Method<System = S, Element = E>>(
        &self,
        options: &Options,
        plan: &PlanView<'_>,
        device: &Device,
    ) -> Result<Solution<E>, Error> {
        let start = Instant::now();
        let baked = bake_integrator::<M>(plan).map_err(|error| Error::new(error.to_string()))?;
        let bake = start.elapsed().as_secs_f64();
        let loaded = baked.load(device)?;
        let solution = self.solve_loaded(options, &loaded)?;
        let solved = solution.timings().copied().unwrap_or_default();
        Ok(solution.with_timings(Timings {
            bake,
            load: loaded.load_seconds,
            total: start.elapsed().as_secs_f64(),
            ..solved
        }))
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
        self.solve_with(options, loaded, loaded.launch, &[])
    }

    /// Solves with `words` after the arguments, for a launched kernel.
    pub(super) fn solve_with<M: Method<System = S, Element = E>, L>(
        &self,
        options: &Options,
        loaded: &LoadedIntegrator<'_, M, L>,
        plan: LaunchPlan,
        words: &[u32],
    ) -> Result<Solution<E>, Error> {
        let start = Instant::now();
        let mut timings = Timings::default();
        let solution = self.with_job::<M, Error>(options, |job| {
            let (outcome, of_chunks) = launch(job, loaded, plan, words)?;
            timings = of_chunks;
            Ok(outcome)
        })?;
        timings.total = start.elapsed().as_secs_f64();
        Ok(solution.with_timings(timings))
    }
}

fn launch<M: Method<Element: DeviceElement>, L>(
    job: &Job<'_, M::Element>,
    loaded: &LoadedIntegrator<'_, M, L>,
    plan: LaunchPlan,
    words: &[u32],
) -> Result<(Outcome<M::Element>, Timings), Error> {
    let saves = if M::Output::SAVES {
        job.save_times.len()
    } else {
        0
    };
    let states = <M::System as System>::States::USIZE;
    let mut outcome = Outcome::new(job.runs, states, saves);
    let target = Target {
        device: loaded.device,
        kernel: &loaded.kernel,
        block: plan.block,
        shared_bytes: plan.dynamic_shared_bytes,
        limit: loaded.limit,
    };
    let batch = batch(job, &mut outcome);
    // SAFETY: our own kernel, baked for `M`, whose `Arguments` is the struct that `arguments` fills for `M`, and after
    // it `words`, which the plan of this launch made. A thread of run `r < runs` accesses `[i * runs + r]` of arrays
    // that have that many rows each (states, or 1; of parameters as `bake_integrator` checked; `saved` for each save),
    // `save_times` below `saves`, and `atol` of each state; all others return at once. Its shared accesses lie inside
    // `dynamic_shared_bytes` for `block` threads, as checked there too.
    let timings = unsafe {
        run_batch(&target, batch, |chunk| {
            let mut bytes = arguments::<M>(job, loaded.looped, chunk);
            bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
            bytes
        })?
    };
    Ok((outcome, timings))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consts::*;
    use crate::{
        layout::Planned,
        ode::{Explicit, Fixed, Status, methods::ClassicalRk4},
        plan, system,
    };

    system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
    type Rk4 = Explicit<Decay, ClassicalRk4, Fixed>;
    plan! { struct Layout for <Rk4 as Method>::Buffers = on(Sm80).block(64).sequential(); }

    /// Writes `Success` for the runs that `skips`, PTX that ends some threads, leaves; nothing else.
    fn lazy(skips: &str) -> String {
        let status = std::mem::offset_of!(crate::ptx::CommonArguments<f64>, status);
        let bytes = size_of::<crate::ptx::UnrolledArguments<f64>>();
        format!(
            ".version 7.0
.target sm_80
.address_size 64
.visible .entry integrate(.param .align 8 .b8 a[{bytes}]) {{
.reg .pred %p;
.reg .b32 %r<4>;
.reg .b64 %d<3>;
mov.u32 %r0, %tid.x;
mov.u32 %r1, %ctaid.x;
mov.u32 %r2, %ntid.x;
mad.lo.s32 %r0, %r1, %r2, %r0;
{skips}
ld.param.u64 %d0, [a+{status}];
mul.wide.u32 %d1, %r0, 4;
add.s64 %d1, %d0, %d1;
mov.u32 %r3, 0;
st.global.u32 [%d1], %r3;
ret;
}}
"
        )
    }

    #[test]
    fn a_run_that_the_kernel_never_touched_is_no_success() {
        let device = Device::reference().unwrap();
        let baked = bake_integrator::<Rk4>(&Layout::VIEW).unwrap();
        let ensemble = Ensemble::<Decay, f64>::uniform(200, &[1.0], &[2.0], (0.0, 1.0)).unwrap();
        let options = Options {
            step: Some(0.1),
            ..Options::default()
        };
        let solve = |skips: &str, limit: Option<usize>| {
            let ptx = lazy(skips);
            let mut loaded = baked.load(&device).unwrap();
            loaded.kernel = device.load(&ptx, "integrate").unwrap();
            loaded.limit = limit;
            let solved = ensemble.solve_loaded(&options, &loaded);
            solved.map_err(|error| error.to_string())
        };
        let name = <Rk4 as Method>::name();
        let unreached = |run: usize, count: usize| {
            format!(
                "run {run} was not reached: {count} of 200 runs have no status after the launch\n  help: the kernel was not baked for `{name}`, or it was launched with too few threads"
            )
        };
        let beyond = |runs: u32| format!("setp.ge.u32 %p, %r0, {runs};\n@%p ret;");
        assert_eq!(solve("ret;", None).unwrap_err(), unreached(0, 200));
        assert_eq!(solve(&beyond(150), None).unwrap_err(), unreached(150, 50));
        // in chunks of 64 with two buffers: what an earlier chunk wrote does not count
        let last = solve(&beyond(30), Some(44 * 128)).unwrap_err();
        assert_eq!(last, unreached(30, 3 * 34));
        let whole = solve(&beyond(200), None).unwrap();
        assert_eq!(whole.count(Status::Success), 200);
    }
}

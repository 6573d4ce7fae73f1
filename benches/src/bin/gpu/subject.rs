//! A compiled method, whatever its type: how it is arranged, run on the host and on the device, and compared.

use crate::arrange::{
    Arrangement, BLOCK, CHUNKS, ENDING, FACTORS, GEOMETRY, KERNEL, ORDER, PLACEMENT, space,
};
use crate::differ;
use bakelite::cuda::{Device, DeviceElement};
use bakelite::host::Tuning;
use bakelite::ode::Method;
use bakelite::ptx::{
    BakedIntegrator, Launched, MAX_STATES, bake_integrator, bake_launched, bake_looped,
};
use bakelite::typenum::Unsigned;
use bakelite::{
    cuda,
    layout::{RuntimePlan, Space, try_plan},
    ode::{Controller, Output, Real, times},
    prelude::*,
};
use bakelite_benches::placed;
use bakelite_benches::uploaded::Problem;

/// Why an arrangement is not run: it is no failure, and another takes its place.
pub enum Refused {
    /// Its plan does not fit the device.
    Plan,
    /// Its kernel cannot be made.
    Kernel,
    /// The method does not take its options.
    Options,
}

/// What a launch came to.
pub struct Compared {
    /// Where it differs first, if it does.
    pub difference: Option<String>,
    /// Runs by [`Status`].
    pub statuses: [usize; 6],
    pub runs: usize,
    /// Of loading, which compiles.
    pub load_seconds: f64,
}

/// A method of the sample.
pub trait Subject {
    fn name(&self) -> &str;
    /// Family, controller, precision, states, output, and what else there is to it.
    fn labels(&self) -> &[String; 6];
    /// Whether it has more states than unrolled kernels.
    fn is_large(&self) -> bool;
    /// Compares the device with the host. Without `launch` everything is done but that: the same refusals.
    ///
    /// # Errors
    /// Of the device.
    fn compare(
        &mut self,
        device: &Device,
        arrangement: &Arrangement,
        launch: Launch,
    ) -> Result<Result<Compared, Refused>, String>;
}

/// How a case is launched.
#[derive(Clone, Copy)]
pub struct Launch {
    pub runs: usize,
    /// `false`: prepared only.
    pub really: bool,
    /// Whether a bit of the device's input is turned over, so that the results differ.
    pub planted: bool,
}

/// The run whose input a planted difference changes.
pub const PLANTED_RUN: usize = 17;

/// The subject of the type `M`.
pub struct Of<M: Method> {
    name: String,
    labels: [String; 6],
    /// The host's, by ending.
    hosts: [Option<Solution<M::Element>>; 5],
}

/// The device's own limits, where the crate lists them.
pub fn arch(device: &Device) -> Arch {
    let (major, minor) = device.compute_capability();
    let named = |arch: &&Arch| arch.sm() == (10 * major + minor) as usize;
    let listed = Arch::NAMED.iter().find(named).copied();
    listed.unwrap_or_else(|| Arch::custom(80, device.shared_opt_in_bytes()))
}

impl<M: Method<Element: DeviceElement>> Of<M> {
    pub fn boxed(family: &str, more: &str) -> Box<dyn Subject> {
        let states = <M::System as System>::States::USIZE;
        let output = <M::Output as Output>::NAME;
        let more_text = if more.is_empty() {
            String::new()
        } else {
            format!(", {more}")
        };
        Box::new(Of::<M> {
            name: format!("{} of {}, {output}{more_text}", M::name(), M::System::NAME),
            labels: [
                family.to_owned(),
                <M::Controller as Controller<M::Step>>::NAME.to_owned(),
                <M::Element as Real>::NAME.to_owned(),
                states.to_string(),
                output.to_owned(),
                more.to_owned(),
            ],
            hosts: [const { None }; 5],
        })
    }

    fn plan(device: &Device, arrangement: &Arrangement) -> Result<RuntimePlan, Refused> {
        let block = FACTORS[BLOCK].1[arrangement[BLOCK]].parse().unwrap_or(64);
        let spec = on(arch(device)).block(block);
        let spec = if arrangement[GEOMETRY] == 0 {
            spec
        } else {
            spec.contiguous()
        };
        let spec = if arrangement[ORDER] == 0 {
            spec.sequential()
        } else {
            spec.packed()
        };
        let placement = arrangement[PLACEMENT];
        let plan = match space(placement, "") {
            None => try_plan::<M::Buffers>(spec).map_err(|fault| fault.to_string()),
            Some(_) => {
                placed::placed::<M>(spec, |path| space(placement, path).unwrap_or(Space::Local))
            }
        };
        plan.map_err(|_| Refused::Plan)
    }

    /// Inputs and options of an ending.
    fn problem(ending: usize, runs: usize) -> Problem<M::Element> {
        let end = if ending == 1 { -1.0 } else { 1.0 };
        let mut problem = Problem::<M::Element>::spread::<M>(runs, (0.0, end), 1.0 / 32.0);
        let tolerance = if size_of::<M::Element>() == 4 {
            1e-3
        } else {
            1e-6
        };
        let options = &mut problem.options;
        (options.rtol, options.atol) = (tolerance, vec![tolerance]);
        options.max_steps = 3000;
        if <M::Output as Output>::SAVES {
            options.save_times = times(0.0, end, 5);
        }
        match ending {
            2 => (options.max_steps, options.keep_last_state) = (5, true),
            3 => {
                options.max_steps = 400;
                let infinite = M::Element::from_f64(-3e4);
                for run in (0..runs).step_by(3) {
                    if let Some(parameter) = problem.parameters.get_mut(run) {
                        *parameter = infinite;
                    }
                }
            }
            4 => options.min_step = if M::ADAPTIVE { 1.0 / 64.0 } else { 1.0 },
            _ => {}
        }
        problem
    }
}

impl<M: Method<Element: DeviceElement>> Subject for Of<M> {
    fn name(&self) -> &str {
        &self.name
    }

    fn labels(&self) -> &[String; 6] {
        &self.labels
    }

    fn is_large(&self) -> bool {
        <M::System as System>::States::USIZE > MAX_STATES
    }

    fn compare(
        &mut self,
        device: &Device,
        arrangement: &Arrangement,
        launch: Launch,
    ) -> Result<Result<Compared, Refused>, String> {
        enum Kernel<M> {
            Baked(BakedIntegrator<M>),
            Launched(BakedIntegrator<M, Launched>),
        }
        let plan = match Self::plan(device, arrangement) {
            Ok(plan) => plan,
            Err(refused) => return Ok(Err(refused)),
        };
        let view = plan.view();
        let made = match arrangement[KERNEL] {
            0 => bake_integrator::<M>(&view).map(Kernel::Baked),
            1 => bake_looped::<M>(&view).map(Kernel::Baked),
            _ => bake_launched::<M>(&view).map(Kernel::Launched),
        };
        let Ok(made) = made else {
            return Ok(Err(Refused::Kernel));
        };
        // few runs of what takes long
        let runs = if self.is_large() {
            launch.runs.div_ceil(4)
        } else {
            launch.runs
        };
        let ending = arrangement[ENDING];
        let mut problem = Self::problem(ending, runs);
        let host = match &mut self.hosts[ending] {
            Some(host) => host,
            none => {
                let solved = problem.ensemble::<M::System>()?.solve_on_host::<M, 1>(
                    &problem.options,
                    view,
                    &Tuning::default(),
                );
                let Ok(solved) = solved else {
                    return Ok(Err(Refused::Options));
                };
                none.insert(solved)
            }
        };
        let mut compared = Compared {
            difference: None,
            statuses: [0; 6],
            runs,
            load_seconds: 0.0,
        };
        for run in 0..runs {
            compared.statuses[host.status(run) as usize] += 1;
        }
        if !launch.really {
            return Ok(Ok(compared));
        }
        if launch.planted
            && let Some(value) = problem.initial.get_mut(PLANTED_RUN)
        {
            *value = M::Element::from_f64(value.to_f64() * (1.0 + f64::exp2(-12.0)));
        }
        // a third of what all need: state, parameters, end and saves; a time, a status and two counts
        let states = <M::System as System>::States::USIZE;
        let numbers =
            problem.parameters.len() / runs + states * (2 + problem.options.save_times.len());
        let limit = match arrangement[CHUNKS] {
            0 => usize::MAX,
            _ => (numbers * size_of::<M::Element>() + 20) * runs.div_ceil(3),
        };
        let say = |error: cuda::CudaError| error.to_string();
        let (ensemble, options) = (problem.ensemble::<M::System>()?, &problem.options);
        let solved = match made {
            Kernel::Baked(baked) => {
                let mut loaded = baked.load(device).map_err(say)?;
                compared.load_seconds = loaded.load_seconds();
                if limit < usize::MAX {
                    loaded = loaded.memory_limit(limit);
                }
                ensemble.solve_loaded(options, &loaded)
            }
            Kernel::Launched(baked) => {
                let mut loaded = baked.load(device).map_err(say)?;
                compared.load_seconds = loaded.load_seconds();
                if limit < usize::MAX {
                    loaded = loaded.memory_limit(limit);
                }
                ensemble.solve_launched(options, &loaded, &view)
            }
        };
        let got = solved.map_err(|error| error.to_string())?;
        compared.difference = differ::first(&got, host);
        Ok(Ok(compared))
    }
}

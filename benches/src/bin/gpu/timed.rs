//! The kernels of the verify table: times and occupancy.

use crate::report::Verdict;
use crate::{Arguments, Section};
use bakelite::cuda::{Device, DeviceElement};
use bakelite::ode::Method;
use bakelite::ptx::bake_integrator;
use bakelite::typenum::Unsigned;
use bakelite::*;
use bakelite_benches::uploaded::{Problem, Uploaded};
use bakelite_benches::*;
use std::fmt::Write;
use std::time::Instant;

/// Runs per block, as in the table.
const BLOCK: usize = 64;

pub struct Repeats {
    pub warm_up: usize,
    pub timed: usize,
}

impl Repeats {
    pub fn on(device: &Device) -> Repeats {
        match device.is_reference() {
            true => Repeats {
                warm_up: 0,
                timed: 1,
            },
            false => Repeats {
                warm_up: 2,
                timed: 5,
            },
        }
    }

    /// The median of the timed repeats, in seconds.
    pub fn median(&self, mut run: impl FnMut() -> Result<(), String>) -> Result<f64, String> {
        for _ in 0..self.warm_up {
            run()?;
        }
        let mut seconds = Vec::new();
        for _ in 0..self.timed {
            let start = Instant::now();
            run()?;
            seconds.push(start.elapsed().as_secs_f64());
        }
        Ok(median(&mut seconds))
    }
}

struct Timed<'a> {
    device: &'a Device,
    runs: usize,
    repeats: Repeats,
    arch: Option<Arch>,
    kernels: usize,
    /// Kernels whose blocks per SM are not those of the plan.
    other_occupancy: usize,
    failed: Vec<String>,
    text: String,
}

impl Timed<'_> {
    fn kernel<M: Method<Element: DeviceElement>>(&mut self, method: &str, place: &str) {
        let states = <M::System as System>::States::USIZE;
        let name = format!("{method}_n{states}_{}_{place}", <M::Element as Real>::NAME);
        self.kernels += 1;
        match self.row::<M>(place) {
            Ok(row) => _ = writeln!(self.text, "| {name} | {row} |"),
            Err(error) => self.failed.push(format!("{name}: {error}")),
        }
    }

    fn row<M: Method<Element: DeviceElement>>(&mut self, place: &str) -> Result<String, String> {
        let spec = on(Arch::Sm80).block(BLOCK);
        let spec = if place == "packed" {
            spec.packed()
        } else {
            spec.sequential()
        };
        let plan = try_plan::<M::Buffers>(spec).map_err(|fault| fault.to_string())?;
        let launch = plan.view().launch;
        let baked = bake_integrator::<M>(&plan.view()).map_err(|error| error.to_string())?;
        let say = |error: cuda::CudaError| error.to_string();
        let start = Instant::now();
        let kernel = self
            .device
            .load(baked.kernel().ptx(), baked.kernel().entry())
            .map_err(say)?;
        let load = start.elapsed().as_secs_f64();
        let shared = launch.dynamic_shared_bytes;
        let took = kernel.resources(BLOCK as u32, shared).map_err(say)?;
        let took = match (took, self.arch) {
            (Some(took), Some(arch)) => {
                let planned = arch.limits().occupancy(BLOCK, shared, took.registers);
                let planned = planned.blocks_per_sm;
                self.other_occupancy += usize::from(planned != took.blocks_per_sm);
                format!(
                    "{} | {} | {} | {planned}",
                    took.registers, took.local_bytes, took.blocks_per_sm
                )
            }
            (Some(took), None) => format!(
                "{} | {} | {} | not listed",
                took.registers, took.local_bytes, took.blocks_per_sm
            ),
            (None, _) => "- | - | - | -".to_owned(),
        };
        let problem = Problem::<M::Element>::spread::<M>(self.runs, (0.0, 1.0), 1.0 / 32.0);
        let uploaded: Uploaded<M::Element> = problem.upload::<M>(self.device).map_err(say)?;
        // SAFETY: a baked kernel of `M`, with the launch of its plan.
        let seconds = self
            .repeats
            .median(|| unsafe { uploaded.launch(&kernel, launch) }.map_err(say))?;
        let steps = uploaded.ends().map_err(say)?.steps();
        let ns = seconds * 1e9;
        Ok(format!(
            "{took} | {:.0} | {:.1} | {:.2}",
            load * 1e3,
            ns / self.runs as f64,
            ns / steps as f64
        ))
    }
}

pub fn section(device: &Device, arguments: &Arguments) -> Section {
    let (major, minor) = device.compute_capability();
    let named = |arch: &&Arch| arch.sm() == (10 * major + minor) as usize;
    let mut timed = Timed {
        device,
        runs: arguments.runs(device),
        repeats: Repeats::on(device),
        arch: Arch::NAMED.iter().find(named).copied(),
        kernels: 0,
        other_occupancy: 0,
        failed: Vec::new(),
        text: String::new(),
    };
    timed.text = format!(
        "Wall clock around a launch of {} runs and the wait for its end, in blocks of {BLOCK}, t from 0 to 1, tolerance 1e-8 (f32: 1e-4) or steps of 1/32; median of {} after {} for warming up. \
         Steps are those tried, of all runs. Blocks per SM: what the driver says, and what the plan's occupancy says for the driver's registers.\n\n\
         | kernel | registers | local bytes | blocks per SM | planned | load, ms | ns per run | ns per step |\n|---|---|---|---|---|---|---|---|\n",
        timed.runs, timed.repeats.timed, timed.repeats.warm_up
    );
    macro_rules! places {
        ($method:literal, $tableau:ty, $controller:ty, $element:ty; $($system:ident)*) => {$(
            timed.kernel::<Explicit<$system, $tableau, $controller, $element, Local>>($method, "local");
            timed.kernel::<Explicit<$system, $tableau, $controller, $element, Shared>>($method, "shared");
            timed.kernel::<Explicit<$system, $tableau, $controller, $element, Shared>>($method, "packed");
            timed.kernel::<Explicit<$system, $tableau, $controller, $element, Mixed>>($method, "mixed");
        )*};
    }
    macro_rules! methods {
        ($($system:ident)*) => {
            places!("rk4-fixed", ClassicalRk4, Fixed, f32; $($system)*);
            places!("rk4-fixed", ClassicalRk4, Fixed, f64; $($system)*);
            places!("tsit5-pi", Tsit5, ProportionalIntegral, f32; $($system)*);
            places!("tsit5-pi", Tsit5, ProportionalIntegral, f64; $($system)*);
            places!("tsit5-i", Tsit5, Integral, f32; $($system)*);
            places!("tsit5-i", Tsit5, Integral, f64; $($system)*);
        };
    }
    methods!(Ring2);
    #[cfg(feature = "everything")]
    {
        methods!(Ring1 Ring3 Ring4 Ring5 Ring6 Ring7 Ring8);
        places!("tsit5-pi", Tsit5, ProportionalIntegral, f32; Ring9 Ring20);
        places!("tsit5-pi", Tsit5, ProportionalIntegral, f64; Ring9 Ring20);
        places!("rk4-fixed", ClassicalRk4, Fixed, f64; Ring20);
        type Many<E> = Explicit<Ring100, Tsit5, ProportionalIntegral, E, Local>;
        timed.kernel::<Many<f32>>("tsit5-pi", "local");
        timed.kernel::<Many<f64>>("tsit5-pi", "local");
    }
    for failed in &timed.failed {
        _ = writeln!(timed.text, "\n- FAILED: {failed}");
    }
    let occupancy = match (device.is_reference(), timed.arch) {
        (true, _) => "the reference device has no registers to report".to_owned(),
        (_, None) => format!("`Arch` does not list {major}.{minor}"),
        _ => format!(
            "{} have another number of blocks per SM than planned",
            timed.other_occupancy
        ),
    };
    let verdict = match timed.failed.len() {
        0 => Verdict::Ok(format!("{} kernels; {occupancy}", timed.kernels)),
        failed => Verdict::Failed(format!("{failed} of {} kernels", timed.kernels)),
    };
    Ok((verdict, timed.text))
}

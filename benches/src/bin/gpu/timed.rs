//! What the driver makes of the kernels of `kernels/ptx/VERIFY.tsv`: registers, blocks per SM, times.

use crate::Arguments;
use crate::clock::Clock;
use crate::kernels::{self, BLOCK, PLACES, Visitor};
use crate::say::{self, Said};
use crate::subject::arch;
use bakelite::cuda::{CudaError, Device, DeviceElement};
use bakelite::ode::Method;
use bakelite::ptx::bake_integrator;
use bakelite::typenum::Unsigned;
use bakelite::{ode::Real, prelude::*};
use bakelite_benches::median;
use bakelite_benches::uploaded::Problem;
use std::collections::HashMap;
use std::time::Instant;

pub struct Repeats {
    pub warm_up: usize,
    pub timed: usize,
}

impl Repeats {
    pub fn on(device: &Device, arguments: &Arguments) -> Repeats {
        match device.is_reference() || arguments.once {
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

/// Registers by kernel, as ptxas assembled it for the device's architecture, or for the last one before it.
fn assembled(arguments: &Arguments, sm: usize) -> HashMap<String, String> {
    let path = arguments.folder.join("VERIFY.tsv");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mut found: HashMap<String, (usize, String)> = HashMap::new();
    for line in text.lines() {
        let mut cells = line.split('\t');
        let (Some(name), Some(arch), Some(registers)) = (cells.next(), cells.next(), cells.next())
        else {
            continue;
        };
        let Some(of) = arch.strip_prefix("sm_").and_then(|of| of.parse().ok()) else {
            continue;
        };
        let better = |&(old, _): &(usize, String)| of > old;
        if of <= sm && found.get(name).is_none_or(better) {
            found.insert(name.to_owned(), (of, registers.to_owned()));
        }
    }
    let registers = found.into_iter();
    registers
        .map(|(name, (_, registers))| (name, registers))
        .collect()
}

struct Timed<'a> {
    device: &'a Device,
    clock: Clock,
    runs: usize,
    repeats: Repeats,
    arch: Arch,
    assembled: HashMap<String, String>,
    /// Each method in another placement in each pass.
    pass: usize,
    at: usize,
    timed: usize,
    other_registers: usize,
    other_occupancy: usize,
}

/// The placements of the table.
const PASSES: usize = PLACES.len() - 1;

impl Visitor for Timed<'_> {
    fn visit<M: Method<Element: DeviceElement>>(&mut self, method: &'static str) {
        self.at += 1;
        if self.clock.is_over() {
            return;
        }
        let place = PLACES[(self.at + self.pass) % PASSES];
        let states = <M::System as System>::States::USIZE;
        let name = format!("{method}_n{states}_{}_{place}", <M::Element as Real>::NAME);
        Said::Begin(name.clone()).say();
        match self.row::<M>(&name, place) {
            Ok(Some(cells)) => {
                self.timed += 1;
                say::row("timed", &name, &cells);
            }
            Ok(None) => {}
            Err(error) => say::failed(format!("{name}: {error}")),
        }
        Said::End.say();
    }
}

impl Timed<'_> {
    /// `None`: it does not fit.
    fn row<M: Method<Element: DeviceElement>>(
        &mut self,
        name: &str,
        place: &str,
    ) -> Result<Option<Vec<String>>, String> {
        let Ok(plan) = kernels::plan::<M>(Arch::Sm80, place) else {
            return Ok(None);
        };
        let launch = plan.view().launch;
        let baked = bake_integrator::<M>(&plan.view()).map_err(|error| error.to_string())?;
        let say = |error: CudaError| error.to_string();
        let start = Instant::now();
        let kernel = self
            .device
            .load(baked.kernel().ptx(), baked.kernel().entry())
            .map_err(say)?;
        let load = start.elapsed().as_secs_f64();
        let shared = launch.dynamic_shared_bytes;
        let table = self.assembled.get(name).map_or("-", |registers| registers);
        let mut cells = vec![name.to_owned()];
        match kernel.resources(BLOCK as u32, shared).map_err(say)? {
            Some(took) => {
                let planned = self.arch.limits().occupancy(BLOCK, shared, took.registers);
                let planned = planned.blocks_per_sm;
                self.other_occupancy += usize::from(planned != took.blocks_per_sm);
                self.other_registers +=
                    usize::from(table != "-" && table != took.registers.to_string());
                cells.push(took.registers.to_string());
                cells.push(table.to_owned());
                cells.push(took.local_bytes.to_string());
                cells.push(took.blocks_per_sm.to_string());
                cells.push(planned.to_string());
            }
            None => cells.extend(["-", table, "-", "-", "-"].map(str::to_owned)),
        }
        let problem = Problem::<M::Element>::spread::<M>(self.runs, (0.0, 1.0), 1.0 / 32.0);
        let uploaded = problem.upload::<M>(self.device).map_err(say)?;
        // SAFETY: a baked kernel of `M`, with the launch of its plan.
        let seconds = self
            .repeats
            .median(|| unsafe { uploaded.launch(&kernel, launch) }.map_err(say))?;
        let steps = uploaded.ends().map_err(say)?.steps();
        let ns = seconds * 1e9;
        cells.push(format!("{:.0}", load * 1e3));
        cells.push(format!("{:.2}", ns / self.runs as f64));
        cells.push(format!("{:.4}", ns / steps as f64));
        Ok(Some(cells))
    }
}

pub fn section(device: &Device, arguments: &Arguments, clock: Clock) -> Result<(), String> {
    let (major, minor) = device.compute_capability();
    let mut timed = Timed {
        device,
        clock,
        runs: arguments.runs(device),
        repeats: Repeats::on(device, arguments),
        arch: arch(device),
        assembled: assembled(arguments, (10 * major + minor) as usize),
        pass: 0,
        at: 0,
        timed: 0,
        other_registers: 0,
        other_occupancy: 0,
    };
    Said::Cases(kernels::count()[0] * PASSES).say();
    say::text(format!(
        "Wall clock around a launch of {} runs and the wait for its end, in blocks of {BLOCK}, t from 0 to 1, tolerance 1e-8 (f32: 1e-4) or steps of 1/32; median of {} after {} for warming up. \
         Steps are those tried, of all runs. Registers: the driver's, and ptxas' in `kernels/ptx/VERIFY.tsv`. Blocks per SM: what the driver says, and what the plan's occupancy says for the driver's registers.",
        timed.runs, timed.repeats.timed, timed.repeats.warm_up
    ));
    say::table(
        "timed",
        &[
            "kernel",
            "registers",
            "of the table",
            "local bytes",
            "blocks per SM",
            "planned",
            "load, ms",
            "ns per run",
            "ns per step",
        ],
    );
    for pass in 0..PASSES {
        (timed.pass, timed.at) = (pass, 0);
        kernels::every(&mut timed);
    }
    let same = if device.is_reference() {
        "the reference device has no registers to report".to_owned()
    } else {
        format!(
            "{} have other registers than ptxas gave, {} another number of blocks per SM than planned",
            timed.other_registers, timed.other_occupancy
        )
    };
    say::summary(format!("{} kernels; {same}", timed.timed));
    Ok(())
}

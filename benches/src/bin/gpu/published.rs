//! A benchmark that others have published times of: Lorenz, 1,000 fixed steps from t = 0 to 1, rho evenly in [0, 21].
//! U. Utkarsh et al., *Automated translation and accelerated solving of differential equations on multiple GPU
//! platforms*, Comput. Methods Appl. Mech. Engrg. 419 (2024) 116591; its raw times are in
//! github.com/utkarsh530/GPUODEBenchmarks, `paper_artifacts/data`.

use crate::Arguments;
use crate::clock::Clock;
use crate::ensembles::lorenz;
use crate::kernels::BLOCK;
use crate::say::{self, Said};
use crate::timed::Repeats;
use bakelite::cuda::{CudaError, Device, DeviceElement};
use bakelite::ode::Method;
use bakelite::prelude::*;
use bakelite::ptx::bake_integrator;
use bakelite_benches::{Lorenz, placed};

/// Runs of the published times.
const RUNS: [usize; 2] = [131_072, 8_388_608];

struct Published<'a> {
    device: &'a Device,
    clock: Clock,
    repeats: Repeats,
}

impl Published<'_> {
    fn method<M: Method<Element: DeviceElement>>(&self, stages: f64, runs: usize) {
        if self.clock.is_over() {
            return;
        }
        let name = format!("{}, {runs} runs", M::name());
        Said::Begin(name.clone()).say();
        if let Err(error) = self.launch::<M>(&name, stages, runs) {
            say::failed(format!("{name}: {error}"));
        }
        Said::End.say();
    }

    fn launch<M: Method<Element: DeviceElement>>(
        &self,
        name: &str,
        stages: f64,
        runs: usize,
    ) -> Result<(), String> {
        let say = |error: CudaError| error.to_string();
        let plan = placed::named::<M>(Arch::Sm80, BLOCK, "local")?;
        let baked = bake_integrator::<M>(&plan.view()).map_err(|error| error.to_string())?;
        let kernel = self
            .device
            .load(baked.kernel().ptx(), baked.kernel().entry())
            .map_err(say)?;
        let mut problem = lorenz::<M>(runs);
        let steps = if self.device.is_reference() {
            10.0
        } else {
            1000.0
        };
        problem.options.step = Some(1.0 / steps);
        let uploaded = problem.upload::<M>(self.device).map_err(say)?;
        let launch = plan.view().launch;
        // SAFETY: a baked kernel of `M`, with the launch of its plan.
        let seconds = self
            .repeats
            .median(|| unsafe { uploaded.launch(&kernel, launch) }.map_err(say))?;
        let ends = uploaded.ends().map_err(say)?;
        let (tried, failed) = (ends.steps(), ends.failed());
        if failed > 0 {
            return Err(format!("{failed} runs did not reach the end"));
        }
        say::row(
            "published",
            name,
            &[
                name.to_owned(),
                format!("{:.1}", tried as f64 / runs as f64),
                format!("{:.3}", seconds * 1e3),
                format!("{:.3e}", stages * tried as f64 / seconds),
            ],
        );
        Ok(())
    }
}

pub fn section(device: &Device, arguments: &Arguments, clock: Clock) -> Result<(), String> {
    let published = Published {
        device,
        clock,
        repeats: Repeats::on(device, arguments),
    };
    let runs = if device.is_reference() {
        [64, 128]
    } else {
        RUNS
    };
    Said::Cases(2 * 3).say();
    say::text(format!(
        "Local buffers, blocks of {BLOCK}, the kernel and the wait for its end. Published for 8,388,608 runs in f32: on a V100, MPGOS with Runge-Kutta 4 94.2 ms (3.6e11 evaluations per second), DiffEqGPU with Tsit5 145.3 ms (3.5e11), JAX 10,038 ms."
    ));
    say::table(
        "published",
        &["method", "steps per run", "ms", "evaluations per second"],
    );
    for runs in runs {
        // stages that are evaluated in each step: the last of tsit5 is the first of the next
        published.method::<Explicit<Lorenz, ClassicalRk4, Fixed, f32>>(4.0, runs);
        published.method::<Explicit<Lorenz, Tsit5, Fixed, f32>>(6.0, runs);
        published.method::<Explicit<Lorenz, ClassicalRk4, Fixed, f64>>(4.0, runs);
    }
    Ok(())
}
